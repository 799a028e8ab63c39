"""Reads the weekly hours of a watch of changedetection.io as ours."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from daemon.config.values import RefusedError, check_time_zone
from daemon.schedule.windows import DAYS, show_hours
from daemon.transfer.formats.watch_settings import table_of

_NAMES = dict(
    zip(
        ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
        DAYS,
        strict=True,
    )
)
_DAY_MINUTES = 24 * 60


def weekly_hours(limit: Mapping[str, Any]) -> dict[str, str] | None:
    """Its `hours`, `days` and `time_zone`; None where ours cannot say the same.

    Shape: the hours must be the same on all days that have any.
    """
    spans: defaultdict[tuple[int, int] | None, list[str]] = defaultdict(list)
    for name, ours in _NAMES.items():
        day = table_of(limit, name)
        if day.get("enabled"):
            spans[_span(day)].append(ours)
    if len(spans) != 1 or None in spans:
        return None
    [(span, days)] = spans.items()
    table = {"days": ", ".join(days)} if len(days) < len(DAYS) else {}
    if span is not None and span != (0, _DAY_MINUTES):
        table["hours"] = show_hours((span,))
    return table | _zone(limit)


def _span(day: Mapping[str, Any]) -> tuple[int, int] | None:
    """Its begin and end in minutes since midnight; None for what is no span of ours."""
    length = table_of(day, "duration")
    try:
        hour, _, minute = str(day.get("start_time", "")).partition(":")
        begin = int(hour) * 60 + int(minute or 0)
        minutes = int(length.get("hours") or 0) * 60 + int(length.get("minutes") or 0)
    except ValueError:
        return None
    if not (0 <= begin < _DAY_MINUTES and 0 < minutes <= _DAY_MINUTES):
        return None
    end = begin + minutes
    if end > _DAY_MINUTES:
        end -= _DAY_MINUTES
    return None if begin == end else (begin, end)


def _zone(limit: Mapping[str, Any]) -> dict[str, str]:
    name = str(limit.get("timezone") or "").strip()
    try:
        return {"time_zone": check_time_zone(name)} if name else {}
    except RefusedError:
        return {}
