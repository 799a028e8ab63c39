"""Prepares the XML of a feed for its parsers: plain dates, and a bounded number of items."""

from __future__ import annotations

import re

from daemon.extract.feeds.dates import instant
from daemon.extract.xmldoc import without_declarations, xml_bytes

MAX_ENTRIES = 10_000

_NO_DATE = b"0001-01-01T00:00:00Z"
_PLACES = re.compile(
    rb"<!\[CDATA\[.*?\]\]>|<!--.*?-->"
    rb"|(?P<open><(?:\w+:)?(?:pubdate|published|issued|updated|modified|lastbuilddate|date)\b[^>]*>)"
    rb"\s*(?:<!\[CDATA\[)?(?P<date>[^<\]]*)(?:\]\]>)?\s*(?=</)"
    rb"|(?P<end></(?:\w+:)?(?P<kind>item|entry)\s*>)",
    re.DOTALL | re.IGNORECASE,
)
_CLOSED = re.compile(
    rb"</(?:\w+:)?(?:rss|feed|rdf|channel)\s*>\s*(?:<!--.*?-->\s*)*$", re.DOTALL | re.IGNORECASE
)


def prepare(text: str) -> tuple[bytes, tuple[str, ...]]:
    """Make bytes that both feed parsers read alike, whatever day it is.

    Shape:  no declarations, every date in ISO 8601, at most MAX_ENTRIES items;
            flags for what was cut off, by us ("truncated:entries") or before
            ("incomplete:feed").
    """
    text, flags = without_declarations(text)
    data = xml_bytes(text).strip()
    if not _CLOSED.search(data[-2048:]):
        flags = (*flags, "incomplete:feed")
    data, is_cut = _rewritten(data)
    return data, (*flags, "truncated:entries") if is_cut else flags


def _rewritten(data: bytes) -> tuple[bytes, bool]:
    # The parser takes a guid for a date where there is none, and fills in what
    # is missing from today's: an undated item gets a date that is none.
    parts: list[bytes] = []
    done, ended, is_dated = 0, 0, False
    for place in _PLACES.finditer(data):
        if place["date"] is not None:
            parts += data[done : place.end("open")], _plain_date(place["date"])
            is_dated, done = True, place.end()
        elif place["end"] is not None:
            ended += 1
            if not is_dated and place["kind"].lower() == b"item":
                parts += data[done : place.start()], b"<pubDate>", _NO_DATE, b"</pubDate>"
                done = place.start()
            is_dated = False
            if ended == MAX_ENTRIES:
                return _cut(data, parts, done, place.end())
    return b"".join((*parts, data[done:])), False


def _plain_date(written: bytes) -> bytes:
    return instant(written.decode("utf-8", "replace")).encode() or _NO_DATE


def _cut(data: bytes, parts: list[bytes], done: int, end: int) -> tuple[bytes, bool]:
    """Leave out everything after the last item wanted except the closing tags."""
    is_cut = re.search(rb"<(?:\w+:)?(?:item|entry)[\s>]", data[end:], re.IGNORECASE) is not None
    closing = re.search(rb"(?:</[^<>]+>\s*)*$", data[-200:])
    tail = closing[0] if closing else b""
    return b"".join((*parts, data[done:end], tail if is_cut else data[end:])), is_cut
