"""Extracts the visible text of simplified HTML, one block to a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from daemon.extract.markup.hidden import NEVER_SHOWN, is_hidden

if TYPE_CHECKING:
    from resiliparse.parse.html import HTMLTree

PLAIN = "html/2"

# Elements whose `hidden` attribute may not decide: "is" occurs in display and in visibility,
# and one search is cheaper than two.
_DOUBTFUL = 'dialog, [style*="is" i]'
_UNSEEN = ["[hidden]"]
# Buttons show whether a product can be bought; input fields and options show nothing.
_SKIPPED = [
    *NEVER_SHOWN,
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
    tree = _marked(html)
    text = _extracted(tree, _SKIPPED + _UNSEEN)
    if not text.strip():
        # Some pages hide all of themselves until a script has run.
        text = _extracted(tree, _SKIPPED)
    return text


def _marked(html: str) -> HTMLTree:
    """The page with the attribute `hidden` on exactly the elements that are not shown."""
    from resiliparse.parse.html import HTMLParserException, HTMLTree

    try:
        tree = HTMLTree.parse(html)
    except HTMLParserException as exc:
        # No markup makes this parser fail: only lack of memory does.
        raise MemoryError from exc
    if tree.document is None:
        return tree
    # As a list: the collection itself runs the query again for each of its elements.
    for element in tree.document.query_selector_all(_DOUBTFUL).values():
        if is_hidden(str(element.tag), element.getattr):
            element["hidden"] = ""
        elif element.hasattr("hidden"):
            del element["hidden"]
    return tree


def _extracted(tree: HTMLTree, skipped: list[str], *, main: bool = False) -> str:
    """Run the extractor with the one set of options that every stored text was made with."""
    from resiliparse.extract.html2text import extract_plain_text

    text: str = extract_plain_text(
        tree,
        preserve_formatting=True,
        main_content=main,
        alt_texts=False,
        form_fields=True,
        skip_elements=skipped,
    )
    if _CELL in text:
        text = _with_pipes(text)
    # One space before the first word is left over from the markup; two belong to a list.
    return text[1:] if text[:1] == " " and text[1:2] != " " else text


def _with_pipes(text: str) -> str:
    """Cells in a line, separated by pipes, though blocks within cells have lines of their own."""
    *cells, last = text.split(_CELL)
    joined = " | ".join([*(_without_gap(cell) for cell in cells), last])
    return joined.replace("\n | ", "\n| ")


def _without_gap(cell: str) -> str:
    return cell.rstrip("\n") if cell.endswith("\n\n") else cell


def main_part(html: str) -> str:
    """Read what looks like the main content, by the extractor's own cheap heuristics."""
    return _extracted(_marked(html), _SKIPPED + _UNSEEN, main=True)
