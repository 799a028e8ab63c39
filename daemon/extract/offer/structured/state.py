"""Reads product facts from the state that a page embeds in its scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from daemon.extract.offer.quotes import PriceQuote, ProductFacts
from daemon.extract.offer.structured.jsonld import read_json
from daemon.extract.offer.structured.objects import (
    ASIDE,
    is_sold,
    plain_claim,
    price_below,
    state_below,
)
from daemon.extract.offer.structured.schema import get
from daemon.extract.offer.structured.script import read_literal
from daemon.extract.offer.structured.stated import text_value
from daemon.extract.offer.tree import Tree, likeness
from daemon.money.currencies import iso_code

MOST_CHARACTERS = 1_500_000  # of all scripts together
MOST_NODES = 40_000
DEEPEST = 40
_LOOKED_AT = re.compile(r"""["'](?:ViewContent|view_item|productDetail|product_view)["']""")
_FIELD = re.compile(r"""["']?\b(value|price|currency)["']?\s*:\s*["']?([\w.,]{1,20})["']?""")
_CALLED_PRODUCT = re.compile(
    r"(?:(?:current|selected|active|main|pdp|page|initial)_?)?"
    r"(?:product|item)(?:_?(?:data|details?|info))?",
    re.IGNORECASE,
)
_MONEY = ("rice", "mount")  # a script without either states no price
_BETWEEN = re.compile(r"[/._-]")
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


def read_state(tree: Tree) -> ProductFacts:
    """The facts of those objects in the page's scripts that are certainly its product.

    Shape: objects that have the product's name or code; without any, the only one that is called
           a product: its name may be in another language than the page.
    """
    facts = ProductFacts()
    facts.quotes.extend(list(_events(tree))[:5])
    budget = [MOST_NODES]
    called: list[dict[str, Any]] = []
    for value in _values(tree):
        for key, node in _objects("", value, 0, budget):
            if _is_this_product(node, tree):
                facts.matched = True
                _tell(node, tree.url, "variants" in node and _speaks_shopify(tree), facts)
                if len(facts.quotes) > 20:
                    return facts
            elif _CALLED_PRODUCT.fullmatch(key) and is_sold(node):
                called.append(node)
    if not facts.matched and len(called) == 1:
        _tell(called[0], tree.url, False, facts)
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
        if "ld+json" not in kind and len(text) <= left and any(map(text.__contains__, _MONEY)):
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
                plain_claim(value, iso_code(currency), "event", in_cents=False) if value else None
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


def _objects(
    key: str, value: Any, depth: int, budget: list[int]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object of a value with the key that it stands under, but those of other products."""
    if depth > DEEPEST or budget[0] <= 0:
        return
    budget[0] -= 1
    if isinstance(value, list):
        for child in value[:200]:
            if isinstance(child, dict | list):
                yield from _objects("", child, depth + 1, budget)
    elif isinstance(value, dict):
        yield key, value
        for name, child in value.items():
            if isinstance(child, dict | list) and not ASIDE.search(str(name)):
                yield from _objects(str(name), child, depth + 1, budget)


def _is_this_product(node: dict[str, Any], tree: Tree) -> bool:
    is_it = _is_named_like(node, tree.name or tree.title) or _has_code_in(node, tree.url)
    return is_it and is_sold(node)


def _is_named_like(node: dict[str, Any], shown: str) -> bool:
    name = next((node[key] for key in _NAMES if isinstance(node.get(key), str)), "")
    return len(name) > 2 and likeness(name, shown) >= 0.8


def _has_code_in(node: dict[str, Any], url: str) -> bool:
    """Whether the path of the address has one of the object's codes, a short one by itself."""
    path = unquote(urlsplit(url).path.lower())
    codes = [str(node[key]).lower() for key in _CODES if isinstance(node.get(key), str | int)]
    parts = _BETWEEN.split(path) if codes else ()
    return any(code in path if len(code) > 4 else len(code) > 2 and code in parts for code in codes)


def _variant_of(node: dict[str, Any], url: str) -> dict[str, Any] | None:
    """The variant of a product that the address names by its id or code."""
    wanted = {value for _, value in parse_qsl(urlsplit(url).query[:2000]) if len(value) > 0}
    variants = node.get("variants")
    for variant in variants[:400] if isinstance(variants, list) and wanted else ():
        if isinstance(variant, dict) and wanted & {str(variant.get(key)) for key in _CODES}:
            return variant
    return None


def _tell(node: dict[str, Any], url: str, in_cents: bool, facts: ProductFacts) -> None:
    own = _variant_of(node, url)
    told = node if own is None else {**own, "variants": ()}
    if quote := price_below(told, in_cents):
        facts.quotes.append(quote)
    facts.sku = facts.sku or text_value(node.get("sku"))
    facts.gtin = facts.gtin or text_value(get(node, "gtin", "gtin13", "ean", "barcode", "isbn"))
    if state := state_below(told):
        facts.states.append(state)
