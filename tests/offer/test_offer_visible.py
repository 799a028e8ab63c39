from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from daemon.extract.offer import read_offer
from tests.offer.pages import cases, document, shop_page

CART = "<button>Add to cart</button>"
SHOWN = cases("shown.toml")


@pytest.mark.parametrize("case", SHOWN.values(), ids=SHOWN.keys())
def test_the_price_is_chosen_among_what_is_shown(case: dict[str, Any]) -> None:
    page = shop_page(case["main"], lang=case["lang"])
    offer = read_offer(document(page, f"https://www.{case['host']}/p/lamp"))
    assert offer.price == Decimal(case["price"])
    assert offer.currency == case.get("currency", offer.currency)


@pytest.mark.parametrize("case", SHOWN.values(), ids=SHOWN.keys())
def test_related_products_do_not_disturb(case: dict[str, Any]) -> None:
    mark = "€" if "€" in case["main"] else "$"
    related = (f"{mark}5.00", f"{mark}6.00", f"{mark}700.00")
    page = shop_page(case["main"], lang=case["lang"], related=related)
    offer = read_offer(document(page, f"https://www.{case['host']}/p/lamp"))
    assert offer.price == Decimal(case["price"])


def test_the_old_price_is_kept_beside_the_sale() -> None:
    main = "<h1>Lamp</h1><span class=was>Was £120.00</span> <span class=now>Now £84.00</span>"
    offer = read_offer(document(shop_page(main)))
    assert (offer.list_price, "sale" in offer.flags) == (Decimal("120.00"), True)


def test_a_sale_on_the_page_overrules_the_list_price_in_markup() -> None:
    head = (
        '<script type="application/ld+json">{"@type":"Product","name":"Lamp","offers":'
        '{"price":"120.00","priceCurrency":"GBP"}}</script>'
    )
    main = "<h1>Lamp</h1><span class=was>Was £120.00</span> <span class=now>Now £84.00</span>"
    offer = read_offer(document(shop_page(main, head=head)))
    assert (offer.price, offer.list_price) == (Decimal("84.00"), Decimal("120.00"))


NO_PRICE = {
    "denied": (
        "<html><head><title>Access Denied</title></head><body><h1>Access Denied</h1>"
        "<p>#18.2f</p></body></html>"
    ),
    "captcha": (
        "<html><head><title>shop.example</title></head><body>"
        "<p>Press &amp; hold to confirm you are a human</p></body></html>"
    ),
    "queue": (
        "<html><head><title>Waiting room</title></head><body><h1>You are now in line</h1>"
        "<p>Estimated wait: 12 minutes</p></body></html>"
    ),
    "challenge": (
        "<html><head><title>Just a moment...</title></head><body>"
        "<p>Checking your browser</p></body></html>"
    ),
    "not found": shop_page(
        "<h1>Page not found</h1><p>Try these</p>", title="404", related=("$1.00", "$2.00", "$3.00")
    ),
    "on request": shop_page(
        "<h1>Crane</h1><p>Call for price</p>", related=("$24.00", "$39.50", "$61.00")
    ),
    "quote": shop_page(
        "<h1>Kran</h1><p>Preis auf Anfrage</p>",
        lang="de",
        related=("24,00 €", "39,50 €", "61,00 €"),
    ),
    "listing": shop_page(
        "<h1>Lamps</h1><ul>"
        + "".join(
            f'<li class="product"><a href="/p/{n}"><h3>Lamp {n}</h3></a>'
            f'<span class="price">${n}9.00</span></li>'
            for n in range(1, 9)
        )
        + "</ul>"
    ),
    "listing in markup": shop_page(
        "<h1>All the tables</h1>",
        head='<script type="application/ld+json">{"@type":"ItemList","itemListElement":['
        + ",".join(
            f'{{"@type":"Product","name":"T{n}","offers":{{"price":"{n}","priceCurrency":"EUR"}}}}'
            for n in range(1, 9)
        )
        + "]}</script>",
    ),
    "negative": shop_page('<h1>Lamp</h1><p class="price">-$12.00</p>'),
    "zero": shop_page('<h1>Lamp</h1><p class="price">$0.00</p>'),
    "absurd": shop_page(f'<h1>Lamp</h1><p class="price">${"9" * 400}</p>'),
    "not a number": shop_page(
        "<h1>Lamp</h1>",
        head='<script type="application/ld+json">{"@type":"Product","name":"Lamp","offers":'
        '{"price":NaN,"priceCurrency":"EUR"}}</script>',
    ),
    "beyond numbers": shop_page(
        "<h1>Lamp</h1>",
        head='<script type="application/ld+json">{"@type":"Product","name":"Lamp","offers":'
        '{"price":1e999,"priceCurrency":"EUR"}}</script>',
    ),
    "empty": "",
    "nothing": "<html></html>",
    "text": "no markup at all",
    "article": shop_page("<h1>Our year</h1><p>We raised $2 million and grew by 30%.</p>"),
}


@pytest.mark.parametrize("html", NO_PRICE.values(), ids=NO_PRICE.keys())
def test_a_page_that_asks_no_price_has_none(html: str) -> None:
    offer = read_offer(document(html))
    assert offer.price is None
    assert str(offer.availability) in ("unknown", "in_stock") if "Lamp" in html else "unknown"


AMBIGUOUS = {
    "by domain": ("en", "shop.com.au", "", "$249.00", "AUD"),
    "by locale": ("en-CA", "shop.com", "", "$249.00", "CAD"),
    "by og:locale": (
        "",
        "shop.com",
        '<meta property="og:locale" content="es_MX">',
        "$249.00",
        "MXN",
    ),
    "by code in the page": (
        "en",
        "shop.com",
        '<script>var s={"currency":"NZD"}</script>',
        "$249.00",
        "NZD",
    ),
    "at home": ("en", "shop.com", "", "$249.00", "USD"),
    "left open": ("es", "shop.com", "", "$249.00", None),
    "Swedish crowns": ("sv", "shop.com", "", "249 kr", "SEK"),
    "Danish crowns": ("da", "shop.dk", "", "249 kr.", "DKK"),
    "crowns left open": ("en", "shop.com", "", "249 kr", None),
    "yen": ("ja", "shop.com", "", "¥249", "JPY"),
    "yuan": ("zh-CN", "shop.com", "", "¥249", "CNY"),
    "rupees of Pakistan": ("en", "shop.pk", "", "Rs. 249", "PKR"),
    "plain mark against the place": ("de", "shop.de", "", "£249.00", "GBP"),
}


@pytest.mark.parametrize("case", AMBIGUOUS.values(), ids=AMBIGUOUS.keys())
def test_a_shared_mark_is_settled_by_the_place_or_left_open(
    case: tuple[str, str, str, str, str | None],
) -> None:
    lang, host, head, price, currency = case
    page = shop_page(f'<h1>Lamp</h1><p class="price">{price}</p>{CART}', head=head, lang=lang)
    offer = read_offer(document(page, f"https://www.{host}/p/lamp"))
    assert (offer.price, offer.currency) == (Decimal(price.strip("$krRs.¥£ ")), currency)
    assert ("ambiguous_currency" in offer.flags) == (currency is None)
