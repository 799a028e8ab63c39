"""Computes when a cron line fires, by the wall clock of its time zone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

# The names of crontab(5), but @reboot, which is no time.
NAMED_LINES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_ALLOWED = {
    "minute": "write 0 to 59",
    "hour": "write 0 to 23",
    "day-of-month": "write 1 to 31 that some of its months have, or L for the last",
    "month": "write 1 to 12, or jan to dec",
    "day-of-week": "write 0 to 7, or sun to sat",
}
_NEAR_A_JUMP = timedelta(hours=3)  # of a clock put forward or back
_FIRINGS_TRIED = 400
_GAPS_MEASURED = 8
_FIRST = datetime(2026, 1, 1, tzinfo=UTC)


class Cron:
    """The firing times of a cron line of five fields.

    Errors: ValueError with a sentence, for a line that is wrong or never fires.
    Source: crontab(5) of Debian: a day of the month and a weekday, both given, mean either,
            unless one of them begins with a star: then both must fit.
    """

    def __init__(self, line: str, zone: ZoneInfo) -> None:
        *fields, weekday = line.split()
        self._line = " ".join((*fields, _without_wraps(weekday.upper())))
        self._zone = zone
        self._names_hours = "*" not in fields[1]
        try:
            CronSim(self._line, _FIRST)
        except CronSimError as exc:
            problem = str(exc).lower()
            hint = _ALLOWED.get(problem.removeprefix("bad "), "write five fields")
            raise ValueError(f"not a cron line: {line!r}: {problem}; {hint}") from None

    def after(self, now: datetime) -> datetime:
        """The first instant after `now` at which the wall clock matches the line.

        Shape: when clocks jump, a line with fixed hours still fires once for each of them,
               as much later as the clock was put forward; other lines follow the clock.
        """
        now = now.astimezone(UTC)
        near = [self._offset(now + way * _NEAR_A_JUMP) for way in (-1, 0, 1)]
        # This close to a jump, wall-clock times may be out of order, or occur twice.
        slack = max(near) - min(near)
        shown = now + near[1]
        found: list[datetime] = []
        for wall in islice(self._walls(shown - slack), _FIRINGS_TRIED):
            found += [at for at in self._instants(wall) if at > now]
            if found and wall > shown + slack:
                break
        if not found:
            raise ValueError("this cron line never fires; is there such a date?")
        return min(found)

    def shortest_gap(self) -> timedelta:
        """The least time between two of the next few firings."""
        at = self.after(_FIRST)
        gaps = []
        for _ in range(_GAPS_MEASURED):
            following = self.after(at)
            gaps.append(following - at)
            at = following
        return min(gaps)

    def _walls(self, after: datetime) -> Iterator[datetime]:
        # In UTC, which never jumps: around a jump the library may return a past instant.
        return CronSim(self._line, after)

    def _instants(self, wall: datetime) -> set[datetime]:
        """The instants of this wall-clock time: none, one or two."""
        local = wall.replace(tzinfo=self._zone)
        first, second = (local.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
        if self._names_hours:
            return {first}
        return {at for at in (first, second) if at + self._offset(at) == wall}

    def _offset(self, at: datetime) -> timedelta:
        return at.astimezone(self._zone).utcoffset() or timedelta()


def _without_wraps(field: str) -> str:
    """Split weekday ranges across the week's end: the library does not support FRI-MON."""
    return ",".join(map(_unwrapped, field.split(",")))


def _unwrapped(part: str) -> str:
    first, dash, last = part.partition("-")
    if not dash or first not in _DAYS or last not in _DAYS:
        return part
    return part if _DAYS.index(first) <= _DAYS.index(last) else f"{first}-SAT,SUN-{last}"
