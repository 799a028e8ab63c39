"""Parses the dates of HTTP headers."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_TIME = r"(?P<hour>\d{2}):(?P<minute>\d{2}):(?P<second>\d{2})"
_MONTH = rf"(?P<month>{'|'.join(_MONTHS)})"
_ZONE = r"(?: ?(?:gmt|utc|z|(?P<offset>[+-]\d{4})))?"
_FORMS = tuple(
    re.compile(rf"[a-z]{{3,9}},? {form}{_ZONE}", re.IGNORECASE | re.ASCII)
    for form in (
        rf"(?P<day>\d{{1,2}})[ -]{_MONTH}[ -](?P<year>\d{{4}}|\d{{2}}) {_TIME}",
        rf"{_MONTH} (?P<day>[ \d]?\d) {_TIME} (?P<year>\d{{4}})",
    )
)


def parse_http_date(text: str | None) -> datetime | None:
    """The instant, in UTC; None for anything but such a date.

    Shape:  the three formats that every recipient must accept, also with common deviations of
            servers: a day of one digit, dashes before a whole year, an offset, or no zone.
            A year of two digits is one from 1970 to 2069, so that the epoch stays in the past.
    Source: RFC 9110 §5.6.7 (HTTP-date), RFC 6265 §5.1.1 (years of two digits).
    """
    stripped = (text or "").strip()
    found = next(filter(None, (form.fullmatch(stripped) for form in _FORMS)), None)
    if found is None:
        return None
    year, month = int(found["year"]), _MONTHS.index(found["month"].lower()) + 1
    if len(found["year"]) == 2:
        year += 1900 if year >= 70 else 2000
    second = min(int(found["second"]), 59)  # 60 is a leap second, which Python does not support
    try:
        at = datetime(year, month, int(found["day"]), int(found["hour"]), int(found["minute"]),
                      second, tzinfo=_zone(found["offset"]))  # fmt: skip
        return at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _zone(offset: str | None) -> timezone:
    if offset is None:
        return UTC
    length = timedelta(hours=int(offset[1:3]), minutes=int(offset[3:]))
    return timezone(-length if offset[0] == "-" else length)
