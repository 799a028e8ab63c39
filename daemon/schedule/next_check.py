"""Decides when to check a page again: by frequency, outcome and the server's wishes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from daemon.backoff import Backoff
from daemon.http_date import parse_http_date
from daemon.model.page import Page
from daemon.model.product import Product
from daemon.model.request import NO_RHYTHM, Rhythm, Timing
from daemon.model.site import Site
from daemon.model.status import ErrorClass
from daemon.schedule.cron import NAMED_LINES, Cron
from daemon.schedule.rhythm import Estimate, LearntFrequency, estimate_of, is_silent, plan_of
from daemon.schedule.windows import Windows, windows_of

_NAMED = {
    "minutely": timedelta(minutes=1),
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(weeks=1),
    "monthly": timedelta(days=30),
}
AUTO = "auto"  # left to the daemon, which looks as rarely as the accepted delay allows
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DURATION = re.compile(r"(?:[0-9]+[smhdw])+")
_DURATION_PART = re.compile(r"([0-9]+)([smhdw])")
_MAX_AGE = re.compile(r"\bmax-age=\"?(\d{1,10})\b")
_SECONDS = re.compile(r"\d{1,10}")
_FIRST_RETRY = timedelta(minutes=1)
_SECOND_LOOK = timedelta(minutes=5)
_PATIENCE = 12  # a failing page is checked at least once in this many of its intervals
_LONGEST_WISH = timedelta(days=1)
_LONGEST_SPREAD = timedelta(hours=1)  # of first looks after hours begin, before jitter
_OPENINGS_TRIED = 400
_INSTANT = timedelta(microseconds=1)
_FIRST = datetime(2026, 1, 1, tzinfo=UTC)
_LONGEST_INTERVAL = timedelta(days=3660)
MAX_FREQUENCY_LENGTH = 255  # the width of the column


class Firings(Protocol):
    """Fixed instants, rather than intervals since the last check."""

    def after(self, now: datetime) -> datetime:
        """The first instant after `now`."""


@dataclass(frozen=True, slots=True)
class Frequency:
    """When an owner wants a page checked: at an interval or the instants of a cron line.

    Shape: only within the `windows`, if there are any.
    Units: `interval` of a cron line is its shortest gap over the next few firings.
    """

    text: str
    interval: timedelta
    firings: Firings | None = None
    zone: ZoneInfo | None = None
    windows: Windows | None = None
    plan: LearntFrequency | None = None  # what is learnt, of a frequency that is left to the daemon

    def after(self, now: datetime) -> datetime:
        """The first instant after `now`; each wall-clock time once, also when clocks go back."""
        if self.firings is None:
            return self.opens_at(now + self.interval)
        at = self.firings.after(now)
        for _ in range(_OPENINGS_TRIED):
            opens_at = self.opens_at(at)
            if opens_at == at:
                return at
            at = self.firings.after(opens_at - _INSTANT)
        raise ValueError("this cron line never fires within its hours and days")

    def opens_at(self, at: datetime) -> datetime:
        """The first instant from `at` on at which its owner allows a check."""
        return at if self.windows is None else self.windows.opens_at(at)


@dataclass(frozen=True, slots=True)
class ScheduleLimits:
    """The operator's bounds on every schedule.

    Units: `jitter` is a fraction of the interval, 0 to 1; `freshness_stretch` is the number of
           intervals to which a fresh response may stretch one.
    """

    minimum_interval: timedelta = timedelta(minutes=1)
    maximum_interval: timedelta = timedelta(days=30)
    failure_backoff_maximum: timedelta = timedelta(days=1)
    jitter: float = 0.05
    freshness_stretch: float = 1.0


@dataclass(frozen=True, slots=True)
class LastCheck:
    """What matters of the last check for the next: its result and the server's wishes."""

    error_class: ErrorClass | None = None
    failure_streak: int = 0  # including this failure
    retry_after_seconds: float | None = None
    fresh_for_seconds: float | None = None
    looks_again: bool = False  # the result needs a second check before it is believed


@lru_cache(maxsize=4096)
def parse_frequency(text: str, time_zone: str | None = None) -> Frequency:
    """A frequency from `15m`, `1h30m`, `daily`, `@daily`, or a cron line of five fields.

    Errors: ValueError with a sentence that says what is allowed.
    Source: crontab(5) of Debian.
    """
    words = text.strip().lower()
    if len(words) > MAX_FREQUENCY_LENGTH:
        raise ValueError(f"longer than {MAX_FREQUENCY_LENGTH} characters")
    zone = _zone(time_zone)
    if words in _NAMED:
        return Frequency(words, _NAMED[words])
    if _DURATION.fullmatch(words):
        return Frequency(words, _sensible(parse_duration(words)))
    line = NAMED_LINES.get(words, words)
    if len(line.split()) == 5:
        cron = Cron(line, zone)
        return Frequency(words, cron.shortest_gap(), cron, zone)
    raise ValueError(
        f"not a frequency: {text!r}; write an interval such as 15m, 6h or 1d, one of "
        f"{', '.join(_NAMED)}, or a cron line of five fields such as 0 9 * * mon-fri or @daily"
    )


def is_cron(text: str) -> bool:
    """Whether a frequency is a cron line, or the name of one."""
    return text in NAMED_LINES or len(text.split()) == 5


@lru_cache(maxsize=4096)
def frequency_of(timing: Timing) -> Frequency:
    """The frequency that an owner asks for, with its hours and days.

    Shape:  `auto` is the accepted delay as an interval until something is `learnt`.
    Errors: ValueError with a sentence that says what is allowed.
    """
    zone = _zone(timing.time_zone)
    if timing.check_frequency == AUTO:
        if timing.detect_within is None:
            raise ValueError('auto needs the delay that you accept; add detect_within = "2h"')
        within = _sensible(parse_duration(timing.detect_within))
        plan = plan_of(NO_RHYTHM, within, zone)
        frequency = Frequency(timing.detect_within, within, zone=zone, plan=plan)
    else:
        frequency = parse_frequency(timing.check_frequency, timing.time_zone)
    windows = windows_of(timing.hours, timing.days, zone)
    if windows is None:
        return frequency
    limited = replace(frequency, windows=windows, zone=zone)
    limited.after(_FIRST)  # refuses a cron line that never fires within them
    return limited


def wanted_by(page: Page, now: datetime) -> list[Frequency]:
    """The frequency that each owner of a page wants, with what its own history teaches."""
    owned: tuple[Site | Product, ...] = (*page.sites, *page.products)
    asked = [(one.timing, one.rhythm) for one in owned if one.timing is not None]
    if not asked:
        return [frequency_of(Timing(page.check_frequency, page.time_zone))]
    return [learnt(frequency_of(timing), rhythm, now) for timing, rhythm in dict.fromkeys(asked)]


def learnt(frequency: Frequency, rhythm: Rhythm, now: datetime) -> Frequency:
    """A frequency that is left to the daemon, with what the page's changes teach; others as is."""
    if frequency.plan is None or is_silent(rhythm, now) or frequency.zone is None:
        return frequency
    return replace(frequency, plan=plan_of(rhythm, frequency.interval, frequency.zone))


def estimate(frequency: Frequency, rhythm: Rhythm, now: datetime) -> Estimate | None:
    """What is learnt of a page, of a frequency that is left to the daemon; None of others."""
    known = learnt(frequency, rhythm, now).plan
    return None if known is None else estimate_of(known, frequency.interval, rhythm, now)


def parse_duration(text: str) -> timedelta:
    """A length of time from `90s`, `15m`, `1h30m`, `7d`, `2w`; `0` is none.

    Errors: ValueError with a sentence that says what is allowed.
    """
    words = text.strip().lower()
    if words == "0":
        return timedelta()
    if not _DURATION.fullmatch(words):
        raise ValueError(f"not a length of time: {text!r}; write for example 90s, 15m, 1h30m or 7d")
    try:
        return sum(
            (timedelta(**{_UNITS[u]: int(n)}) for n, u in _DURATION_PART.findall(words)),
            timedelta(),
        )
    except OverflowError:
        raise ValueError(f"too long: {text!r}") from None


def next_check_at(
    frequency: Frequency, past: LastCheck, now: datetime, limits: ScheduleLimits, draw: float
) -> datetime:
    """When to check a page again: never sooner than its frequency or its server asks.

    Shape:  one aware UTC instant, after `now`; `draw` is random, 0 to 1. A server that asks to
            wait is obeyed; what it says about freshness stretches the interval within a bound.
    Units:  jitter lengthens an interval and never shortens it; cron instants get none.
    Source: RFC 9110 §10.2.3 (Retry-After), RFC 9111 §4.2 (freshness).
    """
    if past.error_class is not None:
        wait = _after_failure(frequency, past, limits)
    elif past.looks_again:
        wait = max(min(_SECOND_LOOK, frequency.interval), limits.minimum_interval)
    elif frequency.firings is not None:
        return frequency.opens_at(max(frequency.after(now), now + limits.minimum_interval))
    elif frequency.plan is not None:
        # Jitter must not carry a check beyond the accepted delay.
        learnt_wait = (frequency.plan.after(now) - now) / (1 + limits.jitter)
        wait = min(max(learnt_wait, limits.minimum_interval), limits.maximum_interval)
    else:
        stretched = limits.freshness_stretch * frequency.interval
        fresh = min(_subscription(past.fresh_for_seconds), stretched)
        wait = max(frequency.interval, fresh)
        wait = min(max(wait, limits.minimum_interval), limits.maximum_interval)
    at = now + max(wait, _subscription(past.retry_after_seconds))
    late = now + wait * (1 + limits.jitter * draw)
    return opening(frequency, at, max(at, late), limits, draw)


def open_at(
    timings: Iterable[Timing], now: datetime, limits: ScheduleLimits, draw: float
) -> datetime:
    """When a page that is due may be checked: now, unless it is outside the hours of all owners."""
    return min(opening(frequency_of(one), now, now, limits, draw) for one in timings)


def hours_begin(timings: Iterable[Timing], now: datetime, at: datetime) -> datetime | None:
    """When the hours begin that a check at `at` waits for; None when it waits for none.

    Shape: in the time zone of the hours.
    """
    windows = [frequency_of(one).windows for one in timings]
    for one in windows:
        began_at = one.began_at(at) if one is not None else None
        if one is not None and began_at is not None and began_at > now and all(windows):
            return began_at.astimezone(one.zone)
    return None


def opening(
    frequency: Frequency, at: datetime, late: datetime, limits: ScheduleLimits, draw: float
) -> datetime:
    """The instant `late`, which is `at` with jitter, or one within the hours of the page.

    Shape: jitter does not carry a check over their end; the first checks after they begin are
           spread by the jitter of an interval, of an hour at most.
    """
    if frequency.opens_at(late) == late:
        return late
    opens_at = frequency.opens_at(at)
    if opens_at == at:
        return at
    spread = opens_at + min(frequency.interval, _LONGEST_SPREAD) * limits.jitter * draw
    return spread if frequency.opens_at(spread) == spread else opens_at


def fresh_for_seconds(headers: Mapping[str, str]) -> float | None:
    """How long the server says its answer stays fresh; None when it does not say.

    Shape:  headers by their lower-case names.
    Source: RFC 9111 §4.2.1 (freshness lifetime), §5.1 (Age).
    """
    cache_control = headers.get("cache-control", "").lower()
    if "no-cache" in cache_control or "no-store" in cache_control:
        return 0.0
    if found := _MAX_AGE.search(cache_control):
        age = headers.get("age", "0")
        return max(0.0, float(found[1]) - (float(age) if _SECONDS.fullmatch(age) else 0.0))
    expires, date = (parse_http_date(headers.get(name)) for name in ("expires", "date"))
    if expires is None or date is None:
        return None
    return max(0.0, (expires - date).total_seconds())


def _subscription(seconds: float | None) -> timedelta:
    return timedelta(seconds=min(seconds or 0.0, _LONGEST_WISH.total_seconds()))


def _after_failure(frequency: Frequency, past: LastCheck, limits: ScheduleLimits) -> timedelta:
    """Transient errors are retried soon; every failure in a row doubles the wait."""
    ceiling = max(
        frequency.interval, min(_PATIENCE * frequency.interval, limits.failure_backoff_maximum)
    )
    error = past.error_class
    is_transient = error is not None and (error.is_transient or error.is_ours)
    first = min(_FIRST_RETRY, frequency.interval) if is_transient else frequency.interval
    backoff = Backoff(first.total_seconds(), ceiling.total_seconds())
    wait = timedelta(seconds=backoff.wait_seconds(past.failure_streak))
    return max(wait, min(limits.minimum_interval, frequency.interval))


def _sensible(interval: timedelta) -> timedelta:
    if not interval:
        raise ValueError("an interval must be longer than nothing")
    if interval > _LONGEST_INTERVAL:
        raise ValueError(f"an interval must not be longer than {_LONGEST_INTERVAL.days}d")
    return interval


def _zone(name: str | None) -> ZoneInfo:
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"not a time zone: {name!r}; write for example Europe/Berlin") from None
