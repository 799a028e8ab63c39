"""Parses how people write a past instant."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

from daemon.schedule.next_check import parse_duration

FORMS = (
    "today, yesterday, friday, last week, this month, 2 days ago, 7d, 12h, 08:00, "
    "yesterday 18:00, 2026-11-20 or 2026-11-20T08:00"
)
_WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
_ONE = {"a": 1, "an": 1, "one": 1, "": 1}
_AGO = re.compile(
    r"(?P<led>(?:last|past) )?(?P<number>\d{1,6}|an?|one)? ?"
    r"(?P<unit>s(?:ec(?:ond)?s?)?|m(?:in(?:ute)?s?)?|h(?:(?:ou)?rs?)?|d(?:ays?)?|w(?:eeks?)?"
    r"|mo(?:nths?)?|y(?:ears?)?)(?P<ago> ago)?"
)
_PERIOD = re.compile(r"(this|last) (week|month|year)")
_DATE = re.compile(r"\d{4}(-?)\d\d\1\d\d")
_MONTH = re.compile(r"(\d{4})-(\d\d)")
_CLOCK = re.compile(r"(?:(.+?)(?: at)? )?(\d{1,2}:\d\d(?::\d\d)?)")


def parse_since(text: str, now: datetime) -> datetime:
    """The instant that these words mean, in this machine's time zone unless they name one.

    Shape:  one aware UTC instant, not after `now`. A day or a period means its beginning, weeks
            begin on Monday; a weekday or a time of day means the last one.
    Errors: ValueError with a sentence that says what is allowed.
    """
    words = " ".join(text.lower().split())
    try:
        found = next(filter(None, (read(words, now) for read in _READERS)), None)
        instant = found.astimezone(UTC) if found else None
    except (ValueError, OverflowError):
        instant = None
    if instant is None:
        raise ValueError(f"{text!r} is no time: write {FORMS}")
    if instant > now:
        raise ValueError(f"{text!r} is yet to come")
    return instant


def parse_at(text: str, now: datetime) -> datetime:
    """The instant to look back at: as `parse_since`, but a day means its end, or now if it lasts.

    Errors: as `parse_since`.
    """
    instant = parse_since(text, now)
    words = " ".join(text.lower().split())
    if not _DATE.fullmatch(words) and _day(words, now) is None:
        return instant
    tomorrow = _start(instant.astimezone().date() + timedelta(days=1)).astimezone(UTC)
    return min(tomorrow - timedelta(microseconds=1), now)


def _iso(words: str, _now: datetime) -> datetime | None:
    if month := _MONTH.fullmatch(words):
        return datetime(int(month[1]), int(month[2]), 1)  # noqa: DTZ001 - local, as all here
    try:
        return datetime.fromisoformat(words.upper())
    except ValueError:
        return None


def _day(words: str, now: datetime) -> datetime | None:
    today = now.astimezone().date()
    if words in ("today", "yesterday"):
        return _start(today - timedelta(days=words == "yesterday"))
    day = words.removeprefix("last ").rstrip(".")
    at = [place for place, name in enumerate(_WEEKDAYS) if len(day) > 2 and name.startswith(day)]
    if not at:
        return None
    back = (today.weekday() - at[0]) % 7
    return _start(today - timedelta(days=back or 7 * words.startswith("last ")))


def _period(words: str, now: datetime) -> datetime | None:
    match = _PERIOD.fullmatch(words)
    if match is None:
        return None
    today, back = now.astimezone().date(), int(match[1] == "last")
    if match[2] == "week":
        return _start(today - timedelta(days=today.weekday(), weeks=back))
    first = today.replace(day=1) if match[2] == "month" else today.replace(month=1, day=1)
    return _start(_months_before(first, back if match[2] == "month" else 12 * back))


def _ago(words: str, now: datetime) -> datetime | None:
    match = _AGO.fullmatch(words)
    if match is None or not (match["number"] or match["led"]):
        return None
    number, unit = match["number"] or "", match["unit"]
    count = _ONE[number] if number in _ONE else int(number)
    if unit.startswith(("mo", "y")):
        local = now.astimezone().replace(tzinfo=None)
        months = count if unit.startswith("mo") else 12 * count
        return datetime.combine(_months_before(local.date(), months), local.time())
    return now - parse_duration(f"{count}{unit[0]}")


def _length(words: str, now: datetime) -> datetime | None:
    try:
        return now - parse_duration(words.removesuffix(" ago"))
    except ValueError:
        return None


def _clock(words: str, now: datetime) -> datetime | None:
    match = _CLOCK.fullmatch(words)
    if match is None:
        return None
    day = _day(match[1] or "today", now)
    if day is None:
        return None
    named = datetime.combine(day, time.fromisoformat(match[2].zfill(5)))
    if named.astimezone() <= now or match[1] in ("today", "yesterday"):
        return named
    return named - timedelta(days=7 if match[1] else 1)


_READERS: tuple[Callable[[str, datetime], datetime | None], ...] = (
    _iso,
    _day,
    _period,
    _length,
    _ago,
    _clock,
)


def _start(day: date) -> datetime:
    return datetime.combine(day, time())


def _months_before(day: date, months: int) -> date:
    """The day so many calendar months earlier, or the last day of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, min(day.day, last))
        except ValueError:
            continue
    raise ValueError("before the first year")
