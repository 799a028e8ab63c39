"""Tame HTML in, its visible text out, one block to a line."""

from __future__ import annotations

PLAIN = "html/1"

_UNSEEN = [
    "[hidden]",
    '[style*="display:none" i]',
    '[style*="display: none" i]',
    "dialog:not([open])",
]
# Buttons say whether a thing can be bought; what may be typed or chosen says nothing.
_SKIPPED = [
    "svg",
    "select",
    "textarea",
    "video",
    "audio",
    "canvas",
    'input:not([type="submit" i]):not([type="button" i])',
]
_CELL = "\t\t"


def visible_text(html: str) -> str:
    """Read all visible text: one block to a line, the cells of a row side by side.

    Shape:  a pipe between cells, a bullet or number before list items, brackets around
            buttons. Scripts, styles, templates and what is hidden inline are left out.
    """
    text = extracted(html, _SKIPPED + _UNSEEN)
    if not text.strip():
        # Some pages hide all of themselves until a script has run.
        text = extracted(html, _SKIPPED)
    return text


def extracted(html: str, skipped: list[str], *, main: bool = False) -> str:
    """Run the extractor with the one set of options that every stored text was made with."""
    from resiliparse.extract.html2text import extract_plain_text
    from resiliparse.parse.html import HTMLParserException

    try:
        text: str = extract_plain_text(
            html,
            preserve_formatting=True,
            main_content=main,
            alt_texts=False,
            form_fields=True,
            skip_elements=skipped,
        )
    except HTMLParserException as exc:
        # Markup never stops this parser: only want of memory does.
        raise MemoryError from exc
    if _CELL in text:
        text = _with_pipes(text)
    # A space before the first word is left over from the markup; two are a list's.
    return text[1:] if text[:1] == " " and text[1:2] != " " else text


def _with_pipes(text: str) -> str:
    """Cells in a line, told apart by pipes, though blocks within cells have lines of their own."""
    *cells, last = text.split(_CELL)
    joined = " | ".join([*(_without_gap(cell) for cell in cells), last])
    return joined.replace("\n | ", "\n| ")


def _without_gap(cell: str) -> str:
    return cell.rstrip("\n") if cell.endswith("\n\n") else cell


def main_part(html: str) -> str:
    """Read what looks like the main content, by the extractor's own cheap heuristics."""
    return extracted(html, _SKIPPED + _UNSEEN, main=True)
