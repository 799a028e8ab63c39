"""Reads and writes OPML as feed readers do: feeds in folders, which are the types of sites.

Folders that are no types, and categories, are tags.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import quoteattr

from daemon.model.errors import ExtractError, Fault
from daemon.transfer.entry import ImportEntry, Read, SameBy, text_of, unreadable
from daemon.transfer.formats import translate

_DEEPEST = 50
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Attributes of an outline that are read here, or are irrelevant for watching changes.
_SAID = frozenset(
    "text title type xmlurl url htmlurl category version language created description"
    " priority curlopt_useragent curlopt_cookie curlopt_proxy curlopt_post curlopt_postfields"
    " curlopt_httpheader".split()
)
# How FreshRSS makes a feed of a page: its types, and the attributes that say what an entry is.
_SCRAPED = {
    "html+xpath": ("html", "xpathitem"),
    "xml+xpath": ("auto", "xpathitem"),
    "json+dotnotation": ("json", "jsonitem"),
    "html+xpath+json+dotnotation": ("html", "xpathtojson"),
}
_CARRIED = frozenset({"name", "url", "type", "tags", "kind"})


@dataclass(frozen=True, slots=True)
class _Outline:
    """What an outline says, by the names of its attributes in lower case."""

    said: Mapping[str, str]
    is_outline: bool

    @property
    def name(self) -> str:
        return self.said.get("title") or self.said.get("text") or ""

    @property
    def url(self) -> str:
        addresses = map(self.said.get, ("xmlurl", "url", "htmlurl"))
        return next(filter(None, addresses), "")

    @property
    def folder(self) -> tuple[str, ...]:
        """What lies in it is in a folder of its name; not in one of a feed's or a page's."""
        return (self.name,) if self.is_outline and self.name and not self.url else ()


def read_opml(data: bytes) -> Read:
    """A site for each outline that names a feed or a page."""
    from lxml import etree

    from daemon.extract.xmldoc import without_declarations, xml_bytes

    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, recover=True, huge_tree=True
    )
    whole = text_of(data)
    try:
        text, _flags = without_declarations(whole)
        root = etree.fromstring(xml_bytes(text), parser)
    except (etree.XMLSyntaxError, ExtractError) as exc:
        raise unreadable(f"is not XML: {exc}") from exc
    if root is None or etree.QName(root).localname.lower() != "opml":
        raise unreadable("is not OPML")
    above = whole.count("\n") - text.count("\n")
    for flaw in list(parser.error_log)[:1]:  # one error often causes many others
        yield Fault(f"line {flaw.line + above}", "", f"is not XML: {flaw.message}")
    yield from _outlines(root, (), above)


def write_opml(tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[str]:
    """Sites in folders by their types; feeds as such, other pages as links."""
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield '<opml version="2.0"><head><title>changelogger</title></head><body>'
    by_type: dict[str, list[Mapping[str, Any]]] = {}
    for site in tables["site"]:
        by_type.setdefault(str(site.get("type", "")), []).append(site)
    for name, sites in sorted(by_type.items()):
        lines = [_line(site) for site in sites]
        yield from [f"<outline text={_quoted(name)}>", *lines, "</outline>"] if name else lines
    yield "</body></opml>"


def lost_in_opml(site: Mapping[str, Any]) -> set[str]:
    """The options of a site that OPML cannot express."""
    return set(site) - _CARRIED


def _line(site: Mapping[str, Any]) -> str:
    is_feed = site.get("kind") == "feed" or site.get("type") == "feed"
    url = f"xmlUrl={_quoted(site['url'])}" if is_feed else f"url={_quoted(site['url'])}"
    kind = "rss" if is_feed else "link"
    tags = f" category={_quoted(','.join(site['tags']))}" if site.get("tags") else ""
    return f'<outline type="{kind}" text={_quoted(site["name"])} {url}{tags}/>'


def _quoted(text: str) -> str:
    return quoteattr(_NOT_XML.sub("\ufffd", text), {"\n": "&#10;", "\t": "&#9;", "\r": "&#13;"})


def _outlines(
    node: Any, folders: tuple[str, ...], above: int, depth: int = 0
) -> Iterator[ImportEntry | Fault]:
    if depth > _DEEPEST:
        yield Fault(f"line {node.sourceline + above}", "", "lies in too many folders")
        return
    for child in node:
        if not isinstance(child.tag, str):
            continue
        outline = _read_outline(child)
        if outline.url:
            yield _entry(outline, folders, f"line {child.sourceline + above}")
        yield from _outlines(child, (*folders, *outline.folder), above, depth + 1)


def _read_outline(node: Any) -> _Outline:
    said = {_local(key): str(value).strip() for key, value in node.attrib.items()}
    return _Outline(said, node.tag.lower().endswith("outline"))


def _local(key: Any) -> str:
    """The name of an attribute without its namespace."""
    return str(key).rpartition("}")[2].lower()


def _entry(outline: _Outline, folders: tuple[str, ...], place: str) -> ImportEntry:
    entry = ImportEntry("site", {"url": outline.url}, place, same_by=SameBy.URL, is_lenient=True)
    said = outline.said
    if outline.name:
        entry.table["name"] = outline.name
    categories = (one.strip("/ ") for one in said.get("category", "").split(","))
    entry.file_under([*folders[-1:], *categories])
    entry.tag(folders[:-1])
    if said.get("type", "").lower() in _SCRAPED:
        _scrape(entry, said)
    elif said.get("xmlurl"):
        entry.table["kind"] = "feed"
    _ask(entry, said)
    for key in sorted(said.keys() - _SAID):
        if said[key] and not key.startswith(("xpath", "json")):
            entry.leave_out(f"`{key[:40]}`")
    return entry


def _ask(entry: ImportEntry, said: Mapping[str, str]) -> None:
    """Ask as FreshRSS does, by its options of curl."""
    lines = (line.partition(":") for line in said.get("curlopt_httpheader", "").splitlines())
    headers = {name.strip(): value.strip() for name, _, value in lines if value.strip()}
    for option, name in (("curlopt_cookie", "Cookie"), ("curlopt_useragent", "User-Agent")):
        if value := said.get(option):
            headers[name] = value
    body = said.get("curlopt_postfields")
    if body:
        headers.setdefault("Content-Type", "application/x-www-form-urlencoded")  # as curl does
    if headers:
        entry.table["headers"] = headers
    if body or said.get("curlopt_post") in ("1", "true"):
        entry.ask_by("POST", body)
    entry.proxy = said.get("curlopt_proxy", "")


def _scrape(entry: ImportEntry, said: Mapping[str, str]) -> None:
    """Watch the entries that are made of a page: what comes is news, what goes is not."""
    kind, of_items = _SCRAPED[said["type"].lower()]
    items = said.get(of_items, "")
    table = entry.table
    table |= {"kind": kind, "additions_only": True}
    if not items or of_items == "xpathtojson":
        entry.pause(f"what its {said['type']} selects has to be written as `include` or `query`")
    elif of_items == "jsonitem":
        table["query"] = items
    else:
        table["include"] = [translate.xpath(items)]
    parts = [key for key in said if key.startswith(("xpath", "json")) and key != of_items]
    if any(said[key] for key in parts):
        entry.leave_out(
            "the XPaths or paths of titles, links and dates within an entry: all of it is read"
        )
