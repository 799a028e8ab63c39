"""Reads the numbers of a text: how each is written, what it is worth, and what stands around it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import inf
from typing import NamedTuple

from daemon.analyse import words
from daemon.compare.dates import mask_dates
from daemon.lexicon.importance.quantities import endless_in
from daemon.money.numbers import plain, read_number

_NUMBER = re.compile(
    r"(?<![\w.,:/#§-])(?P<number>\d{1,3}(?:[ '.,]\d{3}){1,4}(?:[.,]\d{1,4})?|\d+(?:[.,]\d+)?)"
    r"(?:\s?(?P<unit>[%‰]|°\s?[CF]?|[^\W\d_][^\W\d_²³.]{0,14}(?:/[^\W\d_]{1,8})?))?(?![\d:]|[.,]\d)"
)
_SCALES = {
    "k": 1e3, "tsd": 1e3, "thousand": 1e3, "mille": 1e3, "mil": 1e3, "tausend": 1e3, "тыс": 1e3,
    "m": 1e6, "mio": 1e6, "million": 1e6, "millions": 1e6, "millionen": 1e6, "millones": 1e6,
    "millioni": 1e6, "млн": 1e6, "mln": 1e6, "b": 1e9, "bn": 1e9, "billion": 1e9, "mrd": 1e9,
    "万": 1e4, "億": 1e8, "亿": 1e8, "만": 1e4,
}  # fmt: skip
_UNITS = {
    "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12, "pb": 1e15, "kib": 1024, "mib": 1024**2,
    "gib": 1024**3, "tib": 1024**4, "bytes": 1, "byte": 1, "ko": 1e3, "mo": 1e6, "go": 1e9,
    "ms": 1e-3, "s": 1, "sec": 1, "second": 1, "seconds": 1, "min": 60, "mins": 60, "minute": 60,
    "minutes": 60, "minuten": 60, "minutos": 60, "h": 3600, "hour": 3600, "hours": 3600,
    "stunden": 3600, "heures": 3600, "horas": 3600, "ore": 3600, "uur": 3600, "d": 86400,
    "day": 86400, "days": 86400, "tag": 86400, "tage": 86400, "tagen": 86400, "jour": 86400,
    "jours": 86400, "día": 86400, "días": 86400, "giorni": 86400, "dias": 86400, "dagen": 86400,
    "dni": 86400, "дней": 86400, "week": 604800, "weeks": 604800, "wochen": 604800,
    "semaines": 604800, "semanas": 604800, "settimane": 604800, "weken": 604800,
    "month": 2629800, "months": 2629800, "monat": 2629800, "monate": 2629800, "monaten": 2629800,
    "mois": 2629800, "mes": 2629800, "meses": 2629800, "mesi": 2629800, "maanden": 2629800,
    "year": 31557600, "years": 31557600, "jahr": 31557600, "jahre": 31557600, "jahren": 31557600,
    "an": 31557600, "ans": 31557600, "años": 31557600, "anni": 31557600, "anos": 31557600,
    "jaar": 31557600, "mg": 1e-3, "g": 1, "kg": 1e3, "µg": 1e-6, "mcg": 1e-6, "ml": 1e-3, "l": 1,
    "mm": 1e-3, "cm": 1e-2, "km": 1e3, "kw": 1e3, "mw": 1e6,
}  # fmt: skip
_POSITION = re.compile(
    r"^\W{0,2}(?:\d{1,3}(?:(?:\.\d{1,3}){1,4}[.)]?|[.)])\s+(?=(?P<next>[^\W\d_]+))|\[\d+\]|\(\d+\))"
)
_REFERENCE = re.compile(
    r"(?:(?<![^\W\d_])(?:sections?|clauses?|articles?|paragraphs?|chapters?|parts?|schedules?|annex|rules?"
    r"|appendix|figures?|tables?|pages?|no|nr|ziffer|abschnitt|artikel|absatz|abs|seite|anlage|kapitel"
    r"|alinéa|annexe|pages?|sección|artículo|cláusula|apartado|página|articolo|comma|sezione|allegato"
    r"|artigo|cláusula|seção|pagina|bijlage|rozdział|ust|pkt|strona|článek|odstavec|статья|пункт|стр)"
    r"|[§#№])[\s.]{0,2}$",
    re.IGNORECASE,
)
_SUM = re.compile(r"\d\s?[+×*−-]\s?\d{1,3}\s?(?:=|\?)")  # asked to tell people from machines
_AROUND_LABELS = " :：=–-·"
_MAX_NUMBERS = 4  # of a sentence or a cell; more are a row of results
_MAX_LABEL_WORDS = 9
_FEW_CHARS = 3  # around a number: a bracket, a footnote
_BEFORE, _AFTER = 45, 35  # characters around a number that say what it counts


class Number(NamedTuple):
    """A number of a text, as written with its unit."""

    frame: str  # the text without its numbers
    near: str  # the words before and after it
    text: str
    value: float


def has_numbers(text: str) -> bool:
    """Whether a text has a number, or says that there is no limit."""
    return _NUMBER.search(plain(text)) is not None or endless_in(text) is not None


def is_number(text: str) -> bool:
    """Whether a text is a number with at most a unit, or says that there is no limit."""
    found = _NUMBER.search(plain(text))
    span = found.span() if found else endless_in(text)
    return span is not None and len(text) - (span[1] - span[0]) <= _FEW_CHARS


def is_measured(text: str) -> bool:
    """Whether a number as written has a unit of time, mass, size or a share."""
    unit = unit_of(text)
    return _is_unit(unit) or unit[:1] in ("%", "‰", "°")


def unit_of(text: str) -> str:
    """What follows the digits of a number as written."""
    return text.lstrip("0123456789 '.,-+").casefold()


def numbers_in(text: str) -> Iterator[Number]:
    """The numbers of a text that are no dates, ages, counters or positions."""
    said = _POSITION.sub(_kept, mask_dates(plain(words.masked(text))))
    frame = " ".join(_NUMBER.sub("", said).split()).strip(_AROUND_LABELS)
    found = list(_NUMBER.finditer(said))
    is_row = len(found) > _MAX_NUMBERS or _SUM.search(said)
    for one in () if is_row else found:
        if _REFERENCE.search(said, 0, one.start()):
            continue
        value = _value(one["number"], one["unit"] or "")
        near = said[max(one.start() - _BEFORE, 0) : one.end() + _AFTER]
        if value is not None:
            yield Number(frame, near, _written(one, said), value)
    if not found and said.count(" ") < _MAX_LABEL_WORDS and (span := endless_in(said)):
        start, end = span
        frame = (said[:start] + said[end:]).strip(_AROUND_LABELS)
        yield Number(frame, said, said[start:end], inf)


def _written(found: re.Match[str], said: str) -> str:
    """A number with its unit; a word behind it is one only where the text ends with it."""
    is_word = not _is_unit(found["unit"] or "") and found["unit"] not in ("%", "‰")
    if is_word and said[found.end() :].strip():
        return found["number"]
    return found.group().strip()


def _kept(found: re.Match[str]) -> str:
    """What stays of a position: all of it where a unit follows, as in "2.5 mg once"."""
    after = found["next"] or ""
    is_value = _is_unit(after) or (bool(after) and len(after) < _FEW_CHARS)
    return found.group() if is_value else ""


def _is_unit(word: str) -> bool:
    return word.rstrip(".").casefold() in _UNITS


def _value(number: str, unit: str) -> float | None:
    read = read_number(number)
    if read is None:
        return None
    unit = unit.rstrip(".").casefold()
    return float(read) * _UNITS.get(unit, _SCALES.get(unit, 1.0))
