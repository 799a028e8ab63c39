"""Rejects what a foreign page makes a browser send.

Source: Fetch Metadata (Sec-Fetch-Site); RFC 6454 (Origin). Browsers send the first only to https
        and loopback, so the second is read where it is missing; `same-site` is not enough, as
        another port of the same machine is that.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from urllib.parse import urlsplit

from markupsafe import Markup

_OURS = frozenset({"same-origin", "none"})
FIELD = "csrf"


def token(key: bytes) -> str:
    """What forms of this daemon carry; no foreign page can read it."""
    return hmac.digest(key, b"form", "sha256").hex()[:32]


def hidden_field(key: bytes) -> Markup:
    """The field that every form of ours begins with."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, token(key))


def is_token(key: bytes, given: str) -> bool:
    """Whether a form is one of ours."""
    return hmac.compare_digest(given.encode(), token(key).encode())


def is_from_us(headers: Mapping[str, str]) -> bool:
    """Whether a page of ours, or a person directly, makes this request."""
    site = headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in _OURS
    origin = headers.get("Origin")
    return origin is None or _authority(origin) == headers.get("Host", "").strip().lower()


def _authority(origin: str) -> str | None:
    try:
        parts = urlsplit(origin.strip().lower())
    except ValueError:
        return None
    return parts.netloc if parts.scheme in ("http", "https") else None
