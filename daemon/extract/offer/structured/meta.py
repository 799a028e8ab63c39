"""Reads product facts from meta elements: OpenGraph and its relatives."""

from __future__ import annotations

import re
from itertools import islice

from lxml.etree import _Element as Element

from daemon.extract.offer.quotes import PriceQuote, ProductFacts
from daemon.extract.offer.structured.stated import availability_of, stated_amount
from daemon.extract.offer.tree import Tree
from daemon.money.currencies import iso_code
from daemon.money.parse import parse_price

# The sale price leads: the plain amount beside it is the old one.
_AMOUNTS = (
    "product:sale_price:amount",
    "product:price:amount",
    "og:price:amount",
    "product:price",
    "og:price",
    "twitter:data:price",
    "price",
    "sailthru.price",
    "cxenseparse:price",
    "cxenseparse:recs:price",
)
_LIST_AMOUNTS = ("product:original_price:amount", "og:price:standard_amount")
_CURRENCIES = (
    "product:sale_price:currency",
    "product:price:currency",
    "og:price:currency",
    "og:currency",
    "currency",
    "pricecurrency",
)
_STATES = ("product:availability", "og:availability", "availability", "og:price:availability")
_MOST_METAS = 500
_LABEL = re.compile(r"price|preis|prix|precio|prezzo|cena|pris", re.IGNORECASE)


def meta_values(tree: Tree) -> dict[str, str]:
    """The page's meta values by lower-case name; the first of a name wins."""
    values: dict[str, str] = {}
    for meta in islice(filter(_names_something, tree.root.iter("meta")), _MOST_METAS):
        name = (meta.get("property") or meta.get("name") or "").strip().lower()
        content = (meta.get("content") or "").strip()
        if content:
            values.setdefault(name, content[:500])
    for place in "123":
        label = values.get(f"twitter:label{place}", "")
        if _LABEL.search(label) and f"twitter:data{place}" in values:
            values.setdefault("twitter:data:price", values[f"twitter:data{place}"])
    return values


def _names_something(meta: Element) -> bool:
    given = meta.attrib
    return "content" in given and ("property" in given or "name" in given)


def read_meta(values: dict[str, str]) -> ProductFacts:
    """The facts that meta values state."""
    facts = ProductFacts()
    named = (iso_code(values[name]) for name in _CURRENCIES if name in values)
    currency = next((code for code in named if code), None)
    for names, role in ((_AMOUNTS, "price"), (_LIST_AMOUNTS, "list")):
        quote = _first_claim(values, names, currency, role)
        if quote:
            facts.quotes.append(quote)
    state = next((availability_of(values[name]) for name in _STATES if name in values), None)
    if state:
        facts.states.append(state)
    return facts


def _first_claim(
    values: dict[str, str], names: tuple[str, ...], currency: str | None, role: str
) -> PriceQuote | None:
    for name in names:
        found = stated_amount(values.get(name), currency)
        if found:
            amount, others, own = found
            symbol = parse_price(values[name]).symbol
            return PriceQuote(
                amount,
                "meta",
                values[name][:80],
                f"meta:{name}",
                currency or own,
                symbol,
                others,
                role=role,
            )
    return None
