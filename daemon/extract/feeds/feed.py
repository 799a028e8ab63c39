"""Reads the entries of a feed, each with a stable identity."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b
from io import BytesIO
from typing import Any

from daemon.extract.chain.whitespace import squeeze
from daemon.extract.charset import decode
from daemon.extract.clean import clean_text
from daemon.extract.feeds.dates import instant
from daemon.extract.feeds.json_feed import json_feed
from daemon.extract.feeds.xml_feed import prepare
from daemon.extract.markup.html import refuse_html
from daemon.extract.markup.links import absolute
from daemon.extract.markup.visible import visible_text
from daemon.extract.reading import ReadingDraft, clean_title
from daemon.extract.sniff import root_of
from daemon.model.errors import ExtractError
from daemon.model.reading import FeedEntry
from daemon.model.response import Document
from daemon.model.status import ErrorClass

EXTRACTOR = "feed/1"
MAX_ENTRY_CHARS = 100_000
MAX_ID_CHARS = 500
# The tolerant parser takes seconds for each megabyte.
MAX_TOLERANT_BYTES = 1_000_000

_PARSER_ERRORS = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RuntimeError)
_EMPTY = "a feed without entries"


@dataclass(frozen=True, slots=True)
class _Item:
    """A cleaned item of a parser, with everything that may identify it."""

    guid: str
    link: str
    entry: FeedEntry


def read_feed(document: Document) -> ReadingDraft:
    """Read RSS, Atom, RDF, CDF or JSON Feed: its entries, in its own order.

    Shape:  an entry's `id` is its guid, else its link, else a hash of what it says; entries
            with one identity are one. `published_at` is ISO 8601 in UTC, or "".
    Errors: ExtractError(parse) when it is no feed, (empty) when it has no entries,
            (too_large) when only the slow parser could read it.
    """
    decoded = decode(document)
    if root_of(decoded.text[:4096].encode()) == "html":
        raise refuse_html(document, "a feed")
    if decoded.text.lstrip()[:1] == "{":
        parsed, flags = json_feed(decoded.text)
    else:
        data, flags = prepare(decoded.text)
        parsed = _parsed(data)
    entries = _entries(parsed.get("entries") or [], document.url)
    title = _text_of_html((parsed.get("feed") or {}).get("title"))
    text = "\n\n".join(map(_block, entries))
    return ReadingDraft("feed", EXTRACTOR, text, title, entries, (*decoded.flags, *flags), _EMPTY)


def _parsed(data: bytes) -> Mapping[str, Any]:
    """Let the quick parser try, and the tolerant one where it fails or finds nothing."""
    import fastfeedparser

    # Both parsers get bytes, never a string: a string may be an address to them.
    problem, quick = "", None
    try:
        quick = fastfeedparser.parse(data, include_tags=False, include_media=False)
    except _PARSER_ERRORS as exc:
        problem = " ".join(str(exc).split())[:200]
    if quick is not None and quick.get("entries"):
        return dict(quick)
    if len(data) > MAX_TOLERANT_BYTES:
        detail = f"{len(data)} bytes that only the tolerant parser could read: {problem}"
        raise ExtractError(ErrorClass.TOO_LARGE, detail)
    return _tolerant(data, problem, is_feed=quick is not None)


def _tolerant(data: bytes, problem: str, *, is_feed: bool) -> Mapping[str, Any]:
    import feedparser

    try:
        found: Mapping[str, Any] = feedparser.parse(
            BytesIO(data), sanitize_html=False, resolve_relative_uris=False
        )
    except _PARSER_ERRORS as exc:
        raise ExtractError(ErrorClass.PARSE, f"not a feed: {exc}") from exc
    if not (found.get("entries") or found.get("version") or is_feed):
        raise ExtractError(ErrorClass.PARSE, f"not a feed: {problem or 'no feed element'}")
    # As plain dictionaries: feedparser's own type makes up values for missing keys.
    return {
        "feed": dict(found.get("feed") or {}),
        "entries": [dict(entry) for entry in found["entries"]],
    }


def _entries(raw: Iterable[Mapping[str, Any]], base: str) -> tuple[FeedEntry, ...]:
    items = [_item(entry, base) for entry in raw]
    links: dict[str, set[str]] = {}
    for item in items:
        links.setdefault(item.guid, set()).add(item.link)
    unique: dict[str, FeedEntry] = {}
    for item in items:
        # A guid shared by several links identifies the feed, not the items.
        guid = item.guid if len(links[item.guid]) == 1 else ""
        entry = replace(item.entry, id=_identity(guid, item))
        unique[entry.id] = _merged(unique[entry.id], entry) if entry.id in unique else entry
    return tuple(unique.values())


def _identity(guid: str, item: _Item) -> str:
    known = guid or item.link
    if known and len(known) <= MAX_ID_CHARS:
        return known
    said = known or f"{item.entry.title}\n{item.entry.text}"
    return blake2b(said.encode(), digest_size=16).hexdigest()


def _merged(first: FeedEntry, other: FeedEntry) -> FeedEntry:
    """The first of two entries, its gaps filled from the other."""
    return FeedEntry(
        id=first.id,
        title=first.title or other.title,
        link=first.link or other.link,
        published_at=first.published_at or other.published_at,
        text=first.text or other.text,
    )


def _item(raw: Mapping[str, Any], base: str) -> _Item:
    link = _clean(raw.get("link"))
    entry = FeedEntry(
        id="",
        title=clean_title(_text_of_html(raw.get("title")))[0],
        link=absolute(link, base),
        published_at=_published_at(raw),
        text=_body(raw)[:MAX_ENTRY_CHARS],
    )
    # Where there is no guid, the parsers put the link in its place, as it is written.
    guid = _clean(raw.get("id"))
    return _Item("" if guid == link else guid, entry.link or link, entry)


def _body(raw: Mapping[str, Any]) -> str:
    content = raw.get("content")
    first = content[0] if isinstance(content, list) and content else None
    source = first.get("value") if isinstance(first, Mapping) else None
    return _text_of_html(source or raw.get("summary") or raw.get("description"))


def _text_of_html(source: object) -> str:
    """A fragment of HTML as text; most titles and many bodies are none."""
    if not isinstance(source, str):
        return ""
    text = visible_text(source) if "<" in source or "&" in source else source
    return squeeze(clean_text(text)[0]).strip()


def _clean(value: object) -> str:
    return clean_text(value)[0].strip() if isinstance(value, str) else ""


def _published_at(raw: Mapping[str, Any]) -> str:
    dates = (raw.get(name) for name in ("published", "updated"))
    return next((found for date in dates if (found := instant(_clean(date)))), "")


def _block(entry: FeedEntry) -> str:
    return "\n".join(filter(None, (entry.title, entry.published_at, entry.link, entry.text)))
