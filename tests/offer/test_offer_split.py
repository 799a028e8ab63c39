"""Amounts whose sign, units and cents stand in several nodes."""

from __future__ import annotations

from decimal import Decimal

import pytest

from daemon.extract.offer import read_offer
from tests.offer.pages import document, shop_page

BUY = '<form action="/cart/add"><button type="submit">Add to cart</button></form>'
SPLIT = {
    "raised after a space": "<p class='price'>$ 68 <sup>50</sup></p>",
    "each in its node": "<p><sup>$</sup> <b class='price-whole'>68</b> <sup>50</sup></p>",
    "beside the old one": (
        "<div class='price'><div><sup>$</sup> <span>68</span> <sup class='fraction'>50</sup></div>"
        "<old-price><div><span>$</span> <span>84</span> <span>.</span> <span>99</span></div>"
        "</old-price></div>"
    ),
    "in blocks": (
        "<div class='price'><div class='symbol'>$</div><div class='whole'>68</div>"
        "<div class='cents'>50</div></div>"
    ),
    "around the mark": "<p class='price'><b>68</b> <i>$</i> <sup>50</sup></p>",
    "the point in its node": "<p class='price'>$<b>68</b> <i>.</i> <small>50</small></p>",
}


@pytest.mark.parametrize("main", SPLIT.values(), ids=SPLIT.keys())
def test_an_amount_is_put_together_from_its_nodes(main: str) -> None:
    page = shop_page(f"<h1>Lamp</h1>{main}{BUY}", lang="en-US")
    assert read_offer(document(page)).price == Decimal("68.50")


def test_two_prices_side_by_side_are_not_one_number() -> None:
    main = f"<h1>Lamp</h1><p class='price'><del>599</del> <b>500</b> kr</p>{BUY}"
    assert read_offer(document(shop_page(main, lang="sv-SE"))).price == Decimal(500)
