"""Hours and days: when they are open, over midnight and when clocks jump."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.schedule.windows import (
    Windows,
    parse_days,
    parse_hours,
    show_days,
    show_hours,
    windows_of,
)


def windows(hours: str | None, days: str | None = None, zone: str = "UTC") -> Windows:
    found = windows_of(hours, days, ZoneInfo(zone))
    assert found is not None
    return found


def opens(at: str, hours: str | None, days: str | None = None, zone: str = "UTC") -> str:
    """When they open, as the clock on the wall shows it."""
    instant = datetime.fromisoformat(at).astimezone(UTC)
    found = windows(hours, days, zone).opens_at(instant)
    return f"{found.astimezone(ZoneInfo(zone)):%a %d %H:%M %z}"


# Monday is 4 May 2026.
@pytest.mark.parametrize(
    ("at", "hours", "days", "expected"),
    [
        ("2026-05-04T10:00Z", "08:00-18:00", None, "Mon 04 10:00 +0000"),
        ("2026-05-04T08:00Z", "08:00-18:00", None, "Mon 04 08:00 +0000"),
        ("2026-05-04T07:59Z", "08:00-18:00", None, "Mon 04 08:00 +0000"),
        ("2026-05-04T18:00Z", "08:00-18:00", None, "Tue 05 08:00 +0000"),
        ("2026-05-08T18:00Z", "08:00-18:00", "mon-fri", "Mon 11 08:00 +0000"),
        ("2026-05-04T12:30Z", "08:00-12:00, 13:00-17:00", None, "Mon 04 13:00 +0000"),
        ("2026-05-04T23:00Z", "22:00-06:00", None, "Mon 04 23:00 +0000"),
        ("2026-05-05T05:59Z", "22:00-06:00", None, "Tue 05 05:59 +0000"),
        ("2026-05-05T06:00Z", "22:00-06:00", None, "Tue 05 22:00 +0000"),
        # The night of Friday lasts into Saturday; that of Saturday is none.
        ("2026-05-09T05:00Z", "22:00-06:00", "fri", "Sat 09 05:00 +0000"),
        ("2026-05-09T22:00Z", "22:00-06:00", "fri", "Fri 15 22:00 +0000"),
        ("2026-05-04T10:00Z", None, "sat, sun", "Sat 09 00:00 +0000"),
        ("2026-05-10T23:59Z", None, "sat, sun", "Sun 10 23:59 +0000"),
        ("2026-05-04T18:00Z", "08:00-18:00", "mon", "Mon 11 08:00 +0000"),
        ("2026-05-04T12:00Z", "18:00-24:00", None, "Mon 04 18:00 +0000"),
    ],
)
def test_hours_open(at: str, hours: str | None, days: str | None, expected: str) -> None:
    assert opens(at, hours, days) == expected


@pytest.mark.parametrize(
    ("at", "hours", "expected"),
    [
        # Put forward at 02:00: what is left out comes as much later.
        ("2026-03-29T00:30Z", "02:30-02:45", "Sun 29 03:30 +0200"),
        ("2026-03-29T00:30Z", "08:00-18:00", "Sun 29 08:00 +0200"),
        ("2026-03-28T12:00Z", "08:00-12:00", "Sun 29 08:00 +0200"),
        # Put back at 03:00: what comes twice lasts from the first to the second.
        ("2026-10-24T23:30Z", "02:30-02:45", "Sun 25 02:30 +0200"),
        ("2026-10-25T01:35Z", "02:30-02:45", "Sun 25 02:35 +0100"),
        ("2026-10-25T01:45Z", "02:30-02:45", "Mon 26 02:30 +0100"),
        ("2026-10-25T06:59Z", "08:00-18:00", "Sun 25 08:00 +0100"),
    ],
)
def test_clocks_may_jump(at: str, hours: str, expected: str) -> None:
    assert opens(at, hours, zone="Europe/Berlin") == expected


def test_without_limits_there_are_no_windows() -> None:
    assert windows_of(None, None, ZoneInfo("UTC")) is None
    assert windows_of("00:00-24:00", "mon-sun", ZoneInfo("UTC")) is None


def test_the_hours_around_an_instant_know_when_they_began() -> None:
    night = windows("22:00-06:00")
    assert night.began_at(datetime(2026, 5, 5, 3, tzinfo=UTC)) == datetime(
        2026, 5, 4, 22, tzinfo=UTC
    )
    assert night.began_at(datetime(2026, 5, 5, 12, tzinfo=UTC)) is None


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("8-18", "08:00-18:00"),
        ("8:30 - 18:00", "08:30-18:00"),
        ("13:00-17:00,08:00-12:00", "08:00-12:00, 13:00-17:00"),
        ("22:00-06:00", "22:00-06:00"),
        ("00:00-24:00", "00:00-24:00"),
    ],
)
def test_hours_are_spelled_in_one_way(written: str, canonical: str) -> None:
    assert show_hours(parse_hours(written)) == canonical
    assert show_hours(parse_hours(canonical)) == canonical


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("mon-fri", "mon-fri"),
        ("Mon, TUE, wed", "mon-wed"),
        ("sat,sun", "sat, sun"),
        ("fri-mon", "mon, fri-sun"),
        ("thu", "thu"),
        ("mon-sun", "mon-sun"),
    ],
)
def test_days_are_spelled_in_one_way(written: str, canonical: str) -> None:
    assert show_days(parse_days(written)) == canonical
    assert show_days(parse_days(canonical)) == canonical


@pytest.mark.parametrize(
    "text",
    ["", "8", "8-", "25:00-26:00", "08:60-09:00", "24:00-06:00", "08:00-24:30", "08:00-08:00", "x",
     "08:00-12:00;13:00-17:00", ", ".join(["8-9"] * 13)],
)  # fmt: skip
def test_what_are_no_hours_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w+ \w+"):
        parse_hours(text)


@pytest.mark.parametrize("text", ["", "monday", "mon-", "-fri", "mon fri", "1-5", "mon-fri-sun"])
def test_what_are_no_days_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match="not days of the week"):
        parse_days(text)


ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]
# A zone that has left out a whole day: Samoa had no 30 December 2011.
ZONES.append("Pacific/Apia")
MINUTES = st.integers(0, 24 * 60 - 1)
RANGES = st.lists(
    st.tuples(MINUTES, MINUTES).filter(lambda both: both[0] != both[1]), min_size=1, max_size=3
)
INSTANTS = st.datetimes(
    datetime(2011, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)  # noqa: DTZ001
)  # fmt: skip


@given(RANGES, st.frozensets(st.integers(0, 6), min_size=1), st.sampled_from(ZONES), INSTANTS)
def test_they_open_some_time_and_are_open_then(
    ranges: list[tuple[int, int]], days: frozenset[int], zone: str, at: datetime
) -> None:
    found = Windows(tuple(ranges), days, ZoneInfo(zone))
    opens_at = found.opens_at(at)
    assert at <= opens_at <= at + timedelta(days=15)
    assert found.opens_at(opens_at) == opens_at
    began_at = found.began_at(opens_at)
    assert began_at is not None
    assert began_at <= opens_at
    # Until then they are closed.
    assert opens_at == at or found.began_at(at + (opens_at - at) / 2) is None


@given(st.text(max_size=20), st.text(max_size=20))
def test_any_text_is_hours_and_days_or_refused(hours: str, days: str) -> None:
    with suppress(ValueError):
        assert parse_hours(hours)
    with suppress(ValueError):
        assert parse_days(days)
