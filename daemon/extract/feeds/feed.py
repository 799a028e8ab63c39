"""Reads the entries of a feed, each with an identity."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

from daemon.extract.charset import decode
from daemon.extract.feeds.items import Feed, Item
from daemon.extract.feeds.json_feed import json_feed
from daemon.extract.feeds.xml_feed import xml_feed
from daemon.extract.markup.guard import refuse_attribute_bombs
from daemon.extract.markup.html import refuse_html
from daemon.extract.markup.links import feed_base
from daemon.extract.reading import ReadingDraft, clean_title
from daemon.extract.sniff import feed_start, root_of
from daemon.model.reading import NO_ENTRIES, FeedEntry
from daemon.model.response import Document

EXTRACTOR = "feed/2"
MAX_ENTRY_CHARS = 100_000
MAX_ID_CHARS = 500

_NOTHING = "a feed without entries"


def read_feed(document: Document) -> ReadingDraft:
    """Read RSS, Atom, RDF, CDF or JSON Feed: its entries, in its own order.

    Shape:  an entry's `id` is its guid, else its link, else a hash of what it says; several may
            have one. Only those that say the same are one. `published_at` is ISO 8601 in UTC, or
            "". A feed without entries is a reading too: of its title, with a flag.
    Errors: ExtractError(parse) when it is no feed.
    """
    decoded = decode(document)
    if decoded.text.lstrip()[:1] == "{":
        return _draft(json_feed(decoded.text, feed_base(document)), decoded.flags)
    refuse_attribute_bombs(decoded.text)
    start = feed_start(decoded.text)
    if not start and root_of(decoded.text[:4096].encode()) == "html":
        raise refuse_html(document, "a feed")
    flags = (*decoded.flags, "cleaned:output") if start else decoded.flags
    return _draft(xml_feed(decoded.text[start:], feed_base(document)), flags)


def _draft(feed: Feed, flags: tuple[str, ...]) -> ReadingDraft:
    entries = _entries(feed.items)
    title = clean_title(feed.title)[0]
    text = "\n\n".join(filter(None, map(_block, entries)))
    flags = (*flags, *feed.flags) if entries else (*flags, *feed.flags, NO_ENTRIES)
    return ReadingDraft("feed", EXTRACTOR, text or title or _NOTHING, title, entries, flags)


def _entries(items: Sequence[Item]) -> tuple[FeedEntry, ...]:
    links: dict[str, set[str]] = {}
    for item in items:
        links.setdefault(item.guid, set()).add(item.link)
    found: list[FeedEntry] = []
    places: dict[str, int] = {}  # of the last entry of each identity
    for item in items:
        # A guid shared by several links identifies the feed, not the items.
        entry = _entry(item, item.guid if len(links[item.guid]) == 1 else "")
        place = places.get(entry.id)
        if place is not None and _agree(found[place], entry):
            found[place] = _merged(found[place], entry)
        else:
            places[entry.id] = len(found)
            found.append(entry)
    return tuple(found)


def _entry(item: Item, guid: str) -> FeedEntry:
    title, text = clean_title(item.title)[0], item.text[:MAX_ENTRY_CHARS]
    known = guid or item.link
    if not known or len(known) > MAX_ID_CHARS:
        known = blake2b((known or f"{title}\n{text}").encode(), digest_size=16).hexdigest()
    return FeedEntry(known, title, item.link, item.published_at, text)


def _agree(first: FeedEntry, other: FeedEntry) -> bool:
    """Whether two entries of one identity say the same, or what the other leaves out."""
    pairs = (
        (first.title, other.title),
        (first.link, other.link),
        (first.text, other.text),
    )
    return all(one == two or not one or not two for one, two in pairs)


def _merged(first: FeedEntry, other: FeedEntry) -> FeedEntry:
    """The first of two entries, its gaps filled from the other."""
    return FeedEntry(
        id=first.id,
        title=first.title or other.title,
        link=first.link or other.link,
        published_at=first.published_at or other.published_at,
        text=first.text or other.text,
    )


def _block(entry: FeedEntry) -> str:
    return "\n".join(filter(None, (entry.title, entry.published_at, entry.link, entry.text)))
