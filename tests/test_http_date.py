"""A date of HTTP is one instant, whoever reads it: what delays a page, and what keeps it fresh."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from daemon.fetch.headers import retry_after_seconds
from daemon.http_date import parse_http_date
from daemon.schedule.next_check import fresh_for_seconds

AT = datetime(2031, 11, 6, 8, 49, 37, tzinfo=UTC)
HOUR = 3600.0
WRITTEN = """
Thu, 06 Nov 2031 08:49:37 GMT
Thursday, 06-Nov-31 08:49:37 GMT
Thu Nov  6 08:49:37 2031
thu, 06 nov 2031 08:49:37 gmt
Thu, 6 Nov 2031 08:49:37 GMT
Thu, 06-Nov-2031 08:49:37 GMT
Thu, 06 Nov 2031 08:49:37 UTC
Thu, 06 Nov 2031 08:49:37 +0000
Thu, 06 Nov 2031 10:49:37 +0200
Thu, 06 Nov 2031 08:49:37
""".strip().split("\n")
GARBAGE = [
    "", " ", "0", "-1", "never", "Thu", "2031-11-06T08:49:37Z", "06 11 2031 08:49:37", "1794214177",
    "Thu, 31 Feb 2031 08:49:37 GMT", "Thu, 06 Nov 2031 25:49:37 GMT", "Thu, 06 Nov 2031 GMT",
    "Thu, 06 Foo 2031 08:49:37 GMT", "Thu, 06 Nov 0000 08:49:37 GMT", "Thu, 06 Nov 2031",
    "Mon, 01 Jan 0001 00:00:00 +2300", "Thu, ٠٦ Nov 2031 08:49:37 GMT", "Thu, 06 Nov 2031 08:49 PM",
    "Thu, 06 Nov 2031 08:49:37 GMT, Thu, 06 Nov 2031 08:49:37 GMT",
    "Thu, 06 Nov 2031 08:49:37 +9999",
]  # fmt: skip


@pytest.mark.parametrize("text", WRITTEN)
def test_every_reader_takes_every_form(text: str) -> None:
    assert parse_http_date(text) == AT
    assert retry_after_seconds(text, AT - timedelta(hours=1)) == HOUR
    assert retry_after_seconds("Thu, 06 Nov 2031 09:49:37 GMT", date=text) == HOUR
    assert fresh_for_seconds({"date": text, "expires": "Thu, 06 Nov 2031 09:49:37 GMT"}) == HOUR
    assert fresh_for_seconds({"date": "Thu, 06 Nov 2031 07:49:37 GMT", "expires": text}) == HOUR


@pytest.mark.parametrize("text", GARBAGE)
def test_what_is_no_date_is_none_to_every_reader(text: str) -> None:
    assert parse_http_date(text) is None
    assert fresh_for_seconds({"date": text, "expires": WRITTEN[0]}) is None
    assert fresh_for_seconds({"date": WRITTEN[0], "expires": text}) is None
    if not text.isdigit():  # a number of seconds is another thing that Retry-After may be
        assert retry_after_seconds(text, AT) is None


@pytest.mark.parametrize(("year", "whole"), [("70", 1970), ("99", 1999), ("00", 2000)])
def test_a_year_of_two_digits_is_the_epoch_or_later(year: str, whole: int) -> None:
    found = parse_http_date(f"Thursday, 01-Jan-{year} 00:00:00 GMT")
    assert found == datetime(whole, 1, 1, tzinfo=UTC)


def test_a_leap_second_is_the_one_before_it() -> None:
    found = parse_http_date("Sat, 31 Dec 2016 23:59:60 GMT")
    assert found == datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)
