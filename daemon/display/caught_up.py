"""Says what happened in a time, and what could not be seen in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, tzinfo

from daemon.display.words import count
from daemon.wording import duration

_GRAVE = ("critical", "major")


def since_words(since: datetime, zone: tzinfo | None = None) -> str:
    """An instant of the last days or weeks: Friday 27 November, 17:00."""
    at = since.astimezone(zone)
    time = f", {at:%H:%M}" if (at.hour, at.minute) != (0, 0) else ""
    return f"{at:%A} {at.day} {at:%B}{time}"


def summary(changes: str, sites: str, by_severity: Mapping[str, str]) -> str:
    """How much has changed, in numbers as they were counted: 41 changes on 9 sites, 1 major."""
    if changes == "0":
        return "nothing has changed"
    told = [f"{by_severity[one]} {one}" for one in _GRAVE if by_severity.get(one, "0") != "0"]
    return ", ".join([f"{_counted(changes, 'change')} on {_counted(sites, 'site')}", *told])


def gap_words(gaps: Sequence[tuple[datetime, datetime]]) -> Iterator[str]:
    """When no daemon ran: Saturday 28 November, 02:10, for 6h 50m."""
    for began, ended in gaps:
        length = duration((ended - began).total_seconds())
        yield f"no daemon ran from {since_words(began)} for {length}: nothing was checked"


def undelivered_words(number: int, channels: int, channel: str | None, reason: str | None) -> str:
    """What could not be delivered: 2 notifications by mail were given up: 550 mailbox full."""
    where = f"by {channel}" if channels == 1 and channel else f"by {channels} channels"
    why = f": {reason}" if reason else ""
    verb = "was" if number == 1 else "were"
    return f"{count(number, 'notification')} {where} {verb} given up{why}"


def _counted(number: str, noun: str) -> str:
    return f"{number} {noun}" if number == "1" else f"{number} {noun}s"
