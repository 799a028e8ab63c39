"""Reads the price and the stock of one object of a page's state, and of the objects below it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, TypeVar

from daemon.extract.offer.quotes import PriceQuote
from daemon.extract.offer.structured.stated import availability_of, stated_amount, text_value
from daemon.lexicon.availability import Availability, stock_of
from daemon.money.currencies import iso_code, minor_digits

MOST_BELOW = 300  # objects below one
DEEPEST_BELOW = 5
_MOST_IN_LIST = 60

# Keys that hold what is paid, the reduced price first.
_PRICES = (
    "salePrice", "sale_price", "specialPrice", "special_price", "discountedPrice", "currentPrice",
    "current_price", "finalPrice", "final_price", "sellingPrice", "selling_price", "offerPrice",
    "nowPrice", "priceNow", "actualPrice", "price", "prices", "priceInfo", "pricing", "unitPrice",
)  # fmt: skip
_CENTS = (
    "priceInCents",
    "price_in_cents",
    "priceCents",
    "price_cents",
    "centAmount",
    "amountCents",
)
_INNER = (
    "current", "sale", "now", "final", "selling", "special", "discounted", "value", "amount",
    "price", "centAmount", "min", "minPrice", "raw", "gross", "withTax", "regular",
)  # fmt: skip
_SCALES = (
    "fractionDigits", "precision", "exponent", "decimals", "scale", "decimalPlaces",
    "currency_minor_unit", "minor_unit", "minorUnit",
)  # fmt: skip
_INTEGER = re.compile(r"\d{1,18}")
_WITH_CENTS = re.compile(r"\d+\.\d{2}")
ASIDE = re.compile(
    r"relat|recommend|similar|upsell|cross|recent|carousel|accessor|bundle|cart|menu", re.IGNORECASE
)
# Keys that nobody foresaw, by what they speak of: what is paid, and what is not.
_PAID = re.compile(r"price|preis|prix|precio|prezzo|preço|preco|prijs|cena|amount", re.IGNORECASE)
_NOT_PAID = re.compile(
    r"old|was|list|rrp|msrp|uvp|regular|original|strike|before|previous|compare|unit|per|tax|vat"
    r"|ship|deliver|instal|month|sav|discount|reduc|valid|until|range|history|type|id$|label"
    r"|currency|prefix|suffix|^has|^is|^show|low|high|max|omnibus|recommend|points|member|bulk|tier"
    r"|net$|excl|base",
    re.IGNORECASE,
)
_IN_STOCK = re.compile(
    r"(?:is|has)?_?(?:(?:in|on)_?stock|available(?:_?for_?(?:sale|purchase|order))?|orderable"
    r"|purchas(?:e)?able|buyable|sal(?:e)?able|sellable)",
    re.IGNORECASE,
)
_OUT_OF_STOCK = re.compile(
    r"(?:is|has)?_?(?:sold_?out|out_?of_?stock|unavailable|not_?available)", re.IGNORECASE
)
_STATED = re.compile(r"avail|stock|inventory", re.IGNORECASE)
_COUNTED = re.compile(
    r"(?:stock|inventory)_?(?:level|qty|quantity|count)?|(?:available|in_?stock)_?(?:qty|quantity)"
    r"|quantity_?available",
    re.IGNORECASE,
)
# Objects below a product that are about something else than what it costs and whether it is there.
_BESIDE = re.compile(
    r"ship|deliver|pick_?up|store|gift|financ|instal|review|rating|promo|coupon|image|media"
    r"|breadcrumb|categor|brand|history|wishlist|warrant|service",
    re.IGNORECASE,
)
_Found = TypeVar("_Found")


def is_sold(node: dict[str, Any]) -> bool:
    """Whether an object, or one below it, states a price or a state of stock."""
    return price_below(node, in_cents=False) is not None or state_below(node) is not None


def price_below(node: dict[str, Any], in_cents: bool) -> PriceQuote | None:
    """The price of an object, else the one nearest below it, of what is available first."""
    return _nearest(node, lambda one: _price_of(one, in_cents) or _foreseen_by_none(one))


def state_below(node: dict[str, Any]) -> Availability | None:
    """The state of an object, else of the variants below it: one in stock is enough."""
    return _nearest(node, _state_of)


def _nearest(
    node: dict[str, Any], told: Callable[[dict[str, Any]], _Found | None]
) -> _Found | None:
    """What the nearest object tells; of several alike, one that is available."""
    for level in _levels(node):
        found = [(one, value) for one in level if (value := told(one)) is not None]
        there = (value for one, value in found if _state_of(one) in (None, Availability.IN_STOCK))
        if found:
            return next(there, found[0][1])
    return None


def _levels(node: dict[str, Any]) -> Iterator[list[dict[str, Any]]]:
    """The objects at each depth below one, other products left out; bounded."""
    level, left = [node], MOST_BELOW
    for _ in range(DEEPEST_BELOW):
        if not level or left <= 0:
            return
        yield level
        left -= len(level)
        level = [child for one in level for child in _children(one)][:left]


def _children(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for key, child in node.items():
        if ASIDE.search(key) or _BESIDE.search(key):
            continue
        if isinstance(child, dict):
            yield child
        elif isinstance(child, list):
            yield from (one for one in child[:_MOST_IN_LIST] if isinstance(one, dict))


def _foreseen_by_none(node: dict[str, Any]) -> PriceQuote | None:
    """The price under a key that speaks of one, and of nothing that is not paid."""
    currency = _currency_of(node)
    keys = (key for key in node if _PAID.search(key) and not _NOT_PAID.search(key))
    claims = (_value_of(node[key], currency, key, in_cents=False) for key in keys)
    return next(filter(None, claims), None)


def _price_of(node: dict[str, Any], in_cents: bool) -> PriceQuote | None:
    currency = _currency_of(node)
    for key in _CENTS:
        if key in node:
            return _scaled(node[key], minor_digits(currency), currency, key)
    for key in _PRICES:
        if key in node:
            quote = _value_of(node[key], currency, key, in_cents and "variants" in node)
            if quote:
                return quote
    return None


def _value_of(value: Any, currency: str | None, path: str, in_cents: bool) -> PriceQuote | None:
    """The claim in a price's value, which may be a number, a text or an object."""
    for _ in range(4):
        if isinstance(value, list):
            value = next(iter(value), None)
        if not isinstance(value, dict):
            break
        currency = _currency_of(value) or currency
        inner = next((key for key in _INNER if value.get(key) is not None), None)
        if inner is None:
            return None
        path = f"{path}.{inner}"
        digits = _scale_of(value, inner, currency)
        value = value[inner]
        if digits is not None and _INTEGER.fullmatch(str(value)):
            return _scaled(value, digits, currency, path)
    return plain_claim(value, currency, path, in_cents)


def _scale_of(price: dict[str, Any], inner: str, currency: str | None) -> int | None:
    """How many digits of an integer amount are cents; None where the object does not say."""
    stated: list[int] = [price[key] for key in _SCALES if isinstance(price.get(key), int)]
    if stated:
        return min(max(stated[0], 0), 4)
    return minor_digits(currency) if inner == "centAmount" else None


def plain_claim(value: Any, currency: str | None, path: str, in_cents: bool) -> PriceQuote | None:
    """The claim that a bare value makes; one of unknown scale needs sight of the page."""
    if in_cents and isinstance(value, int):
        return _scaled(value, 2, currency, path)
    found = stated_amount(value, currency)
    if not found:
        return None
    amount, others, own = found
    is_whole = amount == amount.to_integral_value() and not (
        isinstance(value, float) or _WITH_CENTS.fullmatch(str(value))
    )
    # A bare whole number may be in cents: without the shop's rule, only the page can tell.
    cents = (amount.scaleb(-2),) if is_whole and amount >= 100 else ()
    return PriceQuote(
        amount,
        "state",
        str(value)[:80],
        f"state:{path}",
        currency or own,
        others=(*others, *cents),
        needs_sight=is_whole,
    )


def _scaled(value: Any, digits: int, currency: str | None, path: str) -> PriceQuote | None:
    if isinstance(value, bool) or not isinstance(value, int | str) or not str(value).isdigit():
        return None
    amount = Decimal(str(value)[:18]).scaleb(-digits)
    if not 0 < amount < 10**12:
        return None
    return PriceQuote(amount, "state", str(value)[:80], f"state:{path}", currency)


def _currency_of(node: dict[str, Any]) -> str | None:
    for key in (
        "currency",
        "currencyCode",
        "currency_code",
        "priceCurrency",
        "currencyIso",
        "currencyISO",
    ):
        text = text_value(node.get(key))
        if text and (code := iso_code(text)):
            return code
    return None


def _state_of(node: dict[str, Any]) -> Availability | None:
    """What an object's own keys say of stock: a term, then a flag, then a count."""
    terms = [(key, term) for key, term in node.items() if isinstance(term, str)]
    for key, term in terms:
        if _STATED.search(key) and (state := _state_in(term)):
            return state
    flags = [(key, value) for key, value in node.items() if isinstance(value, bool)]
    for pattern, yes in ((_OUT_OF_STOCK, False), (_IN_STOCK, True)):
        for key, value in flags:
            if pattern.fullmatch(key):
                return _there(value is yes)
    counts = (v for k, v in node.items() if type(v) is int and _COUNTED.fullmatch(k))
    return next((_there(count > 0) for count in counts), None)


def _state_in(value: str) -> Availability | None:
    """The state that a term or a few words name."""
    if state := availability_of(value):
        return state
    said = stock_of(value) if len(value) < 60 else Availability.UNKNOWN
    return None if said is Availability.UNKNOWN else said


def _there(is_there: bool) -> Availability:
    return Availability.IN_STOCK if is_there else Availability.OUT_OF_STOCK
