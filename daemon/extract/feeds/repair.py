"""Parses the XML of a feed, and mends it first where it is ill-formed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from daemon.extract.xmldoc import without_declarations, xml_bytes
from daemon.model.errors import ExtractError
from daemon.model.status import ErrorClass

if TYPE_CHECKING:
    from lxml.etree import XMLParser, _Element

# Titles and texts, whose markup is often written as HTML: with open tags and bare characters.
_TEXT = re.compile(
    r"<((?:[\w.-]+:)?(?:title|description|summary|subtitle|abstract|tagline|info|encoded|body)"
    r"|(?:atom:)?content)\b[^<>]*(?<!/)>",
    re.IGNORECASE,
)
_ENTRY = re.compile(r"</?(?:[\w.-]+:)?(?:item|entry)[\s>]", re.IGNORECASE)
_CDATA = re.compile(r"<!\[CDATA\[(.*?)(?:\]\]>|\Z)", re.DOTALL)
_APART = re.compile(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|<\?[^<>]{0,1000}\?>"
    r"|&(?!(?:amp|lt|gt|quot|apos);)(?:#(?:[xX](?P<hex>[0-9A-Fa-f]{1,6})|(?P<number>\d{1,7}));)?"
    r"|<(?![A-Za-z_/!?])",
    re.DOTALL,
)
_CLOSED = re.compile(
    r"</(?:\w+:)?(?:rss|feed|rdf|channel)\s*>(?!.*<(?:item|entry)[\s>])", re.DOTALL | re.IGNORECASE
)
_TAIL = 4_096  # characters; servers write comments and scripts behind a feed


def feed_tree(text: str) -> tuple[_Element, tuple[str, ...]]:
    """Build the tree of a feed, with flags for what was cut or cleaned.

    Shape:  ill-formed XML keeps its words: bare ampersands and brackets are characters, and the
            markup of a text is the text's own.
    Errors: ExtractError(parse) when there is no element.
    """
    from lxml import etree

    text, flags = without_declarations(text)
    text = text.strip()
    if not _CLOSED.search(text, max(0, len(text) - _TAIL)):
        flags = (*flags, "incomplete:feed")
    try:
        root = etree.fromstring(xml_bytes(text), _parser(recover=False))
    except etree.XMLSyntaxError:
        root = _recovered(text)
    if root is None:
        raise ExtractError(ErrorClass.PARSE, "not a feed: no element that could be read as XML")
    return root, flags


def _recovered(text: str) -> _Element | None:
    from lxml import etree

    try:
        return etree.fromstring(xml_bytes(mended(text)), _parser(recover=True))
    except etree.XMLSyntaxError as exc:
        raise ExtractError(ErrorClass.PARSE, f"not a feed: {exc}") from exc


def _parser(*, recover: bool) -> XMLParser:
    from lxml import etree

    return etree.XMLParser(
        recover=recover,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=True,
        remove_comments=True,
        remove_pis=True,
    )


def mended(text: str) -> str:
    """Ill-formed XML with what a feed most often gets wrong set right."""
    return _APART.sub(_as_characters, "".join(_with_character_data(text)))


def _with_character_data(text: str) -> Iterator[str]:
    """The document with texts that have open tags as character data: they are HTML."""
    done = 0
    never_closed: set[str] = set()
    for opening in _TEXT.finditer(text):
        if opening.start() < done or opening[1] in never_closed:
            continue
        end = text.find(f"</{opening[1]}", opening.end())
        if end < 0:
            never_closed.add(opening[1])
            continue
        inner = text[opening.end() : end]
        if "<" in _CDATA.sub("", inner) and not _ENTRY.search(inner):
            yield text[done : opening.end()]
            yield f"<![CDATA[{_CDATA.sub(_inside, inner).replace(']]>', ']]&gt;')}]]>"
            done = end
    yield text[done:]


def _inside(found: re.Match[str]) -> str:
    return found[1]


def _as_characters(found: re.Match[str]) -> str:
    if found[0].startswith(("<!", "<?")):
        return found[0]
    if found[0] == "<":
        return "&lt;"
    if found[0] == "&":
        return "&amp;"
    number = int(found["hex"], 16) if found["hex"] else int(found["number"])
    is_character = number in (9, 10, 13) or 32 <= number < 0xD800 or 0xE000 <= number < 0x110000
    return f"&#{number};" if is_character and number not in (0xFFFE, 0xFFFF) else " "
