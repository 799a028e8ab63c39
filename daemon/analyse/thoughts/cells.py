"""Names a value by what stands around it: its row and column, its term, the heading above."""

from __future__ import annotations

from collections.abc import Sequence

from daemon.analyse import places
from daemon.analyse.blocks import Block
from daemon.analyse.thoughts.plain import quotable, without_numbering

_LABEL_CHARS = 60
_TERM_WORDS = 6
_MOST_BEHIND = 600  # blocks looked through for a heading or a head of a column
BETWEEN = " | "  # cells, in the lines of a reading


def name_of(blocks: Sequence[Block], at: int) -> str:
    """The row and the column of the cell at this place, in words; empty for no cell.

    Shape: the head of a row or a column is its first cell, if it says more than a number.
    """
    cell = blocks[at].cell
    if cell is None:
        return ""
    row = column = ""
    for other in reversed(blocks[max(at - _MOST_BEHIND, 0) : at]):
        if other.cell is None or other.cell.table != cell.table:
            if not row and other.cell is None and other.kind != places.TABLE:
                break
            continue
        if other.cell.row == cell.row and other.cell.column == 0 and cell.column:
            row = row or _label(other.text)
        elif other.cell.column == cell.column and other.cell.is_head and other.cell.row < cell.row:
            column = _label(other.text)
    return ", ".join(part for part in (row, column) if part)


def names_of_columns(lines: Sequence[Block], at: int) -> list[str]:
    """The heads of the columns of a line of cells: those of the first line of its table."""
    count = len(cells_of(lines[at].text))
    first = at
    while first and at - first < _MOST_BEHIND and len(cells_of(lines[first - 1].text)) == count:
        first -= 1
    return [_label(text) for text in cells_of(lines[first].text)] if first < at else []


def cells_of(line: str) -> list[str]:
    """The cells of a line that was a row of a table; one for any other line."""
    return (
        [cell.strip() for cell in line.strip().strip("|").split("|")] if BETWEEN in line else [line]
    )


def name_of_value(blocks: Sequence[Block], at: int) -> str:
    """What a short value is the value of: the term or the caption before it, else the heading."""
    before = blocks[at - 1] if at else None
    if before is not None and before.place == blocks[at].place and before.kind != places.TABLE:
        is_term = before.words <= _TERM_WORDS and not any(map(str.isdigit, before.text))
        if is_term and (label := _label(before.text)):
            return label
    return heading_above(blocks, at)


def heading_above(blocks: Sequence[Block], at: int) -> str:
    """The nearest heading above a place, if it is short enough to name it."""
    for other in reversed(blocks[max(at - _MOST_BEHIND, 0) : at]):
        if other.kind == places.HEADING and other.place == blocks[at].place:
            return _label(without_numbering(quotable(other.text)))
    return ""


def _label(text: str) -> str:
    text = quotable(text).rstrip(":： ")
    is_name = 0 < len(text) <= _LABEL_CHARS and any(letter.isalpha() for letter in text)
    return text if is_name else ""
