"""Turns a link on a page into an address that can be shown and opened."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from daemon.model.response import Document

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


def feed_base(document: Document) -> str:
    """Where the links of a feed begin, unless it says so itself: at its Content-Location, if any.

    Source: RFC 2616 §14.14, which readers of feeds still follow. Pages follow RFC 9110 §8.7.
    """
    return absolute(document.location, document.url) or document.url


def base_of(root: _Element, url: str) -> str:
    """Where the links of a page begin: as it says itself, or at its own address."""
    stated = next((base.get("href") for base in root.iter("base") if base.get("href")), "")
    return absolute(stated or "", url) or url
