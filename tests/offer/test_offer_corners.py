from __future__ import annotations

from decimal import Decimal

import pytest

from daemon.extract.offer import OfferHint, read_offer
from daemon.money.offer import Offer
from tests.offer.pages import document, shop_page

CART = "<button>Add to cart</button>"


def product(fields: str) -> str:
    return (
        f'<script type="application/ld+json">{{"@type":"Product","name":"Lamp",{fields}}}</script>'
    )


def offer_of(main: str, head: str = "", url: str = "https://www.shop.us/p/lamp") -> Offer:
    return read_offer(document(shop_page(main, head=head), url))


# name: markup, text, price, flag
FUSION = {
    "agreed": ("49.00", '<p class="price">$49.00</p>', "49.00", None),
    "a sale beside the seen list price": (
        "60.00",
        '<p class="price">$60.00</p><p class="sale-price">Now $49.00</p>' + CART,
        "49.00",
        "sale",
    ),
    "another price in a better place": (
        "60.00",
        '<p class="price">$49.00</p><p class="price">$60.00</p>',
        "60.00",
        None,
    ),
    "a sure price against unseen markup": (
        "30.00",
        '<p class="price">$49.00</p>' + CART,
        "49.00",
        "disagreement",
    ),
    "unseen markup": ("30.00", "<p>A lamp.</p>", "30.00", None),
    "a group that the page tells from a point": (
        "24.990",
        '<p class="price">$24,990</p>',
        "24990",
        None,
    ),
    "a third decimal that it does not": ("24.990", "<p>A lamp.</p>", "24.990", None),
}


@pytest.mark.parametrize("case", FUSION.values(), ids=FUSION.keys())
def test_markup_and_sight_are_weighed(case: tuple[str, str, str, str | None]) -> None:
    stated, main, price, flag = case
    head = product(f'"offers":{{"price":"{stated}","priceCurrency":"USD"}}')
    offer = offer_of("<h1>Lamp</h1>" + main, head)
    assert offer.price == Decimal(price)
    assert flag is None or flag in offer.flags


def test_agreement_is_surer_than_either_alone() -> None:
    head = product('"offers":{"price":"49.00","priceCurrency":"USD"}')
    shown = '<h1>Lamp</h1><p class="price">$49.00</p>'
    both, markup, sight = offer_of(shown, head), offer_of("<h1>Lamp</h1>", head), offer_of(shown)
    assert both.confidence > max(markup.confidence, sight.confidence * 0.99)


LD = {
    "bare offer": '{"@type":"Offer","price":"49","priceCurrency":"USD"}',
    "nested offers": '{"@type":"Product","name":"Lamp","offers":{"@type":"AggregateOffer",'
    '"offers":[{"price":"49","priceCurrency":"USD"}]}}',
    "price on the product": '{"@type":"Product","name":"Lamp","price":"49","priceCurrency":"USD"}',
    "for members, by month, to deliver": '{"@type":"Product","name":"Lamp","offers":{'
    '"priceCurrency":"USD","priceSpecification":[{"price":9,"validForMemberTier":{"name":"x"}},'
    '{"price":8,"billingDuration":"P1M"},{"@type":"DeliveryChargeSpecification","price":7},'
    '{"price":6,"referenceQuantity":{"unitCode":"KGM"}},{"price":49}]}}',
    "name in a list": '{"@type":"Product","name":["Lamp"],"offers":{"price":["49"],'
    '"priceCurrency":"USD","availability":["InStock"]}}',
    "two values": '{"@type":"WebSite"}\n{"@type":"Product","name":"Lamp","offers":{"price":"49",'
    '"priceCurrency":"USD"}}',
    "code in the address": '[{"@type":"Product","name":"Rug","offers":{"price":"9"}},'
    '{"@type":"Product","sku":"LAMP-77","offers":{"price":"49","priceCurrency":"USD"}}]',
    "variants by address": '{"@type":"ProductGroup","name":"Lamp","hasVariant":["x",'
    '{"url":"/p/lamp?color=red","offers":{"price":"60","priceCurrency":"USD"}},'
    '{"url":"/p/lamp?color=blue","offers":{"price":"49","priceCurrency":"USD"}}]}',
}


@pytest.mark.parametrize("block", LD.values(), ids=LD.keys())
def test_rare_shapes_of_markup_are_read(block: str) -> None:
    head = f'<script type="application/ld+json">{block}</script>'
    offer = offer_of("<h1>Lamp</h1>", head, "https://www.shop.us/p/LAMP-77?color=blue")
    assert (offer.price, offer.currency) == (Decimal(49), "USD")


@pytest.mark.parametrize(
    "price", ["true", "null", "[]", '"free of charge"', '"-5"', '"1e5"', '"9999999999999"', "0"]
)
def test_what_is_no_amount_in_markup_is_no_price(price: str) -> None:
    head = product(f'"offers":{{"price":{price},"priceCurrency":"USD"}}')
    assert offer_of("<h1>Lamp</h1>", head).price is None


def test_a_label_of_a_preview_card_is_a_price() -> None:
    head = (
        '<meta name="twitter:label1" content="Price"><meta name="twitter:data1" content="$49.00">'
    )
    assert offer_of("<h1>Lamp</h1>", head).price == Decimal("49.00")


def test_repeated_microdata_is_read_as_a_list() -> None:
    main = (
        '<div itemscope itemtype="https://schema.org/Product"><h1 itemprop="name">Lamp</h1>'
        '<i itemprop="image">a</i><i itemprop="image">b</i><i itemprop="image">c</i>'
        '<p itemprop="offers" itemscope><b itemprop="price">$49.00</b></p></div>'
    )
    assert offer_of(main).price == Decimal("49.00")


STATES = {
    "list of prices": '{"name":"Lamp","price":[{"amount":49.5,"currency":"USD"}]}',
    "text": '{"name":"Lamp","price":"49.50"}',
    "by slug": '{"slug":"lamp-shade","price":49.5}',
}


@pytest.mark.parametrize("state", STATES.values(), ids=STATES.keys())
def test_rare_shapes_of_state_are_read(state: str) -> None:
    script = f'<script type="application/json">{state}</script>'
    offer = offer_of("<h1>Lamp</h1>" + script, url="https://www.shop.us/p/lamp-shade")
    assert offer.price == Decimal("49.5")


NO_STATE = {
    "no number": '{"name":"Lamp","price":{"currency":"USD"}}',
    "empty": '{"name":"Lamp","price":[]}',
    "nested too deep": '{"name":"Lamp","price":' + '{"price":' * 9 + "1.5" + "}" * 10,
    "zero cents": '{"name":"Lamp","priceInCents":0}',
    "true": '{"name":"Lamp","priceInCents":true}',
    "no value": '{"name":"Lamp","price":null}',
}


@pytest.mark.parametrize("state", NO_STATE.values(), ids=NO_STATE.keys())
def test_state_without_an_amount_gives_no_price(state: str) -> None:
    script = f'<script type="application/json">{state}</script>'
    assert offer_of("<h1>Lamp</h1>" + script).price is None


def test_a_stock_word_of_state_is_read() -> None:
    state = '{"name":"Lamp","price":9.5,"stockStatus":"OUT_OF_STOCK"}'
    script = f'<script type="application/json">{state}</script>'
    assert str(offer_of("<h1>Lamp</h1>" + script).availability) == "out_of_stock"


def test_the_class_of_the_products_block_tells_the_stock() -> None:
    main = '<div class="product outofstock"><h1>Lamp</h1><p class="price">$49.00</p></div>'
    assert str(offer_of(main).availability) == "out_of_stock"


def test_a_button_alone_can_say_sold_out() -> None:
    main = '<h1>Lamp</h1><p class="price">$49.00</p><form><button>Backorder</button></form>'
    assert str(offer_of(main).availability) == "backorder"


def test_a_price_on_request_outweighs_numbers_further_down() -> None:
    main = "<h1>Crane</h1><p>Price on request</p><p>Our cranes start at $9.00.</p><b>$12.00</b>"
    offer = offer_of(main)
    assert (offer.price, "on_request" in offer.flags) == (None, True)


def test_a_price_before_the_words_on_request_stands() -> None:
    main = '<h1>Crane</h1><b class="price">$12.00</b><p>Request a quote for more than ten</p>'
    assert offer_of(main).price == Decimal("12.00")


def test_free_things_elsewhere_do_not_make_the_product_free() -> None:
    main = '<h1>Lamp</h1><ul class="related"><li class="price">Free</li></ul>'
    assert offer_of(main).price is None


def test_a_missing_page_that_states_an_offer_is_read() -> None:
    head = product('"offers":{"price":"4","priceCurrency":"USD"}')
    page = shop_page("<h1>404 Lamp</h1>", title="404 Lamp", head=head)
    assert read_offer(document(page)).price == Decimal(4)


def test_a_selector_may_point_at_an_attribute_or_a_text() -> None:
    page = shop_page('<h1>Lamp</h1><p data-x="$7.00">sold</p>')
    for selector in ("//p/@data-x", "xpath://p/@data-x"):
        offer = read_offer(document(page), OfferHint(price_selector=selector))
        assert offer.price == Decimal("7.00")


def test_a_selector_that_points_at_words_gives_no_price() -> None:
    page = shop_page("<h1>Lamp</h1><p id=x>sold</p>")
    offer = read_offer(document(page), OfferHint(price_selector="#x"))
    assert (offer.price, "hint_lost" in offer.flags) == (None, True)
