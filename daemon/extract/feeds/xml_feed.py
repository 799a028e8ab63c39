"""Reads RSS, Atom, RDF and CDF into items: which element of an entry says what."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

from daemon.extract.clean import clean_text
from daemon.extract.feeds import words
from daemon.extract.feeds.dates import instant
from daemon.extract.feeds.items import Feed, Item, newest
from daemon.extract.feeds.repair import feed_tree
from daemon.extract.markup.links import absolute
from daemon.model.errors import ExtractError
from daemon.model.status import ErrorClass

if TYPE_CHECKING:
    from lxml.etree import _Element

_ROOTS = frozenset({"rss", "feed", "rdf", "channel"})
_ENTRIES = frozenset({"item", "entry"})
_BASE = "{http://www.w3.org/XML/1998/namespace}base"
_ABOUT = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"
_PARENTS = frozenset({*_ROOTS, *_ENTRIES, "items"})
_ENTRY_TAGS = ("{*}item", "{*}entry", "{*}ITEM", "{*}Item", "{*}ENTRY", "{*}Entry")
_PLAIN_LINK = re.compile(r"https?://[\w.-]+/[\w./~%+,;=&?@:!-]*[\w/]", re.ASCII)
_BREAK = re.compile(r"\s*[\r\n\t]\s*")
_PAGES = frozenset({"", "text/html", "application/xhtml+xml"})
# The vocabularies of feeds by the beginnings of their namespaces, the longer first.
_VOCABULARIES = (
    ("http://purl.org/rss/1.0/modules/content", "content"),
    ("http://purl.org/rss/1.0/modules/", "module"),
    ("http://purl.org/rss/1.0", "own"),
    ("http://purl.org/net/rss1.1#", "own"),
    ("http://backend.userland.com/rss", "own"),
    ("http://blogs.law.harvard.edu/tech/rss", "own"),
    ("http://my.netscape.com/", "own"),
    ("http://channel.netscape.com/", "own"),
    ("http://www.w3.org/2005/atom", "atom"),
    ("http://purl.org/atom/", "atom"),
    ("http://purl.org/dc/elements/", "dc"),
    ("http://purl.org/dc/terms/", "dcterms"),
    ("http://search.yahoo.com/mrss", "media"),
    ("http://www.itunes.com/", "itunes"),
    ("http://www.w3.org/1999/xhtml", "xhtml"),
)
_PREFIXES = ("content", "atom", "dc", "dcterms", "media", "itunes", "xhtml")

# Which elements say a thing, the first that says anything first. An entry's own come before
# those of other vocabularies, wherever they stand.
_TITLES = ("own:title", "atom:title", "dc:title", "dcterms:title", "media:title", "itunes:title")
_TEXTS = (
    "content:encoded",
    "own:encoded",
    "own:content",
    "own:fullitem",
    "own:body",
    "xhtml:body",
    "xhtml:div",
    "own:description",
    "own:summary",
    "own:abstract",
    "atom:content",
    "atom:summary",
    "dc:description",
    "dcterms:abstract",
    "itunes:summary",
    "media:description",
    "itunes:subtitle",
)
_IDS = ("own:guid", "own:id", "atom:id", "dc:identifier")
_DATES = (
    "own:pubdate",
    "own:published",
    "atom:published",
    "own:issued",
    "dc:date",
    "dcterms:issued",
    "own:date",
    "own:created",
    "dcterms:created",
    "own:updated",
    "atom:updated",
    "own:modified",
    "dcterms:modified",
)
_LINKS = ("own:link", "atom:link")
_WANTED = frozenset((*_TITLES, *_TEXTS, *_IDS, *_DATES, *_LINKS)) | {
    "own:enclosure",
    "media:group",
    "media:content",
}
_Parts = dict[str, list["_Element"]]


def xml_feed(text: str, url: str) -> Feed:
    """Read a feed in XML: its title, and at most as many items as are read of any feed.

    Errors: ExtractError(parse) when it is none.
    """
    root, flags = feed_tree(text)
    reader = _Reader(root, url, has_bases="xml:base" in text)
    if not reader.is_feed:
        detail = f"not a feed: its first element is {_local(root)!r}"
        raise ExtractError(ErrorClass.PARSE, detail)
    entries = reader.entries
    if "incomplete:feed" in flags and len(entries) > 1 and _is_unfinished(text):
        entries = entries[:-1]
    kept, more = newest(entries, lambda entry: published_at(entry, reader.parts(entry)))
    return Feed(reader.title(), [reader.item(entry) for entry in kept], (*flags, *more))


def _is_unfinished(text: str) -> bool:
    """Whether the last entry has no end: only a part of it is there."""
    lower = text.lower()
    return any(lower.rfind(f"<{name}") > lower.rfind(f"</{name}") for name in _ENTRIES)


class _Reader:
    """Reads the tree of one feed."""

    def __init__(self, root: _Element, url: str, *, has_bases: bool) -> None:
        self._root = root
        self._url = url
        self._has_bases = has_bases
        self._names: dict[object, str] = {}
        self.entries = [one for one in root.iter(*_ENTRY_TAGS) if _is_entry(one, root)]
        channels = [one for one in root if _local(one) == "channel"]
        self._channel = channels[0] if channels else root
        self._own = {_namespace(one) for one in (root, self._channel, *self.entries[:1])}
        self._is_atom = any(_vocabulary(name) == "atom" for name in self._own)

    @property
    def is_feed(self) -> bool:
        """Whether it has entries, or is sure to be a feed that has none."""
        name = _local(self._root)
        if self.entries or name == "rss":
            return True
        if name == "rdf":
            spaces = (space for space in self._root.nsmap.values() if space)
            return any(_vocabulary(space) == "own" for space in spaces)
        says_something = bool(self.parts(self._root))
        return name in _ROOTS and (says_something or self._is_atom)

    def title(self) -> str:
        """The title of the feed."""
        return _first_words(words.element_line, self.parts(self._channel), _TITLES)

    def parts(self, element: _Element) -> _Parts:
        """The children of an entry that may say something of it, by their names."""
        found: _Parts = {}
        for child in element:
            self._add(child, found)
        for group in (*found.get("media:group", ()), *found.get("media:content", ())):
            for child in group:
                self._add(child, found)
        return found

    def _add(self, child: _Element, found: _Parts) -> None:
        tag = child.tag
        name = self._names.get(tag)
        if name is None:
            name = self._names[tag] = self._name(tag)
        if name:
            found.setdefault(name, []).append(child)

    def _name(self, tag: object) -> str:
        """The vocabulary and the local name of an element; "" for one that says nothing here."""
        if not isinstance(tag, str):
            return ""
        namespace, _, local = tag.rpartition("}")
        prefix, _, local = local.lower().rpartition(":")
        if namespace.removeprefix("{") in self._own and not prefix:
            vocabulary = "own"
        else:
            # A prefix that was never declared stays in the name.
            vocabulary = prefix if prefix in _PREFIXES else _vocabulary(namespace[1:])
        return name if (name := f"{vocabulary}:{local}") in _WANTED else ""

    def item(self, entry: _Element) -> Item:
        parts = self.parts(entry)
        guids = (self._id(one) for name in _IDS for one in parts.get(name, ()))
        return Item(
            guid=next(filter(None, guids), "") or self._whole_id(entry, entry.get(_ABOUT, "")),
            link=self._link(entry, parts),
            title=_first_words(words.element_line, parts, _TITLES),
            published_at=published_at(entry, parts),
            text=_first_words(self._text, parts, _TEXTS),
        )

    def _text(self, element: _Element) -> str:
        return words.element_text(element, is_text=self._is_atom)

    def _link(self, entry: _Element, parts: _Parts) -> str:
        for element, written in _links(entry, parts):
            if _PLAIN_LINK.fullmatch(written):
                return written
            if written and (link := absolute(_whole(written), self._base_of(element))):
                return link
        return ""

    def _id(self, element: _Element) -> str:
        return self._whole_id(element, _characters(element))

    def _whole_id(self, element: _Element, written: str) -> str:
        """An identity; as a whole address where it is written as a path."""
        written = written.strip()
        is_path = written.startswith("/") and not written.startswith("//")
        return (is_path and absolute(written, self._base_of(element))) or written

    def _base_of(self, element: _Element) -> str:
        base = self._url
        if not self._has_bases:
            return base
        for one in (*reversed([*element.iterancestors()]), element):
            base = absolute(one.get(_BASE, ""), base) or base
        return base


def _links(entry: _Element, parts: _Parts) -> Iterator[tuple[_Element, str]]:
    """What an entry may link to as it is written, the best first, and where that stands."""
    links = [one for name in _LINKS for one in parts.get(name, ())]
    alternates = [one for one in links if one.get("rel", "alternate") == "alternate"]
    for one in sorted(alternates, key=_is_no_page):
        yield one, one.get("href") or _characters(one)
    for one in parts.get("own:guid", ()):
        if one.get("isPermaLink", "true").lower() == "true":
            yield one, _address(_characters(one))
    yield entry, entry.get("HREF") or entry.get("href") or entry.get(_ABOUT, "")
    yield from ((one, one.get("src", "")) for one in parts.get("own:content", ()))
    yield from ((one, one.get("url", "")) for one in parts.get("own:enclosure", ()))
    yield from ((one, one.get("href", "")) for one in links if one.get("rel") == "enclosure")


def _whole(written: str) -> str:
    """An address that is broken over lines, has spaces, or begins with the host's name."""
    written = _BREAK.sub("", written.strip()).replace(" ", "%20")
    return f"http://{written}" if written.lower().startswith("www.") else written


def _is_no_page(link: _Element) -> bool:
    return link.get("type", "text/html") not in _PAGES


def _address(written: str) -> str:
    return written if written.lower().startswith(("http://", "https://", "/")) else ""


def published_at(entry: _Element, parts: _Parts) -> str:
    """When an entry was published, or else last changed; "" where nothing says so."""
    # Of several the last one counts, as in other readers.
    dates = (instant(_characters(one)) for name in _DATES for one in parts.get(name, ())[::-1])
    return next(filter(None, dates), "") or instant(entry.get("LASTMOD", ""))


def _first_words(read: Callable[[_Element], str], parts: _Parts, names: Sequence[str]) -> str:
    """What the first of these elements says that says anything."""
    said = (read(one) for name in names for one in parts.get(name, ()))
    return next(filter(None, said), "")


def _is_entry(element: _Element, root: _Element) -> bool:
    """Whether an item is one of the feed's: other vocabularies have items too, inside of these."""
    parent = element.getparent()
    is_in_place = parent is None or parent is root or _local(parent) in _PARENTS
    return is_in_place and _vocabulary(_namespace(element)) in ("own", "atom", "")


def _characters(element: _Element) -> str:
    text = "".join(element.itertext()) if len(element) else element.text or ""
    return clean_text(text)[0].strip()


def _local(element: _Element) -> str:
    return str(element.tag).rpartition("}")[2].rpartition(":")[2].lower()


def _namespace(element: _Element) -> str:
    return str(element.tag).rpartition("}")[0].removeprefix("{")


@cache
def _vocabulary(namespace: str) -> str:
    """The vocabulary of a namespace; "" for one of which a feed's reader knows nothing."""
    name = namespace.lower()
    return next((short for start, short in _VOCABULARIES if name.startswith(start)), "")
