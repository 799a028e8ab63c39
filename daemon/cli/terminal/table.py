"""Prints rows as a table fitted to the terminal, or as tab-separated lines in a pipe."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

import click
from rich.cells import cell_len, set_cell_size

from daemon.cli.terminal.show import DIM, PLAIN, Style, is_terminal, wrap
from daemon.display.times import ago, stamp, utc_now

_GAP = "  "
_NARROWEST = 8
_ENOUGH = 30  # cells of a name or an address that distinguish it from others


@dataclass(frozen=True, slots=True)
class Age:
    """An instant in a cell: shown as its age to a person, as itself in a pipe."""

    at: datetime


Cell: TypeAlias = "str | tuple[str, Style] | Age"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Shape: `share` is its part of the width that the others leave; without one it is as wide as
           its widest cell. If it `wraps`, long text is wrapped; otherwise it is cut. `plain` is
           its title in a pipe, where values are not shortened. One that `yields` is left out
           when the columns that share the width would get too little.
    """

    title: str
    share: int = 0
    wraps: bool = False
    right: bool = False
    plain: str = ""
    yields: bool = False


def table(
    columns: Sequence[Column],
    rows: Sequence[Sequence[Cell]],
    plain: Sequence[Sequence[str]] | None = None,
) -> None:
    """Print `rows` for a person, or for a pipe: whole values between tabs.

    Shape: `plain` replaces rows that are shortened for people in other ways than by a Since.
    """
    if not is_terminal():
        _tabbed([column.plain or column.title for column in columns])
        for bare in (map(_bare, row) for row in rows) if plain is None else plain:
            _tabbed(bare)
        return
    columns, rows = _fitting(columns, rows, shutil.get_terminal_size().columns)
    widths = _widths(columns, rows, shutil.get_terminal_size().columns)
    click.echo(_GAP.join(_titles(columns, widths)))
    for row in rows:
        for line in _lines(columns, widths, row):
            click.echo(line)


def _tabbed(cells: Iterable[str]) -> None:
    click.echo("\t".join(cell.replace("\t", " ") for cell in cells))


def cut(text: str, width: int) -> str:
    """The text cut to `width` cells."""
    return text if cell_len(text) <= width else set_cell_size(text, width - 1).rstrip() + "…"


def _fitting(
    columns: Sequence[Column], rows: Sequence[Sequence[Cell]], total: int
) -> tuple[Sequence[Column], Sequence[Sequence[Cell]]]:
    """The columns and rows without those that yield, if the others need their width."""
    wanted = zip(columns, _needed(columns, rows), _widths(columns, rows, total), strict=True)
    if not any(column.share and width < min(need, _ENOUGH) for column, need, width in wanted):
        return columns, rows
    kept = [place for place, column in enumerate(columns) if not column.yields]
    return [columns[place] for place in kept], [[row[place] for place in kept] for row in rows]


def _needed(columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> list[int]:
    return [
        max(cell_len(column.title), *(cell_len(_text(row[place])) for row in rows), 0)
        for place, column in enumerate(columns)
    ]


def _widths(columns: Sequence[Column], rows: Sequence[Sequence[Cell]], total: int) -> list[int]:
    needed = _needed(columns, rows)
    room = total - len(_GAP) * (len(columns) - 1)
    room -= sum(need for need, column in zip(needed, columns, strict=True) if not column.share)
    return _shared(columns, needed, room)


def _shared(columns: Sequence[Column], needed: Sequence[int], room: int) -> list[int]:
    """Give each sharing column its part, and any surplus to the next ones."""
    widths = list(needed)
    shares = sum(column.share for column in columns)
    order = sorted((p for p, c in enumerate(columns) if c.share), key=lambda p: needed[p])
    for place in order:
        part = max(_NARROWEST, room * columns[place].share // shares)
        widths[place] = min(needed[place], part)
        room -= widths[place]
        shares -= columns[place].share
    return widths


def _titles(columns: Sequence[Column], widths: Sequence[int]) -> Iterator[str]:
    for column, width in zip(columns, widths, strict=True):
        yield click.style(_aligned(column, column.title, width), **DIM)


def _lines(columns: Sequence[Column], widths: Sequence[int], row: Sequence[Cell]) -> Iterator[str]:
    blocks = [
        wrap(_text(cell), width) if column.wraps else [cut(_text(cell), width)]
        for column, width, cell in zip(columns, widths, row, strict=True)
    ]
    for number in range(max(map(len, blocks))):
        cells = [
            click.style(_aligned(column, text, width), **_style(cell)) if text else " " * width
            for column, width, cell, text in zip(
                columns,
                widths,
                row,
                (b[number] if number < len(b) else "" for b in blocks),
                strict=True,
            )
        ]
        yield _GAP.join(cells).rstrip()


def _aligned(column: Column, text: str, width: int) -> str:
    space = " " * (width - cell_len(text))
    return space + text if column.right else text + space


def _text(cell: Cell) -> str:
    return ago(cell.at, utc_now()) if isinstance(cell, Age) else _bare(cell)


def _bare(cell: Cell) -> str:
    if isinstance(cell, Age):
        return stamp(cell.at) or ""
    return cell if isinstance(cell, str) else cell[0]


def _style(cell: Cell) -> Style:
    return cell[1] if isinstance(cell, tuple) else PLAIN
