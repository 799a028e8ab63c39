"""Blocks whose names say less than what they hold."""

from __future__ import annotations

from decimal import Decimal

import pytest

from daemon.extract.offer import read_offer
from tests.offer.pages import document, shop_page

BUY = '<form action="/cart/add"><button type="submit">Add to cart</button></form>'
CARD = (
    '<li><a href="/p/{0}"><img src="{0}.jpg"><h3>Other {0}</h3></a><b class="price">${1}</b></li>'
)
CARDS = "<ul>" + CARD.format("tote", "12.00") + CARD.format("belt", "18.00") + "</ul>"

MISNAMED = {
    "a card": "<div class='card product-card'><p class='price'>$68.50</p>{buy}</div>",
    "a slider": "<div class='slider'><p class='price'>$68.50</p>{buy}</div>",
    "a comparison": "<div class='compare'><p class='price'>$68.50</p>{buy}</div>",
    "a header": "<div class='price-header'><p class='price'>$68.50</p></div>{buy}",
    "a sidebar": "<div class='product-sidebar'><p class='price'>$68.50</p>{buy}</div>",
    "an aside": "<aside><p class='price'>$68.50</p>{buy}</aside>",
    "with other things": "<div class='card'><p class='price'>$68.50</p>{buy}</div>"
    "<div class='similar'>{cards}</div>",
}


@pytest.mark.parametrize("main", MISNAMED.values(), ids=MISNAMED.keys())
def test_a_block_is_judged_by_what_it_holds(main: str) -> None:
    page = shop_page("<h1>Lamp</h1>" + main.format(buy=BUY, cards=CARDS), lang="en-US")
    offer = read_offer(document(page))
    assert (offer.price, offer.currency, offer.availability) == (
        Decimal("68.50"),
        "USD",
        "in_stock",
    )


@pytest.mark.parametrize("name", ["related", "card", "slider", "sidebar", "header"])
def test_other_things_have_no_price_of_the_page(name: str) -> None:
    main = f"<h1>Lamp</h1><p>Not sold any more.</p><div class='{name}'>{CARDS}</div>"
    assert read_offer(document(shop_page(main, lang="en-US"))).price is None
