"""Extracts the main article of a page with the best extractor installed."""

from __future__ import annotations

from functools import cache
from typing import Any

from daemon.extract.markup.guard import MAX_DEPTH, nesting
from daemon.extract.markup.visible import PLAIN, main_part, visible_text

# Beyond these the extractors take seconds: their cost is not linear.
MAX_CHARS = 2_000_000
MIN_CHARS = 200

TRAFILATURA = "html-main-trafilatura/1"
RESILIPARSE = "html-main-resiliparse/2"


def main_text(html: str) -> tuple[str, str, tuple[str, ...]]:
    """Read the main content; all visible text, and a flag, where that fails.

    Shape: the extractor that made the text, the text, and "main:…" flags.
    """
    if len(html) > MAX_CHARS:
        return PLAIN, visible_text(html), ("main:too_large",)
    if nesting(html) > MAX_DEPTH:
        return PLAIN, visible_text(html), ("main:too_deep",)
    extractor, text = _article(html)
    if len(text) >= MIN_CHARS:
        return extractor, text, ()
    plain = visible_text(html)
    if len(plain) > 3 * max(len(text), MIN_CHARS) or not text.strip():
        return PLAIN, plain, ("main:too_little",)
    return extractor, text, ()


def _article(html: str) -> tuple[str, str]:
    extract = _trafilatura()
    if extract is None:
        return RESILIPARSE, main_part(html)
    from lxml.etree import LxmlError

    from daemon.extract.markup.select import parse_article

    try:
        root = parse_article(html)
        text = extract(root, fast=True, include_comments=False, with_metadata=False)
    except (LxmlError, ValueError, TypeError, AttributeError, LookupError, RecursionError):
        text = None
    return TRAFILATURA, text or ""


@cache
def _trafilatura() -> Any:
    """The extractor of the `articles` extra, or None without it."""
    try:
        import trafilatura
    except ImportError:
        return None
    import logging

    # It logs as an error what the reading reports as a flag.
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    return trafilatura.extract
