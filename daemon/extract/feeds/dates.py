"""Parses the dates in feeds into instants in UTC, as text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cache, lru_cache
from types import MappingProxyType
from zoneinfo import ZoneInfo, available_timezones

from daemon.lexicon.months import month_number

YEARS = range(1971, 2200)

_MAX_CHARS = 100
_HOURS: Mapping[str, float] = MappingProxyType(
    dict.fromkeys(("ut", "utc", "gmt", "z", "wet"), 0)
    | {"est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7}
    | dict.fromkeys(("cet", "mez", "west"), 1)
    | dict.fromkeys(("cest", "mesz", "eet"), 2)
    | {"eest": 3, "msk": 3, "hkt": 8, "jst": 9, "kst": 9, "aest": 10, "aedt": 11}
    | {"akst": -9, "akdt": -8, "hst": -10, "nst": -3.5, "ndt": -2.5, "nzst": 12, "nzdt": 13}
)
# Standard time or daylight saving, whichever the day has.
_PLACES = MappingProxyType(
    {
        "et": "America/New_York",
        "ct": "America/Chicago",
        "mt": "America/Denver",
        "pt": "America/Los_Angeles",
    }
)
_IGNORED = frozenset(
    """
    mon tue tues wed weds thu thur thurs fri sat sun monday tuesday wednesday thursday friday
    saturday sunday lun mer jeu ven sam dim lundi mardi mercredi jeudi vendredi samedi
    dimanche mo di mi do fr sa so die mit don fre son montag dienstag mittwoch donnerstag freitag
    samstag sonnabend sonntag lunes martes miércoles jueves viernes sábado domingo mié jue vie sáb
    dom lunedì martedì mercoledì giovedì venerdì sabato gio seg ter qua qui sex segunda terça
    quarta quinta sexta feira ma wo vr za zo maandag dinsdag woensdag donderdag vrijdag zaterdag
    zondag пн вт ср чт пт сб вс δευ τρι τετ πεμ παρ σαβ κυρ
    at le la à of de del the um uhr den der on y kl klo ore alle г
    """.split()
)
_MARCH_OR_TUESDAY = "mar"
_LONGEST_ZONE = 6
_MERIDIEM = MappingProxyType(
    dict.fromkeys(("am", "a.m.", "오전", "上午", "午前", "πμ"), 0)
    | dict.fromkeys(("pm", "p.m.", "오후", "下午", "午後", "μμ"), 12)
)
_UNITS = str.maketrans(dict.fromkeys("년年월月", "-") | dict.fromkeys("일日", " ") | {"−": "-"})
_TOKEN = re.compile(
    r"""(?P<skipped>[\s,;()|]+|[.](?!\d)|-(?=\s|$|[^\W\d_])|(?<=[^\W\d_])-(?=\d))
    |(?P<stamp>(?<!\S)1\d{9}(?:\d{3})?$)
    |(?P<compact>(?<!\S)(?:19|20)\d{6}(?=t?\d{4,6}(?!\d)|\s|$))
    |(?P<basic>(?<=\d)t?\d{4}(?:\d\d)?(?=[z+-]|$))
    |(?P<ymd>(?<!\d)(?:\d{4})(?P<mark>[-/.])\s?\d{1,2}(?:(?P=mark)\s?\d{1,2})?(?![\d/]))
    |(?P<dmy>(?<!\d)\d{1,2}\.\s?\d{1,2}\.\s?\d{4}(?!\d))
    |(?P<doubtful>(?<!\d)\d{1,2}(?P<dash>[/-])\d{1,2}(?P=dash)\d{4}(?!\d))
    |(?P<clock>t?\d{1,2}(?:[:h]\d\d(?:[:m]\d\d(?:[.,]\d+)?s?)?(?![\d:])|(?=\s?[ap]\.?m\b)))
    |(?P<offset>(?:(?:gmt|utc?)\s?)?[+-](?:\d\d:?\d\d|\d{1,2})(?![\d:]))
    |(?P<place>[a-z]+(?:/[a-z_+-]+)+)
    |(?P<meridiem>[ap]\.m\.|[ap]m\b|오전|오후|上午|下午|午前|午後|πμ|μμ)
    |(?P<year>(?<!\d)\d{4}(?!\d))
    |(?P<number>(?<!\d)\d{1,2}(?!\d)(?:st|nd|rd|th|er|[ºª.])?)
    |(?P<word>[^\W\d_]+\.?)
    """,
    re.VERBOSE,
)
_NUMBER = re.compile(r"\d+")
_COMMENT = re.compile(r"([+-]\d\d:?\d\d)\s*\([^()]*\)$")
_FIRST_WORD = re.compile(r"([^\W\d_]{1,20})\.?\s*,")  # a day of the week, in any language
_OFFSETS = range(-12 * 60, 14 * 60 + 1)  # minutes


def instant(written: str) -> str:
    """Normalise a date to ISO 8601 in UTC, to the second.

    Shape:  "2024-01-31T09:00:00Z"; "" for what is no date, or one before or after any feed.
            The current date fills no gaps: a date that would need it is no date. One that may
            be read in two ways is none, and neither is one with a word that is not understood.
    Source: RFC 822 §5 and RFC 2822 (RSS), RFC 3339 (Atom), W3C-DTF (RDF).
    """
    written = written.strip()
    if not written or len(written) > _MAX_CHARS:
        return ""
    return _instant(written)


@lru_cache(maxsize=4096)
def _instant(written: str) -> str:
    try:
        moment = _quick(written) or _moment(written)
    except (ValueError, OverflowError, OSError):
        return ""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}" if moment and moment.year in YEARS else ""


def _quick(written: str) -> datetime | None:
    """The form of RFC 3339, in which most dates are."""
    if len(written) < 20 or written[4] != "-" or written[10] != "T":
        return None
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else None


def _moment(written: str) -> datetime | None:
    found = _Parts()
    # "GMT+0100 (Central European Standard Time)": the offset says it.
    written = _COMMENT.sub(r"\1", written.lower().translate(_UNITS))
    first = _FIRST_WORD.match(written)
    if first is not None and month_number(first[1]) is None:
        written = written[first.end() :]
    for kind, text in _tokens(written):
        if kind != "skipped" and not getattr(found, f"take_{kind}")(text):
            return None
    return found.moment()


def _tokens(written: str) -> Iterator[tuple[str, str]]:
    done = 0
    while done < len(written):
        found = _TOKEN.match(written, done)
        if found is None or found.lastgroup is None:
            raise ValueError(written)
        done = found.end()
        yield found.lastgroup, found[0]


class _Parts:
    """The parts of a date as they are found; each method says whether its part fits."""

    def __init__(self) -> None:
        self._year: int | None = None
        self._month: int | None = None
        self._day: int | None = None
        self._clock: tuple[int, int, int] | None = None
        self._half: int | None = None
        self._zone: tzinfo | None = None
        self._stamp: float | None = None
        self._is_tuesday = False  # what was taken for a month, if another one comes

    def moment(self) -> datetime | None:
        """The instant; midnight without a time, UTC without a zone."""
        if self._stamp is not None:
            return datetime.fromtimestamp(self._stamp, UTC)
        if self._year is None or (self._month is None and (self._day or self._clock)):
            return None
        hour, minute, second = self._in_24_hours()
        month, day_of_month = (1 if part is None else part for part in (self._month, self._day))
        day = datetime(self._year, month, day_of_month, tzinfo=self._zone or UTC)
        # Midnight is also the end of a day.
        step = timedelta(days=1) if hour == 24 and not (minute or second) else timedelta()
        second = 59 if second == 60 else second  # a leap second, which Python does not know
        clock = day.replace(hour=hour % 24 if step else hour, minute=minute, second=second)
        return (clock + step).astimezone(UTC)

    def _in_24_hours(self) -> tuple[int, int, int]:
        hour, minute, second = self._clock or (0, 0, 0)
        if self._half is None or hour > 12:
            return hour, minute, second
        if hour == 0:
            raise ValueError("no such hour before or after noon")
        return hour % 12 + self._half, minute, second

    def take_stamp(self, text: str) -> bool:
        self._stamp = int(text) / (1000 if len(text) > 10 else 1)
        return True

    def take_compact(self, text: str) -> bool:
        return self._take_date(int(text[:4]), int(text[4:6]), int(text[6:]))

    def take_basic(self, text: str) -> bool:
        digits = text.removeprefix("t")
        return self.take_clock(":".join(re.findall("..", digits)))

    def take_ymd(self, text: str) -> bool:
        year, month, *day = map(int, _NUMBER.findall(text))
        return self._take_date(year, month, *day)

    def take_dmy(self, text: str) -> bool:
        day, month, year = map(int, _NUMBER.findall(text))
        return self._take_date(year, month, day)

    def take_doubtful(self, text: str) -> bool:
        """A day and a month in either order, where only one order is possible."""
        first, second, year = map(int, _NUMBER.findall(text))
        if first > 12 or first == second:
            return self._take_date(year, second, first)
        return second > 12 and self._take_date(year, first, second)

    def _take_date(self, year: int, month: int, day: int | None = None) -> bool:
        is_first = (self._year, self._month, self._day) == (None, None, None)
        self._year, self._month, self._day = year, month, day
        return is_first

    def take_clock(self, text: str) -> bool:
        hour, minute, second = ([int(part) for part in _NUMBER.findall(text)] + [0, 0])[:3]
        is_first, self._clock = self._clock is None, (hour, minute, second)
        return is_first

    def take_offset(self, text: str) -> bool:
        digits = "".join(_NUMBER.findall(text))
        hours, minutes = (digits[:-2], digits[-2:]) if len(digits) > 2 else (digits, "0")
        offset = (int(hours) * 60 + int(minutes)) * (-1 if "-" in text else 1)
        if self._clock is None or offset not in _OFFSETS or int(minutes) >= 60:
            return False
        self._zone = timezone(timedelta(minutes=offset))
        return True

    def take_place(self, text: str) -> bool:
        name = _places().get(text)
        return name is not None and self._take_zone(ZoneInfo(name))

    def take_meridiem(self, text: str) -> bool:
        is_first, self._half = self._half is None, _MERIDIEM[text]
        return is_first

    def take_year(self, text: str) -> bool:
        is_first, self._year = self._year is None, int(text)
        return is_first

    def take_number(self, text: str) -> bool:
        number = int(_NUMBER.findall(text)[0])
        if self._day is None and number <= 31:
            self._day = number
            return self._year is None or self._month is not None
        if self._year is None and self._month is not None and text.isdigit() and len(text) == 2:
            # Years of two digits are those of RFC 2822 §4.3.
            self._year = number + (2000 if number < 50 else 1900)
            return True
        return False

    def take_word(self, text: str) -> bool:
        word = text.rstrip(".")
        month = month_number(word)
        if month and (self._month is None or self._is_tuesday):
            # In French and Spanish a Tuesday may look like March: "mar. 10 janv. 2023".
            self._month, self._is_tuesday = month, word == _MARCH_OR_TUESDAY
            return True
        if word in _HOURS:
            return self._take_zone(timezone(timedelta(hours=_HOURS[word])))
        if word in _PLACES:
            return self._take_zone(ZoneInfo(_PLACES[word]))
        # Behind an offset an abbreviation only repeats it.
        return word in _IGNORED or (self._zone is not None and len(word) < _LONGEST_ZONE)

    def _take_zone(self, zone: tzinfo) -> bool:
        self._zone = self._zone or zone
        return True


@cache
def _places() -> Mapping[str, str]:
    """The names of time zones by what they are in lower case."""
    return {name.lower(): name for name in available_timezones() if "/" in name}
