"""The last resort: a price from an attribute or a sentence, where no other was found."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from lxml.etree import _Element as Element

from daemon.extract.offer.fusion import PriceDecision
from daemon.extract.offer.quotes import PriceQuote, amounts_of
from daemon.extract.offer.regions import RELATED, place_of
from daemon.extract.offer.structured.stated import stated_amount
from daemon.extract.offer.tree import Tree, path_of, squeeze, text_of
from daemon.money.currencies import Evidence, iso_code, resolve_currency
from daemon.money.parse import find_amounts
from daemon.money.words import PRICE_NOUN

_LABELLED = "//*[@aria-label or @data-price or @data-product-price or @data-price-amount]"
_NUMBERS = ("data-price-amount", "data-product-price", "data-price")
_CODES = ("data-currency", "data-price-currency", "data-currency-code")
_MOST_LABELLED = 400
_NEAR = 16  # characters before an amount that may name it
_MOST_PRICES = 3  # a sentence among more is one of many
_COSTS = re.compile(
    r"\b(?:price[ds]?|costs?|cost of|only|preis|kostet|kosten|nur|prix|coûte|precio|cuesta|prezzo|"
    r"costa|preço|prijs|kost|pris|priset|kostar|koster|hinta|maksaa|cena|kosztuje|cena je|ár|ára|"
    r"fiyat|цена|стоит|τιμή)\b|価格|値段|价格|售价",
    re.IGNORECASE,
)
_SPEAKING = frozenset({"plain", "now"})


def last_resort(
    tree: Tree, visible: list[PriceQuote], evidence: Evidence, locale: str | None
) -> PriceDecision | None:
    """The one price that attributes give, else the first that a sentence calls one.

    Shape: None when there is none, or too many to choose from; its confidence is always low.
    """
    stated = [*_attributes(tree, evidence, locale)]
    if len(amounts_of(stated)) == 1:
        return PriceDecision(stated[0], "attribute", flags=("last_resort",))
    spoken = [
        quote for quote in visible if quote.symbol and quote.amount > 0 and quote.role in _SPEAKING
    ]
    if len(amounts_of(spoken)) > _MOST_PRICES:
        return None
    told = [quote for quote in spoken if _is_told_as_price(quote, tree, is_only=len(spoken) == 1)]
    first = min(told, key=lambda quote: _place(quote, tree), default=None)
    return PriceDecision(first, "prose", flags=("last_resort",)) if first else None


def _attributes(tree: Tree, evidence: Evidence, locale: str | None) -> Iterator[PriceQuote]:
    for element in tree.root.xpath(_LABELLED)[:_MOST_LABELLED]:
        quote = _labelled(element, evidence, locale) or _numbered(element)
        if quote is not None and not _is_elsewhere(element, tree):
            yield quote


def _labelled(element: Element, evidence: Evidence, locale: str | None) -> PriceQuote | None:
    """The one amount of money in a label for screen readers."""
    label = squeeze((element.get("aria-label") or "")[:200])
    found = [one for one in find_amounts(label) if one.mark and one.role in _SPEAKING]
    if len(found) != 1 or found[0].mark is None:
        return None
    currency = resolve_currency(found[0].mark, evidence)
    amount = found[0].value(currency, locale)
    return _claim(element, amount, label, currency, found[0].mark.text)


def _numbered(element: Element) -> PriceQuote | None:
    """The amount in an attribute for scripts; None for a bare whole number, which may be cents."""
    text = next((value for name in _NUMBERS if (value := element.get(name))), "")
    named = next((code for name in _CODES if (code := element.get(name))), "")
    found = stated_amount(text, iso_code(named))
    if found is None or (text.strip().isdigit() and not named):
        return None
    return _claim(element, found[0], text, iso_code(named) or found[2], None)


def _claim(
    element: Element, amount: Decimal | None, raw: str, currency: str | None, symbol: str | None
) -> PriceQuote | None:
    if amount is None or amount <= 0:
        return None
    path = path_of(element)
    return PriceQuote(amount, "visible", raw[:80], path, currency, symbol, element=element)


def _is_elsewhere(element: Element, tree: Tree) -> bool:
    place = place_of(element, tree)
    is_named = bool(RELATED.search(place.near + place.far))  # no more is known of it
    return is_named or place.is_elsewhere or place.links_away or place.is_struck


def _is_told_as_price(quote: PriceQuote, tree: Tree, is_only: bool) -> bool:
    """Whether a sentence calls it the price; that it costs so much is enough for the only one."""
    if quote.element is None:
        return False
    text = squeeze(text_of(quote.element, 600))
    if not (_is_called_price(quote, text) or (is_only and _COSTS.search(text))):
        return False
    is_below = tree.heading is None or _place(quote, tree) >= tree.order.get(tree.heading, 0)
    return is_below and not _is_elsewhere(quote.element, tree)


def _is_called_price(quote: PriceQuote, text: str) -> bool:
    """Whether the words right before the amount name a price: "has a price of $24.50"."""
    starts = [one.start for one in find_amounts(text) if one.value(quote.currency) == quote.amount]
    return any(PRICE_NOUN.search(text[max(0, start - _NEAR) : start]) for start in starts)


def _place(quote: PriceQuote, tree: Tree) -> int:
    return tree.order.get(quote.element, 0) if quote.element is not None else 0
