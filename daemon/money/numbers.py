"""Parses numbers as shops print them into exact decimals."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

from daemon.money.currencies import (
    NO_DECIMALS,
    REGION_CURRENCY,
    THREE_DECIMALS,
    minor_digits,
    split_locale,
)

# Above any price of one thing in any currency; in ten-thousandths it fits an integer of SQLite.
LARGEST = Decimal(10) ** 12
_MOST_DIGITS = 16
# An unambiguous decimal point inside this package: U+066B becomes this.
POINT = "\N{DOT OPERATOR}"

NUMBER_PATTERN = (
    r"(?:\d{1,3}(?:[ ']\d{3})+(?!\d)(?:[.,⋅]\d{1,6}(?!\d))?"  # 1 299,95  1'299.95
    r"|\d+(?:[.,⋅']\d+)+"  # 1.299,95  1,29,999
    r"|\d+[.,] \d{2}(?![\d.,%])(?! ?[^\W\d_])"  # 36. 24
    r"|\d+"
    r"|(?<![\d.,])\.\d{1,2}(?!\d))"  # $.75
)
_COMMA_LANGUAGES = frozenset(
    """
    af az be bg bs ca cs da de el es et eu fi fr gl hr hu hy id is it ka kk lt lv mk nb nl nn no pl
    pt ro ru sk sl sq sr sv tr uk uz vi
    """.split()
)
# Regions whose shops differ from the rest of their language.
_POINT_REGIONS = frozenset("ch li mx gt hn ni sv pa do pr pe".split())

_ONE_FOR_ONE = {
    "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u2007": " ", "\u2008": " ", "\u200a": " ",
    "\u2002": " ", "\u2003": " ", "\u3000": " ", "\t": " ", "\n": " ", "\r": " ", "\f": " ",
    "\u2019": "'", "\u2018": "'", "\u02bc": "'", "\u00b4": "'", "`": "'", "\u2032": "'",
    "\u066b": POINT, "\u066c": "'", "\u060c": ",", "\uff0c": ",", "\uff0e": ".", "\uff04": "$",
    "\ufe69": "$", "\uffe5": "¥", "\uffe1": "£", "\uff05": "%", "\u066a": "%", "\u2212": "-",
    "\uff0d": "-", "\u2010": "-", "\u2011": "-", "\u200b": "", "\u200c": "", "\u200d": "",
    "\u200e": "", "\u200f": "", "\u202a": "", "\u202b": "", "\u202c": "", "\u202d": "",
    "\u202e": "", "\u2066": "", "\u2067": "", "\u2068": "", "\u2069": "", "\u061c": "",
    "\ufeff": "", "\u00ad": "", "\u2060": "",
}  # fmt: skip
_TABLE = str.maketrans(_ONE_FOR_ONE)
_ASCII_TO_REPLACE = re.compile(r"[\t\n\r\f`]")
_MARK = re.compile(r"[.,']")
_FOREIGN_DIGIT = re.compile(r"(?![0-9])\d")
# Two raised digits behind a number are its cents, a raised 9 behind cents is that of fuel; any
# other single one is a footnote or a power.
_RAISED_CENTS = re.compile(r"(?<=\d)[.,]? ?([⁰¹²³⁴-⁹]{2})(?![⁰¹²³⁴-⁹])|[.,](\d\d)⁹")


def plain(text: str) -> str:
    """The text with one kind of space, apostrophe and digit, and without invisible marks."""
    if text.isascii():
        return text.translate(_TABLE) if _ASCII_TO_REPLACE.search(text) else text
    text = _RAISED_CENTS.sub(_lowered, text.translate(_TABLE))
    return _FOREIGN_DIGIT.sub(_ascii_digit, text)


def _lowered(match: re.Match[str]) -> str:
    if match[1] is None:
        return f"{POINT}{match[2]}9"
    return POINT + "".join(str(unicodedata.digit(digit)) for digit in match[1])


def _ascii_digit(match: re.Match[str]) -> str:
    digit = unicodedata.decimal(match[0], None)
    return match[0] if digit is None else str(digit)


def read_number(
    token: str, currency: str | None = None, locale: str | None = None
) -> Decimal | None:
    """The amount of a printed number.

    Shape:  finite, not negative, below 10^12; None for what is no amount (dates, versions).
    Source: separators are read by what follows them; by the locale only where that is ambiguous.
    """
    token = plain(token).strip().strip(".,") if not token.startswith(".") else "0" + token
    if sum(map(str.isdigit, token)) > _MOST_DIGITS:
        return None
    joined = re.sub(r"(?<=[.,]) ", "", token).replace(" ", "'")
    digits = _with_point(joined, currency, locale)
    if digits is None:
        return None
    value = Decimal(digits)
    return value if value < LARGEST else None


def _with_point(token: str, currency: str | None, locale: str | None) -> str | None:
    """The token with groups joined and a decimal point; None when it is no number."""
    whole, point, fraction = token.partition(POINT)
    if point:
        return f"{_digits(whole) or '0'}.{fraction}" if fraction.isdigit() else None
    marks = _MARK.findall(token)
    if not marks:
        return token if token.isdigit() else None
    last = marks[-1]
    if marks.count(last) == 1 and last != "'":
        return _one_last_mark(token, last, currency, locale)
    return _digits(token) if _is_grouped(token) else None


def _digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))


def _one_last_mark(token: str, mark: str, currency: str | None, locale: str | None) -> str | None:
    whole, _, tail = token.partition(mark)
    grouped = re.fullmatch(r"\d+", whole) is None
    if grouped and not _is_grouped(whole):
        return None
    if grouped or _is_decimal(whole, tail, mark, currency, locale):
        return f"{_digits(whole)}.{tail}"
    return _digits(whole) + tail


def _is_grouped(number: str) -> bool:
    """Whether one separator groups a number in threes, or as in India in twos and a three."""
    marks = {mark for mark in number if not mark.isdigit()}
    parts = _MARK.split(number)
    if len(marks) != 1 or not 1 <= len(parts[0]) <= 3 or len(parts[-1]) != 3:
        return False
    inner = {len(part) for part in parts[1:-1]}
    return inner <= {3} or (inner <= {2} and len(parts[0]) <= 2 and "," in marks)


def _is_decimal(whole: str, tail: str, mark: str, currency: str | None, locale: str | None) -> bool:
    if len(tail) != 3 or len(whole) > 3:
        return True
    if whole == "0":
        return True
    if currency in THREE_DECIMALS:
        return mark == "." or currency == "TND" or decimal_mark(locale) == mark
    return _is_at_home(currency, locale) and decimal_mark(locale) == mark


def _is_at_home(currency: str | None, locale: str | None) -> bool:
    """Whether a locale writes this currency, and with cents, as its own.

    Elsewhere three digits after one mark are a group: only what is sold by the litre or the
    thousand has three decimals, and only its own country's mark tells them apart.
    """
    region = split_locale(locale or "")[1]
    is_own = region is not None and REGION_CURRENCY.get(region) == currency
    return is_own and currency not in NO_DECIMALS


def decimal_mark(locale: str | None) -> str | None:
    """The decimal mark customary in a locale; None when it is unknown."""
    language, region = split_locale(locale or "")
    if not language:
        return None
    return "," if language in _COMMA_LANGUAGES and region not in _POINT_REGIONS else "."


def decimal_places(amount: Decimal, currency: str | None) -> int:
    """How many decimals to write: those of the minor unit, or more where the amount has more."""
    exponent = amount.normalize().as_tuple().exponent
    return max(minor_digits(currency), -exponent if isinstance(exponent, int) else 0)


def amount_text(amount: Decimal, currency: str | None) -> str:
    """An amount as text that loses nothing: no grouping, no exponent, whole minor units."""
    return f"{amount:.{decimal_places(amount, currency)}f}"


def price_text(amount: Decimal, currency: str | None) -> str:
    """An amount with its currency's code, where that is known: "49.90 EUR"."""
    return f"{amount_text(amount, currency)} {currency or ''}".rstrip()
