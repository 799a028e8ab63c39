"""Turns a link on a page into an address that can be shown and opened."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

_MAX_LINK_CHARS = 2_000


def absolute(link: str, base: str) -> str:
    """Resolve a link against where it was found; "" for anything but http and https."""
    link = "".join(link.split())
    if not link or len(link) > _MAX_LINK_CHARS:
        return ""
    try:
        resolved = urljoin(base, link)
        parts = urlsplit(resolved)
    except ValueError:
        return ""
    return resolved if parts.scheme in ("http", "https") and parts.netloc else ""
