"""A request to a server, and the validators for repeating it."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Request:
    """A request to a server. Pages with equal requests are one page."""

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    renderer: str = "http"

    @property
    def identity(self) -> tuple[str, str, tuple[tuple[str, str], ...], str]:
        """The identity of a request: all of it, in any order of the headers."""
        return self.method, self.url, tuple(sorted(self.headers.items())), self.renderer


def watch_identity(
    owner_id: str | None, request: Request, rules: Hashable, *wanted: Hashable
) -> Hashable:
    """An identity shared by all sites, or products, of one owner with the same page and rules.

    Shape: names and frequencies make no difference. `wanted` adds what the owner of a product
           waits for; rules and amounts are compared as values, not as text.
    """
    return owner_id, request.identity, rules, wanted


@dataclass(frozen=True, slots=True)
class Validators:
    """A server's validators for conditional requests (RFC 9110 §8.8), opaque to us."""

    etag: str | None = None
    last_modified: str | None = None


NO_VALIDATORS = Validators()
