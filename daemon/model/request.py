"""What is asked of a server, and what it gave to ask again with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of a server. Pages with equal requests are one page."""

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    renderer: str = "http"


@dataclass(frozen=True, slots=True)
class Validators:
    """What a server gave to ask «is it still this?» (RFC 9110 §8.8), opaque to us."""

    etag: str | None = None
    last_modified: str | None = None


NO_VALIDATORS = Validators()
