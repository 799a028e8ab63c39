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
# Where the texts of one entry, or of the feed before the first, have ended at the latest.
_BORDER = re.compile(r"</?(?:[\w.-]+:)?(?:item|entry|channel)[\s>]|</(?:rss|feed)\b", re.IGNORECASE)
_SIBLING = re.compile(
    r"</?(?:(?:[\w.-]+:)?(?:title|description|summary|encoded)|link|guid|id|pubdate|published"
    r"|updated|category|author|enclosure|dc:\w+)[\s>]",
    re.IGNORECASE,
)
_CDATA = re.compile(r"<!\[CDATA\[(.*?)(?:\]\]>|\Z)", re.DOTALL)
_APART = re.compile(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|<\?[^<>]{0,1000}\?>"
    r"|&(?!(?:amp|lt|gt|quot|apos);)(?:#(?:[xX](?P<hex>[0-9A-Fa-f]{1,6})|(?P<number>\d{1,7}));)?"
    r"|<(?![A-Za-z_/]|!\[CDATA\[|!--|\?)|<[A-Za-z_][^<>=]*=\s*[^\s\"'<>][^<>]*>",
    re.DOTALL,
)
_VALUE = re.compile(r"""(=\s*)(?:"[^"]*"|'[^']*'|([^\s"'<>]+?)(?=\s|/?>|$))""")
_CLOSED = re.compile(
    r"</(?:\w+:)?(?:rss|feed|rdf|channel)\s*>(?!.*<(?:item|entry)[\s>])", re.DOTALL | re.IGNORECASE
)
_MOST_UNCLOSED = 1_000  # texts; each without an end is looked for in all that follows
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

    data = xml_bytes(mended(text))
    try:
        # Where it recovers, the parser loses words that need no recovery.
        return etree.fromstring(data, _parser(recover=False))
    except etree.XMLSyntaxError:
        pass
    try:
        return etree.fromstring(data, _parser(recover=True))
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
    done = limit = unclosed = 0
    for opening in _TEXT.finditer(text):
        if opening.start() < done or unclosed > _MOST_UNCLOSED:
            continue
        start = opening.end()
        if limit < start:
            border = _BORDER.search(text, start)
            limit = border.start() if border else len(text)
        end = _end_of(text, opening, limit)
        inner = text[start:end]
        is_closed = text.startswith(f"</{opening[1]}", end)
        if is_closed and "<" not in _CDATA.sub("", inner) and _is_balanced(inner):
            continue
        source = _CDATA.sub(_inside, inner).replace("]]>", "]]&gt;")
        yield f"{text[done:start]}<![CDATA[{source}]]>"
        if not is_closed:
            unclosed += 1
            yield f"</{opening[1]}>"
        done = end
    yield text[done:]


def _end_of(text: str, opening: re.Match[str], limit: int) -> int:
    """Where a text ends: at its end tag, or, without one in its entry, at what comes next there."""
    start = opening.end()
    while (open_at := text.find("<![CDATA[", start, limit)) >= 0:
        end = text.find("]]>", open_at, limit)
        if end < 0 or text.find(f"</{opening[1]}", start, open_at) >= 0:
            break
        start = end
    end = text.find(f"</{opening[1]}", start, limit)
    if end >= 0:
        return end
    sibling = _SIBLING.search(text, opening.end(), limit)
    return sibling.start() if sibling else limit


def _is_balanced(inner: str) -> bool:
    return inner.count("<![CDATA[") == inner.count("]]>")


def _inside(found: re.Match[str]) -> str:
    return found[1]


def _with_quotes(found: re.Match[str]) -> str:
    return f'{found[1]}"{found[2]}"' if found[2] else found[0]


def _as_characters(found: re.Match[str]) -> str:
    if found[0].startswith("<!--"):
        return ""
    if found[0].startswith(("<!", "<?")):
        return found[0]
    if found[0].startswith("<"):
        return "&lt;" if found[0] == "<" else _VALUE.sub(_with_quotes, found[0])
    if found[0] == "&":
        return "&amp;"
    number = int(found["hex"], 16) if found["hex"] else int(found["number"])
    is_character = number in (9, 10, 13) or 32 <= number < 0xD800 or 0xE000 <= number < 0x110000
    return f"&#{number};" if is_character and number not in (0xFFFE, 0xFFFF) else " "
