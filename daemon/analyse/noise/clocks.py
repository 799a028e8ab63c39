"""Recognises times of day that only show when a page was fetched."""

from __future__ import annotations

import re
from datetime import timedelta

_CLOCK = re.compile(
    r"(?<![\d:.,-])(?P<hour>[01]?\d|2[0-3])[:.h](?P<minute>[0-5]\d)(?:[:.][0-5]\d)?(?![\d:.,-]\d)"
    r"(?:\s?(?P<half>[ap])\.?m\b\.?)?",
    re.IGNORECASE,
)
_DAY = 24 * 60  # minutes
_SLACK = 2  # minutes: a clock without seconds, and a page that a cache keeps for a moment
_LEAST = 1


def tells_the_time(before: str, after: str, elapsed: timedelta) -> bool:
    """Whether the only time of day in a text advanced by the time between two fetches.

    Shape: a text with several times, such as opening hours, never does.
    """
    old, new = _CLOCK.findall(before), _CLOCK.findall(after)
    if len(old) != 1 or len(new) != 1:
        return False
    minutes = round(elapsed.total_seconds() / 60)
    moved = (_minute_of_day(*new[0]) - _minute_of_day(*old[0]) - minutes) % _DAY
    return minutes >= _LEAST and min(moved, _DAY - moved) <= _SLACK


def _minute_of_day(hour: str, minute: str, half: str) -> int:
    hours = int(hour) % 12 + 12 * (half.lower() == "p") if half else int(hour)
    return hours * 60 + int(minute)
