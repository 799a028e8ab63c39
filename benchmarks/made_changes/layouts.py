"""How a page of lines is laid out: as a document with tables, as rows of boxes, as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from itertools import groupby

Line = tuple[str, str]  # its kind (h, p, t, l, f, a, b) and what it says

_FILLER = {
    "legal": "Section {n}. The provisions of this part apply to each use of the service as they are"
    " written, and no part of them depends on another one of the same document.",
    "standards": "The steps of part {n} are run in the order in which they are listed, once for"
    " each entry, and nothing that is done in them can be observed from a script.",
    "": "Part {n} tells how the house came to its name, who built it and why its doors are painted"
    " in another colour each spring by whoever happens to live there.",
}
_NUMBERS = "one two three four five six seven eight nine ten eleven twelve thirteen".split()
LENGTHS = {"short": 0, "long": len(_NUMBERS)}


def filler(domain: str, length: str) -> list[Line]:
    """Paragraphs that stay as they are, to make a page long."""
    text = _FILLER.get(domain, _FILLER[""])
    return [("p", text.format(n=number)) for number in _NUMBERS[: LENGTHS[length]]]


def document(title: str, lines: Sequence[Line], visit: int) -> tuple[str, str]:
    """Semantic elements: main, tables with heads, lists of terms."""
    parts = [_document_part(kind, [text for _, text in some]) for kind, some in _runs(lines)]
    body = f"<main><h1>{escape(title)}</h1>{''.join(parts)}</main>"
    return _html(title, body, visit), "text/html"


def _document_part(kind: str, texts: list[str]) -> str:
    if kind == "t":
        head, *rows = (row.split(" | ") for row in texts)
        heads = "".join(f"<th>{escape(cell)}</th>" for cell in head)
        body = "".join(_row(row, "td") for row in rows)
        return f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"
    if kind == "f":
        pairs = (text.split(" = ", 1) for text in texts)
        terms = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in pairs)
        return f"<dl>{terms}</dl>"
    if kind == "a":
        return "".join(f'<p><a href="/n/{len(text)}">{escape(text)}</a></p>' for text in texts)
    return _common(kind, texts)


def boxes(title: str, lines: Sequence[Line], visit: int) -> tuple[str, str]:
    """Boxes without meaning: tables without heads, labelled lines, items as articles."""
    parts = [_boxes_part(kind, [text for _, text in some]) for kind, some in _runs(lines)]
    body = (
        f'<div class="wrap"><div class="page"><h1>{escape(title)}</h1>{"".join(parts)}</div></div>'
    )
    return _html(title, body, visit), "text/html"


def _boxes_part(kind: str, texts: list[str]) -> str:
    if kind == "t":
        return f"<table>{''.join(_row(row.split(' | '), 'td') for row in texts)}</table>"
    if kind == "f":
        pairs = (text.split(" = ", 1) for text in texts)
        return "".join(f"<p><b>{escape(name)}:</b> {escape(value)}</p>" for name, value in pairs)
    if kind == "a":
        items = (f'<article><h3><a href="/{len(t)}">{escape(t)}</a></h3></article>' for t in texts)
        return "".join(items)
    return _common(kind, texts)


def tiles(title: str, lines: Sequence[Line], visit: int) -> tuple[str, str]:
    """Two columns of names and values in boxes; tables with their heads at the side."""
    parts = [_tiles_part(kind, [text for _, text in some]) for kind, some in _runs(lines)]
    body = f'<div id="root"><section><h2>{escape(title)}</h2>{"".join(parts)}</section></div>'
    return _html(title, body, visit), "text/html"


def _tiles_part(kind: str, texts: list[str]) -> str:
    if kind == "t":
        head, *rows = (row.split(" | ") for row in texts)
        sides = (f"<tr><th>{escape(row[0])}</th>{_row(row[1:], 'td')[4:]}" for row in rows)
        return f"<table>{_row(head, 'th')}{''.join(sides)}</table>"
    if kind == "f":
        pairs = (text.split(" = ", 1) for text in texts)
        return "".join(
            f'<div class="line"><div class="name">{escape(name)}</div>'
            f'<div class="value">{escape(value)}</div></div>'
            for name, value in pairs
        )
    if kind == "a":
        items = "".join(f'<li><a href="/{len(text)}">{escape(text)}</a></li>' for text in texts)
        return f"<ul>{items}</ul>"
    return _common(kind, texts)


def markdown(title: str, lines: Sequence[Line], visit: int) -> tuple[str, str]:
    """The source of a page in Markdown."""
    parts = [f"# {title}"]
    for kind, some in _runs(lines):
        texts = [text for _, text in some]
        if kind == "t":
            rule = "|".join(" --- " for _ in texts[0].split(" | "))
            rows = [f"| {row} |" for row in texts]
            parts.append("\n".join([rows[0], f"|{rule}|", *rows[1:]]))
        elif kind == "l":
            parts.append("\n".join(f"- {text}" for text in texts))
        elif kind == "a":
            parts.append("\n".join(f"- [{text}](/n/{len(text)})" for text in texts))
        elif kind == "f":
            parts.append("\n".join(f"- **{text.replace(' = ', ':** ')}" for text in texts))
        else:
            parts.extend(f"## {text}" if kind == "h" else text for text in texts)
    return "\n\n".join(parts) + "\n", "text/markdown"


LAYOUTS: dict[str, Callable[[str, Sequence[Line], int], tuple[str, str]]] = {
    "document": document,
    "boxes": boxes,
    "tiles": tiles,
    "markdown": markdown,
}


def _common(kind: str, texts: list[str]) -> str:
    if kind == "l":
        return f"<ul>{''.join(f'<li>{escape(text)}</li>' for text in texts)}</ul>"
    tag = {"h": "h2", "b": "button"}.get(kind, "p")
    return "".join(f"<{tag}>{escape(text)}</{tag}>" for text in texts)


def _row(cells: Sequence[str], tag: str) -> str:
    return f"<tr>{''.join(f'<{tag}>{escape(cell)}</{tag}>' for cell in cells)}</tr>"


def _runs(lines: Sequence[Line]) -> list[tuple[str, list[Line]]]:
    return [(kind, list(some)) for kind, some in groupby(lines, key=lambda line: line[0])]


def _html(title: str, body: str, visit: int) -> str:
    """The frame: menu, footer, and what differs at each visit."""
    return (
        f"<!DOCTYPE html><html><head><title>{escape(title)}</title>"
        f'<script>var nonce = "{visit * 7919:x}";</script></head><body>'
        '<header><nav><a href="/">Home</a> <a href="/all">All</a></nav></header>'
        f"{body}<footer>© 20{25 + visit} Example</footer></body></html>"
    )
