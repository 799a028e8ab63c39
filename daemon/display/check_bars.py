"""Lays out how the checks of each day ended: a bar for each, for a template to draw."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from daemon.display.words import count

HEIGHT = 40
_STEP = 10  # from one bar to the next
_LEAST = 3  # of a part that is there, so that one failure among thousands is seen


class Day(Protocol):
    """How the checks of a day ended."""

    @property
    def checks(self) -> int: ...
    @property
    def changed(self) -> int: ...
    @property
    def failed(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Bar:
    """The checks of a day: its parts from below, each with its kind, its top and its height."""

    x: int
    words: str
    parts: tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True)
class Bars:
    """The bars of several days, and all of them in words."""

    days: tuple[Bar, ...]
    summary: str

    @property
    def width(self) -> int:
        """The room for all bars."""
        return _STEP * len(self.days)

    @property
    def height(self) -> int:
        """That of a whole bar."""
        return HEIGHT


def check_bars(days: Mapping[date, Day]) -> Bars | None:
    """A bar for each of these days; None when there was no check on any."""
    checks, changed, failed = (
        sum(getattr(day, name) for day in days.values()) for name in ("checks", "changed", "failed")
    )
    if not checks:
        return None
    bars = tuple(
        Bar(place * _STEP, f"{on.day} {on:%b}: {_words(day)}", tuple(_parts(day)))
        for place, (on, day) in enumerate(days.items())
    )
    told = f"{count(checks, 'check')} in {count(len(days), 'day')}"
    return Bars(bars, f"{told}: {changed:,} found a change, {failed:,} failed.")


def _words(day: Day) -> str:
    if not day.checks:
        return "no check"
    parts = [f"{day.changed:,} found a change"] * bool(day.changed)
    parts += [f"{day.failed:,} failed"] * bool(day.failed)
    return f"{count(day.checks, 'check')}, {', '.join(parts) or 'without a change'}"


def _parts(day: Day) -> Iterator[tuple[str, int, int]]:
    """Its parts as shares of a whole bar, failures at the bottom."""
    if not day.checks:
        return
    heights = {
        kind: max(_LEAST, round(HEIGHT * number / day.checks)) if number else 0
        for kind, number in (("failed", day.failed), ("changed", day.changed))
    }
    top = HEIGHT
    for kind, height in heights.items():
        if height:
            top -= height
            yield kind, max(top, 0), height
    if top > 0 and day.checks > day.failed + day.changed:
        yield "ok", 0, top
