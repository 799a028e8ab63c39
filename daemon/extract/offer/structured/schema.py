"""Reads the facts of a page's product from schema.org items of any syntax."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

from lxml import etree

from daemon.extract.offer.quotes import OfferHint, PriceQuote, ProductFacts
from daemon.extract.offer.structured.stated import (
    availability_of,
    each,
    last_word,
    stated_amount,
    text_value,
)
from daemon.extract.offer.structured.terms import shipping, valid_until
from daemon.extract.offer.tree import Tree, likeness
from daemon.money.currencies import iso_code, mark_of

MOST_NODES = 5_000
DEEPEST = 24

_CONDITIONS = {
    "newcondition": "new", "usedcondition": "used", "refurbishedcondition": "refurbished",
    "damagedcondition": "damaged", "new": "new", "used": "used", "refurbished": "refurbished",
}  # fmt: skip
_NOT_SOLD = re.compile(
    r"event|festival|jobposting|article|blogposting|breadcrumb|organization|person|website|review|"
    r"faqpage|question|videoobject|imageobject|itemlist|searchaction|recipe|rating|webpage|loyalty",
    re.IGNORECASE,
)
_PRODUCT = re.compile(
    r"product|vehicle|^car$|book|software|mobileapp|videogame|musicalbum", re.IGNORECASE
)
_OFFER = frozenset({"Offer", "AggregateOffer"})
# Properties that hold other products.
_ASIDE = frozenset(
    "isrelatedto issimilarto isaccessoryorsparepartfor isconsumablefor itemlistelement review "
    "reviews aggregaterating breadcrumb hasmerchantreturnpolicy publisher author about mentions "
    "itemreviewed addon additionalproperty".split()
)
_VARIANT_NAMES = ("sku", "@id", "url", "name", "color", "size", "material", "pattern")
_LIST_TYPE = re.compile(r"list|msrp|srp|strike|regular|suggested|retail", re.IGNORECASE)


def read_items(items: list[Any], source: str, tree: Tree, hint: OfferHint) -> ProductFacts:
    """The facts of the item, of all given, that the page is about."""
    products = [node for item in items for node in _products(item, 0)][:MOST_NODES]
    facts = ProductFacts(products=len(products))
    best = max(products, key=lambda node: _closeness(node, tree), default=None)
    if best is None:
        return facts
    closeness = _closeness(best, tree)
    facts.matched = closeness >= 2.0
    if len(products) > 3 and not facts.matched and closeness < 1.5:
        return facts  # a list of products, none of them this page's
    _tell(best, source, tree, hint, facts)
    return facts


def _products(node: Any, depth: int) -> Iterator[dict[str, Any]]:
    """Every product-like node, in order, that is not an aside."""
    if depth > DEEPEST:
        return
    if isinstance(node, list):
        for child in node[:400]:
            yield from _products(child, depth + 1)
    elif isinstance(node, dict):
        if _is_product(node):
            yield node
            return
        aside = _ASIDE | {"offers"} if _is_not_sold(types_of(node)) else _ASIDE
        for key, child in node.items():
            if str(key).lower() not in aside:
                yield from _products(child, depth + 1)


def types_of(node: dict[str, Any]) -> list[str]:
    """The types of a node as bare names, however they are written."""
    value = node.get("@type") or node.get("type") or []
    listed = value if isinstance(value, list) else [value]
    return [re.split(r"[/#:]", str(name).strip())[-1] for name in listed if name]


def _is_product(node: dict[str, Any]) -> bool:
    types = types_of(node)
    if any(_PRODUCT.search(name) for name in types):
        return True
    if _is_not_sold(types):
        return False
    names = {str(key).lower() for key in node}
    is_bare = not types and not names.isdisjoint({"price", "availability"})
    return _is_offer(types) or "offers" in names or is_bare


def _is_not_sold(types: list[str]) -> bool:
    return any(_NOT_SOLD.search(name) for name in types)


def _is_offer(types: list[str]) -> bool:
    return not _OFFER.isdisjoint(types)


def get(node: dict[str, Any], *names: str) -> Any:
    """The first of the named properties that is there, in any letter case."""
    for name in names:
        if name in node:
            return node[name]
    lower = {str(key).lower().rpartition(":")[2]: key for key in node}
    return next((node[lower[n]] for name in names if (n := name.lower()) in lower), None)


def _closeness(node: dict[str, Any], tree: Tree) -> float:
    """How likely a product is the page's own: by address, then by name, then by its offer."""
    score = 1.0 if get(node, "offers", "price", "hasVariant") else 0.0
    if any(_same_page(address, tree.url) for address in _addresses(node)):
        score += 3.0
    name = text_value(get(node, "name"))
    if name and tree.name:
        score += 2.0 * likeness(name, tree.name)
    if _is_around_heading(node, tree):
        score += 2.0
    code = text_value(get(node, "sku", "productID", "mpn"))
    if code and len(code) > 4 and code in tree.url:
        score += 1.5
    return score


def _is_around_heading(node: dict[str, Any], tree: Tree) -> bool:
    element = node.get("@element")  # in JSON-LD it may be anything
    return isinstance(element, etree._Element) and element in tree.heading_line


def _addresses(node: dict[str, Any]) -> Iterator[str]:
    for value in (get(node, "url"), get(node, "@id"), get(node, "mainEntityOfPage")):
        text = value.get("@id") if isinstance(value, dict) else value
        if isinstance(text, str):
            yield text


def _same_page(address: str, url: str) -> bool:
    if len(address) > 2000:
        return False
    try:
        one, other = urlsplit(urljoin(url, address.strip())), urlsplit(url)
    except ValueError:
        return False
    return len(one.path) > 1 and one.path.rstrip("/") == other.path.rstrip("/")


def _tell(
    node: dict[str, Any], source: str, tree: Tree, hint: OfferHint, facts: ProductFacts
) -> None:
    """Add what the product and its offers state to the facts."""
    facts.sku = text_value(get(node, "sku", "productID", "mpn"))
    facts.gtin = text_value(get(node, "gtin13", "gtin", "gtin14", "gtin12", "gtin8", "isbn"))
    offers = list(_offers(node, 0))[:400]
    wanted = _for_variant(offers, lambda: _named_in(tree.url, hint.variant))
    wanted = wanted or _for_variant(offers, lambda: tree.chosen)
    chosen = wanted or _sold_here(offers)
    facts.variant = hint.variant if wanted and hint.variant else None
    for offer in chosen:
        _tell_offer(offer, source, facts, weight=1.0 if wanted else 0.0)
    first = chosen[0] if chosen else {}
    facts.shipping = shipping(first)
    facts.seller = _seller(first)
    condition = text_value(get(first, "itemCondition") or get(node, "itemCondition"))
    facts.condition = _CONDITIONS.get(last_word(condition or ""))


def _sold_here(offers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of several offers those that can be bought now, and of these those of new things."""
    for is_better in (_is_available, _is_new):
        better = [offer for offer in offers if is_better(offer)]
        offers = better or offers
    return offers


def _is_available(offer: dict[str, Any]) -> bool:
    state = availability_of(get(offer, "availability"))
    return state is None or state.is_buyable


def _is_new(offer: dict[str, Any]) -> bool:
    condition = last_word(text_value(get(offer, "itemCondition")) or "")
    return _CONDITIONS.get(condition, "new") == "new"


def _seller(offer: dict[str, Any]) -> str | None:
    seller = get(offer, "seller", "offeredBy")
    return text_value(get(seller, "name") if isinstance(seller, dict) else seller)


def _offers(node: dict[str, Any], depth: int) -> Iterator[dict[str, Any]]:
    """The offers of a product, those of its variants with the variant's own names."""
    if depth > 4:
        return
    if depth == 0 and _is_offer(types_of(node)):
        yield node
        return
    for offer in _dicts(get(node, "offers", "offer")):
        yield offer
        if get(offer, "price", "lowPrice") is None:
            yield from _dicts(get(offer, "offers"))
    for variant in _dicts(get(node, "hasVariant", "model")):
        yield from _variant_offers(variant, depth + 1)
    if get(node, "price", "availability") is not None:
        yield node


def _variant_offers(variant: dict[str, Any], depth: int) -> Iterator[dict[str, Any]]:
    own = {name: variant[name] for name in _VARIANT_NAMES if name in variant}
    return (own | offer for offer in _offers(variant, depth))


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [single for single in each(value) if isinstance(single, dict)]


def _named_in(url: str, variant: str | None) -> set[str]:
    """What the address and the owner's hint name."""
    keys = {value for _, value in _query(url) if len(value) > 2}
    return keys | ({variant} if variant else set())


def _for_variant(
    offers: list[dict[str, Any]], keys: Callable[[], set[str]]
) -> list[dict[str, Any]]:
    """Those offers that one of the keys names, if it tells some from others; mostly one."""
    if len(offers) < 2:
        return []
    wanted = keys()
    named = [offer for offer in offers if wanted & _identities(offer)]
    return named if 0 < len(named) < len(offers) else []


def _query(url: str) -> list[tuple[str, str]]:
    """The names and values in an address; none in one that cannot be read."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return []
    return parse_qsl(parts.query[:2000]) + parse_qsl(parts.fragment[:2000])


def _identities(offer: dict[str, Any]) -> set[str]:
    """Everything that may name the variant of an offer."""
    found = {text_value(get(offer, name)) for name in ("mpn", "gtin13", *_VARIANT_NAMES)}
    for address in _addresses(offer):
        if len(address) < 2000:
            found |= {value for _, value in _query(address)}
            found.add(address.rstrip("/").rpartition("/")[2])
    return {value for value in found if value}


def _tell_offer(offer: dict[str, Any], source: str, facts: ProductFacts, weight: float) -> None:
    state = availability_of(get(offer, "availability"))
    if state:
        facts.states.append(state)
    named = text_value(get(offer, "priceCurrency", "currency")) or ""
    currency = iso_code(named) or _plain_code(named)
    for name in ("price", "lowPrice"):
        quote = _claim(get(offer, name), currency, source, name, weight)
        if quote:
            facts.quotes.append(replace(quote, valid_until=valid_until(offer)))
            break
    else:
        _tell_specifications(offer, currency, source, facts, weight)
    for name, slot in (("lowPrice", "low"), ("highPrice", "high")):
        bound = _claim(get(offer, name), currency, source, name, weight)
        if bound:
            setattr(facts, slot, bound.amount)
    for specification in _dicts(get(offer, "priceSpecification")):
        _tell_list_price(specification, currency, source, facts)


def _plain_code(text: str) -> str | None:
    """The code of a mark written where a code belongs, if it means one currency only."""
    mark = mark_of(text)
    return mark.currencies[0] if mark and (len(mark.currencies) == 1 or text == "£") else None


def _tell_specifications(
    offer: dict[str, Any], currency: str | None, source: str, facts: ProductFacts, weight: float
) -> None:
    parts = _dicts(get(offer, "priceSpecification"))
    for part in sorted(parts, key=_is_net):
        if not _is_list_price(part) and not _is_conditional(part):
            own = iso_code(text_value(get(part, "priceCurrency")) or "") or currency
            quote = _claim(
                get(part, "price", "minPrice"), own, source, "priceSpecification", weight
            )
            if quote:
                facts.quotes.append(quote)
                return


def _tell_list_price(
    part: dict[str, Any], currency: str | None, source: str, facts: ProductFacts
) -> None:
    if _is_list_price(part):
        quote = _claim(get(part, "price"), currency, source, "priceSpecification", 0.0)
        if quote:
            facts.quotes.append(
                PriceQuote(quote.amount, source, quote.raw, "list", currency, role="list")
            )


def _is_net(part: dict[str, Any]) -> bool:
    return str(get(part, "valueAddedTaxIncluded")).lower() == "false"


def _is_list_price(part: dict[str, Any]) -> bool:
    kind = text_value(get(part, "priceType")) or ""
    return bool(_LIST_TYPE.search(kind)) or any("ListPrice" in name for name in types_of(part))


def _is_conditional(part: dict[str, Any]) -> bool:
    """Whether it is for members, per kilo or a rate: not what the product costs."""
    if get(part, "validForMemberTier", "billingDuration", "billingIncrement"):
        return True
    types = types_of(part)
    if "DeliveryChargeSpecification" in types or "PaymentChargeSpecification" in types:
        return True
    unit = get(part, "referenceQuantity")
    code = text_value(get(unit, "unitCode")) if isinstance(unit, dict) else None
    return bool(code and code.upper() not in ("C62", "EA", "H87", "PCE", "NMP"))


def _claim(
    value: Any, currency: str | None, source: str, name: str, weight: float
) -> PriceQuote | None:
    for single in each(value):
        found = stated_amount(single, currency)
        if found:
            amount, others, own = found
            raw = str(single)[:80]
            return PriceQuote(
                amount,
                source,
                raw,
                f"{source}:{name}",
                currency or own,
                others=others,
                weight=weight,
            )
    return None
