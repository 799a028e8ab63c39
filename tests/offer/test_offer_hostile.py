from __future__ import annotations

import json

import pytest

from daemon.extract.offer import read_offer
from daemon.model.errors import ExtractError
from daemon.model.response import Document
from tests.offer.pages import document

HEAD = "<html><head><title>Lamp</title></head><body><h1>Lamp</h1>"
LD = '<script type="application/ld+json">'


def products(count: int) -> str:
    return json.dumps(
        [{"@type": "Product", "name": f"L{n}", "offers": {"price": n}} for n in range(count)]
    )


HOSTILE = {
    "deep": HEAD + "<div>" * 50_000 + "$5.00",
    "deep and named": HEAD + "<span class=price>" * 5_000 + "$5.00",
    "prices without end": HEAD + "".join(f"<p class=price>${n}.00</p>" for n in range(20_000)),
    "one long number": HEAD + "<p class=price>" + "1" * 1_000_000 + "</p>",
    "separators": HEAD + "<p class=price>$" + "1." * 300_000 + "</p>",
    "spaces": HEAD + "<p class=price>$" + " " * 1_000_000 + "5</p>",
    "deep JSON": HEAD + LD + "[" * 200_000,
    "deep objects": HEAD + LD + '{"a":' * 100_000,
    "many products": HEAD + LD + products(20_000) + "</script>",
    "backslashes": HEAD + LD + '{"a":"' + "\\" * 300_000,
    "commas": HEAD + LD + '{"a":1' + ", " * 300_000 + "}",
    "assignments": HEAD + "<script>var price;" + "x={" * 50_000 + "</script>",
    "scopes": HEAD + "<div itemscope itemprop=offers>" * 2_000 + "<b itemprop=price>5</b>",
    "buttons": HEAD + "<button>Add to cart</button>" * 5_000,
    "headings": "<html>" + "<h1>Lamp shade</h1>" * 10_000,
    "no bytes of text": "\x00" * 10_000,
}


@pytest.mark.parametrize("html", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_page_is_read_to_its_end(html: str) -> None:
    offer = read_offer(Document(html.encode(), "text/html", "utf-8", "https://a.example/p/lamp"))
    assert offer.price is None or offer.price.is_finite()
    assert 0 <= offer.confidence <= 1


@pytest.mark.parametrize(
    "odd",
    [{"@element": []}, {"@element": {}}, {"url": "http://[a"}],
    ids=["list", "map", "address"],
)
def test_a_nonsensical_value_in_markup_does_not_cost_the_price(odd: dict[str, object]) -> None:
    offers = [{"price": "12.00", "priceCurrency": "EUR", "sku": sku, **odd} for sku in ("a", "b")]
    item = json.dumps({"@type": "Product", "name": "Lamp", "offers": offers, **odd})
    assert read_offer(document(HEAD + LD + item + "</script>")).price == 12


def test_an_attribute_bomb_is_refused() -> None:
    bomb = "<p " + " ".join(f"a{n}=1" for n in range(20_000)) + ">"
    with pytest.raises(ExtractError):
        read_offer(document(HEAD + bomb))


@pytest.mark.parametrize(
    "url", ["", "about:blank", "https://[::1]:80/p", "https://a.example/%zz?q=%"]
)
def test_any_address_will_do(url: str) -> None:
    page = (
        HEAD
        + LD
        + '{"@type":"Product","name":"Lamp","url":"https://[bad","offers":{"price":5}}</script>'
    )
    assert str(read_offer(document(page, url)).price) == "5"
