"""Splits a line into words, numbers and addresses for comparison."""

from __future__ import annotations

import re
from functools import cache

from daemon.lexicon.money_marks import SURE_MARKS, after_number, before_number

_BEFORE, _AFTER = before_number(SURE_MARKS), after_number(SURE_MARKS)
UNITS = (
    r"(?:[%‰]|°\s?[CFK]?\b|(?:[kKMGT]i?B(?:it)?(?:/s)?|[kMG]?Hz|[kMG]?Wh?|m?Ah|[mk]?V|[mkcdµ]?[mgl]|kg"
    r"|[mk]?m[²³]|km/h|mph|ms|min|sec|h|oz|lbs?|ft|am|pm|a\.m\.|p\.m\.|Mio\.?|Mrd\.?)(?!\w))"
)
_DIGITS = (
    # Groups separated by plain spaces are one number only beside a currency or decimals.
    rf"(?:\d{{1,3}}(?:\ \d{{3}}){{1,4}}(?=[.,]\d{{1,2}}(?!\d)|\s?{_AFTER})(?:[.,]\d{{1,2}})?"
    r"|\d+(?:[.,:'’٫٬/–-]\d+|[\u00a0\u202f\u2009]\d{3}(?!\d)){0,12})"
)
_SUFFIX = r"(?:[-+]?[A-Za-z]{1,5}(?:\.?\d+)?|\.(?:dev|post|rc|alpha|beta)\d*|[.,:][-–—]+)?"
_TOKEN = rf"""
    (?:https?|ftp)://[^\s<>"'“”«»]{{1,2000}}(?<![.,;:!?)\]])
    | (?:mailto:)?[\w.+-]{{1,64}}@(?:[\w-]{{1,63}}\.){{1,8}}[^\W\d_]{{2,24}}
    | \d{{4}}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{{1,9}})?)?(?:Z|[+-]\d\d:?\d\d)?
    | (?:\+\d|\(\+?\d|00?\d{{2,4}}[\ /-])[\d()\ ./-]{{4,20}}\d(?!\w)
    | (?:(?<!\w)[+−-])?(?:{_BEFORE}\s?)?{_DIGITS}
      (?:\s?(?:{_AFTER}|{UNITS})|{_SUFFIX})(?!\w|[.,:]\d)
    | [A-Z]{{2,12}}(?:-\d{{1,12}}){{1,3}}(?!\w)
    | v{_DIGITS}{_SUFFIX}(?!\w|[.,:]\d)
    | [^\W\d][\w-]{{0,62}}\.(?:[\w-]{{1,63}}\.){{0,8}}[a-z]{{2,24}}(?!\w)
      (?:/[^\s<>"']{{1,2000}}(?<![.,;:!?)\]]))?
    | \w+ | \s+ | [^\w\s]
    """


@cache
def _pattern() -> re.Pattern[str]:
    """Compiled on first use: it contains every currency mark, and few processes need it."""
    return re.compile(_TOKEN, re.VERBOSE)


def tokens(line: str) -> list[str]:
    """The pieces of a line; joined, they give the line.

    Shape: a number keeps its separators, currency, unit and sign; versions, dates, times,
           percentages, telephone numbers, mail addresses and URLs are whole.
    """
    found: list[str] = _pattern().findall(line)
    return found
