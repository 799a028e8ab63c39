"""The price and stock of a page's own object are found below it, whatever the keys are called."""

from __future__ import annotations

import json
from typing import Any

import pytest

from daemon.extract.offer import read_offer
from daemon.model.response import Document
from tests.offer.pages import document

VALUE = {"value": {"currencyCode": "SEK", "centAmount": 129900, "fractionDigits": 2}}
STATES: dict[str, tuple[dict[str, Any], tuple[str | None, str | None, str]]] = {
    "the only variant": (
        {"product": {"name": "Tält", "masterVariant": {"prices": [VALUE], "stock": 4}}},
        ("1299.00", "SEK", "in_stock"),
    ),
    "a flag of another name": (
        {"product": {"name": "Tält", "offer": {"price": 12.5, "state": {"isOnStock": False}}}},
        ("12.5", None, "out_of_stock"),
    ),
    "keys that nobody foresaw": (
        {"entity": {"title": "Tält", "shelf": {"sellAmount": "12.50", "currency": "EUR"}}},
        ("12.50", "EUR", "in_stock"),
    ),
    "not what it cost": (
        {"product": {"name": "Tält", "pricing": {"listPrice": 20.5, "payPrice": 12.5}}},
        ("12.5", None, "in_stock"),
    ),
    "the one that is there": (
        {
            "product": {
                "name": "Tält",
                "skus": [
                    {"payPrice": 11.5, "inventoryQuantity": 0},
                    {"payPrice": 12.5, "inventoryQuantity": 3},
                ],
            }
        },
        ("12.5", None, "in_stock"),
    ),
    "a name in another language": (
        {"page": {"product": {"name": "Tent", "payPrice": 12.5, "availability": "InStock"}}},
        ("12.5", None, "in_stock"),
    ),
    "two that may be meant": (
        {"a": {"product": {"name": "Tent", "price": 1.5}}, "b": {"item": {"price": 2.5}}},
        (None, None, "unknown"),
    ),
    "other products below it": (
        {"product": {"name": "Tält", "related": [{"name": "Pinne", "price": 3.5}]}},
        (None, None, "unknown"),
    ),
    "what is sent, not what is sold": (
        {"product": {"name": "Tält", "price": 12.5, "pickup": {"available": False}}},
        ("12.5", None, "in_stock"),
    ),
    "a short code in the address": (
        {"entity": {"id": 417, "name": "Tent", "payPrice": 12.5, "soldOut": True}},
        ("12.5", None, "out_of_stock"),
    ),
}


def page(state: dict[str, Any]) -> Document:
    script = f'<script type="application/json">{json.dumps(state)}</script>'
    html = f"<html><head><title>Tält</title></head><body>{script}</body></html>"
    return document(html, url="https://shop.example/p/417")


@pytest.mark.parametrize(("state", "wanted"), STATES.values(), ids=STATES.keys())
def test_price_and_stock_are_found_below_the_object(
    state: dict[str, Any], wanted: tuple[str | None, str | None, str]
) -> None:
    offer = read_offer(page(state))
    price = None if offer.price is None else str(offer.price)
    assert (price, offer.currency, str(offer.availability)) == wanted


def test_a_wide_and_deep_state_is_searched_within_bounds() -> None:
    wide = {"name": "Tält", "parts": [{"x": [{"y": {}}] * 50}] * 500, "end": {"price": 12.5}}
    assert str(read_offer(page(wide)).price) == "12.5"
    deep: dict[str, Any] = {"price": 12.5}
    for _ in range(30):
        deep = {"in": deep}
    assert read_offer(page({"name": "Tält", "in": deep})).price is None


def test_a_page_without_heading_is_searched_for_words_about_the_thing() -> None:
    filler = "<div><p>Care and use of scents.</p></div>" * 200
    html = (
        '<html><head><title>Velvet</title></head><body><p>Velvet</p><p class="price">€42.00</p>'
        f"{filler}<div><p>Sorry, this item is no longer available.</p></div></body></html>"
    )
    assert str(read_offer(document(html)).availability) == "out_of_stock"
