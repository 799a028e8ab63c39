"""When to look again: never sooner than anybody asks, and always some time."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.model.request import Timing
from daemon.model.status import ErrorClass
from daemon.schedule.next_check import (
    MAX_FREQUENCY_LENGTH,
    LastCheck,
    ScheduleLimits,
    frequency_of,
    fresh_for_seconds,
    hours_begin,
    next_check_at,
    open_at,
    parse_duration,
    parse_frequency,
)

NOW = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LIMITS = ScheduleLimits(jitter=0.0)
WELL = LastCheck()
TEN, ELEVEN = (f"Mon, 04 May 2026 {hour}:00:00 GMT" for hour in (10, 11))


def firings(line: str, zone: str, start: str, count: int) -> list[str]:
    """The next firings, as the clock on the wall shows them, with its offset."""
    frequency = parse_frequency(line, zone)
    at = datetime.fromisoformat(start).astimezone(UTC)
    shown = []
    for _ in range(count):
        at = frequency.after(at)
        shown.append(at.astimezone(ZoneInfo(zone)).strftime("%d %H:%M %z"))
    return shown


def wait(
    text: str, past: LastCheck = WELL, limits: ScheduleLimits = LIMITS, draw: float = 0.0
) -> timedelta:
    return next_check_at(parse_frequency(text), past, NOW, limits, draw) - NOW


# What may be written


@pytest.mark.parametrize(
    ("text", "interval"),
    [
        ("90s", timedelta(seconds=90)),
        ("15m", 15 * MINUTE),
        ("1h30m", 90 * MINUTE),
        (" 6H ", 6 * HOUR),
        ("2w", 14 * DAY),
        ("minutely", MINUTE),
        ("hourly", HOUR),
        ("Daily", DAY),
        ("weekly", 7 * DAY),
        ("monthly", 30 * DAY),
        ("0 9 * * *", DAY),
        ("*/5 * * * *", 5 * MINUTE),
        ("0 9,10 * * mon", HOUR),
        ("0 0 29 2 *", 1461 * DAY),
    ],
)
def test_a_frequency_has_an_interval(text: str, interval: timedelta) -> None:
    assert parse_frequency(text).interval == interval


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "often", "1", "60", "1y", "1.5h", "-1h", "1h 30m", "h1", "1hh", "@reboot", "١h",
        "0s", "0m", "00h0s", "999999999d", "9999999999999999w", "* * * *", "60 * * * *",
        "0 24 * * *", "0 0 32 * *", "0 0 * 13 *", "0 0 * * 8", "0 0 * * mon-", "0 0 * * */0",
        "0 0 * * 1/x", "0 0 * * funday", "a b c d e", "0 0 30 2 *", "0 0 31 4,6,9,11 *",
    ],
)  # fmt: skip
def test_what_is_no_frequency_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w+ \w+"):
        parse_frequency(text)


def test_a_frequency_fits_its_column() -> None:
    longest = f"{'0,' * 39}{','.join(map(str, range(60)))} * * * *"
    assert len(longest) == MAX_FREQUENCY_LENGTH
    assert parse_frequency(longest).interval == MINUTE
    with pytest.raises(ValueError, match="longer than 255 characters"):
        parse_frequency(f"0,{longest}")


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("@hourly", "0 * * * *"), ("@daily", "0 0 * * *"), ("@midnight", "0 0 * * *"),
        ("@weekly", "0 0 * * sun"), ("@monthly", "0 0 1 * *"), ("@yearly", "0 0 1 1 *"),
        ("@Annually", "0 0 1 1 *"),
    ],
)  # fmt: skip
def test_the_names_of_cron_are_lines(name: str, line: str) -> None:
    named = parse_frequency(name, "Europe/Berlin")
    assert named.text == name.lower()
    assert named.after(NOW) == parse_frequency(line, "Europe/Berlin").after(NOW)


@pytest.mark.parametrize("zone", ["Mars/Base", "../etc/passwd", "/etc/passwd", "\0", "Europe"])
def test_an_unknown_zone_is_refused(zone: str) -> None:
    with pytest.raises(ValueError, match="not a time zone"):
        parse_frequency("daily", zone)


@given(st.text(max_size=MAX_FREQUENCY_LENGTH + 2), st.none() | st.text(max_size=10))
def test_any_text_is_a_frequency_or_refused(text: str, zone: str | None) -> None:
    with suppress(ValueError):
        assert parse_frequency(text, zone).interval > timedelta()


FIELD = st.from_regex(r"(\*|[0-9]{1,2}(-[0-9]{1,2})?)(/[0-9]{1,2})?", fullmatch=True)


@given(st.lists(FIELD, min_size=5, max_size=5).map(" ".join))
def test_any_cron_line_fires_or_is_refused(line: str) -> None:
    try:
        frequency = parse_frequency(line, "Europe/Berlin")
    except ValueError:
        return
    assert frequency.after(NOW) > NOW


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("0", timedelta()),
        ("0s", timedelta()),
        ("90s", 90 * timedelta(seconds=1)),
        ("1d1h", 25 * HOUR),
    ],
)
def test_a_length_of_time(text: str, length: timedelta) -> None:
    assert parse_duration(text) == length


@pytest.mark.parametrize("text", ["", "1", "1.5h", "99999999999999999w", "soon"])
def test_what_is_no_length_of_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a length of time|too long"):
        parse_duration(text)


# Cron lines


@pytest.mark.parametrize(
    ("weekday", "days"),
    [
        ("0", "Sun"), ("7", "Sun"), ("1", "Mon"), ("sat", "Sat"), ("6", "Sat"),
        ("1-5", "Mon Tue Wed Thu Fri"), ("mon-fri", "Mon Tue Wed Thu Fri"),
        ("0-6", "Mon Tue Wed Thu Fri Sat Sun"), ("0-2", "Mon Tue Sun"), ("5-7", "Fri Sat Sun"),
        ("sun-tue", "Mon Tue Sun"), ("fri-mon", "Mon Fri Sat Sun"), ("6,0", "Sat Sun"),
        ("*/2", "Tue Thu Sat Sun"), ("1-5/2", "Mon Wed Fri"), ("3/2", "Wed Fri Sun"),
        ("mon,3,5-7", "Mon Wed Fri Sat Sun"),
    ],
)  # fmt: skip
def test_weekdays_are_those_of_cron(weekday: str, days: str) -> None:
    frequency = parse_frequency(f"0 0 * * {weekday}")
    at, seen = datetime(2026, 1, 4, 12, tzinfo=UTC), []
    while (at := frequency.after(at)) < datetime(2026, 1, 12, tzinfo=UTC):
        seen.append(at.strftime("%a"))
    assert " ".join(seen) == days


def test_day_of_month_and_weekday_mean_either() -> None:
    assert firings("0 0 13 * fri", "UTC", "2026-05-01T12:00Z", 4) == [
        "08 00:00 +0000", "13 00:00 +0000", "15 00:00 +0000", "22 00:00 +0000",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("0 9 */2 * mon", ["11 09:00 +0000", "25 09:00 +0000"]),
        ("0 9 13 * */5", ["13 09:00 +0000"]),
        ("0 9 1-31/2 * mon", ["03 09:00 +0000", "04 09:00 +0000"]),
        ("0 9 l * *", ["31 09:00 +0000"]),
        ("0 9 * * mon#2", ["11 09:00 +0000"]),
        ("0 9 * * 5l", ["29 09:00 +0000"]),
    ],
)
def test_a_day_field_that_begins_with_a_star_must_fit_beside_the_other(
    line: str, expected: list[str]
) -> None:
    assert firings(line, "UTC", "2026-05-01T12:00Z", len(expected)) == expected


def test_a_month_without_the_day_is_left_out() -> None:
    frequency = parse_frequency("0 0 31 * *")
    assert frequency.after(datetime(2026, 3, 31, tzinfo=UTC)) == datetime(2026, 5, 31, tzinfo=UTC)


def test_a_cron_line_counts_in_its_zone() -> None:
    assert firings("0 9 * * *", "Asia/Kolkata", "2026-05-01T00:00Z", 1) == ["01 09:00 +0530"]


@pytest.mark.parametrize(
    ("zone", "line", "start", "expected"),
    [
        # Put forward: the hour that is named but missing is made up for, once.
        ("Europe/Berlin", "30 2 * * *", "2026-03-28T12:00Z",
         ["29 03:30 +0200", "30 02:30 +0200"]),
        ("America/New_York", "30 2 * * *", "2026-03-08T00:00Z",
         ["08 03:30 -0400", "09 02:30 -0400"]),
        ("Australia/Lord_Howe", "15 2 * * *", "2026-10-03T12:00Z",
         ["04 02:45 +1100", "05 02:15 +1100"]),
        ("Europe/Berlin", "0 2,3 * * *", "2026-03-28T12:00Z",
         ["29 03:00 +0200", "30 02:00 +0200"]),
        ("Europe/Berlin", "20,30 2,3 * * *", "2026-03-28T12:00Z",
         ["29 03:20 +0200", "29 03:30 +0200", "30 02:20 +0200"]),
        # Put back: what names its hours fires in the first of the two.
        ("Europe/Berlin", "30 2 * * *", "2026-10-24T12:00Z",
         ["25 02:30 +0200", "26 02:30 +0100"]),
        ("America/New_York", "30 1 * * *", "2026-11-01T00:00Z",
         ["01 01:30 -0400", "02 01:30 -0500"]),
        ("Australia/Lord_Howe", "45 1 * * *", "2026-04-04T12:00Z",
         ["05 01:45 +1100", "06 01:45 +1030"]),
        ("Europe/Berlin", "30 2 * * *", "2026-10-25T01:10Z", ["26 02:30 +0100"]),
        # What names none follows the clock, through both.
        ("Europe/Berlin", "0 * * * *", "2026-03-28T23:30Z",
         ["29 01:00 +0100", "29 03:00 +0200", "29 04:00 +0200"]),
        ("Europe/Berlin", "0 * * * *", "2026-10-24T23:30Z",
         ["25 02:00 +0200", "25 02:00 +0100", "25 03:00 +0100", "25 04:00 +0100"]),
        ("America/New_York", "*/30 * * * *", "2026-11-01T05:15Z",
         ["01 01:30 -0400", "01 01:00 -0500", "01 01:30 -0500", "01 02:00 -0500"]),
        ("Australia/Lord_Howe", "*/20 * * * *", "2026-04-04T14:30Z",
         ["05 01:40 +1100", "05 01:40 +1030", "05 02:00 +1030"]),
    ],
)  # fmt: skip
def test_clocks_may_jump(zone: str, line: str, start: str, expected: list[str]) -> None:
    assert firings(line, zone, start, len(expected)) == expected


ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]
LINES = ["0 * * * *", "*/20 * * * *", "30 2 * * *", "0 2,3 * * mon-fri", "45 1 1 * sun"]
YEAR = st.datetimes(
    datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC)  # noqa: DTZ001
)  # fmt: skip


@given(st.sampled_from(LINES), st.sampled_from(ZONES), YEAR)
def test_a_cron_line_always_fires_later_and_no_firing_is_skipped(
    line: str, zone: str, now: datetime
) -> None:
    frequency = parse_frequency(line, zone)
    firing = frequency.after(now)
    assert firing > now
    assert firing.tzinfo is UTC
    # From any moment until then, the next firing is this one.
    assert frequency.after(now + (firing - now) / 2) == firing
    assert frequency.after(firing - timedelta(microseconds=1)) == firing


# After a look


def test_a_page_is_looked_at_again_after_its_interval() -> None:
    assert wait("15m") == 15 * MINUTE


def test_jitter_lengthens_and_never_shortens() -> None:
    assert wait("1h", limits=ScheduleLimits(jitter=0.5), draw=0.0) == HOUR
    assert wait("1h", limits=ScheduleLimits(jitter=0.5), draw=1.0) == 90 * MINUTE


def test_a_cron_line_is_kept_to_the_minute() -> None:
    frequency = parse_frequency("0 11 * * *")
    at = next_check_at(
        frequency, LastCheck(fresh_for_seconds=9e9), NOW, ScheduleLimits(jitter=1.0), 1.0
    )
    assert at == NOW + HOUR


def test_the_operator_bounds_every_interval() -> None:
    limits = ScheduleLimits(minimum_interval=5 * MINUTE, maximum_interval=2 * DAY, jitter=0.0)
    assert wait("1s", limits=limits) == 5 * MINUTE
    assert wait("90d", limits=limits) == 2 * DAY
    assert wait("* * * * *", limits=limits) == 5 * MINUTE


@pytest.mark.parametrize("text", ["1s", "5m", "1h", "daily", "30d"])
@pytest.mark.parametrize("fresh", [0, 1800, 3600, 99 * 3600, 1e300, float("inf")])
def test_a_fresh_answer_does_not_delay_the_next_look(text: str, fresh: float) -> None:
    assert wait(text, LastCheck(fresh_for_seconds=fresh)) == wait(text)


@pytest.mark.parametrize(
    ("fresh", "expected"),
    [(0, HOUR), (1800, HOUR), (2 * 3600, 2 * HOUR), (99 * 3600, 4 * HOUR), (1e300, 4 * HOUR)],
)
def test_a_fresh_answer_delays_the_next_look_as_far_as_it_may(
    fresh: float, expected: timedelta
) -> None:
    limits = ScheduleLimits(jitter=0.0, freshness_stretch=4)
    assert wait("1h", LastCheck(fresh_for_seconds=fresh), limits) == expected


def test_no_freshness_delays_by_more_than_a_day() -> None:
    limits = ScheduleLimits(jitter=0.0, freshness_stretch=100)
    assert wait("12h", LastCheck(fresh_for_seconds=float("inf")), limits) == DAY


@pytest.mark.parametrize(
    ("error", "streak", "expected"),
    [
        (ErrorClass.TIMEOUT, 1, MINUTE),
        (ErrorClass.TIMEOUT, 2, 2 * MINUTE),
        (ErrorClass.TIMEOUT, 5, 16 * MINUTE),
        (ErrorClass.TIMEOUT, 1000, 12 * HOUR),
        (ErrorClass.STORE, 1, MINUTE),
        (ErrorClass.GONE, 1, HOUR),
        (ErrorClass.GONE, 3, 4 * HOUR),
        (ErrorClass.GONE, 1000, 12 * HOUR),
    ],
)
def test_every_failure_in_a_row_doubles_the_wait_up_to_a_ceiling(
    error: ErrorClass, streak: int, expected: timedelta
) -> None:
    assert wait("1h", LastCheck(error_class=error, failure_streak=streak)) == expected


def test_a_rare_page_is_not_looked_at_more_rarely_because_it_fails() -> None:
    past = LastCheck(error_class=ErrorClass.GONE, failure_streak=50)
    assert wait("weekly", past) == 7 * DAY


def test_a_failing_cron_page_is_tried_again_before_its_next_instant() -> None:
    assert wait("0 9 * * *", LastCheck(error_class=ErrorClass.DNS, failure_streak=1)) == MINUTE


@pytest.mark.parametrize(
    ("retry_after", "expected"), [(30, MINUTE), (7200, 2 * HOUR), (1e12, DAY), (float("inf"), DAY)]
)
def test_a_server_that_asks_for_peace_gets_it(retry_after: float, expected: timedelta) -> None:
    past = LastCheck(ErrorClass.RATE_LIMITED, failure_streak=1, retry_after_seconds=retry_after)
    assert wait("1h", past) == expected


SECONDS = st.none() | st.floats(min_value=0, allow_nan=False)
PAST = st.builds(
    LastCheck,
    error_class=st.none() | st.sampled_from(ErrorClass),
    failure_streak=st.integers(0, 10**9),
    retry_after_seconds=SECONDS,
    fresh_for_seconds=SECONDS,
)
FREQUENCIES = st.sampled_from(["1s", "1m", "7m", "1h", "daily", "monthly", "3660d", *LINES])


@given(FREQUENCIES, PAST, st.floats(0, 1), st.floats(0, 1))
def test_the_next_look_is_never_too_soon_and_never_never(
    text: str, past: LastCheck, jitter: float, draw: float
) -> None:
    limits = ScheduleLimits(jitter=jitter)
    frequency = parse_frequency(text)
    waited = next_check_at(frequency, past, NOW, limits, draw) - NOW
    assert waited > timedelta()
    assert waited >= min(limits.minimum_interval, frequency.interval)
    if past.error_class is None and frequency.firings is None:
        assert waited >= min(frequency.interval, limits.maximum_interval)
    if past.error_class is not None or frequency.firings is None:
        assert waited >= min(timedelta(seconds=min(past.retry_after_seconds or 0, 86400)), DAY)
    longest = max(frequency.interval, limits.maximum_interval, limits.failure_backoff_maximum)
    assert waited <= 2 * longest + 4 * 366 * DAY * (frequency.firings is not None)


# Hours and days


def office(text: str = "15m", **more: str) -> Timing:
    """Mondays to Fridays from eight to six, in Berlin: 06:00 to 16:00 UTC in May."""
    return Timing(text, **({"hours": "08:00-18:00", "days": "mon-fri", **BERLIN} | more))


BERLIN = {"time_zone": "Europe/Berlin"}
BUSY = ScheduleLimits(jitter=0.5)


def at(timing: Timing, now: str, draw: float = 0.0, past: LastCheck = WELL) -> str:
    found = next_check_at(frequency_of(timing), past, instant(now), BUSY, draw)
    return f"{found:%a %H:%M}"


def instant(text: str) -> datetime:
    """An instant of the week that begins on Monday, 4 May 2026."""
    return datetime.strptime(f"2026-05-{text} +0000", "%Y-%m-%d %H:%M %z")


@pytest.mark.parametrize(
    ("now", "draw", "expected"),
    [
        ("04 10:00", 0.0, "Mon 10:15"),
        ("04 10:00", 1.0, "Mon 10:22"),
        ("04 15:44", 1.0, "Mon 15:59"),  # jitter does not carry it over the end
        ("04 15:50", 0.0, "Tue 06:00"),
        ("04 15:50", 1.0, "Tue 06:07"),  # spread by half of 15 minutes
        ("08 15:50", 0.0, "Mon 06:00"),
        ("08 20:00", 0.0, "Mon 06:00"),
    ],
)
def test_an_interval_counts_within_its_hours(now: str, draw: float, expected: str) -> None:
    assert at(office(), now, draw) == expected


def test_failures_and_second_looks_are_within_the_hours_too() -> None:
    failed = LastCheck(error_class=ErrorClass.TIMEOUT, failure_streak=3)
    assert at(office(), "04 15:59", past=failed) == "Tue 06:00"
    assert at(office(), "04 15:59", past=LastCheck(looks_again=True)) == "Tue 06:00"
    asked = LastCheck(ErrorClass.RATE_LIMITED, 1, retry_after_seconds=7200)
    assert at(office(), "04 08:00", past=asked) == "Mon 10:00"
    assert at(office(), "04 15:00", past=asked) == "Tue 06:00"


def test_the_first_looks_are_spread_within_short_hours() -> None:
    short = office("daily", hours="08:00-08:10")
    assert at(short, "04 06:05", 1.0) == "Tue 06:05"
    assert at(short, "04 10:00", 1.0) == "Wed 06:00"  # half an hour later they are over


def test_a_cron_line_fires_within_the_hours_and_days() -> None:
    assert at(office("0 * * * *"), "04 15:30") == "Tue 06:00"
    assert at(office("30 */3 * * *"), "08 15:45") == "Mon 07:30"
    assert at(office("0 9 29 2 *", days="mon"), "04 15:45") == "Mon 08:00"


def test_a_cron_line_that_never_fires_within_them_is_refused() -> None:
    with pytest.raises(ValueError, match="never fires within its hours and days"):
        frequency_of(office("0 7 * * *"))


def test_a_page_is_open_when_it_is_for_one_of_its_owners() -> None:
    night = Timing("1h", hours="22:00-06:00")
    limits, now = LIMITS, instant("04 07:00")
    assert open_at([night], now, limits, 0.0) == instant("04 22:00")
    assert open_at([night, office()], now, limits, 0.0) == now
    assert open_at([office()], instant("04 20:00"), BUSY, 1.0) == instant("05 06:07").replace(
        second=30
    )


def test_why_a_look_waits_for_the_hours() -> None:
    now, opening = instant("04 20:00"), instant("05 06:01")
    begins_at = hours_begin([office()], now, opening)
    assert f"{begins_at:%a %H:%M}" == "Tue 08:00"
    assert hours_begin([office(), Timing("1h")], now, opening) is None
    assert hours_begin([office()], instant("05 06:00"), opening) is None


@given(FREQUENCIES, PAST, st.floats(0, 1), YEAR)
def test_no_look_is_outside_the_hours(
    text: str, past: LastCheck, draw: float, now: datetime
) -> None:
    try:
        frequency = frequency_of(office(text))
    except ValueError:
        return
    found = next_check_at(frequency, past, now, BUSY, draw)
    assert found > now
    assert frequency.opens_at(found) == found


# What a server says of its freshness


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"cache-control": "max-age=60"}, 60),
        ({"cache-control": 'public, max-age="60"'}, 60),
        ({"cache-control": "Max-Age=60", "age": "20"}, 40),
        ({"cache-control": "max-age=60", "age": "100"}, 0),
        ({"cache-control": "max-age=60", "age": "-5"}, 60),
        ({"cache-control": "max-age=60", "age": "old"}, 60),
        ({"cache-control": "no-store, max-age=60"}, 0),
        ({"cache-control": "no-cache"}, 0),
        ({"cache-control": "max-age=-1"}, None),
        ({"cache-control": "max-age=soon"}, None),
        ({"cache-control": "max-age=" + "9" * 400}, None),
        ({"cache-control": "max-age=60", "age": "9" * 400}, 60),
        ({"expires": ELEVEN, "date": TEN}, 3600),
        ({"expires": "Mon, 04 May 2026 09:00:00 GMT", "date": TEN}, 0),
        ({"expires": "Mon, 04 May 2026 11:00:00 -0000", "date": TEN}, 3600),
        ({"expires": "0", "date": TEN}, None),
        ({"expires": ELEVEN}, None),
    ],
)  # fmt: skip
def test_freshness_is_what_the_headers_say(headers: dict[str, str], seconds: float | None) -> None:
    assert fresh_for_seconds(headers) == seconds


def test_dates_may_lie_as_far_apart_as_can_be() -> None:
    headers = {
        "expires": "Fri, 31 Dec 9999 23:59:59 GMT",
        "date": "Mon, 01 Jan 0001 00:00:00 GMT",
    }
    assert (fresh_for_seconds(headers) or 0) > 1e11


HEADER = st.text(max_size=30) | st.from_regex(
    r"[A-Z][a-z]{2}, [0-9]{1,3} [A-Z][a-z]{2} [0-9]{1,5} [0-9]{2}:[0-9]{2}:[0-9]{2} [-+][0-9]{4}",
    fullmatch=True,
)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(
    ("cache-control", "age", "expires", "date"), HEADER)))  # fmt: skip
def test_no_header_breaks_the_schedule(headers: dict[str, Any]) -> None:
    fresh = fresh_for_seconds(headers)
    assert fresh is None or fresh >= 0
    assert wait("1h", LastCheck(fresh_for_seconds=fresh)) >= HOUR
