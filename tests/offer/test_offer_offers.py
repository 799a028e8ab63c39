"""Which of several offers that markup states for one product is the page's own."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from daemon.extract.offer import read_offer
from tests.offer.pages import document, shop_page

BUY = "<form>{0}<button>Buy</button></form>"
SIZES = "<select><option value='A-100'>S</option><option value='A-200' {0}>L</option></select>"
COLOURS = (
    "<label><input type='radio' value='Red'>Red</label>"
    "<label><input type='radio' value='Blue' checked>Blue</label>"
)


def offer(price: str, **said: Any) -> dict[str, Any]:
    return {"@type": "Offer", "price": price, "priceCurrency": "EUR", **said}


def variant(colour: str, price: str) -> dict[str, Any]:
    return {"@type": "Product", "name": "Lamp", "color": colour, "offers": offer(price)}


def condition(name: str) -> dict[str, str]:
    return {"itemCondition": f"https://schema.org/{name}Condition"}


def state(name: str) -> dict[str, str]:
    return {"availability": f"https://schema.org/{name}"}


def parts(*prices: dict[str, Any]) -> dict[str, Any]:
    return {"@type": "Offer", "priceCurrency": "EUR", "priceSpecification": list(prices)}


# What the markup says of the lamp, what its form holds; the page's price is 80.00 each time.
OFFERS = {
    "a used one is cheaper": (
        {"offers": [offer("50", **condition("Used")), offer("80", **condition("New"))]},
        "",
    ),
    "a cheaper one is sold out": (
        {"offers": [offer("50", **state("OutOfStock")), offer("80", **state("InStock"))]},
        "",
    ),
    "a size is chosen": (
        {"offers": [offer("50", sku="A-100"), offer("80", sku="A-200")]},
        SIZES.format("selected"),
    ),
    "none is chosen": (
        {"offers": [offer("80", sku="A-100"), offer("90", sku="A-200")]},
        SIZES.format(""),
    ),
    "a colour is chosen": (
        {"@type": "ProductGroup", "hasVariant": [variant("Red", "50"), variant("Blue", "80")]},
        COLOURS,
    ),
    "without tax and with it": (
        {
            "offers": parts(
                {"price": 67.23, "valueAddedTaxIncluded": False},
                {"price": 80, "valueAddedTaxIncluded": True},
            )
        },
        "",
    ),
}


@pytest.mark.parametrize(("said", "form"), OFFERS.values(), ids=OFFERS.keys())
def test_the_offer_is_that_of_what_is_chosen_sold_and_new(said: dict[str, Any], form: str) -> None:
    data = {"@context": "https://schema.org", "@type": "Product", "name": "Lamp", **said}
    head = f'<script type="application/ld+json">{json.dumps(data)}</script>'
    page = shop_page(f"<h1>Lamp</h1>{BUY.format(form)}", head=head, lang="de")
    assert read_offer(document(page)).price == 80


# How shops of several countries write the price of one lamp: 1299.00 or 12.90 of their money.
WAYS = {
    "de": ("<div><span>UVP 1399,–</span> <span>1299,–</span></div><p>€ inkl. MwSt.</p>", "1299"),
    "cs": ("<b>1 299,-</b><span>bez DPH 1 074,-</span><span>Ušetříte 200,-</span>", "1299"),
    "ro": (
        "<p>PRP: <s>1.499<sup>99</sup> Lei</s></p><p>1.299<sup><small>,</small>00</sup> Lei</p>",
        "1299.00",
    ),
    "es-AR": (
        "<div><s>$<b>1.599</b></s> <i>$</i><b>1.299</b><i class='cents'>00</i></div>",
        "1299.00",
    ),
    "fr": ("<div>12<span>€90</span></div><p>Dont éco-part. 0,20€</p><p>ou 4x 3,25 €</p>", "12.90"),
    "nl": ("<p class='prijs'>12,<sup>90</sup></p><p>Adviesprijs <del>15,95</del></p>", "12.90"),
    "pl": ("<p><span>12,</span><span>90 zł</span></p><p>dostawa od 8,99 zł</p>", "12.90"),
    "sv": ("<span>1299</span><span>:-</span><p>Ordinarie pris <i>1399:-</i></p>", "1299"),
    "en-IN": ("<div><b>₹1,299</b> <i>₹1,799</i></div><p>EMI starting from ₹58/month</p>", "1299"),
    "ja": ("<p>希望小売価格 1,980円</p><p>価格 <b>1,299</b>円 (税込) 送料無料</p>", "1299"),
    "hu": ("<p>Ár: <b>1 299 Ft</b></p><p>Eredeti ár: 1 599 Ft</p>", "1299"),
    "pt-BR": (
        "<p>de <s>R$ 19,90</s></p><p>por <b>R$ 12,90</b></p><p>em até 10x de R$ 1,29</p>",
        "12.90",
    ),
    "en-GB": ("<p>£12.90</p><p>£2.58/100ml</p><p>Clubcard Price £11.50</p>", "12.90"),
    "ar": ("<p>السعر <b>١٬٢٩٩٫٠٠ ر.س</b></p>", "1299.00"),
}


@pytest.mark.parametrize("lang", WAYS)
def test_a_price_is_read_as_its_country_writes_it(lang: str) -> None:
    main, price = WAYS[lang]

    page = shop_page(f"<h1>Lamp</h1>{main}{BUY}", lang=lang)
    assert read_offer(document(page)).price == Decimal(price)


SEVERAL = "<p>The first costs $25 and is fine.</p><p>We paid $99.00 for another.</p>"
ONE = "<p>It is fired twice. Price: $32.00 plus shipping.</p>"


@pytest.mark.parametrize(("main", "price"), [(SEVERAL, None), (ONE + SEVERAL, 32)])
def test_of_several_sentences_only_one_that_names_a_price_tells_it(
    main: str, price: int | None
) -> None:
    assert read_offer(document(shop_page(f"<h1>Lamps of the year</h1>{main}"))).price == price
