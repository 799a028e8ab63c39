"""A cron line of five fields in; out come the instants at which it fires, by wall clock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.combining import OrTrigger
from apscheduler.triggers.cron import CronTrigger

_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_NEAR_A_JUMP = timedelta(hours=3)  # of a clock that is put forward or back
_FIRINGS_TRIED = 400
_GAPS_MEASURED = 8


class Cron:
    """The firings of a cron line; day of month and day of week, both given, mean either.

    Errors: ValueError with a sentence, for a line that is wrong or never fires.
    Source: crontab(5).
    """

    def __init__(self, line: str, zone: ZoneInfo) -> None:
        minute, hour, day, month, weekday = line.split()
        try:
            weekday = _weekdays(weekday)
            both = day != "*" and weekday != "*"
            rows = [(day, "*"), ("*", weekday)] if both else [(day, weekday)]
            # In UTC: the trigger is asked about wall clocks, and must take them as they are.
            triggers = [
                CronTrigger(
                    minute=minute, hour=hour, day=d, month=month, day_of_week=w, timezone=UTC
                )
                for d, w in rows
            ]
        except ValueError as exc:
            raise ValueError(f"not a cron line: {line!r}: {exc}") from None
        self._trigger: BaseTrigger = triggers[0] if len(triggers) == 1 else OrTrigger(triggers)
        self._zone = zone
        self._names_hours = "*" not in hour

    def after(self, now: datetime) -> datetime:
        """The first instant after `now` at which the clock on the wall shows what the line names.

        Shape: when clocks jump, a line that names its hours still fires once for each of them,
               as much later as a clock was put forward; another follows the clock.
        """
        now = now.astimezone(UTC)
        near = [self._offset(now + way * _NEAR_A_JUMP) for way in (-1, 0, 1)]
        # Within this of a jump, later times on the wall may come earlier, or twice.
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
        at = self.after(datetime(2026, 1, 1, tzinfo=UTC))
        gaps = []
        for _ in range(_GAPS_MEASURED):
            following = self.after(at)
            gaps.append(following - at)
            at = following
        return min(gaps)

    def _walls(self, after: datetime) -> Iterator[datetime]:
        at: datetime | None = after
        while at is not None:
            at = self._trigger.get_next_fire_time(None, at + timedelta(microseconds=1))
            if at is not None:
                yield at

    def _instants(self, wall: datetime) -> set[datetime]:
        """When the clock shows this: never, once, or twice."""
        local = wall.replace(tzinfo=self._zone)
        first, second = (local.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
        if self._names_hours:
            return {first}
        return {at for at in (first, second) if at + self._offset(at) == wall}

    def _offset(self, at: datetime) -> timedelta:
        return at.astimezone(self._zone).utcoffset() or timedelta()


def _weekdays(field: str) -> str:
    """The days by name: cron counts them from Sunday and over the week's end, APScheduler not."""
    if field == "*":
        return field
    days = {day % 7 for part in field.split(",") for day in _span(part)}
    return ",".join(_WEEKDAYS[day] for day in sorted(days))


def _span(part: str) -> range:
    words, slash, step = part.partition("/")
    if slash and not (step.isdecimal() and int(step)):
        raise ValueError(f"not a step: {step!r}; write a number from 1")
    first, dash, last = ("0", "-", "6") if words == "*" else words.partition("-")
    start = _weekday(first)
    end = _weekday(last) if dash else (6 if slash else start)
    return range(start, end + (7 if end < start else 0) + 1, int(step or 1))


def _weekday(word: str) -> int:
    if word in _WEEKDAYS:
        return _WEEKDAYS.index(word)
    if word not in set("01234567"):
        raise ValueError(f"not a weekday: {word!r}; write 0 to 7, or sun to sat")
    return int(word)
