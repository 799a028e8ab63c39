from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from daemon.display.since import FORMS, parse_at, parse_since
from tests.cli.conftest import Cli

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 25, 12, 0, tzinfo=BERLIN)  # a Wednesday


@pytest.fixture(autouse=True)
def in_berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This machine stands in Berlin."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def berlin(month: int, day: int, hour: int = 0, minute: int = 0, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("today", berlin(11, 25)),
        ("Yesterday", berlin(11, 24)),
        ("friday", berlin(11, 20)),
        ("Fri", berlin(11, 20)),
        ("last friday", berlin(11, 20)),
        ("wednesday", berlin(11, 25)),
        ("last wednesday", berlin(11, 18)),
        ("this week", berlin(11, 23)),
        ("last week", berlin(11, 16)),
        ("this month", berlin(11, 1)),
        ("last month", berlin(10, 1)),
        ("this year", berlin(1, 1)),
        ("last year", berlin(1, 1, year=2025)),
        ("2026-11-20", berlin(11, 20)),
        ("20261120", berlin(11, 20)),
        ("2026-11", berlin(11, 1)),
        ("2026-11-20T08:00", berlin(11, 20, 8)),
        ("2026-11-20 08:00", berlin(11, 20, 8)),
        ("2026-07-20T08:00", berlin(7, 20, 8)),
        ("08:00", berlin(11, 25, 8)),
        ("8:00", berlin(11, 25, 8)),
        ("18:00", berlin(11, 24, 18)),
        ("yesterday 18:30", berlin(11, 24, 18, 30)),
        ("friday at 18:00", berlin(11, 20, 18)),
        ("wednesday 18:00", berlin(11, 18, 18)),
        ("3 months ago", berlin(8, 25, 12)),
        ("2 years ago", berlin(11, 25, 12, year=2024)),
    ],
)
def test_days_and_dates_are_those_of_this_machine(text: str, instant: datetime) -> None:
    assert parse_since(text, NOW.astimezone(UTC)) == instant


@pytest.mark.parametrize("offset", ["+00:00", "Z", "z"])
def test_a_zone_that_is_named_counts(offset: str) -> None:
    found = parse_since(f"2026-11-20T08:00{offset}", NOW)
    assert found == datetime(2026, 11, 20, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("7d", timedelta(days=7)),
        ("7d ago", timedelta(days=7)),
        ("1h30m", timedelta(minutes=90)),
        ("2 days ago", timedelta(days=2)),
        ("2 days", timedelta(days=2)),
        ("2days", timedelta(days=2)),
        ("an hour ago", timedelta(hours=1)),
        ("90 min", timedelta(minutes=90)),
        ("a week ago", timedelta(weeks=1)),
        ("last 3 weeks", timedelta(weeks=3)),
        ("last hour", timedelta(hours=1)),
        ("past 30 days", timedelta(days=30)),
        ("0", timedelta(0)),
    ],
)
def test_lengths_count_back_from_now(text: str, length: timedelta) -> None:
    assert parse_since(text, NOW) == NOW - length


def test_the_last_day_of_a_month_has_a_month_before_it() -> None:
    now = berlin(3, 31, 12)
    assert parse_since("1 month ago", now) == berlin(2, 28, 12)


@pytest.mark.parametrize(
    "text",
    ["", "then", "week", "days ago", "2026-13-01", "25:00", "someday 08:00", "fr", "999999 years"],
)
def test_what_is_no_time_is_told_the_forms(text: str) -> None:
    with pytest.raises(ValueError, match="is no time: write") as raised:
        parse_since(text, NOW)
    assert str(raised.value) == f"{text!r} is no time: write {FORMS}"


@pytest.mark.parametrize("text", ["2026-11-26", "today 18:00", "2099-01-01"])
def test_what_is_yet_to_come_finds_nothing_and_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is yet to come"):
        parse_since(text, NOW)


@pytest.mark.parametrize(
    "words", [("changes", "--since", "soon"), ("replay", "x", "--rules", "x", "--since", "soon")]
)
def test_every_command_says_what_it_understands(words: tuple[str, ...], cli: Cli) -> None:
    done = cli(*words)
    assert done.code == 2
    assert "Invalid value for '--since': 'soon' is no time: write today, yesterday" in done.err


def test_the_forms_that_are_named_are_understood() -> None:
    for form in FORMS.replace(" or ", ", ").split(", "):
        assert parse_since(form, NOW) <= NOW


@pytest.mark.parametrize("text", ["2026-11-20", "20261120", "friday"])
def test_a_day_is_looked_back_at_from_its_end(text: str) -> None:
    assert parse_at(text, NOW) == berlin(11, 21) - timedelta(microseconds=1)


def test_an_instant_is_looked_back_at_as_it_is() -> None:
    assert parse_at("2026-11-20T08:00", NOW) == berlin(11, 20, 8)


def test_today_is_looked_back_at_from_now() -> None:
    assert parse_at("today", NOW) == NOW
