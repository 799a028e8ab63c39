"""Parses the dates in feeds into instants in UTC, as text."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import mktime_tz, parsedate_tz

YEARS = range(1971, 2200)

_MAX_CHARS = 100
_ISO = re.compile(r"(\d{4})(?:-(\d\d?)(?:-(\d\d?))?)?(?:[Tt ]+(\d\d?:\d\d.*))?")
_ZONE = re.compile(r"\s*(?:UTC|GMT|[Zz])$")


def instant(written: str) -> str:
    """Normalise a date to ISO 8601 in UTC, to the second.

    Shape:  "2024-01-31T09:00:00Z"; "" for what is no date, or one before or after any feed.
            The current date fills no gaps: a date that would need it is no date.
    Source: RFC 822 §5 and RFC 2822 (RSS), RFC 3339 (Atom), W3C-DTF (RDF).
    """
    written = written.strip()
    if not written or len(written) > _MAX_CHARS:
        return ""
    try:
        moment = _iso(written) or _rfc822(written)
    except (ValueError, OverflowError, TypeError, OSError):
        return ""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}" if moment and moment.year in YEARS else ""


def _iso(written: str) -> datetime | None:
    found = _ISO.fullmatch(written)
    if found is None:
        return None
    year, month, day, clock = found.groups()
    date = f"{year}-{month or 1:0>2}-{day or 1:0>2}"
    clock = _ZONE.sub("+00:00", (clock or "00:00")).replace(" ", "")
    moment = datetime.fromisoformat(f"{date}T{clock:0>5}")
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _rfc822(written: str) -> datetime | None:
    parsed = parsedate_tz(written)
    return datetime.fromtimestamp(mktime_tz(parsed), UTC) if parsed else None
