"""A cron line of five fields in; out come the instants at which it fires, by wall clock."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.combining import OrTrigger
from apscheduler.triggers.cron import CronTrigger

# APScheduler counts weekdays from Monday, cron from Sunday; names mean the same to both.
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun")
_FIRINGS_TRIED = 200
_GAPS_MEASURED = 8


class Cron:
    """The firings of a cron line; day of month and day of week, both given, mean either.

    Errors: ValueError with a sentence, for a line that is wrong or never fires.
    Source: crontab(5).
    """

    def __init__(self, line: str, zone: ZoneInfo) -> None:
        minute, hour, day, month, weekday = line.split()
        weekday = re.sub(r"(?<![/\d])\d(?!\d)", lambda m: _weekday(m.group()), weekday)
        both = day != "*" and weekday != "*"
        rows = [(day, "*"), ("*", weekday)] if both else [(day, weekday)]
        try:
            triggers = [
                CronTrigger(
                    minute=minute, hour=hour, day=d, month=month, day_of_week=w, timezone=zone
                )
                for d, w in rows
            ]
        except ValueError as exc:
            raise ValueError(f"not a cron line: {line!r}: {exc}") from None
        self._trigger: BaseTrigger = triggers[0] if len(triggers) == 1 else OrTrigger(triggers)
        self._zone = zone
        self._names_hours = "*" not in hour

    def after(self, now: datetime) -> datetime:
        """The first instant after `now`; each wall-clock time once, also when clocks go back."""
        # All arithmetic in UTC: between two instants of one zone Python compares wall clocks.
        at = now.astimezone(UTC)
        for _ in range(_FIRINGS_TRIED):
            local = at.astimezone(self._zone) + timedelta(microseconds=1)
            firing: datetime | None = self._trigger.get_next_fire_time(None, local)
            if firing is None:
                break
            found = firing.astimezone(UTC)
            # An hour that comes twice: what names its hours fires in the first only.
            if found > now and not (self._names_hours and found.astimezone(self._zone).fold):
                return found
            # Within that hour the trigger may stand still or step back: move on by ourselves.
            at = max(found, at) + timedelta(minutes=1)
        raise ValueError("this cron line never fires; is there such a date?")

    def shortest_gap(self) -> timedelta:
        """The least time between two of the next few firings."""
        at = self.after(datetime(2026, 1, 1, tzinfo=UTC))
        gaps = []
        for _ in range(_GAPS_MEASURED):
            following = self.after(at)
            gaps.append(following - at)
            at = following
        return min(gaps)


def _weekday(digit: str) -> str:
    if int(digit) > 7:
        raise ValueError(f"not a weekday: {digit}; write 0 to 7, or sun to sat")
    return _WEEKDAYS[int(digit)]
