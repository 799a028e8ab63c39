"""Cut a page into the units that a reader sees: headings, sentences, items and cells.

It shares no code with the product, so that it can judge what the product quotes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import lxml.html

_UNSEEN = frozenset(
    "script style noscript template head svg iframe object select option textarea".split()
)
_HEADINGS = frozenset("h1 h2 h3 h4 h5 h6 dt caption legend summary".split())
_INLINE = frozenset(
    "a abbr b bdi bdo big cite code data del dfn em font i img input ins kbd label mark q rp rt"
    " ruby s samp small span strike strong sub sup time tt u var wbr".split()
)
_SENTENCE_END = re.compile(r"(?<=[.!?;:。！？])[\"”’»)\]]*\s+(?=[^a-zà-ÿ])|(?<=[。！？])")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|art|no|nr|inc|ltd|co|corp|st|mr|mrs|dr|vs|cf|par|sec|resp|approx|incl"
    r"|z\.b|bzw|ca|abs|str|tel|ul|zz|al|p|c|s|n|v)\.|\b[A-Z]\.)$",
    re.IGNORECASE,
)
_MARKDOWN_HEADING = re.compile(r"#{1,6} +|[*_]{2}(?=[^*_]+[*_]{2}$)")
_MARKDOWN_UNDERLINE = re.compile(r"={3,}|-{3,}")
_MARKDOWN_ITEM = re.compile(r"(?:[*+-]|\d{1,3}[.)]) +")
_MARKDOWN_LINK = re.compile(r"!?\[((?:[^\[\]]|\[[^\]]*\])*)\]\([^)]*\)")
_REFERENCE = re.compile(
    r"\{\{(?:[^{}|]*/\s*)?([^{}/|]+)(?:\|[^{}]*)?\}\}"
    r"|\[=(?:[^=\]]*/\s*)?([^=\]/]+)=\]|\[\[\[([\w-]+)\]\]\]|\[\[([A-Z\d-]+)\]\]"
)
_MARKDOWN_MARK = re.compile(r"\*{1,3}|(?<!\w)_{1,3}|_{1,3}(?!\w)|`|\\(?=[^\w\s])")


_LONG_CELL = 300


class Unit(NamedTuple):
    """One thing a reader takes in at once, and the heading that stands over it."""

    kind: str
    text: str
    heading: str
    row: str = ""
    column: str = ""


def units(text: str, content_type: str) -> list[Unit]:
    """All units of a page, in its order."""
    blocks = _markdown(text) if "markdown" in content_type else _html(text)
    return [unit for block in blocks for unit in _sentences(block)]


def plain(text: str) -> str:
    """A text as it is compared: its spaces single, its quotation marks and dashes of one kind."""
    text = re.sub(r"[‘’‚′`]", "'", re.sub(r"[“”„«»″]", '"', text))
    text = re.sub(r"[‐‑‒–—―−]", "-", re.sub(r"[\u00ad\u200b-\u200f\u2060\ufeff]", "", text))
    return " ".join(text.split())


def dereferenced(text: str) -> str:
    """A text of a standard's source without the marks of its references."""
    return _REFERENCE.sub(lambda match: match[1] or match[2] or match[3] or "", text)


def unmarked(text: str) -> str:
    """A text of Markdown without its marks and addresses."""
    text = re.sub(r"<br ?/?>", " ", text)
    return _MARKDOWN_MARK.sub("", _MARKDOWN_LINK.sub(r"\1", text))


def _sentences(block: Unit) -> Iterator[Unit]:
    is_short = len(block.text) < _LONG_CELL
    if block.kind in ("title", "cell") or (block.kind == "heading" and is_short):
        yield block
        return
    start = 0
    for end in _SENTENCE_END.finditer(block.text):
        if _is_no_end(block.text[start : end.start()]):
            continue
        yield block._replace(text=block.text[start : end.end()].strip())
        start = end.end()
    if rest := block.text[start:].strip():
        yield block._replace(text=rest)


def _is_no_end(piece: str) -> bool:
    """Whether a full stop belongs to an abbreviation or to the number of an item."""
    return bool(_ABBREVIATION.search(piece[-12:]) or re.fullmatch(r"\(?\d{1,3}\.", piece))


def _html(text: str) -> list[Unit]:
    text = re.sub(r"^\s*<\?xml[^>]*\?>", "", text)
    root = lxml.html.document_fromstring(text or "<p></p>")
    walk = _Walk()
    title = plain(" ".join(root.xpath("//head/title/text()")))
    walk.blocks += [Unit("title", title, "")] if title else []
    walk.element(root)
    walk.end_block()
    return walk.blocks


class _Walk:
    """The blocks of a tree, and what has been read of the one that is open."""

    def __init__(self) -> None:
        self.blocks: list[Unit] = []
        self._open: list[str] = []
        self._kind = "text"
        self._heading = ""
        self._row = ""
        self._columns: list[str] = []

    def element(self, node: lxml.html.HtmlElement) -> None:
        tag = node.tag if isinstance(node.tag, str) else ""
        if tag and tag not in _UNSEEN and not _is_hidden(node):
            self._visible(node, tag)
        if node.tail:
            self._open.append(node.tail)

    def _visible(self, node: lxml.html.HtmlElement, tag: str) -> None:
        if tag == "table" and _is_data(node):
            self.end_block()
            self._table(node)
            return
        if tag in _INLINE:
            self._inside(node)
            return
        self.end_block()
        kind, self._kind = self._kind, _kind(tag, self._kind)
        self._inside(node)
        self.end_block()
        self._kind = kind

    def _inside(self, node: lxml.html.HtmlElement) -> None:
        self._open.append(node.text or "")
        for child in node:
            self.element(child)

    def end_block(self) -> None:
        text = plain("".join(self._open))
        self._open = []
        if not text:
            return
        self.blocks.append(Unit(self._kind, text, self._heading))
        if self._kind == "heading":
            self._heading = text

    def _table(self, table: lxml.html.HtmlElement) -> None:
        columns: list[str] = []
        for row in table.iter("tr"):
            cells = [(cell.tag, plain(_words(cell))) for cell in row if cell.tag in ("td", "th")]
            if not cells:
                continue
            if not columns and all(tag == "th" for tag, _ in cells):
                columns = [text for _, text in cells]
            for place, (_, text) in enumerate(cells):
                column = columns[place] if place < len(columns) else ""
                if text:
                    self.blocks.append(Unit("cell", text, self._heading, cells[0][1], column))


def _kind(tag: str, outer: str) -> str:
    if tag in _HEADINGS:
        return "heading"
    return "item" if tag in ("li", "dd") else outer


def _is_data(table: lxml.html.HtmlElement) -> bool:
    rows = [len(row.xpath("td|th")) for row in table.iter("tr")]
    longest = max((len(cell.text_content()) for cell in table.iter("td")), default=0)
    return not table.xpath(".//table") and longest < _LONG_CELL and max(rows, default=0) > 1


def _is_hidden(node: lxml.html.HtmlElement) -> bool:
    style = (node.get("style") or "").replace(" ", "").lower()
    return node.get("hidden") is not None or "display:none" in style


def _words(node: lxml.html.HtmlElement) -> str:
    return " ".join(node.xpath(".//text()[not(ancestor::script or ancestor::style)]"))


def _markdown(text: str) -> list[Unit]:
    blocks: list[Unit] = []
    heading, kind, lines = "", "text", list[str]()

    def end_block() -> None:
        nonlocal heading, lines, kind
        words = plain(unmarked(" ".join(lines)))
        if words:
            blocks.append(Unit(kind, words, heading))
            heading = words if kind == "heading" else heading
        lines, kind = [], "text"

    for raw in _MARKDOWN_LINK.sub(r"\1", text).splitlines():
        line = raw.strip()
        if not line or line == "* * *":
            end_block()
        elif _MARKDOWN_UNDERLINE.fullmatch(line) and lines:
            kind = "heading"
            end_block()
        elif line.startswith("|") and line.endswith("|"):
            end_block()
            cells = [plain(unmarked(cell)) for cell in line.strip("|").split("|")]
            if all(re.fullmatch(r":?-+:?", cell) for cell in cells if cell):
                continue
            blocks += [Unit("cell", cell, heading, cells[0]) for cell in cells if cell]
        elif mark := _MARKDOWN_HEADING.match(line):
            end_block()
            lines, kind = [line[mark.end() :]], "heading"
            end_block()
        elif mark := _MARKDOWN_ITEM.match(line):
            end_block()
            lines, kind = [line if mark[0][0].isdigit() else line[mark.end() :]], "item"
        else:
            lines.append(line)
    end_block()
    return blocks
