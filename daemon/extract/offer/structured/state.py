"""Reads product facts from the state that a page embeds in its scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
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
from daemon.extract.offer.tree import Tree, shared, words_in
from daemon.money.currencies import iso_code

MOST_CHARACTERS = 1_500_000  # of all scripts together
MOST_NODES = 40_000
DEEPEST = 40
_LOOKS = ("ViewContent", "view_item", "productDetail", "product_view")
_LOOKED_AT = re.compile(rf"""["'](?:{"|".join(_LOOKS)})["']""")
_FIELD = re.compile(r"""["']?\b(value|price|currency)["']?\s*:\s*["']?([\w.,]{1,20})["']?""")
_CALLED_PRODUCT = re.compile(
    r"(?:(?:current|selected|active|main|pdp|page|initial)_?)?"
    r"(?:product|item)(?:_?(?:data|details?|info))?",
    re.IGNORECASE,
)
_ALIKE = 0.8  # of the words of two names
_LONGEST_NAME = 400
_MONEY = ("rice", "mount")  # a script without either states no price
_BETWEEN = re.compile(r"[/._-]")
_ASSIGNED = re.compile(r"[=(]\s*(?=[\[{])")
_CALLED = ("push", "parse")
_MOST_LITERALS = 12  # of one script
_NAMES = (
    "name",
    "title",
    "productName",
    "product_name",
    "displayName",
    "item_name",
    "productTitle",
)
_NAMES_AT_ALL = frozenset(_NAMES)
_CODES = frozenset("id sku productId product_id handle slug urlKey item_id code key".split())


def read_state(tree: Tree) -> ProductFacts:
    """The facts of those objects in the page's scripts that are certainly its product.

    Shape: objects that have the product's name or code; without any, the only one that is called
           a product: its name may be in another language than the page.
    """
    facts = ProductFacts()
    facts.quotes.extend(list(_events(tree))[:5])
    budget = [MOST_NODES]
    wanted = _Wanted.by(tree)
    called: list[dict[str, Any]] = []
    for value in _values(tree):
        for key, node in _objects("", value, 0, budget):
            if wanted.is_it(node):
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
            places = (found.end() for found in _ASSIGNED.finditer(text) if _is_given(text, found))
            for place in islice(places, _MOST_LITERALS):
                yield read_literal(text, place)


def _is_given(text: str, found: re.Match[str]) -> bool:
    """Whether a literal is assigned, or handed to one of the functions that take a state."""
    start = found.start()
    return text[start] == "=" or text[max(0, start - 5) : start].endswith(_CALLED)


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
        if not any(map(text.__contains__, _LOOKS)):
            continue
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


@dataclass(frozen=True)
class _Wanted:
    """What an object must be named, or have as its code, to be the page's product."""

    words: frozenset[str]  # of the name that the page shows
    path: str
    parts: frozenset[str]  # of the path

    @classmethod
    def by(cls, tree: Tree) -> _Wanted:
        path = unquote(urlsplit(tree.url).path.lower())
        return cls(words_in(tree.name or tree.title), path, frozenset(_BETWEEN.split(path)))

    def is_it(self, node: dict[str, Any]) -> bool:
        """Whether an object is the product, and says what it costs or whether it is there."""
        return (self._is_named_so(node) or self._has_its_code(node)) and is_sold(node)

    def _is_named_so(self, node: dict[str, Any]) -> bool:
        if _NAMES_AT_ALL.isdisjoint(node):
            return False
        name = next((node[key] for key in _NAMES if isinstance(node.get(key), str)), "")
        return 2 < len(name) < _LONGEST_NAME and shared(words_in(name), self.words) >= _ALIKE

    def _has_its_code(self, node: dict[str, Any]) -> bool:
        """Whether the path has one of the object's codes, a short one by itself."""
        for key in node.keys() & _CODES:
            code = node[key]
            if isinstance(code, str | int):
                code = str(code).lower()
                if code in self.path if len(code) > 4 else len(code) > 2 and code in self.parts:
                    return True
        return False


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
