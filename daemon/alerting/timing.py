"""Decides when a person may be notified: quiet hours and digests."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from daemon.alerting.values import Route
from daemon.schedule.next_check import Frequency, parse_frequency

# Named digests are sent in the morning, whenever the daemon was started.
_NAMED = {"hourly": "0 * * * *", "daily": "0 8 * * *", "weekly": "0 8 * * mon"}
_QUIET = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\s*-\s*([01]?\d|2[0-3]):([0-5]\d)")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=1024)
def parse_digest(text: str, time_zone: str | None = None) -> Frequency:
    """When digests come: `hourly`, `daily`, `weekly`, an interval, or a cron line.

    Errors: ValueError with a sentence that says what is allowed.
    """
    words = text.strip().lower()
    return parse_frequency(_NAMED.get(words, words), time_zone)


@lru_cache(maxsize=1024)
def parse_quiet(text: str) -> tuple[time, time]:
    """The wall-clock times of quiet hours, which may cross midnight.

    Errors: ValueError with a sentence that says what is allowed.
    """
    found = _QUIET.fullmatch(text.strip())
    if found is None:
        raise ValueError(f'not quiet hours: {text!r}; write for example "22:00-07:00"')
    first, last = time(int(found[1]), int(found[2])), time(int(found[3]), int(found[4]))
    if first == last:
        raise ValueError("quiet hours that never end; give two different times")
    return first, last


def after_quiet(route: Route, at: datetime) -> datetime:
    """The first instant from `at` on outside the route's quiet hours.

    Shape: quiet hours repeated by a change of clocks apply once.
    """
    if route.quiet is None:
        return at
    first, last = parse_quiet(route.quiet)
    zone = ZoneInfo(route.time_zone)
    local = at.astimezone(zone)
    now = local.time()
    if first < last:
        ends_on = local.date() if first <= now < last else None
    elif now >= first:
        ends_on = local.date() + timedelta(days=1)
    else:
        ends_on = local.date() if now < last else None
    return at if ends_on is None else max(at, _instant(ends_on, last, zone))


def next_digest(route: Route, at: datetime) -> datetime:
    """When the digest that covers `at` is due: all causes of one digest share one instant."""
    frequency = parse_digest(route.digest or "daily", route.time_zone)
    if frequency.firings is not None:
        return frequency.after(at)
    passed = (at - _EPOCH) // frequency.interval
    return _EPOCH + (passed + 1) * frequency.interval


def day_of(route: Route, at: datetime) -> tuple[datetime, datetime]:
    """The day of the route's owner around an instant: its first instant and the next day's."""
    zone = ZoneInfo(route.time_zone)
    today = at.astimezone(zone).date()
    midnight = time()
    return _instant(today, midnight, zone), _instant(today + timedelta(days=1), midnight, zone)


def _instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, zone).astimezone(UTC)
