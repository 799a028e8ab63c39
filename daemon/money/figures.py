"""Reads the number that a short text states: a price, a count, a height, a rate."""

from __future__ import annotations

import re
from decimal import Decimal

from daemon.money.numbers import NUMBER_PATTERN, decimal_mark, plain, read_number
from daemon.money.parse import find_amounts, parse_price

_LONGEST = 600  # characters; the rest is not read
# Not within a word or another number: "A4", "v2".
_NUMBER = re.compile(rf"(?<![\w.,])(?P<sign>[-–](?=[\d.]))?(?P<number>{NUMBER_PATTERN})")
_MACHINE = re.compile(r"(?<![\w.,])-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w]|[.,]\d)")
_ONE_MARK = re.compile(r"\d{1,3}([.,])\d{3}")


def figure_in(
    text: str, locale: str | None, *, is_machine_made: bool = False
) -> tuple[Decimal, str] | None:
    """The number of a text, and how it is written there: the price if it names one, else the first.

    Shape: None when it has none. In `is_machine_made` text a point is a decimal point; otherwise
           the locale decides what "1.234" is.
    """
    cut = plain(text[:_LONGEST])
    if is_machine_made and (found := _MACHINE.search(cut)):
        return Decimal(found[0]), found[0]
    return _price_in(cut, locale) or _first_in(cut, locale)


def _price_in(text: str, locale: str | None) -> tuple[Decimal, str] | None:
    marked = [amount for amount in find_amounts(text) if amount.mark]
    price = parse_price(text, locale=locale) if marked else None
    if price is None or price.amount is None:
        return None
    same = (one for one in marked if one.value(price.currency, locale) == price.amount)
    shown = next(same, None)
    return price.amount, text[shown.start : shown.end] if shown else str(price.amount)


def _first_in(text: str, locale: str | None) -> tuple[Decimal, str] | None:
    for found in _NUMBER.finditer(text):
        number = _read(found["number"], locale)
        if number is not None:
            return (-number if found["sign"] else number), found[0]
    return None


def _read(token: str, locale: str | None) -> Decimal | None:
    mark = _ONE_MARK.fullmatch(token)
    if mark and decimal_mark(locale) == mark[1]:
        return Decimal(token.replace(",", "."))
    return read_number(token, None, locale)
