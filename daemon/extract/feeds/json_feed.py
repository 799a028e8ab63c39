"""Reads a JSON Feed into items."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from daemon.extract.clean import clean_text
from daemon.extract.feeds.dates import instant
from daemon.extract.feeds.items import Feed, Item, newest
from daemon.extract.feeds.words import line_of, plain, text_of
from daemon.extract.jsondoc import load
from daemon.extract.markup.links import absolute
from daemon.model.errors import ExtractError
from daemon.model.status import ErrorClass


def json_feed(text: str, url: str) -> Feed:
    """Read a JSON Feed: its title, and at most as many items as are read of any feed.

    Shape:  of a key that comes twice the last value counts, which is flagged too.
    Errors: ExtractError(parse) when it is no JSON or has no list of items.
    Source: JSON Feed 1.1.
    """
    feed, found = load(text)
    items = feed.get("items") if isinstance(feed, dict) else None
    if not isinstance(items, list):
        raise ExtractError(ErrorClass.PARSE, "not a feed: JSON without a list of items")
    kept, more = newest([one for one in items if isinstance(one, dict)], _published_at)
    return Feed(line_of(_words(feed, "title")), [_item(one, url) for one in kept], (*found, *more))


def _item(item: Mapping[str, Any], url: str) -> Item:
    identity = item.get("id")
    links = (absolute(_words(item, name), url) for name in ("url", "external_url"))
    return Item(
        guid="" if identity is None else clean_text(str(identity))[0].strip(),
        link=next(filter(None, links), ""),
        title=line_of(_words(item, "title")),
        published_at=_published_at(item),
        text=text_of(_words(item, "content_html"))
        or plain(_words(item, "content_text"))
        or plain(_words(item, "summary")),
    )


def _published_at(item: Mapping[str, Any]) -> str:
    dates = (instant(_words(item, name)) for name in ("date_published", "date_modified"))
    return next(filter(None, dates), "")


def _words(item: Mapping[str, Any], name: str) -> str:
    value = item.get(name)
    return value if isinstance(value, str) else ""
