"""Counts the rows and columns of tables: in which cell of which table an element stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

_MAX_SPAN = 100
TAGS = frozenset({"table", "tr", "td", "th"})


class Cell(NamedTuple):
    """Where in which table of a page a text stands, each counted from 0."""

    table: int
    row: int
    column: int
    is_head: bool


class Part(NamedTuple):
    """What an element is to its table."""

    tag: str = ""  # one of TAGS; "" for all others
    width: int = 1
    height: int = 1


@dataclass(slots=True)
class _Table:
    number: int
    row: int = -1
    column: int = 0  # of the next cell
    covered: dict[int, int] = field(default_factory=dict)  # column to the last row of its cell


def part_of(tag: str, attributes: Mapping[str, str]) -> Part:
    """What an element with these attributes is to its table."""
    if tag not in TAGS:
        return Part()
    return Part(tag, _span(attributes.get("colspan")), _span(attributes.get("rowspan")))


def cells_of(outer: Sequence[int], parts: Sequence[Part]) -> list[Cell | None]:
    """The cell that each element stands in, if any.

    Shape: elements in document order, each with the number of the one around it; the first one
           is the page.
    """
    cells: list[Cell | None] = [None]
    tables: list[_Table | None] = [None]
    count = 0
    for node in range(1, len(outer)):
        tag, table, cell = parts[node].tag, tables[outer[node]], cells[outer[node]]
        if tag == "table":
            table, cell, count = _Table(count), None, count + 1
        elif table is not None and tag == "tr":
            table.row += 1
            table.column = 0
        elif table is not None and tag:
            cell = _next(table, parts[node])
        tables.append(table)
        cells.append(cell)
    return cells


def _next(table: _Table, part: Part) -> Cell:
    row = max(table.row, 0)
    while table.covered.get(table.column, -1) >= row:
        table.column += 1
    cell = Cell(table.number, row, table.column, part.tag == "th")
    table.column += part.width
    if part.height > 1:
        last = row + part.height - 1
        table.covered.update((column, last) for column in range(cell.column, table.column))
    return cell


def _span(text: str | None) -> int:
    return min(int(text), _MAX_SPAN) or 1 if text and text.isdecimal() and len(text) < 6 else 1
