"""Reads the text of an XML body, one line for each element."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html.entities import html5
from typing import TYPE_CHECKING

from daemon.extract.charset import decode
from daemon.extract.markup.guard import refuse_attribute_bombs
from daemon.extract.reading import ReadingDraft
from daemon.model.errors import ExtractError
from daemon.model.reading import MISSING
from daemon.model.response import Document
from daemon.model.site import Rules
from daemon.model.status import ErrorClass

if TYPE_CHECKING:
    from lxml.etree import _Element

EXTRACTOR = "xml/3"
MAX_DEPTH = 1_000

_DECLARATION = re.compile(r"\s*<\?xml\b[^>]{0,1000}\?>")
_PROLOG = re.compile(r"(?:\s++|<\?.*?\?>|<!--.*?-->)*+", re.DOTALL)
_DOCTYPE = re.compile(
    r"""<!DOCTYPE(?:[^\[\]"'>]++|"[^"]*"|'[^']*')*+"""
    r"""(?:\[(?:[^\]"'<]++|"[^"]*"|'[^']*'|<!--.*?-->|<)*+\]\s*)?>""",
    re.DOTALL | re.IGNORECASE,
)
_NAMED = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)([A-Za-z_][\w.-]{0,60});")
# An entity for words alone; short ones cannot make a bomb of a document.
_WORDS = re.compile(r"""<!ENTITY\s+([A-Za-z_][\w.-]{0,60})\s+(["'])([^&%<"']{1,100})\2\s*>""")
_MAX_EXPANDED = 20_000  # references to such
# Attributes that say how a document is built or shown, not what is in it.
_TECHNICAL = (
    "{http://www.w3.org/XML/1998/namespace}",
    "{http://www.w3.org/2001/XMLSchema-instance}",
)
_SHOWN = (
    "{http://www.w3.org/2000/svg}",
    "{http://www.w3.org/1999/xhtml}",
    "{http://www.w3.org/1998/Math/MathML}",
)
_CONTROLS = bytes(c for c in range(32) if c not in b"\t\n\r")


def without_declarations(text: str) -> tuple[str, tuple[str, ...]]:
    """Remove the XML declaration and document type, and so all entities.

    Shape:  HTML's named characters are expanded, as their names are no longer declared, and so
            are entities for short words; others stand as they are written.
    Errors: ExtractError(parse) when a document type cannot be separated from the document.
    """
    text = text[found.end() :] if (found := _DECLARATION.match(text)) else text
    start = found.end() if (found := _PROLOG.match(text)) else 0
    flags: tuple[str, ...] = ()
    declared: dict[str, str] = {}
    if text[start : start + 9].upper() == "<!DOCTYPE":
        doctype = _DOCTYPE.match(text, start)
        if doctype is None:
            raise ExtractError(ErrorClass.PARSE, "the document type never ends (line 1)")
        if "<!ENTITY" in doctype[0]:
            flags = ("cleaned:entities",)
            if text.count("&") <= _MAX_EXPANDED:
                declared = {found[1]: found[3] for found in _WORDS.finditer(doctype[0])}
        text = text[doctype.end() :]
    if not declared:
        return _NAMED.sub(_character, text), flags
    return _NAMED.sub(lambda found: declared.get(found[1]) or _character(found), text), flags


def _character(match: re.Match[str]) -> str:
    # An undeclared name would end the text there.
    return html5.get(match[1] + ";") or f"&amp;{match[1]};"


def xml_bytes(text: str) -> bytes:
    """A document without declarations, as bytes that any parser takes for UTF-8."""
    return text.encode("utf-8", "replace").translate(None, _CONTROLS)


def read_xml(document: Document, rules: Rules) -> ReadingDraft:
    """Read any XML: "name: text" for each element that has text or values of its own.

    Shape:  attributes, or those of `attributes` alone, stand behind the text, sorted by name:
            `rate: 1.08 (currency="USD")`. With
            `include`, the text of what matches, and the attributes of elements in it that have
            no text. Elements are named without prefixes.
    Errors: ExtractError(parse) when there is no element, (selector) from the rules.
    """
    from daemon.extract.markup import select

    decoded = decode(document)
    root, more = parse_xml(decoded.text)
    select.remove(root, rules.exclude, select.XML)
    wanted = tuple(name.rpartition(":")[2] for name in rules.attributes)
    pieces: Sequence[_Element | str] = [root]
    if rules.include:
        pieces, missing = select.find(root, rules.include, select.XML)
        more = (*more, *missing)
        lines = [
            line
            for piece in pieces
            for line in ((piece,) if isinstance(piece, str) else _inner_lines(piece, wanted))
            if line
        ]
    else:
        lines = _lines(root, wanted)
    return ReadingDraft(
        "text",
        EXTRACTOR,
        "\n".join(lines),
        flags=(*decoded.flags, *more, *_missing(pieces, wanted)),
        when_empty="no text and no values in the XML",
        is_chosen=bool(lines or (rules.include and _lines(root, wanted))),
    )


def _missing(pieces: Sequence[_Element | str], wanted: Sequence[str]) -> Iterator[str]:
    """A flag for each attribute that nothing here has: "missing:attributes[1]"."""
    if not wanted:
        return
    elements = (one for piece in pieces if not isinstance(piece, str) for one in piece.iter("*"))
    found = {name.rpartition("}")[2] for element in elements for name in element.attrib}
    yield from (f"{MISSING}attributes[{i}]" for i, name in enumerate(wanted) if name not in found)


def parse_xml(text: str) -> tuple[_Element, tuple[str, ...]]:
    """Build the tree that selectors work on: its root, and what was taken out or mended.

    Errors: ExtractError(parse) when there is no element.
    """
    refuse_attribute_bombs(text)
    text, flags = without_declarations(text)
    root, more = _parsed(text)
    return root, (*flags, *more)


def _parsed(text: str) -> tuple[_Element, tuple[str, ...]]:
    from lxml import etree

    parser = etree.XMLParser(
        recover=True,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=True,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(xml_bytes(text), parser)
    except etree.XMLSyntaxError as exc:
        raise ExtractError(ErrorClass.PARSE, f"not XML: {exc}") from exc
    if root is None:
        raise ExtractError(ErrorClass.PARSE, "no element that could be read as XML")
    flags = {_fault_flag(fault.type_name) for fault in parser.error_log.filter_from_errors()}
    return root, tuple(sorted(flags))


def _fault_flag(fault: str) -> str:
    return "truncated:depth" if fault == "ERR_RESOURCE_LIMIT" else "recovered:xml"


def _lines(root: _Element, wanted: Sequence[str]) -> list[str]:
    return [line for element in root.iter("*") if (line := _line(element, wanted))]


def _line(element: _Element, wanted: Sequence[str]) -> str:
    text, values = _own_text(element), _values(element, wanted)
    if text and values:
        return f"{_name(element)}: {text} ({values})"
    return f"{_name(element)}: {text or values}" if text or values else ""


def _inner_lines(element: _Element, wanted: Sequence[str]) -> Iterator[str]:
    """Each piece of text inside an element, and the line of each element that has only values.

    Shape: attributes that are wanted stand behind the text.
    """
    from lxml import etree

    for event, inner in etree.iterwalk(element, events=("start", "end")):
        if event == "end":
            yield (inner.tail or "").strip() if inner is not element else ""
            continue
        text, values = (inner.text or "").strip(), _values(inner, wanted)
        if values and not wanted and not _own_text(inner):
            yield _line(inner, wanted)
        yield f"{text} ({values})".strip() if values and wanted else text


def _values(element: _Element, wanted: Sequence[str]) -> str:
    """The attributes of an element, in an order that does not depend on how they are written."""
    if not element.keys() or (not wanted and str(element.tag).startswith(_SHOWN)):
        return ""
    values = sorted(
        f'{name.rpartition("}")[2]}="{" ".join(value.split())}"'
        for name, value in element.items()
        if value.strip() and _is_shown(name, wanted)
    )
    return " ".join(values)


def _is_shown(name: str, wanted: Sequence[str]) -> bool:
    """Whether an attribute is among those that are wanted, or by itself says something."""
    return name.rpartition("}")[2] in wanted if wanted else not name.startswith(_TECHNICAL)


def _name(element: _Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _own_text(element: _Element) -> str:
    parts = [element.text, *(child.tail for child in element)]
    return " ".join(" ".join(part.split()) for part in parts if part and not part.isspace())
