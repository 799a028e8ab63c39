"""Turns a link on a page into an address that can be shown and opened."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

if TYPE_CHECKING:
    from lxml.etree import _Element

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


def base_of(root: _Element, url: str) -> str:
    """Where the links of a page begin: as it says itself, or at its own address."""
    stated = next((base.get("href") for base in root.iter("base") if base.get("href")), "")
    return absolute(stated or "", url) or url
