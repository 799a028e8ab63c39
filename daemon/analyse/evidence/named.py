"""Names the numbers of a page: by row and column, by a label, or by the sentence around them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeAlias

from daemon.analyse import places
from daemon.analyse.blocks import Block
from daemon.analyse.evidence.numbers import Number, has_numbers, is_number, numbers_in
from daemon.extract.markup.cells import Cell

_SENTENCE_END = re.compile(r"(?<=[.!?;])\s+(?=\D)|(?<=[。！？])")
_CELL_MARK = re.compile(r"\s*\|\s*|\t+")
_LABEL = re.compile(r"^(?P<label>[^\d:：=]{2,80}?)\s?[:：=]\s")
MAX_BLOCKS = 300
_MAX_CELLS = 3_000
_MAX_LABEL_WORDS = 9
_MAX_SENTENCE_WORDS = 60
_FEW_CHARS = 3  # around a value: a bracket, a footnote

Names: TypeAlias = tuple[str, str, str]  # row, column and label


@dataclass(frozen=True, slots=True)
class Reading:
    """A number of a block, by what it is the number of."""

    names: Names
    around: str  # heading and title, which may say what it counts
    number: Number

    @property
    def key(self) -> tuple[str, ...]:
        """By what a number is found again: its names, and the words that it stands among."""
        return tuple(name.casefold() for name in (*self.names, self.number.frame))


class Page:
    """The blocks of a page, and what names a number in them."""

    def __init__(self, blocks: Sequence[Block]) -> None:
        self.blocks = blocks
        self._at = {id(block): place for place, block in enumerate(blocks)}
        self._cells: dict[tuple[int, int, int], Block] | None = None

    def readings(self, changed: Sequence[Block]) -> Iterator[Reading]:
        """The numbers of the changed lines, but those of tables."""
        for block in changed[:MAX_BLOCKS]:
            place = self._at.get(id(block))
            if place is None or block.cell is not None or not has_numbers(block.text):
                continue
            if "|" in block.text and block.text.count("|") < _MAX_LABEL_WORDS * 3:
                yield from self._of_row(block, place)
            else:
                yield from self._of_line(block, place)

    def cells(self) -> dict[tuple[str, str], list[int]]:
        """The cells of tables by their row and column names, each as its place on the page."""
        found: dict[tuple[str, str], list[int]] = {}
        main = (one for one in enumerate(self.blocks) if one[1].place == places.MAIN)
        cells = ((place, block.cell) for place, block in main if block.cell is not None)
        for place, cell in islice(cells, _MAX_CELLS):
            names = (self._row_name(cell), self._column_name(cell))
            if any(names):
                found.setdefault(names, []).append(place)
        return found

    def names_of(self, block: Block, value: str) -> Names:
        """What names a value of a block: its row and column, else its label."""
        place = self._at.get(id(block))
        if block.cell is not None:
            return self._row_name(block.cell), self._column_name(block.cell), ""
        if place is None:
            return "", "", ""
        if "|" in block.text:
            parts, heads = _parts(block.text), self._heads(place)
            column = next((at for at, part in enumerate(parts) if value in part), len(heads))
            return parts[0], heads[column] if column < len(heads) else "", ""
        is_bare = len(block.text) - len(value) <= _FEW_CHARS
        return "", "", self._label_before(place) if is_bare else _label_of(block.text)

    def around(self, block: Block) -> str:
        """The heading above a block, and the title of the page."""
        place = self._at.get(id(block))
        return "" if place is None else self._around(place)

    def of_cell(self, names: tuple[str, str], place: int) -> Iterator[Reading]:
        """The numbers of a cell."""
        around = self._around(place)
        for number in numbers_in(self.blocks[place].text):
            yield Reading((*names, ""), around, number)

    def _cell_at(self, table: int, row: int, column: int) -> Block | None:
        if self._cells is None:
            self._cells = {}
            for block in self.blocks:
                if block.cell is not None:
                    self._cells.setdefault(block.cell[:3], block)
        return self._cells.get((table, row, column))

    def _row_name(self, cell: Cell) -> str:
        """The first cell of the row that is no number."""
        for column in range(cell.column):
            block = self._cell_at(cell.table, cell.row, column)
            if block is not None and not is_number(block.text):
                return block.text
        return ""

    def _column_name(self, cell: Cell) -> str:
        """The nearest head above the cell, else the first row's words."""
        if cell.row == 0:
            return ""
        first = self._cell_at(cell.table, 0, cell.column)
        if first is None or is_number(first.text) or first.cell is None:
            return ""
        corner = self._cell_at(cell.table, 0, 0)
        is_head = first.cell.is_head or (
            corner is not None and not any(char.isdigit() for char in first.text)
        )
        return first.text if is_head and cell.column > 0 else ""

    def _of_row(self, block: Block, place: int) -> Iterator[Reading]:
        """A row of a table in a text: its cells stand between bars."""
        parts, heads = _parts(block.text), self._heads(place)
        row = next((part for part in parts if part and not is_number(part)), "")
        around = self._around(place)
        for column, part in enumerate(parts):
            head = heads[column] if column < len(heads) else ""
            for number in numbers_in(part):
                yield Reading((row if part != row else "", head, ""), around, number)

    def _heads(self, place: int) -> list[str]:
        """The cells of the first row of the table that a line stands in."""
        first = place
        while first and "|" in self.blocks[first - 1].text:
            first -= 1
        return _parts(self.blocks[first].text) if first < place else []

    def _of_line(self, block: Block, place: int) -> Iterator[Reading]:
        label = self._label_before(place) if is_number(block.text) else _label_of(block.text)
        around = self._around(place)
        for sentence in _SENTENCE_END.split(block.text):
            if sentence.count(" ") < _MAX_SENTENCE_WORDS:
                for number in numbers_in(sentence):
                    yield Reading(("", "", label), around, number)

    def _label_before(self, place: int) -> str:
        """The short text before a bare number: the term of a list, the caption of a tile."""
        for block in reversed(self.blocks[max(place - 2, 0) : place]):
            if block.words <= _MAX_LABEL_WORDS and not is_number(block.text):
                return block.text.rstrip(" :：")
        return ""

    def _around(self, place: int) -> str:
        """The heading above, and the title of the page."""
        title = self.blocks[0].text if self.blocks[0].kind == places.TITLE else ""
        for block in reversed(self.blocks[:place]):
            if block.kind == places.HEADING:
                return f"{block.text} {title}"
        return title


def _parts(line: str) -> list[str]:
    return _CELL_MARK.split(line.strip().strip("|").strip())


def _label_of(line: str) -> str:
    found = _LABEL.match(line)
    return found["label"].strip() if found and found["label"].count(" ") < _MAX_LABEL_WORDS else ""
