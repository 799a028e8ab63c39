"""Reads product facts from the state that a page embeds in its scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import islice
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from daemon.extract.offer.quotes import PriceQuote, ProductFacts
from daemon.extract.offer.structured.jsonld import read_json
from daemon.extract.offer.structured.schema import get
from daemon.extract.offer.structured.script import read_literal
from daemon.extract.offer.structured.stated import availability_of, stated_amount, text_value
from daemon.extract.offer.tree import Tree, likeness
from daemon.lexicon.availability import Availability
from daemon.money.currencies import iso_code, minor_digits

MOST_CHARACTERS = 1_500_000  # of all scripts together
MOST_NODES = 40_000
DEEPEST = 40
_LOOKED_AT = re.compile(r"""["'](?:ViewContent|view_item|productDetail|product_view)["']""")
_FIELD = re.compile(r"""["']?\b(value|price|currency)["']?\s*:\s*["']?([\w.,]{1,20})["']?""")
_ASSIGNED = re.compile(r"(?:=|\bpush\(|\bparse\()\s*(?=[\[{])")
_NAMES = (
    "name",
    "title",
    "productName",
    "product_name",
    "displayName",
    "item_name",
    "productTitle",
)
_CODES = (
    "id",
    "sku",
    "productId",
    "product_id",
    "handle",
    "slug",
    "urlKey",
    "item_id",
    "code",
    "key",
)
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
_IN_FLAGS = ("inStock", "in_stock", "isInStock", "is_in_stock", "available", "isAvailable")
_OUT_FLAGS = ("soldOut", "sold_out", "isSoldOut", "outOfStock", "isOutOfStock", "out_of_stock")
_STATES = ("availability", "stockStatus", "stock_status", "availabilityStatus", "stockState")
_TELLING = frozenset({*_PRICES, *_CENTS, "variants", *_IN_FLAGS, *_OUT_FLAGS})
_INTEGER = re.compile(r"\d{1,18}")
_WITH_CENTS = re.compile(r"\d+\.\d{2}")
_ASIDE = re.compile(
    r"relat|recommend|similar|upsell|cross|recent|carousel|accessor|bundle|cart|menu", re.IGNORECASE
)


def read_state(tree: Tree) -> ProductFacts:
    """The facts of those objects in the page's scripts that are certainly its product."""
    facts = ProductFacts()
    facts.quotes.extend(list(_events(tree))[:5])
    budget = [MOST_NODES]
    for value in _values(tree):
        for node in _objects(value, 0, budget):
            if _is_this_product(node, tree):
                facts.matched = True
                _tell(node, tree.url, "variants" in node and _speaks_shopify(tree), facts)
                if len(facts.quotes) > 20:
                    return facts
    return facts


def _values(tree: Tree) -> Iterator[Any]:
    for kind, text in _scripts_with_prices(tree):
        if "json" in kind:
            yield from read_json(text)
        elif not kind or "javascript" in kind:
            for match in islice(_ASSIGNED.finditer(text), 12):
                yield read_literal(text, match.end())


def _scripts_with_prices(tree: Tree) -> Iterator[tuple[str, str]]:
    """The type and text of scripts that may hold a price and are not schema.org's; bounded."""
    left = MOST_CHARACTERS
    for script in tree.root.iter("script"):
        kind, text = script.get("type", "").lower(), script.text or ""
        if "rice" in text and "ld+json" not in kind and len(text) <= left:
            left -= len(text)
            yield kind, text


def _events(tree: Tree) -> Iterator[PriceQuote]:
    """Prices that the page reports to its analytics when its product is viewed."""
    for script in tree.root.iter("script"):
        text = (script.text or "")[:300_000]
        for match in _LOOKED_AT.finditer(text):
            fields = dict(_FIELD.findall(text[match.end() : match.end() + 600]))
            value, currency = fields.get("value") or fields.get("price"), fields.get("currency", "")
            quote = (
                _plain_claim(value, iso_code(currency), "event", in_cents=False) if value else None
            )
            if quote:
                yield replace(quote, needs_sight=quote.currency is None, others=())


def _speaks_shopify(tree: Tree) -> bool:
    """Whether the shop system writes prices in scripts as integer cents."""
    if tree.host.endswith(".myshopify.com"):
        return True
    return bool(
        tree.root.xpath(
            "boolean(//*[contains(@src,'cdn.shopify.com') or contains(@href,'cdn.shopify.com')]"
            " | //script[contains(.,'Shopify.') or contains(.,'Shopify =')])"
        )
    )


def _objects(value: Any, depth: int, budget: list[int]) -> Iterator[dict[str, Any]]:
    if depth > DEEPEST or budget[0] <= 0:
        return
    budget[0] -= 1
    if isinstance(value, list):
        for child in value[:200]:
            if isinstance(child, dict | list):
                yield from _objects(child, depth + 1, budget)
    elif isinstance(value, dict):
        yield value
        for key, child in value.items():
            if isinstance(child, dict | list) and not _ASIDE.search(str(key)):
                yield from _objects(child, depth + 1, budget)


def _is_this_product(node: dict[str, Any], tree: Tree) -> bool:
    if node.keys().isdisjoint(_TELLING):
        return False
    return _is_named_like(node, tree.name or tree.title) or _has_code_in(node, tree.url)


def _is_named_like(node: dict[str, Any], shown: str) -> bool:
    name = next((node[key] for key in _NAMES if isinstance(node.get(key), str)), "")
    return len(name) > 2 and likeness(name, shown) >= 0.8


def _has_code_in(node: dict[str, Any], url: str) -> bool:
    """Whether the path of the address has one of the object's codes."""
    path = unquote(urlsplit(url).path.lower())
    codes = (str(node[key]).lower() for key in _CODES if isinstance(node.get(key), str | int))
    return any(len(code) > 4 and code in path for code in codes)


def _variant_of(node: dict[str, Any], url: str) -> dict[str, Any] | None:
    """The variant of a product that the address names by its id or code."""
    wanted = {value for _, value in parse_qsl(urlsplit(url).query[:2000]) if len(value) > 0}
    variants = node.get("variants")
    for variant in variants[:400] if isinstance(variants, list) and wanted else ():
        if isinstance(variant, dict) and wanted & {str(variant.get(key)) for key in _CODES}:
            return variant
    return None


def _only_in_variants(node: dict[str, Any]) -> dict[str, Any] | None:
    """The first available variant, where only variants have prices."""
    variants = node.get("variants")
    if not isinstance(variants, list) or not node.keys().isdisjoint((*_PRICES, *_CENTS)):
        return None
    known = [variant for variant in variants[:400] if isinstance(variant, dict)]
    here = (v for v in known if _state_of(v) in (None, Availability.IN_STOCK))
    return next(here, known[0] if known else None)


def _tell(node: dict[str, Any], url: str, in_cents: bool, facts: ProductFacts) -> None:
    own = _variant_of(node, url) or _only_in_variants(node)
    quote = _price_of(node if own is None else {**own, "variants": ()}, in_cents)
    if quote:
        facts.quotes.append(quote)
    facts.sku = facts.sku or text_value(node.get("sku"))
    facts.gtin = facts.gtin or text_value(get(node, "gtin", "gtin13", "ean", "barcode", "isbn"))
    state = _state_of(node if own is None else own)
    if state:
        facts.states.append(state)


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
    return _plain_claim(value, currency, path, in_cents)


def _scale_of(price: dict[str, Any], inner: str, currency: str | None) -> int | None:
    """How many digits of an integer amount are cents; None where the object does not say."""
    stated: list[int] = [price[key] for key in _SCALES if isinstance(price.get(key), int)]
    if stated:
        return min(max(stated[0], 0), 4)
    return minor_digits(currency) if inner == "centAmount" else None


def _plain_claim(value: Any, currency: str | None, path: str, in_cents: bool) -> PriceQuote | None:
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
    for key in _STATES:
        if isinstance(node.get(key), str) and (state := availability_of(node[key])):
            return state
    for flags, yes in ((_OUT_FLAGS, False), (_IN_FLAGS, True)):
        for key in flags:
            if isinstance(node.get(key), bool):
                is_in = node[key] if yes else not node[key]
                return Availability.IN_STOCK if is_in else Availability.OUT_OF_STOCK
    return None
