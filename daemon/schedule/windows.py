"""Says in which hours of which days a page may be checked, by the wall clock of a time zone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_RANGE = re.compile(r"(\d{1,2})(?::([0-5]\d))?\s*-\s*(\d{1,2})(?::([0-5]\d))?")
_MIDNIGHT = 24 * 60
_MOST_RANGES = 12
_DAYS_SEARCHED = 10  # a week, the day before it, and days that a zone has left out


@dataclass(frozen=True, slots=True)
class Windows:
    """Ranges of hours that recur on some days of the week.

    Shape: a range over midnight belongs to the day on which it begins.
    Units: `ranges` are minutes since midnight, begin and end; `days` count from Monday, 0.
    """

    ranges: tuple[tuple[int, int], ...]
    days: frozenset[int]
    zone: ZoneInfo

    def opens_at(self, at: datetime) -> datetime:
        """The first instant from `at` on that lies within these hours: `at` itself within them.

        Shape: when clocks jump, hours that are left out come as much later, and hours that come
               twice last from the first to the second.
        """
        later = []
        for begins_at, ends_at in self._spans(at):
            if begins_at <= at < ends_at:
                return at
            if begins_at > at:
                later.append(begins_at)
        return min(later)

    def began_at(self, at: datetime) -> datetime | None:
        """When the hours around an instant began; None outside of them."""
        began = [begins for begins, ends in self._spans(at) if begins <= at < ends]
        return min(began, default=None)

    def _spans(self, at: datetime) -> Iterator[tuple[datetime, datetime]]:
        first = at.astimezone(self.zone).date() - timedelta(days=1)
        for number in range(_DAYS_SEARCHED):
            day = first + timedelta(days=number)
            if day.weekday() in self.days:
                for begin, end in self.ranges:
                    over = end if end > begin else end + _MIDNIGHT
                    yield self._instant(day, begin, 0), self._instant(day, over, 1)

    def _instant(self, day: date, minutes: int, fold: int) -> datetime:
        midnight = datetime.combine(day, time())
        local = midnight + timedelta(minutes=minutes)
        return local.replace(tzinfo=self.zone, fold=fold).astimezone(UTC)


@lru_cache(maxsize=1024)
def windows_of(hours: str | None, days: str | None, zone: ZoneInfo) -> Windows | None:
    """The windows of these hours and days; None without any limit.

    Errors: ValueError with a sentence that says what is allowed.
    """
    ranges = parse_hours(hours) if hours else ((0, _MIDNIGHT),)
    chosen = parse_days(days) if days else frozenset(range(7))
    if ranges == ((0, _MIDNIGHT),) and len(chosen) == 7:
        return None
    return Windows(ranges, chosen, zone)


def parse_hours(text: str) -> tuple[tuple[int, int], ...]:
    """Ranges of hours from "08:00-18:00" or "08:00-12:00, 13:00-17:00", in minutes.

    Shape:  one that ends before it begins goes over midnight.
    Errors: ValueError with a sentence that says what is allowed.
    """
    parts = [part.strip() for part in text.split(",")]
    if len(parts) > _MOST_RANGES:
        raise ValueError(f"more than {_MOST_RANGES} ranges of hours; leave some out")
    return tuple(sorted({_range(part) for part in parts}))


def _range(text: str) -> tuple[int, int]:
    found = _RANGE.fullmatch(text)
    begin, end = (_minutes(found[i], found[i + 1]) for i in (1, 3)) if found else (-1, -1)
    if not (0 <= begin < _MIDNIGHT and 0 <= end <= _MIDNIGHT):
        raise ValueError(f'not hours: {text!r}; write for example "08:00-18:00"')
    if begin == end:
        raise ValueError(f'hours of no length: {text!r}; write "00:00-24:00" for the whole day')
    return begin, end


def _minutes(hour: str, minute: str | None) -> int:
    return int(hour) * 60 + int(minute or 0)


def show_hours(ranges: tuple[tuple[int, int], ...]) -> str:
    """Ranges as `parse_hours` reads them."""
    return ", ".join(f"{_clock(begin)}-{_clock(end)}" for begin, end in ranges)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def parse_days(text: str) -> frozenset[int]:
    """Days of the week from "mon-fri" or "mon, wed, fri-sun", Monday being 0.

    Errors: ValueError with a sentence that says what is allowed.
    """
    found: set[int] = set()
    for part in text.lower().split(","):
        first, dash, last = (word.strip() for word in part.partition("-"))
        if first not in DAYS or (dash and last not in DAYS):
            raise ValueError(
                f'not days of the week: {part.strip()!r}; write for example "mon-fri" or "sat, sun"'
            )
        begin, end = DAYS.index(first), DAYS.index(last if dash else first)
        found |= {day % 7 for day in range(begin, (end if end >= begin else end + 7) + 1)}
    return frozenset(found)


def show_days(days: frozenset[int]) -> str:
    """Days as `parse_days` reads them: those in a row as a range."""
    rows: list[list[int]] = []
    for day in sorted(days):
        if rows and rows[-1][-1] == day - 1:
            rows[-1].append(day)
        else:
            rows.append([day])
    return ", ".join(
        f"{DAYS[row[0]]}-{DAYS[row[-1]]}" if len(row) > 2 else ", ".join(DAYS[d] for d in row)
        for row in rows
    )
