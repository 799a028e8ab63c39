"""Writes feeds of changes as Atom 1.0.

Source: RFC 4287 (Atom), RFC 4151 (`tag:`), XML 1.0 §2.2 (what a document cannot hold).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote
from xml.etree.ElementTree import Element, SubElement, tostring

from daemon.characters import visible, visible_line
from daemon.operations.lists.changes import ListedChange

CONTENT_TYPE = "application/atom+xml"
_NAMESPACE = "http://www.w3.org/2005/Atom"
# A name for ids that is the same wherever the pages are, so that no reader shows an entry twice.
_OURS = "tag:changelogger,2026:"
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)  # since when a feed without entries is as it is
_LONGEST_TITLE, _LONGEST_SUMMARY = 300, 4_000


@dataclass(frozen=True, slots=True)
class Feed:
    """What a feed says of itself.

    Shape: `path` names it among those of one user, and is the page of ours that shows the same;
           `clean` masks what nobody must see.
    """

    user_id: str
    title: str
    path: str
    origin: str
    clean: Callable[[str], str]


def atom(feed: Feed, changes: Sequence[ListedChange]) -> bytes:
    """The feed with these changes, the newest first.

    Shape: it has no link to itself: that would hold its token, and readers pass it on.
    """
    root = Element("feed", xmlns=_NAMESPACE)
    _text(root, "id", f"{_OURS}{quote(feed.user_id, safe='')}{quote(feed.path, safe='/?=&')}")
    _text(root, "title", _line(feed, feed.title))
    newest = max((one.view.detected_at for one in changes), default=_NEVER)
    _text(root, "updated", _instant(newest))
    SubElement(root, "link", rel="alternate", type="text/html", href=f"{feed.origin}{feed.path}")
    _text(SubElement(root, "author"), "name", "changelogger")
    for one in changes:
        _entry(SubElement(root, "entry"), feed, one)
    written: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _entry(entry: Element, feed: Feed, change: ListedChange) -> None:
    view = change.view
    at = _instant(view.detected_at)
    page = f"{feed.origin}/changes/{view.id}"
    _text(entry, "id", f"{_OURS}change/{view.id}")
    _text(entry, "title", _line(feed, f"{view.site_name}: {view.change_type}"))
    _text(entry, "updated", at)
    _text(entry, "published", at)
    SubElement(entry, "link", rel="alternate", type="text/html", href=page)
    SubElement(entry, "category", term=view.change_type)
    told = visible(feed.clean(view.summary or view.title or "")).strip()
    _text(entry, "summary", told[:_LONGEST_SUMMARY], type="text")


def _text(parent: Element, tag: str, text: str, **attributes: str) -> None:
    SubElement(parent, tag, attributes).text = text


def _line(feed: Feed, text: str) -> str:
    return visible_line(feed.clean(text))[:_LONGEST_TITLE]


def _instant(at: datetime) -> str:
    """As RFC 3339 has it."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
