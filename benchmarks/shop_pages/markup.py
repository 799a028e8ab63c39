"""What a page says to machines: mostly what people see, sometimes nothing, sometimes wrong."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from benchmarks.shop_pages.scenes import Card, Scene
from benchmarks.shop_pages.vocabulary import share

SCHEMA = {
    "in_stock": ("InStock",),
    "out_of_stock": ("OutOfStock", "SoldOut"),
    "preorder": ("PreOrder", "PreSale"),
    "backorder": ("BackOrder", "BackOrder", "InStock"),
    "limited": ("LimitedAvailability", "InStock", "InStock"),
    "discontinued": ("Discontinued", "OutOfStock"),
    "in_store_only": ("InStoreOnly",),
}
_KINDS = {
    "right": 52,
    "absent": 26,
    "zero": 4,
    "net": 3,
    "stale price": 4,
    "stale state": 5,
    "another product": 5,
}


@dataclass(frozen=True, slots=True)
class Markup:
    """The offer as machines are told it; all empty where they are told nothing."""

    title: str = ""
    sku: str = ""
    price: str = ""
    minor: int = 0
    currency: str = ""
    state: str = ""  # schema.org's word
    url: str = ""

    def __bool__(self) -> bool:
        return bool(self.title)


def markup(made: Scene) -> Markup:
    """What the page tells machines about its product."""
    if made.kind != "product":
        return Markup()
    rng = made.rng
    kind = rng.choices(list(_KINDS), list(_KINDS.values()))[0]
    if not _may_be(kind, made):
        kind = "right"
    made.features.add(f"markup:{kind}")
    if kind == "absent":
        return Markup()
    return _gone_wrong(_right(made), kind, made)


def _may_be(kind: str, made: Scene) -> bool:
    if kind == "stale state":  # where people are told in words what machines are not
        return made.state in SCHEMA and "button alone" not in made.features
    return bool({"net": made.net, "another product": made.cards}.get(kind, True))


def _right(made: Scene) -> Markup:
    rng = made.rng
    state = rng.choice(SCHEMA[made.state]) if made.state in SCHEMA else ""
    return Markup(
        made.title,
        made.sku,
        made.price.plain,
        made.price.minor,
        made.locale.currency,
        state if rng.random() < 0.85 else "",
        rng.choice(["https://schema.org/", "http://schema.org/", ""]),
    )


def _gone_wrong(told: Markup, kind: str, made: Scene) -> Markup:
    if kind == "zero":
        return replace(told, price=made.rng.choice(["0", "0.00"]), minor=0)
    if kind == "net" and made.net:
        return replace(told, price=made.net.plain, minor=made.net.minor)
    if kind == "stale price":
        old = made.price.times(made.rng.choice([1.1, 0.85, 1.3]))
        return replace(told, price=old.plain, minor=old.minor)
    if kind == "stale state":
        return replace(told, state="InStock" if made.state == "out_of_stock" else "OutOfStock")
    if kind == "another product":
        other = made.rng.choice(made.cards)
        money, state = other.money, "OutOfStock" if other.badge else "InStock"
        return replace(
            told, title=other.title, sku="Z1", price=money.plain, minor=money.minor, state=state
        )
    return told


def offer(told: Markup) -> dict[str, Any]:
    """An offer of schema.org."""
    said: dict[str, Any] = {"@type": "Offer", "price": told.price, "priceCurrency": told.currency}
    if told.state:
        said["availability"] = told.url + told.state
    return said


def product(made: Scene, told: Markup) -> dict[str, Any]:
    """A product of schema.org, with one of the ways in which shops nest its offers."""
    rng = made.rng
    offers: Any = offer(told)
    way = rng.choice(["one", "list", "specification", "number", "aggregate"])
    if way == "list":
        offers = [offers]
    elif way == "number":
        offers["price"] = float(told.price)
    elif way == "specification":
        part = {"@type": "UnitPriceSpecification", "price": offers.pop("price")}
        part["priceCurrency"] = offers.pop("priceCurrency")
        offers["priceSpecification"] = [part] if rng.random() < 0.5 else part
    elif way == "aggregate" and made.options and made.options[0].has_own_price:
        offers = _aggregate(made, told)
    said = {
        "@context": "https://schema.org/",
        "@type": "Product",
        "name": told.title,
        "sku": told.sku,
        "brand": {"@type": "Brand", "name": made.brand},
        "image": f"/img/{told.sku}.jpg",
        "offers": offers,
    }
    if rng.random() < 0.3:
        said["aggregateRating"] = {"@type": "AggregateRating", "ratingValue": 4.5, "reviewCount": 8}
    return said


def _aggregate(made: Scene, told: Markup) -> dict[str, Any]:
    amounts = sorted(one.money.amount for one in made.options)
    return {
        "@type": "AggregateOffer",
        "lowPrice": str(amounts[0]),
        "highPrice": str(amounts[-1]),
        "priceCurrency": told.currency,
        "offerCount": len(amounts),
        "offers": [
            {
                **offer(replace(told, price=one.money.plain)),
                "name": f"{told.title} {one.name}",
                "sku": f"{told.sku}-{at}",
                "availability": told.url + ("InStock" if one.is_available else "OutOfStock"),
            }
            for at, one in enumerate(made.options)
        ],
    }


def _listed(cards: Iterable[Card], currency: str) -> dict[str, Any]:
    items = [
        {
            "@type": "ListItem",
            "position": at,
            "item": {
                "@type": "Product",
                "name": card.title,
                "offers": {"@type": "Offer", "price": card.money.plain, "priceCurrency": currency},
            },
        }
        for at, card in enumerate(cards, 1)
    ]
    return {"@context": "https://schema.org", "@type": "ItemList", "itemListElement": items}


def json_lds(made: Scene, told: Markup) -> list[str]:
    """The JSON-LD scripts of the page, in their order."""
    crumbs = {
        "@type": "BreadcrumbList",
        "itemListElement": [{"@type": "ListItem", "position": 1, "name": made.brand}],
    }
    site = {"@type": "Organization", "name": made.brand, "url": "/"}
    blocks: list[Any] = []
    if told:
        said = product(made, told)
        if made.chance(0.3):
            blocks.append({"@context": "https://schema.org", "@graph": [site, crumbs, said]})
        else:
            blocks += [{"@context": "https://schema.org", **crumbs}, said]
    if made.cards and made.chance(0.12, "related in markup"):
        blocks.insert(made.rng.randint(0, len(blocks)), _listed(made.cards, made.locale.currency))
    indent = made.rng.choice([None, 2])
    return [json.dumps(one, ensure_ascii=made.chance(0.3), indent=indent) for one in blocks]


def state_tree(made: Scene, told: Markup) -> dict[str, Any]:
    """The product as a script's own state holds it, with the currency somewhere else."""
    told = told or _right(made)
    title = told.title if made.chance(0.7) else f"{made.brand} {told.sku}"
    shape = made.rng.choice(share([_in_cents, _in_parts, _in_words, _in_a_list], made.half))
    detail = {"id": told.sku, "title": title, "brand": made.brand, **shape(made, told)}
    others = [
        {"id": f"r{at}", "title": card.title, "price": card.money.minor}
        for at, card in enumerate(made.cards)
    ]
    words = {key: made.words.one(key) for key in ("out_of_stock", "in_stock", "buy", "notify")}
    config = {"locale": made.locale.name, "currency": made.locale.currency, "freeShippingFrom": 50}
    name = made.rng.choice(share(["product", "item", "currentProduct", "article"], made.half))
    return {"config": config, "recommendations": others, name: detail, "messages": words}


def _in_cents(made: Scene, told: Markup) -> dict[str, Any]:
    is_there = told.state != "OutOfStock"
    return {"price": told.minor, "priceFormatted": made.price.text, "inStock": is_there}


def _in_parts(made: Scene, told: Markup) -> dict[str, Any]:
    pricing = {"current": {"value": float(told.price)}, "display": made.price.text}
    return {"pricing": pricing, "available": told.state != "OutOfStock"}


def _in_words(made: Scene, told: Markup) -> dict[str, Any]:
    offer_said = {"amount": told.price, "currencyCode": told.currency}
    return {"offer": offer_said, "stock": 0 if told.state == "OutOfStock" else 12}


def _in_a_list(made: Scene, told: Markup) -> dict[str, Any]:
    before = (made.old or made.price).plain
    prices = [{"type": "list", "gross": before}, {"type": "sale", "gross": told.price}]
    state = "OUT_OF_STOCK" if told.state == "OutOfStock" else "IN_STOCK"
    return {"prices": prices, "availabilityStatus": state}
