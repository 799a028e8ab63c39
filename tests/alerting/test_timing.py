"""Quiet hours, digests and days, across midnight and across the change of clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from daemon.alerting.timing import after_quiet, day_of, next_digest, parse_digest, parse_quiet
from tests.alerting.things import NOON, route

BERLIN = ZoneInfo("Europe/Berlin")


def berlin(*parts: int, fold: int = 0) -> datetime:
    return datetime(*parts, tzinfo=BERLIN, fold=fold).astimezone(UTC)  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("at", "until"),
    [
        (berlin(2026, 3, 10, 21, 59), None),
        (berlin(2026, 3, 10, 22, 0), berlin(2026, 3, 11, 7)),
        (berlin(2026, 3, 11, 3, 0), berlin(2026, 3, 11, 7)),
        (berlin(2026, 3, 11, 7, 0), None),
        # the short night and the long one
        (berlin(2026, 3, 28, 23, 0), berlin(2026, 3, 29, 7)),
        (berlin(2026, 10, 24, 23, 0), berlin(2026, 10, 25, 7)),
        (berlin(2026, 10, 25, 2, 30, fold=1), berlin(2026, 10, 25, 7)),
    ],
)
def test_quiet_hours_lie_across_midnight(at: datetime, until: datetime | None):
    quiet = route(quiet="22:00-07:00", time_zone="Europe/Berlin")
    assert after_quiet(quiet, at) == (until or at)


def test_the_night_of_a_change_of_clocks_is_shorter_or_longer():
    quiet = route(quiet="22:00-07:00", time_zone="Europe/Berlin")
    spring, autumn = berlin(2026, 3, 28, 22), berlin(2026, 10, 24, 22)
    assert after_quiet(quiet, spring) - spring == timedelta(hours=8)
    assert after_quiet(quiet, autumn) - autumn == timedelta(hours=10)


def test_quiet_hours_that_end_in_the_missing_hour_end_after_it():
    quiet = route(quiet="01:00-02:30", time_zone="Europe/Berlin")
    assert after_quiet(quiet, berlin(2026, 3, 29, 1, 30)) == berlin(2026, 3, 29, 3, 30)


def test_quiet_hours_that_end_in_the_hour_that_comes_twice_are_held_once():
    quiet = route(quiet="01:00-02:30", time_zone="Europe/Berlin")
    first = berlin(2026, 10, 25, 2, 15)
    assert after_quiet(quiet, first) == berlin(2026, 10, 25, 2, 30)
    assert after_quiet(quiet, first + timedelta(hours=1)) == first + timedelta(hours=1)


def test_nobody_is_quiet_who_did_not_ask():
    assert after_quiet(route(), NOON) == NOON


@pytest.mark.parametrize(
    ("digest", "due"),
    [
        ("hourly", NOON + timedelta(hours=1)),
        ("daily", datetime(2026, 3, 11, 7, tzinfo=UTC)),
        ("weekly", datetime(2026, 3, 16, 7, tzinfo=UTC)),
        ("30 18 * * mon-fri", datetime(2026, 3, 10, 17, 30, tzinfo=UTC)),
        ("6h", datetime(2026, 3, 10, 18, tzinfo=UTC)),
    ],
)
def test_a_digest_comes_at_its_time_in_its_zone(digest: str, due: datetime):
    assert next_digest(route(digest=digest, time_zone="Europe/Berlin"), NOON) == due


@pytest.mark.parametrize("minutes", [0, 17, 59, 300])
def test_all_causes_of_a_digest_have_one_instant(minutes: int):
    at = datetime(2026, 3, 10, 6, tzinfo=UTC) + timedelta(minutes=minutes)
    due = next_digest(route(digest="6h"), at)
    assert due == next_digest(route(digest="6h"), due - timedelta(seconds=1))


def test_a_day_is_the_owners_day():
    first, last = day_of(route(time_zone="Europe/Berlin"), berlin(2026, 3, 29, 12))
    assert last - first == timedelta(hours=23)
    assert first == berlin(2026, 3, 29)


@pytest.mark.parametrize("text", ["", "22-7", "25:00-07:00", "22:00", "07:00-07:00", "a-b"])
def test_what_are_no_quiet_hours_is_refused(text: str):
    with pytest.raises(ValueError, match=r"quiet hours"):
        parse_quiet(text)


def test_what_is_no_digest_is_refused():
    with pytest.raises(ValueError, match="not a frequency"):
        parse_digest("sometimes")
