"""Draws prices over time as a sparkline or a step chart."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from daemon.money.numbers import amount_text

_HEIGHTS = "▁▂▃▄▅▆▇█"
Step = tuple[datetime, Decimal]  # since when, and the price


def sparkline(steps: Sequence[Step], start: datetime, end: datetime, width: int) -> str:
    """One character for each part of the period, as high as its price.

    Shape: empty without prices; a space where none is known yet.
    """
    values = sampled(steps, start, end, width)
    known = [value for value in values if value is not None]
    if not known:
        return ""
    low, span = min(known), max(known) - min(known)
    return "".join(" " if value is None else _HEIGHTS[_level(value, low, span)] for value in values)


def _level(value: Decimal, low: Decimal, span: Decimal) -> int:
    return int((value - low) / span * (len(_HEIGHTS) - 1)) if span else len(_HEIGHTS) // 2


def sampled(
    steps: Sequence[Step], start: datetime, end: datetime, width: int
) -> list[Decimal | None]:
    """The price at the end of each of `width` equal parts of the period."""
    part = max((end - start) / width, timedelta(microseconds=1))
    values: list[Decimal | None] = []
    place = 0
    last: Decimal | None = None
    for column in range(width):
        until = start + part * (column + 1)
        lowest: Decimal | None = None
        while place < len(steps) and steps[place][0] <= until:
            last = steps[place][1]
            # A short drop must be visible, however wide a column is.
            lowest = last if lowest is None else min(lowest, last)
            place += 1
        values.append(last if lowest is None else lowest)
    return values


def chart(
    steps: Sequence[Step],
    start: datetime,
    end: datetime,
    width: int,
    height: int,
    currency: str | None = None,
) -> list[str]:
    """Lines of a chart, highest price first; the first and last carry the amounts on the left."""
    values = sampled(steps, start, end, width)
    known = [value for value in values if value is not None]
    if not known:
        return []
    low, high = min(known), max(known)
    labels = [amount_text(high, currency), amount_text(low, currency)]
    margin = max(map(len, labels))
    rows = [_row_of(value, low, high, height) for value in values]
    lines = []
    for level in range(height - 1, -1, -1):
        label = labels[0] if level == height - 1 else labels[1] if level == 0 else ""
        dots = "".join(_mark(rows, column, level) for column in range(width)).rstrip()
        lines.append(f"{label:>{margin}} ┤{dots}")
    return lines


def _row_of(value: Decimal | None, low: Decimal, high: Decimal, height: int) -> int | None:
    if value is None:
        return None
    return int((value - low) / (high - low) * (height - 1) + Decimal("0.5")) if high > low else 0


def _mark(rows: Sequence[int | None], column: int, level: int) -> str:
    """A horizontal line at the price, and a vertical one where it moved."""
    here, before = rows[column], rows[column - 1] if column else None
    if here is None:
        return " "
    if before is None or before == here:
        return "─" if here == level else " "
    at_here, at_before = "╭╯" if here > before else "╰╮"
    if level == here:
        return at_here
    if level == before:
        return at_before
    return "│" if min(here, before) < level < max(here, before) else " "
