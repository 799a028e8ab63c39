"""Finds the numbers whose value changed, each with what it is the number of.

A number of a table is named by its row and column; one of a labelled line by its label; one of a
sentence by the sentence. What only counts visits, ranks or ages is no figure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from math import inf

from daemon.analyse import words
from daemon.analyse.blocks import Block
from daemon.analyse.evidence.named import MAX_BLOCKS, Page, Reading
from daemon.analyse.evidence.numbers import has_numbers, is_measured, unit_of
from daemon.compare.dates import dates
from daemon.lexicon.importance.obligations import obliges
from daemon.lexicon.importance.quantities import (
    Quantity,
    compares,
    is_appointed,
    quantity_of,
    tells_hours,
)

_YEAR = range(1900, 2101)
_MAX_CHARS = 200
_QUARTER, _DOUBLE, _TENFOLD = 1.25, 1.99, 10
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


def weighs(figure: Figure, *, is_binding: bool, binds_all: bool) -> bool:
    """Whether somebody must know of it: it binds, or is another size of what has a name.

    Shape: in a contract each number binds but counters; in a standard each measure does.
    """
    if figure.quantity.binds or (binds_all and figure.quantity is not Quantity.COUNT):
        return True
    if figure.is_measured and is_binding:
        return True
    # A measure is a quarter off by intent; a bare number of something may be counted anew.
    least = _QUARTER if figure.is_measured else _DOUBLE
    return figure.quantity is Quantity.UNKNOWN and bool(figure.name) and figure.step > least


def is_grave(figure: Figure) -> bool:
    """Whether it is of another order: ten times as much, or another dose."""
    return figure.quantity.binds and (figure.step >= _TENFOLD or figure.quantity is Quantity.DOSE)


def figures_of(
    before: Sequence[Block], after: Sequence[Block], gone: Sequence[Block], came: Sequence[Block]
) -> tuple[Figure, ...]:
    """The numbers of the changed blocks that have another value now, in the page's order.

    Shape: `gone` and `came` are blocks of `before` and `after`; at most 300 of each are read.
    """
    if not (_have_numbers(gone) and _have_numbers(came)):
        return ()
    old, new = Page(before), Page(after)
    lines = _paired(old.readings(gone), new.readings(came))
    pairs = chain(_of_tables(old, new, (_cells(gone), _cells(came))), lines)
    return tuple(filter(None, (_figure(*pair) for pair in pairs)))


def appointments_of(
    after: Sequence[Block], dated: Sequence[tuple[Block, Block]]
) -> tuple[Figure, ...]:
    """The dates to keep that moved: deadlines, beginnings, ends; at most 300 are read."""
    page = Page(after)
    found = (_appointment(page, old, new) for old, new in dated[:MAX_BLOCKS])
    return tuple(filter(None, found))


def _appointment(page: Page, old: Block, new: Block) -> Figure | None:
    before, after = dates(old.text), dates(new.text)
    stale = next((date for date in before if date not in after), "")
    fresh = next((date for date in after if date not in before), "")
    if not (stale and fresh):
        return None
    names = page.names_of(new, fresh)
    said = " ".join((*names, "" if names[1] else new.text[:_MAX_CHARS]))
    is_hour = ":" in fresh and tells_hours(f"{said} {page.around(new)}")
    if not (is_hour or is_appointed(said)):
        return None
    return Figure(stale, fresh, *names, Quantity.DEADLINE, 1.0)


def _have_numbers(blocks: Iterable[Block]) -> bool:
    return any(has_numbers(block.text) for block in blocks)


def _cells(blocks: Iterable[Block]) -> frozenset[str]:
    """What the cells among the blocks say."""
    return frozenset(block.text for block in blocks if block.cell is not None)


def _paired(gone: Iterable[Reading], came: Iterable[Reading]) -> Iterator[tuple[Reading, Reading]]:
    """The readings of the same number before and after."""
    waiting: dict[tuple[str, ...], list[Reading]] = {}
    for reading in gone:
        waiting.setdefault(reading.key, []).append(reading)
    for reading in came:
        if partners := waiting.get(reading.key):
            yield partners.pop(0), reading


def _of_tables(
    old: Page, new: Page, said: tuple[frozenset[str], frozenset[str]]
) -> Iterator[tuple[Reading, Reading]]:
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


def _figure(old: Reading, new: Reading) -> Figure | None:
    before, after = old.number, new.number
    if before.value == after.value or _is_year(before.text, after.text):
        return None
    ratio = _ratio(before.value, after.value)
    if abs(ratio - 1) < _SAME and unit_of(before.text) != unit_of(after.text):
        return None
    has_unit = is_measured(after.text)
    quantity = _quantity(new, has_unit)
    return Figure(before.text, after.text, *new.names, quantity, ratio, has_unit)


def _quantity(reading: Reading, has_unit: bool) -> Quantity:
    near = " ".join((*reading.names, reading.number.near))
    quantity = quantity_of(near)
    if quantity is not Quantity.UNKNOWN:
        return quantity
    if (has_unit and compares(near)) or obliges(words.words_of(near)):
        return Quantity.LIMIT
    around = quantity_of(reading.around) if any(reading.names) else quantity
    return around if around.binds else Quantity.UNKNOWN


def _ratio(old: float, new: float) -> float:
    if old == 0:
        return inf
    return 0.0 if old == inf else new / old


def _is_year(*texts: str) -> bool:
    return all(text.isdecimal() and len(text) == 4 and int(text) in _YEAR for text in texts)
