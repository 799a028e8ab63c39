"""What of a site moves by itself, as two fetches in a row have shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

MAX_LINES = 100
MAX_CHARS = 200  # of a template, a neighbour or an example


@dataclass(frozen=True, slots=True)
class VolatileLine:
    """One line that moves by itself.

    Shape: `template` holds its words, with `#` for each number; what stands around it tells where
           a line is that has no words.
    """

    above: str
    below: str
    template: str
    example: str


@dataclass(frozen=True, slots=True)
class Volatile:
    """The lines of a site that move by themselves, and when it was last fetched twice for them."""

    lines: tuple[VolatileLine, ...] = ()
    asked_at: datetime | None = None

    def learned(self, lines: tuple[VolatileLine, ...], at: datetime) -> Volatile:
        """With what another fetch has shown; the oldest lines go beyond the bound."""
        known = {(one.above, one.below, one.template): one for one in (*self.lines, *lines)}
        return Volatile(tuple(known.values())[-MAX_LINES:], at)


NOT_VOLATILE = Volatile()
