"""Reads a JSON Feed into items with the field names that feed parsers use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from daemon.extract.feeds.xml_feed import MAX_ENTRIES
from daemon.extract.jsondoc import load
from daemon.model.errors import ExtractError
from daemon.model.status import ErrorClass


def json_feed(text: str) -> tuple[Mapping[str, Any], tuple[str, ...]]:
    """Read a JSON Feed: its title, at most MAX_ENTRIES items, and a flag if there are more.

    Shape:  of a key that comes twice the last value counts, which is flagged too.
    Errors: ExtractError(parse) when it is no JSON or has no list of items.
    Source: JSON Feed 1.1.
    """
    feed, found = load(text)
    items = feed.get("items") if isinstance(feed, dict) else None
    if not isinstance(items, list):
        raise ExtractError(ErrorClass.PARSE, "not a feed: JSON without a list of items")
    entries = [_entry(item) for item in items[:MAX_ENTRIES] if isinstance(item, dict)]
    flags = ("truncated:entries",) if len(items) > MAX_ENTRIES else ()
    return {"feed": {"title": feed.get("title")}, "entries": entries}, (*found, *flags)


def _entry(item: dict[str, Any]) -> dict[str, Any]:
    identity = item.get("id")
    return {
        "id": "" if identity is None else str(identity),
        "title": item.get("title"),
        "link": item.get("url") or item.get("external_url"),
        "published": item.get("date_published"),
        "updated": item.get("date_modified"),
        "summary": item.get("content_html") or item.get("content_text") or item.get("summary"),
    }
