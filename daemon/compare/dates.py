"""Finds or removes dates, years, times of day and weekdays in a line."""

from __future__ import annotations

import re

from daemon.compare.masks import MAX_MASKED_CHARS
from daemon.lexicon.money_marks import SIGNS
from daemon.lexicon.months import MONTHS

_YEAR = r"(?:19|20)\d\d"
_DAY = r"[0-3]?\d(?:st|nd|rd|th|er|º|ª|\.)?"
_NUMERIC_DATES = re.compile(
    rf"\b{_YEAR}[-/.]\s?[01]?\d[-/.]\s?[0-3]?\d\.?(?!\d)"
    rf"|\b[0-3]?\d[-/.]\s?[01]?\d[-/.]\s?(?:{_YEAR}|\d\d)\b(?![.,]\d)"
    rf"|{_YEAR}\s?年(?:\s?\d{{1,2}}\s?月(?:\s?\d{{1,2}}\s?日)?)?"
    rf"|(?<![\d.,{SIGNS}]){_YEAR}(?![\d%]|[.,]\d)"
    r"|\b\d{1,2}[:h]\d\d(?:\s?[ap]\.?m\.?)?(?:\s?(?:UTC|GMT|CET|CEST|E[SD]T|P[SD]T))?\b",
    re.IGNORECASE,
)
_DAY_FIRST = re.compile(
    rf"(?<![\w.,]){_DAY}\s{{0,2}}(?:of\s|de\s|-\s?)?(?P<month>[^\W\d_]{{3,13}})\b"
    rf"(?:[.,]{{0,2}}\s{{0,2}}-?(?:of\s|del?\s)?{_YEAR}\b)?",
    re.IGNORECASE,
)
_MONTH_FIRST = re.compile(
    rf"(?<![^\W_])(?P<month>[^\W\d_]{{3,13}})[.,]{{0,2}}\s{{1,2}}(?:of\s|del?\s)?"
    rf"(?:{_YEAR}(?!\w)|{_DAY}(?!\w)(?:,?\s{{0,2}}(?:of\s|del?\s)?{_YEAR}(?!\w))?)",
    re.IGNORECASE,
)
_WEEKDAYS = re.compile(
    r"\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|lundi|mardi|mercredi|jeudi|vendredi|samedi"
    r"|dimanche|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag|lunes|martes"
    r"|miércoles|jueves|viernes|sábado|domingo|lunedì|martedì|mercoledì|giovedì|venerdì)\b,?",
    re.IGNORECASE,
)
# One of them is in each weekday.
_WEEKDAY_PARTS = tuple("day di dì tag woch unes artes coles ueves ernes bado omingo".split())
_LONG_LINE = 200
_DIGIT = re.compile(r"\d")


def mask_dates(line: str) -> str:
    """The line without dates, years, times of day and weekdays."""
    if len(line) > MAX_MASKED_CHARS:
        return line
    if _DIGIT.search(line):
        line = _NUMERIC_DATES.sub(" ", _MONTH_FIRST.sub(_blank, _DAY_FIRST.sub(_blank, line)))
    return _WEEKDAYS.sub(" ", line) if _may_name_weekday(line) else line


def _may_name_weekday(line: str) -> bool:
    if "day" in line:
        return True
    low = line.lower() if len(line) < _LONG_LINE else ""
    return any(part in low for part in _WEEKDAY_PARTS)


def _blank(found: re.Match[str]) -> str:
    return " " if _is_month(found) else found.group()


def _is_month(found: re.Match[str]) -> bool:
    return found["month"].lower() in MONTHS


def dates(line: str) -> list[str]:
    """The dates named in a line, as written, in their order."""
    if len(line) > MAX_MASKED_CHARS or not _DIGIT.search(line):
        return []
    spans: list[tuple[int, int]] = []
    for pattern in (_DAY_FIRST, _MONTH_FIRST, _NUMERIC_DATES):
        for found in pattern.finditer(line):
            named = pattern is not _NUMERIC_DATES
            if (not named or _is_month(found)) and not _overlaps(found.span(), spans):
                spans.append(found.span())
    return [" ".join(line[start:end].split()) for start, end in sorted(spans)]


def _overlaps(span: tuple[int, int], others: list[tuple[int, int]]) -> bool:
    return any(span[0] < end and start < span[1] for start, end in others)
