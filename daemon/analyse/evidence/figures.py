"""Finds the numbers whose value changed, each with what it is the number of.

A number of a table is named by its row and column; one of a labelled line by its label; one of a
sentence by the sentence. What only counts visits, ranks or ages is no figure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from math import inf
from typing import NamedTuple

from daemon.analyse import places, words
from daemon.analyse.blocks import Block
from daemon.compare.dates import mask_dates
from daemon.extract.markup.cells import Cell
from daemon.lexicon.importance.obligations import obliges
from daemon.lexicon.importance.quantities import Quantity, compares, endless_in, quantity_of
from daemon.money.numbers import plain, read_number

_NUMBER = re.compile(
    r"(?<![\w.,:/#§-])(?P<number>\d{1,3}(?:[ '.,]\d{3}){1,4}(?:[.,]\d{1,4})?|\d+(?:[.,]\d+)?)"
    r"(?:\s?(?P<unit>[%‰]|°\s?[CF]?|[^\W\d_][^\W\d_²³.]{0,14}(?:/[^\W\d_]{1,8})?))?(?![\d:]|[.,]\d)"
)
_SCALES = {
    "k": 1e3, "tsd": 1e3, "thousand": 1e3, "mille": 1e3, "mil": 1e3, "tausend": 1e3, "тыс": 1e3,
    "m": 1e6, "mio": 1e6, "million": 1e6, "millions": 1e6, "millionen": 1e6, "millones": 1e6,
    "millioni": 1e6, "млн": 1e6, "mln": 1e6, "b": 1e9, "bn": 1e9, "billion": 1e9, "mrd": 1e9,
    "万": 1e4, "億": 1e8, "亿": 1e8, "만": 1e4,
}  # fmt: skip
_UNITS = {
    "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12, "pb": 1e15, "kib": 1024, "mib": 1024**2,
    "gib": 1024**3, "tib": 1024**4, "bytes": 1, "byte": 1, "ko": 1e3, "mo": 1e6, "go": 1e9,
    "ms": 1e-3, "s": 1, "sec": 1, "second": 1, "seconds": 1, "min": 60, "mins": 60, "minute": 60,
    "minutes": 60, "minuten": 60, "minutos": 60, "h": 3600, "hour": 3600, "hours": 3600,
    "stunden": 3600, "heures": 3600, "horas": 3600, "ore": 3600, "uur": 3600, "d": 86400,
    "day": 86400, "days": 86400, "tag": 86400, "tage": 86400, "tagen": 86400, "jour": 86400,
    "jours": 86400, "día": 86400, "días": 86400, "giorni": 86400, "dias": 86400, "dagen": 86400,
    "dni": 86400, "дней": 86400, "week": 604800, "weeks": 604800, "wochen": 604800,
    "semaines": 604800, "semanas": 604800, "settimane": 604800, "weken": 604800,
    "month": 2629800, "months": 2629800, "monat": 2629800, "monate": 2629800, "monaten": 2629800,
    "mois": 2629800, "mes": 2629800, "meses": 2629800, "mesi": 2629800, "maanden": 2629800,
    "year": 31557600, "years": 31557600, "jahr": 31557600, "jahre": 31557600, "jahren": 31557600,
    "an": 31557600, "ans": 31557600, "años": 31557600, "anni": 31557600, "anos": 31557600,
    "jaar": 31557600, "mg": 1e-3, "g": 1, "kg": 1e3, "µg": 1e-6, "mcg": 1e-6, "ml": 1e-3, "l": 1,
    "mm": 1e-3, "cm": 1e-2, "km": 1e3, "kw": 1e3, "mw": 1e6,
}  # fmt: skip
_SENTENCE_END = re.compile(r"(?<=[.!?;])\s+(?=\D)|(?<=[。！？])")
_CELL_MARK = re.compile(r"\s*\|\s*|\t+")
_RULE_ROW = re.compile(r"[|:\-\s]+")
_POSITION = re.compile(
    r"^\W{0,2}(?:\d{1,3}(?:(?:\.\d{1,3}){1,4}[.)]?|[.)])\s+(?=(?P<next>[^\W\d_]+))|\[\d+\]|\(\d+\))"
)
_LABEL = re.compile(r"^(?P<label>[^\d:：=]{2,80}?)\s?[:：=]\s")
_YEAR = range(1900, 2101)
_MAX_BLOCKS = 300
_MAX_CELLS = 3_000
_MAX_LABEL_WORDS = 9
_FEW_CHARS = 3  # around a number: a bracket, a footnote
_MAX_SENTENCE_WORDS = 60
_AROUND_LABELS = " :：=–-·"
_MAX_NUMBERS = 4  # of a sentence or a cell; more are a row of results
_BEFORE, _AFTER = 45, 35  # characters around a number that say what it counts
_DOUBLE, _TENFOLD = 2, 10
_SAME = 0.03  # three months are about ninety days


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that changed, as written, and what it is the number of.

    Shape: `row` and `column` name a cell of a table, `label` a labelled line or the value of a
           term; all are empty in a sentence. `ratio` is the new value over the old one.
    """

    old: str  # with its unit
    new: str
    row: str
    column: str
    label: str
    quantity: Quantity
    ratio: float
    is_measured: bool = False  # has a unit of time, mass, size or a share

    @property
    def name(self) -> str:
        """For people: "Studio, Requests a minute"."""
        return ", ".join(part for part in (self.row, self.column, self.label) if part)

    @property
    def step(self) -> float:
        """By how much it grew or shrank: 2 for a half as for a double."""
        return max(self.ratio, 1 / self.ratio) if self.ratio else inf


class Number(NamedTuple):
    """A number of a text, as written with its unit."""

    frame: str  # the text without its numbers
    near: str  # the words before and after it
    text: str
    value: float


@dataclass(frozen=True, slots=True)
class _Reading:
    """A number of a block, by what it is the number of."""

    names: tuple[str, str, str]  # row, column and label
    around: str  # heading and title, which may say what it counts
    number: Number

    @property
    def key(self) -> tuple[str, ...]:
        """By what a number is found again: its names, and the words that it stands among."""
        return tuple(name.casefold() for name in (*self.names, self.number.frame))


def weighs(figure: Figure, *, is_binding: bool) -> bool:
    """Whether somebody must know of it: it binds, or is another size of what has a name.

    Shape: in a text that binds as a whole, a contract or a standard, each measure does.
    """
    if figure.quantity.binds or (is_binding and figure.is_measured):
        return True
    return figure.quantity is Quantity.UNKNOWN and bool(figure.name) and figure.step >= _DOUBLE


def is_grave(figure: Figure) -> bool:
    """Whether it is of another order: ten times as much, or another dose."""
    return figure.quantity.binds and (figure.step >= _TENFOLD or figure.quantity is Quantity.DOSE)


def figures_of(
    before: Sequence[Block], after: Sequence[Block], gone: Sequence[Block], came: Sequence[Block]
) -> tuple[Figure, ...]:
    """The numbers of the changed blocks that have another value now, in the page's order.

    Shape: `gone` and `came` are blocks of `before` and `after`; at most 300 of each are read.
    """
    if not (_with_digits(gone) and _with_digits(came)):
        return ()
    old, new = _Page(before), _Page(after)
    lines = _paired(old.readings(gone), new.readings(came))
    pairs = chain(_of_tables(old, new, (_cells(gone), _cells(came))), lines)
    return tuple(filter(None, (_figure(*pair) for pair in pairs)))


def _cells(blocks: Iterable[Block]) -> frozenset[str]:
    """What the cells among the blocks say."""
    return frozenset(block.text for block in blocks if block.cell is not None)


def _paired(
    gone: Iterable[_Reading], came: Iterable[_Reading]
) -> Iterator[tuple[_Reading, _Reading]]:
    """The readings of the same number before and after."""
    waiting: dict[tuple[str, ...], list[_Reading]] = {}
    for reading in gone:
        waiting.setdefault(reading.key, []).append(reading)
    for reading in came:
        if partners := waiting.get(reading.key):
            yield partners.pop(0), reading


def _of_tables(
    old: _Page, new: _Page, said: tuple[frozenset[str], frozenset[str]]
) -> Iterator[tuple[_Reading, _Reading]]:
    """The readings of the cells that differ, found again by their names.

    Shape: by their names, as among the changed blocks a cell stands for any that says the same;
           `said` is what the changed cells say, before and after.
    """
    gone, came = said
    known = old.cells() if gone and came else {}
    for names, after in new.cells().items() if known else ():
        for left, right in zip(known.get(names, ()), after, strict=False):
            before, now = old.blocks[left].text, new.blocks[right].text
            if before != now and (before in gone or now in came):
                yield from _paired(old.of_cell(names, left), new.of_cell(names, right))


def _with_digits(blocks: Iterable[Block]) -> bool:
    return any(_NUMBER.search(plain(block.text)) or endless_in(block.text) for block in blocks)


def _figure(old: _Reading, new: _Reading) -> Figure | None:
    before, after = old.number, new.number
    if before.value == after.value or _is_year(before.text, after.text):
        return None
    ratio = _ratio(before.value, after.value)
    if abs(ratio - 1) < _SAME and _unit(before.text) != _unit(after.text):
        return None
    is_measured = _is_measured(after.text)
    quantity = _quantity(new, is_measured)
    return Figure(before.text, after.text, *new.names, quantity, ratio, is_measured)


def _quantity(reading: _Reading, is_measured: bool) -> Quantity:
    near = " ".join((*reading.names, reading.number.near))
    quantity = quantity_of(near)
    if quantity is not Quantity.UNKNOWN:
        return quantity
    if (is_measured and compares(near)) or obliges(words.words_of(near)):
        return Quantity.LIMIT
    around = quantity_of(reading.around) if any(reading.names) else quantity
    return around if around.binds else Quantity.UNKNOWN


def _is_measured(text: str) -> bool:
    unit = _unit(text)
    return _is_unit(unit) or unit[:1] in ("%", "‰", "°")


def _ratio(old: float, new: float) -> float:
    if old == 0:
        return inf
    return 0.0 if old == inf else new / old


def _is_year(*texts: str) -> bool:
    return all(text.isdecimal() and len(text) == 4 and int(text) in _YEAR for text in texts)


def _unit(text: str) -> str:
    return text.lstrip("0123456789 '.,-+").casefold()


class _Page:
    """The blocks of a page, and what names a number in them."""

    def __init__(self, blocks: Sequence[Block]) -> None:
        self.blocks = blocks
        self._at = {id(block): place for place, block in enumerate(blocks)}
        self._cells: dict[tuple[int, int, int], Block] | None = None

    def readings(self, changed: Sequence[Block]) -> Iterator[_Reading]:
        """The numbers of the changed lines, but those of tables."""
        for block in changed[:_MAX_BLOCKS]:
            place = self._at.get(id(block))
            if place is None or block.cell is not None or not _with_digits([block]):
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

    def of_cell(self, names: tuple[str, str], place: int) -> Iterator[_Reading]:
        """The numbers of a cell."""
        around = self._around(place)
        for number in _numbers(self.blocks[place].text):
            yield _Reading((*names, ""), around, number)

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
            if block is not None and not _is_number(block.text):
                return block.text
        return ""

    def _column_name(self, cell: Cell) -> str:
        """The nearest head above the cell, else the first row's words."""
        if cell.row == 0:
            return ""
        first = self._cell_at(cell.table, 0, cell.column)
        if first is None or _is_number(first.text) or first.cell is None:
            return ""
        corner = self._cell_at(cell.table, 0, 0)
        is_head = first.cell.is_head or (
            corner is not None and not any(char.isdigit() for char in first.text)
        )
        return first.text if is_head and cell.column > 0 else ""

    def _of_row(self, block: Block, place: int) -> Iterator[_Reading]:
        """A row of a table in a text: its cells stand between bars."""
        parts, heads = _parts(block.text), self._heads(place)
        row = next((part for part in parts if part and not _is_number(part)), "")
        around = self._around(place)
        for column, part in enumerate(parts):
            head = heads[column] if column < len(heads) else ""
            for number in _numbers(part):
                yield _Reading((row if part != row else "", head, ""), around, number)

    def _heads(self, place: int) -> list[str]:
        """The cells of the first row of the table that a line stands in."""
        first = place
        while first and "|" in self.blocks[first - 1].text:
            first -= 1
        return _parts(self.blocks[first].text) if first < place else []

    def _of_line(self, block: Block, place: int) -> Iterator[_Reading]:
        label = self._label_before(place) if _is_number(block.text) else _label_of(block.text)
        around = self._around(place)
        for sentence in _SENTENCE_END.split(block.text):
            if sentence.count(" ") < _MAX_SENTENCE_WORDS:
                for number in _numbers(sentence):
                    yield _Reading(("", "", label), around, number)

    def _label_before(self, place: int) -> str:
        """The short text before a bare number: the term of a list, the caption of a tile."""
        for block in reversed(self.blocks[max(place - 2, 0) : place]):
            if block.words <= _MAX_LABEL_WORDS and not _is_number(block.text):
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


def _is_number(text: str) -> bool:
    """Whether a text is a number with at most a unit, or says that there is no limit."""
    found = _NUMBER.search(plain(text))
    span = found.span() if found else endless_in(text)
    return span is not None and len(text) - (span[1] - span[0]) <= _FEW_CHARS


def _numbers(text: str) -> Iterator[Number]:
    """The numbers of a text that are no dates, ages, counters or positions."""
    said = _POSITION.sub(_kept, mask_dates(plain(words.masked(text))))
    frame = " ".join(_NUMBER.sub(_unit_only, said).split()).strip(_AROUND_LABELS)
    found = list(_NUMBER.finditer(said))
    for one in found if len(found) <= _MAX_NUMBERS else ():
        value = _value(one["number"], one["unit"] or "")
        near = said[max(one.start() - _BEFORE, 0) : one.end() + _AFTER]
        if value is not None:
            yield Number(frame, near, _written(one, said), value)
    if not found and said.count(" ") < _MAX_LABEL_WORDS and (span := endless_in(said)):
        start, end = span
        frame = (said[:start] + said[end:]).strip(_AROUND_LABELS)
        yield Number(frame, said, said[start:end], inf)


def _written(found: re.Match[str], said: str) -> str:
    """A number with its unit; a word behind it is one only where the text ends with it."""
    is_word = not _is_unit(found["unit"] or "") and found["unit"] not in ("%", "‰")
    if is_word and said[found.end() :].strip():
        return found["number"]
    return found.group().strip()


def _kept(found: re.Match[str]) -> str:
    """What stays of a position: all of it where a unit follows, as in "2.5 mg once"."""
    return found.group() if _is_unit(found["next"] or "") else ""


def _is_unit(word: str) -> bool:
    return word.rstrip(".").casefold() in _UNITS


def _unit_only(found: re.Match[str]) -> str:
    """What stays of a number in its frame: a unit that is no size of another one."""
    unit = found["unit"] or ""
    return "" if unit.casefold() in _UNITS or unit.casefold() in _SCALES else unit


def _value(number: str, unit: str) -> float | None:
    read = read_number(number)
    if read is None:
        return None
    unit = unit.rstrip(".").casefold()
    return float(read) * _UNITS.get(unit, _SCALES.get(unit, 1.0))
