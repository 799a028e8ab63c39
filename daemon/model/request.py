"""What is asked of a server, and what it gave to ask again with."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of a server. Pages with equal requests are one page."""

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    renderer: str = "http"

    @property
    def identity(self) -> tuple[str, str, tuple[tuple[str, str], ...], str]:
        """What makes two requests one: all of it, whatever the order of the headers."""
        return self.method, self.url, tuple(sorted(self.headers.items())), self.renderer


def watch_identity(
    owner_id: str | None, request: Request, rules: Hashable, *wanted: Hashable
) -> Hashable:
    """The same for all sites, or products, that ask one page by the same rules for one owner.

    Shape: names, and how often a page is read, make no difference. `wanted` is what the owner of a
           product waits for besides; rules and amounts are compared as values, not as text.
    """
    return owner_id, request.identity, rules, wanted


@dataclass(frozen=True, slots=True)
class Validators:
    """What a server gave to ask «is it still this?» (RFC 9110 §8.8), opaque to us."""

    etag: str | None = None
    last_modified: str | None = None


NO_VALIDATORS = Validators()
