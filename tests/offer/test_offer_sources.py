from __future__ import annotations

from decimal import Decimal

import pytest

from daemon.extract.offer import OfferHint, read_offer
from daemon.money.offer import Offer
from tests.offer.pages import cases, document, shop_page

CART = "<button>Add to cart</button>"


def ld(body: str, kind: str = "application/ld+json") -> str:
    return f'<script type="{kind}">{body}</script>'


LAMP = "https://www.shop.example/p/lamp"


def offer_of(html: str, url: str = LAMP, hint: OfferHint | None = None) -> Offer:
    return read_offer(document(html, url), hint or OfferHint())


LD_PAGES = {name: case["block"] for name, case in cases("jsonld.toml").items()}


@pytest.mark.parametrize("block", LD_PAGES.values(), ids=LD_PAGES.keys())
def test_json_ld_is_read_in_every_dress(block: str) -> None:
    offer = offer_of(shop_page("<h1>Lamp</h1>" + CART, head=ld(block)))
    assert (offer.price, offer.currency) == (Decimal("49.90"), "EUR")


def test_a_broken_block_hides_no_other() -> None:
    good = LD_PAGES["plain"]
    page = shop_page("<h1>Lamp</h1>", head=ld('{"@type": "Product", "name') + ld(good))
    assert offer_of(page).price == Decimal("49.90")


def test_of_a_key_that_comes_twice_the_last_value_counts() -> None:
    good = LD_PAGES["plain"]
    twice = good.replace('"49.90"', '"11.00", "price": "49.90"')
    assert twice != good
    assert offer_of(shop_page("<h1>Lamp</h1>" + CART, head=ld(twice))).price == Decimal("49.90")


def test_the_product_of_the_address_is_chosen_not_the_first() -> None:
    block = (
        '[{"@type":"Product","name":"Rug","url":"https://www.shop.example/p/rug",'
        '"offers":{"price":"9",'
        '"priceCurrency":"EUR"}},{"@type":"Product","name":"Lamp","url":"/p/lamp",'
        '"offers":{"price":"49.90","priceCurrency":"EUR"}}]'
    )
    assert offer_of(shop_page("<h1>Lamp</h1>", head=ld(block))).price == Decimal("49.90")


def test_an_event_is_no_product() -> None:
    block = (
        '{"@type":"Event","name":"Fair","offers":{"@type":"Offer","price":"630",'
        '"priceCurrency":"USD"}}'
    )
    page = shop_page("<h1>News of the fair</h1><p>Many came.</p>", head=ld(block))
    assert offer_of(page).price is None


VARIANTS = (
    '{"@type":"Product","name":"Lamp","offers":['
    '{"@type":"Offer","sku":"RED-1","price":"40.00","priceCurrency":"EUR",'
    '"availability":"InStock"},'
    '{"@type":"Offer","sku":"BLU-2","price":"45.00","priceCurrency":"EUR",'
    '"availability":"OutOfStock"}]}'
)


def test_the_variant_of_the_address_has_its_own_price_and_stock() -> None:
    page = shop_page("<h1>Lamp</h1>", head=ld(VARIANTS))
    offer = offer_of(page, "https://www.shop.example/p/lamp?sku=BLU-2")
    assert (offer.price, str(offer.availability)) == (Decimal("45.00"), "out_of_stock")


def test_the_owners_variant_chooses() -> None:
    offer = offer_of(shop_page("<h1>Lamp</h1>", head=ld(VARIANTS)), hint=OfferHint(variant="BLU-2"))
    assert (offer.price, offer.variant) == (Decimal("45.00"), "BLU-2")


def test_without_a_choice_the_lowest_price_and_any_stock_count() -> None:
    offer = offer_of(shop_page("<h1>Lamp</h1>", head=ld(VARIANTS)))
    assert (offer.price, str(offer.availability)) == (Decimal("40.00"), "in_stock")


def test_an_aggregate_offer_gives_its_low_price_and_its_bounds() -> None:
    block = (
        '{"@type":"Product","name":"Lamp","offers":{"@type":"AggregateOffer","lowPrice":"18.00",'
        '"highPrice":"25.00","priceCurrency":"USD","offerCount":3}}'
    )
    offer = offer_of(shop_page("<h1>Lamp</h1>", head=ld(block)))
    assert (offer.price, offer.low_price, offer.high_price) == (
        Decimal("18.00"),
        Decimal("18.00"),
        Decimal("25.00"),
    )


def test_what_else_the_markup_says_is_kept() -> None:
    block = (
        '{"@type":"Product","name":"Lamp","sku":"L-1","gtin13":"4006381333931",'
        '"offers":{"price":"49.90",'
        '"priceCurrency":"EUR","itemCondition":"https://schema.org/UsedCondition",'
        '"seller":{"@type":"Organization","name":"Second Hand Ltd"}}}'
    )
    offer = offer_of(shop_page("<h1>Lamp</h1>", head=ld(block)))
    assert (offer.sku, offer.gtin, offer.condition, offer.seller) == (
        "L-1",
        "4006381333931",
        "used",
        "Second Hand Ltd",
    )


def test_microdata_is_read_from_content_before_text() -> None:
    main = (
        '<div itemscope itemtype="http://schema.org/Product"><h1 itemprop="name">Lamp</h1>'
        '<div itemprop="offers" itemscope itemtype="http://schema.org/Offer">'
        '<span itemprop="price" content="49.90">49,90</span>'
        '<meta itemprop="priceCurrency" content="EUR">'
        '<link itemprop="availability" href="https://schema.org/OutOfStock"></div></div>'
    )
    offer = offer_of(shop_page(main))
    assert (offer.price, offer.currency, str(offer.availability)) == (
        Decimal("49.90"),
        "EUR",
        "out_of_stock",
    )


def test_microdata_in_text_is_read_as_people_write() -> None:
    main = (
        '<div itemscope itemtype="http://schema.org/Product"><h1 itemprop="name">Lampe</h1>'
        '<div itemprop="offers" itemscope><span itemprop="price">1.049,90 €</span></div></div>'
    )
    offer = offer_of(shop_page(main, title="Lampe", lang="de"))
    assert (offer.price, offer.currency) == (Decimal("1049.90"), "EUR")


def test_microdata_of_other_products_is_left_alone() -> None:
    def item(name: str, price: str, tag: str) -> str:
        return (
            f'<div itemscope itemtype="http://schema.org/Product">'
            f'<{tag} itemprop="name">{name}</{tag}>'
            f'<div itemprop="offers" itemscope><meta itemprop="price" content="{price}">'
            '<meta itemprop="priceCurrency" content="GBP"></div></div>'
        )

    main = item("Rug", "5.00", "h3") + item("Lamp", "49.90", "h1") + item("Bed", "7.00", "h3")
    assert offer_of(shop_page(main)).price == Decimal("49.90")


def test_rdfa_is_read() -> None:
    main = (
        '<div vocab="https://schema.org/" typeof="Product"><h1 property="name">Lamp</h1>'
        '<div property="offers" typeof="Offer"><span property="price" content="49.90">49.90</span>'
        '<span property="priceCurrency" content="GBP"></span></div></div>'
    )
    offer = offer_of(shop_page(main))
    assert (offer.price, offer.currency) == (Decimal("49.90"), "GBP")


def test_the_sale_price_in_meta_leads() -> None:
    head = (
        '<meta property="product:price:amount" content="60.00">'
        '<meta property="product:price:currency" content="USD">'
        '<meta property="product:sale_price:amount" content="45.00">'
        '<meta property="product:availability" content="oos">'
    )
    offer = offer_of(shop_page("<h1>Lamp</h1>", head=head))
    assert (offer.price, offer.currency, str(offer.availability)) == (
        Decimal("45.00"),
        "USD",
        "out_of_stock",
    )


def test_shop_cents_are_divided_only_by_the_shops_own_rule() -> None:
    script = ld(
        '{"title":"Lamp","handle":"lamp","variants":[{"price":2200}],"price":2200}',
        "application/json",
    )
    offer = offer_of(
        shop_page("<h1>Lamp</h1>" + script), "https://lamps.myshopify.com/products/lamp"
    )
    assert offer.price == Decimal("22.00")


def test_a_bare_whole_number_in_a_script_is_no_price_until_the_page_shows_it() -> None:
    script = ld('{"name":"Lamp","price":2200}', "application/json")
    assert offer_of(shop_page("<h1>Lamp</h1>" + script)).price is None
    shown = shop_page("<h1>Lamp</h1><span class='price'>€22.00</span>" + script)
    assert offer_of(shown).price == Decimal("22.00")


STATES = {
    "precision": (
        '{"product":{"name":"Lamp","price":{"amount":18900,"currency":"NOK","precision":2}}}'
    ),
    "centAmount": '{"product":{"name":"Lamp","price":{"value":{"type":"centPrecision",'
    '"currencyCode":"NOK","centAmount":18900,"fractionDigits":2}}}}',
    "current": '{"props":{"item":{"name":"Lamp","prices":{"current":{"value":189.00,'
    '"currency":"NOK"},"was":{"value":250.00}}}}}',
    "cents key": '{"product":{"title":"Lamp","priceInCents":18900,"currency":"NOK"}}',
}


@pytest.mark.parametrize("state", STATES.values(), ids=STATES.keys())
def test_embedded_state_is_read_by_its_own_keys(state: str) -> None:
    script = f'<script id="__NEXT_DATA__" type="application/json">{state}</script>'
    offer = offer_of(shop_page('<div id="__next"></div>' + script, lang="nb"))
    assert (offer.price, offer.currency) == (Decimal("189.00"), "NOK")


def test_state_of_other_products_is_left_alone() -> None:
    script = ld(
        '{"related":[{"name":"Lamp","price":5.5}],"items":[{"name":"Rug","price":7.5}]}',
        "application/json",
    )
    assert offer_of(shop_page("<h1>Lamp</h1>" + script)).price is None


def test_the_owners_selector_wins() -> None:
    page = shop_page("<h1>Plans</h1><ul><li id=s>$5.00</li><li id=m>$12.00</li></ul>")
    offer = offer_of(page, "https://www.shop.us/plans", OfferHint(price_selector="#m"))
    assert (offer.price, offer.source) == (Decimal("12.00"), "hint")
    offer = offer_of(page, "https://www.shop.us/plans", OfferHint(price_selector="//li[@id='s']"))
    assert offer.price == Decimal("5.00")


@pytest.mark.parametrize("selector", ["#gone", "li[", "//li[", "xpath:count(//li)"])
def test_a_selector_that_misses_is_said_and_lowers_confidence(selector: str) -> None:
    page = shop_page("<h1>Lamp</h1><p class=price>€12.00</p>")
    plain, missed = offer_of(page), offer_of(page, hint=OfferHint(price_selector=selector))
    assert missed.price == Decimal("12.00")
    assert "hint_lost" in missed.flags
    assert missed.confidence < plain.confidence


def test_all_that_was_considered_is_kept_with_its_origin() -> None:
    head = ld(LD_PAGES["plain"])
    offer = offer_of(shop_page("<h1>Lamp</h1><p class=price>€49.90</p>", head=head))
    assert {candidate.source for candidate in offer.candidates} >= {"jsonld", "visible"}


SCRIPTS = {
    "single quotes": "dataLayer.push({'ecommerce': {'currencyCode': 'GBP', 'detail': "
    "{'products': [{'name': 'Lamp', 'price': '49.90',}]}}});",
    "bare names": 'window.__NUXT__={data:[{product:{name:"Lamp",price:49.9,currency:"GBP"}}]}',
    "statistics": "gtag('event','view_item',{currency:'GBP',value:49.90,items:[]});",
    "assignment": 'window.__STATE__={"p:1":{"name":"Lamp",'
    '"price":{"amount":49.9,"currency":"GBP"}}};',
    "quotes inside": "var p = {name: 'Lamp', note: 'it\\'s \"new\"', "
    "price: 49.9, currency: 'GBP'};",
}


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS.keys())
def test_literals_of_scripts_are_read(script: str) -> None:
    offer = offer_of(shop_page(f"<h1>Lamp</h1><script>{script}</script>"))
    assert (offer.price, offer.currency) == (Decimal("49.90"), "GBP")


def test_the_variant_of_the_address_is_found_in_scripts() -> None:
    theme = '<link href="//cdn.shopify.com/theme.css">'
    product = (
        '{"title":"Lamp","price":1000,"available":true,"variants":['
        '{"id":1,"price":1000,"available":true},{"id":2,"price":2000,"available":false}]}'
    )
    page = shop_page("<h1>Lamp</h1>" + ld(product, "application/json"), head=theme)
    offer = offer_of(page, LAMP + "?variant=2")
    assert (offer.price, str(offer.availability)) == (Decimal(20), "out_of_stock")


OFFERS = (
    '{"@type":"Product","name":"Lamp","offers":[{"price":"60","priceCurrency":"USD"},'
    '{"price":"55","priceCurrency":"EUR"},{"price":"50","priceCurrency":"GBP"}]}'
)


@pytest.mark.parametrize(
    ("url", "expected", "price"),
    [
        ("https://www.shop.co.uk/p/lamp", None, "50"),
        ("https://www.shop.de/p/lamp", None, "55"),
        ("https://www.shop.com/p/lamp", "USD", "60"),
    ],
)
def test_of_several_currencies_the_one_of_the_place_or_the_owner_counts(
    url: str, expected: str | None, price: str
) -> None:
    page = shop_page("<h1>Lamp</h1>", head=ld(OFFERS))
    assert offer_of(page, url, OfferHint(currency=expected)).price == Decimal(price)


def test_a_page_in_another_currency_than_before_says_so() -> None:
    page = shop_page("<h1>Lamp</h1><p class=price>£60.00</p>")
    offer = offer_of(page, hint=OfferHint(currency="EUR"))
    assert "currency_changed" in offer.flags


def test_the_place_of_the_last_price_is_a_prior() -> None:
    page = shop_page("<h1>Plans</h1><p id=one>$10.00</p><p id=two>$12.00</p>", title="Plans")
    first = offer_of(page)
    assert first.price == Decimal(10)
    again = offer_of(page, hint=OfferHint(last_source="visible", last_path="p#two"))
    assert again.price == Decimal(12)
