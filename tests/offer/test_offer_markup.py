"""What a page states by markup is the same to the reader of offers and to the judge of changes."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from daemon.analyse import view
from daemon.extract import read
from daemon.extract.offer import read_offer
from daemon.lexicon.availability import Availability
from daemon.model.reading import State
from daemon.model.response import Document
from daemon.model.site import Rules
from daemon.money.offer import StatedOffer
from tests.offer.pages import cases, document, shop_page

CASES = cases("markup.toml")
LD_PAGES = {name: case["block"] for name, case in cases("jsonld.toml").items()}
ITSELF = "<h1>Lamp</h1><p>It stands on a table and gives light to whoever reads there.</p>"


def to_the_judge(page: Document) -> StatedOffer:
    state = State(read(page, Rules()), page, datetime(2024, 5, 1, tzinfo=UTC))
    return view.view_of(state, Rules()).stated


def to_the_reader(page: Document) -> StatedOffer:
    """The offer of a page that shows none; stock that no markup states is a guess."""
    offer = read_offer(page)
    is_stated = offer.availability_confidence > 0.5
    return StatedOffer(offer.price, offer.currency, offer.availability if is_stated else None)


def lamp(markup: str) -> Document:
    return document(shop_page(ITSELF + markup))


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_both_readers_find_what_markup_states(case: dict[str, Any]) -> None:
    price, currency, state = case["states"]
    stated = StatedOffer(
        Decimal(price) if price else None, currency or None, Availability(state) if state else None
    )
    page = lamp(case["markup"])
    assert (to_the_judge(page), to_the_reader(page)) == (stated, stated)


@pytest.mark.parametrize("block", LD_PAGES.values(), ids=LD_PAGES.keys())
def test_both_readers_read_json_ld_in_every_dress(block: str) -> None:
    page = lamp(f'<script type="application/ld+json">{block}</script>')
    assert to_the_judge(page) == to_the_reader(page) == StatedOffer(Decimal("49.90"), "EUR")


def test_the_variant_of_the_address_is_stated_to_both() -> None:
    block = (
        '<script type="application/ld+json">{"@type":"Product","name":"Lamp","offers":['
        '{"sku":"RED-1","price":"40.00","priceCurrency":"EUR","availability":"InStock"},'
        '{"sku":"BLU-2","price":"45.00","priceCurrency":"EUR","availability":"OutOfStock"}]}'
        "</script>"
    )
    url = "https://www.shop.example/p/lamp?sku=BLU-2"
    page = document(shop_page(ITSELF + block), url)
    stated = StatedOffer(Decimal("45.00"), "EUR", Availability.OUT_OF_STOCK)
    assert (to_the_judge(page), to_the_reader(page)) == (stated, stated)


def test_deep_data_states_nothing_and_harms_nobody() -> None:
    deep = '{"offers":' * 20_000 + '{"price":"9"}' + "}" * 20_000
    page = lamp(f'<script type="application/ld+json">{deep}</script>')
    assert to_the_judge(page) == to_the_reader(page) == StatedOffer()
