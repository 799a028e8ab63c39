"""Parses one value of structured markup: an amount, an availability or a text."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from daemon.extract.offer.structured.microdata import Shown
from daemon.extract.offer.tree import squeeze
from daemon.lexicon.availability import Availability
from daemon.money.currencies import NO_DECIMALS, THREE_DECIMALS
from daemon.money.parse import parse_price

_STATES = {
    "instock": Availability.IN_STOCK,
    "onlineonly": Availability.IN_STOCK,
    "limitedavailability": Availability.LIMITED,
    "outofstock": Availability.OUT_OF_STOCK,
    "soldout": Availability.OUT_OF_STOCK,
    "reserved": Availability.OUT_OF_STOCK,
    "preorder": Availability.PREORDER,
    "presale": Availability.PREORDER,
    "backorder": Availability.BACKORDER,
    "madetoorder": Availability.BACKORDER,
    "instoreonly": Availability.IN_STORE_ONLY,
    "discontinued": Availability.DISCONTINUED,
}  # fmt: skip
# Values that shops write instead of schema.org's terms.
_LOOSE_STATES = {
    "in": Availability.IN_STOCK, "available": Availability.IN_STOCK, "true": Availability.IN_STOCK,
    "yes": Availability.IN_STOCK, "oos": Availability.OUT_OF_STOCK,
    "out": Availability.OUT_OF_STOCK,
    "unavailable": Availability.OUT_OF_STOCK, "false": Availability.OUT_OF_STOCK,
    "notavailable": Availability.OUT_OF_STOCK, "pending": Availability.PREORDER,
    "preorderavailable": Availability.PREORDER, "availablefororder": Availability.BACKORDER,
    "lowstock": Availability.LIMITED, "limited": Availability.LIMITED,
}  # fmt: skip
_MACHINE_NUMBER = re.compile(r"\d{1,12}(?:\.\d{1,20})?")
_NEGATIVE_OR_POWER = re.compile(r"^-|\d[eE][+-]?\d")
_ZERO_TAIL = re.compile(r"(\.\d{2})\d*?0{3,}\d*$")


def each(value: Any) -> list[Any]:
    """A property's values as a list."""
    return value[:400] if isinstance(value, list) else [] if value is None else [value]


def stated_amount(
    value: Any, currency: str | None
) -> tuple[Decimal, tuple[Decimal, ...], str | None] | None:
    """The amount that markup states, other readings of it, and the currency inside the text.

    Shape: positive and finite; markup has a decimal point, visible text its locale's format.
    """
    if value is None or isinstance(value, bool | dict | list):
        return None
    text = squeeze(str(value)[:120])
    is_shown = isinstance(value, Shown) or not _MACHINE_NUMBER.fullmatch(text)
    amount, own = _shown_amount(text) if is_shown else (_machine_amount(text), currency)
    if amount is None or not amount.is_finite() or not 0 < amount < 10**12:
        return None
    return *_three_digits(text, amount, currency), own


def _shown_amount(text: str) -> tuple[Decimal | None, str | None]:
    """The amount and the currency in a text as people write it."""
    if _NEGATIVE_OR_POWER.search(text):
        return None, None
    parsed = parse_price(text)
    return parsed.amount, parsed.currency


def _machine_amount(text: str) -> Decimal:
    """A number with a decimal point, without the noise of binary fractions."""
    amount = Decimal(_ZERO_TAIL.sub(r"\1", text))
    return round(amount, 4) if len(text.partition(".")[2]) > 4 else amount


def _three_digits(
    text: str, amount: Decimal, currency: str | None
) -> tuple[Decimal, tuple[Decimal, ...]]:
    """What "24.990" means: thousands where the currency has no cents, else open."""
    if not re.fullmatch(r"[1-9]\d{0,2}\.\d{3}", text) or currency in THREE_DECIMALS:
        return amount, ()
    grouped = Decimal(text.replace(".", ""))
    return (grouped, ()) if currency in NO_DECIMALS else (amount, (grouped,))


def availability_of(value: Any) -> Availability | None:
    """The state that a markup value names; None when it names none."""
    for single in each(value):
        text = text_value(single)
        word = last_word(text) if text else ""
        state = _STATES.get(word) or _LOOSE_STATES.get(word)
        if state:
            return state
    return None


def last_word(text: str) -> str:
    """The last part of an address or a name, letters alone."""
    return re.sub(r"[^a-z]", "", re.split(r"[/#:]", text.strip().rstrip("/"))[-1].lower())


def text_value(value: Any) -> str | None:
    """A property as one short text."""
    if isinstance(value, list):
        value = next((item for item in value if item), None)
    if isinstance(value, dict):
        value = value.get("@id") or value.get("@value") or value.get("name")
    if value is None or isinstance(value, bool | dict | list):
        return None
    return squeeze(str(value)[:300]) or None
