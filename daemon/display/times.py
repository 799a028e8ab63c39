"""Formats instants for people and programs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo

from daemon.wording import duration, short_duration


def utc_now() -> datetime:
    """This machine's clock."""
    return datetime.now(UTC)


def ago(instant: datetime | None, now: datetime) -> str:
    """How long ago an instant was; a dash when there was none."""
    return "–" if instant is None else short_duration((now - instant).total_seconds())


def until(instant: datetime | None, now: datetime) -> str:
    """How long until an instant; `now` when it has passed."""
    if instant is None:
        return "–"
    return short_duration((instant - now).total_seconds()) if instant > now else "now"


def stamp(instant: datetime | None) -> str | None:
    """An instant for programs: ISO 8601, UTC."""
    if instant is None:
        return None
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def local(instant: datetime, zone: tzinfo | None = None) -> str:
    """An instant for people, in a time zone; this machine's for None."""
    return f"{instant.astimezone(zone):%Y-%m-%d %H:%M:%S %Z}"


def weekday_time(instant: datetime) -> str:
    """An instant of the next days, by the clock of its own time zone: Mon 08:00 Europe/Berlin."""
    return f"{instant:%a %H:%M} {instant.tzinfo}"


def seconds(length_of_time: float | timedelta) -> str:
    """A short length of time, suitably rounded: 0.41 s."""
    value = (
        length_of_time.total_seconds() if isinstance(length_of_time, timedelta) else length_of_time
    )
    return f"{value:.2f} s" if value < 10 else duration(value)
