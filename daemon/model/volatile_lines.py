"""The lines of a site that change at every visit, as two fetches in a row have shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

MAX_LINES = 100
MAX_CHARS = 200  # of a template, a neighbour or an example


@dataclass(frozen=True, slots=True)
class VolatileLine:
    """One line that changes at every visit.

    Shape: `template` holds its words, with `#` for each number; its neighbours locate a line
           without words.
    """

    above: str
    below: str
    template: str
    example: str


@dataclass(frozen=True, slots=True)
class Volatile:
    """The lines of a site that change at every visit, and when it was last fetched twice."""

    lines: tuple[VolatileLine, ...] = ()
    asked_at: datetime | None = None

    def learned(self, lines: tuple[VolatileLine, ...], at: datetime) -> Volatile:
        """Add what a second fetch has shown; the oldest lines over the limit are dropped."""
        known = {(one.above, one.below, one.template): one for one in (*self.lines, *lines)}
        return Volatile(tuple(known.values())[-MAX_LINES:], at)


NOT_VOLATILE = Volatile()
