"""What is learnt from changes: hours are found, and no delay exceeds what was promised."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.model.request import MOST_CHANGES, NO_RHYTHM, Rhythm, Timing
from daemon.schedule.next_check import (
    Frequency,
    LastCheck,
    ScheduleLimits,
    estimate,
    frequency_of,
    learnt,
    next_check_at,
)
from daemon.schedule.rhythm import QUIET, LearntFrequency, is_silent, plan_of, show_busy

UTC_ZONE = ZoneInfo("UTC")
MONDAY = datetime(2026, 5, 4, tzinfo=UTC)
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)
WITHIN = 2 * HOUR
OFFICE = frozenset(day * 24 + hour for day in range(5) for hour in range(9, 17))


def auto(within: str = "2h", **more: str) -> Frequency:
    return frequency_of(Timing("auto", detect_within=within, **more))


def seen_at(*instants: datetime, width: timedelta = HOUR) -> Rhythm:
    """Changes that were seen then, each in a check that came so long after the one before."""
    return Rhythm(tuple((int((at - width).timestamp()), int(at.timestamp())) for at in instants))


def in_office(days: int, each: int = 2) -> Rhythm:
    """Changes on workdays, between nine and five."""
    dice = random.Random(3)
    found = []
    for number in range(days):
        day = MONDAY + WEEK * (number // 5) + DAY * (number % 5)
        found += sorted(day + HOUR * dice.uniform(9.2, 16.8) for _ in range(each))
    return seen_at(*found, width=timedelta(minutes=10))


def test_without_history_the_accepted_delay_is_an_interval() -> None:
    plan = plan_of(NO_RHYTHM, WITHIN, UTC_ZONE)
    assert (plan.often, plan.rarely) == (WITHIN, WITHIN)
    assert plan.after(MONDAY) == MONDAY + WITHIN
    assert plan.share_of(WITHIN) == 1


@pytest.mark.parametrize("days", [1, 5, 9])
def test_few_days_with_changes_teach_no_hours(days: int) -> None:
    assert plan_of(in_office(days), WITHIN, UTC_ZONE) == plan_of(NO_RHYTHM, WITHIN, UTC_ZONE)


def test_working_hours_are_found() -> None:
    plan = plan_of(in_office(40), WITHIN, UTC_ZONE)
    # All of them but for the edges, no night, and no weekend.
    assert {day * 24 + hour for day in range(5) for hour in range(10, 16)} <= plan.busy
    assert not plan.busy & {day * 24 + hour for day in range(5) for hour in (0, 3, 21, 23)}
    assert not plan.busy & set(range(5 * 24 + 2, 7 * 24 - 2))
    assert plan.share_of(WITHIN) < 0.6


def test_hours_go_by_the_clock_of_the_zone() -> None:
    zone = ZoneInfo("Asia/Tokyo")
    plan = plan_of(in_office(40), WITHIN, zone)
    assert {hour % 24 for hour in plan.busy} >= {19, 20, 21, 22, 23}


def test_changes_at_any_time_teach_no_hours() -> None:
    dice = random.Random(5)
    rhythm = seen_at(*sorted(MONDAY + WEEK * dice.uniform(0, 20) for _ in range(MOST_CHANGES)))
    assert plan_of(rhythm, WITHIN, UTC_ZONE).share_of(WITHIN) > 0.9


def test_a_change_that_fell_anywhere_within_days_says_nothing_of_hours() -> None:
    rhythm = seen_at(*(MONDAY + WEEK * number for number in range(60)), width=5 * DAY)
    assert plan_of(rhythm, WITHIN, UTC_ZONE) == plan_of(NO_RHYTHM, WITHIN, UTC_ZONE)


def checks(plan: LearntFrequency, begins_at: datetime, ends_at: datetime) -> Iterator[datetime]:
    at = begins_at
    while at < ends_at:
        yield at
        at = plan.after(at)


WITHINS = st.sampled_from(["1m", "10m", "2h", "7h", "1d", "12d"])
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe"])
BUSY = st.frozensets(st.integers(0, 167), min_size=1)
INSTANTS = st.datetimes(
    datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)  # noqa: DTZ001
)  # fmt: skip


@given(
    BUSY, ZONES, st.integers(1, 5000).map(lambda m: timedelta(minutes=m)), INSTANTS, st.floats(0, 1)
)
def test_a_change_in_a_busy_hour_is_seen_within_its_delay_and_any_within_the_longest(
    busy: frozenset[int], zone: str, often: timedelta, begins_at: datetime, share: float
) -> None:
    plan = LearntFrequency(often, often * QUIET, busy, ZoneInfo(zone))
    *_, last, following = checks(plan, begins_at, begins_at + often * 9)
    assert last < following <= last + plan.rarely
    changed_at = last + (following - last) * share
    local = changed_at.astimezone(ZoneInfo(zone))
    if local.weekday() * 24 + local.hour in busy:
        assert following - changed_at <= often


GAPS = st.lists(st.tuples(st.integers(1, 400_000), st.integers(0, 200_000)), max_size=MOST_CHANGES)


def rhythm_from(gaps: list[tuple[int, int]]) -> Rhythm:
    at, rhythm = int(MONDAY.timestamp()), NO_RHYTHM
    for gap, width in gaps:
        at += gap
        rhythm = rhythm.and_seen(at - width, at)
    return rhythm


@settings(deadline=None)
@given(GAPS, WITHINS, ZONES)
def test_every_plan_keeps_its_bounds(gaps: list[tuple[int, int]], within: str, zone: str) -> None:
    accepted = auto(within).interval
    plan = plan_of(rhythm_from(gaps), accepted, ZoneInfo(zone))
    assert 0.9 * accepted <= plan.often <= accepted
    assert plan.often <= plan.rarely <= QUIET * accepted
    assert 0 < plan.share_of(accepted) <= 1
    # So many changes are expected to be seen in time.
    assert plan.missed * (1 - 1 / QUIET) <= 0.05 + 1e-9


@settings(deadline=None)
@given(GAPS, WITHINS, INSTANTS, st.floats(0, 1), st.floats(0, 1))
def test_jitter_does_not_carry_a_check_beyond_the_delay(
    gaps: list[tuple[int, int]], within: str, now: datetime, jitter: float, draw: float
) -> None:
    frequency = learnt(auto(within), rhythm_from(gaps), now)
    limits = ScheduleLimits(jitter=jitter, minimum_interval=timedelta(seconds=1))
    at = next_check_at(frequency, LastCheck(), now, limits, draw)
    assert frequency.plan is not None
    assert now < at <= frequency.plan.after(now)


def test_freshness_does_not_stretch_the_accepted_delay() -> None:
    past = LastCheck(fresh_for_seconds=9e9)
    limits = ScheduleLimits(jitter=0.0, freshness_stretch=100)
    assert next_check_at(auto(), past, MONDAY, limits, 0.0) == MONDAY + WITHIN


def test_a_longer_silence_than_expected_ends_what_was_learnt() -> None:
    rhythm = in_office(40)
    last = datetime.fromtimestamp(rhythm.changes[-1][1], UTC)
    assert not is_silent(rhythm, last + 3 * DAY)
    assert is_silent(rhythm, last + 60 * DAY)
    plan = learnt(auto(), rhythm, last + 60 * DAY).plan
    assert plan == plan_of(NO_RHYTHM, WITHIN, UTC_ZONE)


def test_only_the_last_changes_are_kept() -> None:
    rhythm = NO_RHYTHM
    for number in range(MOST_CHANGES + 5):
        rhythm = rhythm.and_seen(number, number + 1)
    assert len(rhythm.changes) == MOST_CHANGES
    assert rhythm.changes[0] == (5, 6)


def test_auto_needs_a_delay() -> None:
    with pytest.raises(ValueError, match="auto needs the delay that you accept"):
        frequency_of(Timing("auto"))


def test_an_estimate_says_how_often_and_when() -> None:
    rhythm = in_office(40)
    now = datetime.fromtimestamp(rhythm.changes[-1][1], UTC) + DAY
    found = estimate(auto(), rhythm, now)
    assert found is not None
    assert 8 < found.changes_per_week < 11
    assert (found.days, found.is_silent, found.is_uniform) == (40, False, False)
    assert 0.4 < found.saved < 0.7
    assert estimate(frequency_of(Timing("2h")), rhythm, now) is None


@pytest.mark.parametrize(
    ("busy", "shown"),
    [
        (OFFICE, "mon-fri 09:00-17:00"),
        (frozenset([34, 35, 0]), "mon 00:00-01:00, tue 10:00-12:00"),
        (frozenset([8, 9, 20, 167]), "mon 08:00-10:00, 20:00-21:00, sun 23:00-24:00"),
    ],
)
def test_busy_hours_are_shown_as_days_with_ranges(busy: frozenset[int], shown: str) -> None:
    assert show_busy(busy) == shown
