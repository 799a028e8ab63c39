"""Products served as data, prices in attributes and sentences, terms that have run out."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from daemon.extract.offer import OfferHint, read_offer
from daemon.model.response import Document
from daemon.money.offer import Offer

URL = "https://shop.example/p/1"


def read(page: str | dict[str, Any] | list[Any], **hint: Any) -> Offer:
    text = page if isinstance(page, str) else json.dumps(page)
    return read_offer(Document(text.encode(), "", None, URL), OfferHint(**hint))


@pytest.mark.parametrize(
    ("data", "price", "currency"),
    [
        ({"name": "Lamp", "price": 19.99, "currency": "EUR", "in_stock": True}, "19.99", "EUR"),
        (
            {
                "name": "Lamp",
                "prices": {"price": "1999", "currency_code": "EUR", "currency_minor_unit": 2},
            },
            "19.99",
            "EUR",
        ),
        (
            {"product": {"title": "Cup", "variants": [{"price": "19.00"}, {"price": "21.00"}]}},
            "19.00",
            None,
        ),
        (
            {
                "@type": "Product",
                "name": "Lamp",
                "offers": {"@type": "Offer", "price": "5", "priceCurrency": "USD"},
            },
            "5",
            "USD",
        ),
    ],
)
def test_a_product_served_as_data_has_its_price(data, price, currency):
    offer = read(data)
    assert (offer.price, offer.currency) == (Decimal(price), currency)


@pytest.mark.parametrize(
    "data",
    [
        {"name": "Lamp", "price": 1999},  # may be cents: nobody says
        {"error": "not found"},
        [{"a": 1}],
        [],
        '{"name": "Lamp", "price": 19.99',
        "[" * 5000 + "]" * 5000,
    ],
)
def test_data_that_does_not_tell_gives_no_price(data):
    assert read(data).price is None


def test_data_cannot_break_out_of_its_script():
    assert read({"name": "</script><p class=price>1,00 €</p>", "price": 19.99}).price == Decimal(
        "19.99"
    )


@pytest.mark.parametrize(
    "body",
    [
        '<span aria-label="Price: $24.50"></span>',
        '<div data-price="24.50" data-currency="USD"></div>',
        "<p>It is of brass, has a price of $24.50 with bulbs. Another costs $20 without.</p>",
    ],
)
def test_where_no_price_stands_an_attribute_or_a_sentence_is_the_last_resort(body):
    offer = read(f"<html><body><h1>Fine lamp</h1>{body}</body></html>")
    assert offer.price == Decimal("24.50")
    assert "last_resort" in offer.flags
    assert offer.confidence < 0.6


@pytest.mark.parametrize(
    "body",
    [
        "<p>In 2019 we raised $35 million, and spent $20 of it on cake for everybody here.</p>",
        '<div data-price="2450"></div>',
        '<div class="related"><span aria-label="Price: $24.50"></span></div>',
        '<i aria-label="$24.50"></i><i aria-label="$30"></i>',
        "<p>Prices in town: $1.50 for tea, $2.50 for coffee, $3.50 for cake, $9.50 for all.</p>",
    ],
)
def test_the_last_resort_is_careful(body):
    assert read(f"<html><body><h1>Fine lamp</h1>{body}</body></html>").price is None


def offer_until(day: str) -> str:
    data = {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": "Lamp",
        "offers": {
            "@type": "Offer",
            "price": "5.00",
            "priceCurrency": "USD",
            "priceValidUntil": day,
            "shippingDetails": {"shippingRate": {"value": 4.9, "currency": "USD"}},
        },
    }
    return f'<h1>Lamp</h1><script type="application/ld+json">{json.dumps(data)}</script>'


def test_a_price_that_was_promised_until_yesterday_is_believed_less():
    fresh = read(offer_until("2026-12-31"), today="2026-12-31")
    stale = read(offer_until("2026-12-30T23:00:00Z"), today="2026-12-31")
    assert "expired" not in fresh.flags
    assert "expired" in stale.flags
    assert stale.confidence < fresh.confidence
    assert "expired" not in read(offer_until("soon"), today="2026-12-31").flags


def test_shipping_is_told_where_it_is_stated():
    assert read(offer_until("")).shipping == Decimal("4.9")
    assert read("<h1>Lamp</h1><b class=price>5 €</b>").shipping is None


def test_the_node_that_shows_the_price_is_kept():
    offer = read('<h1>Lamp</h1><b class="price">5,00 €</b>')
    assert offer.html == '<b class="price">5,00 €</b>'
