"""Pages built as the common shop systems build them, without any markup for machines."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from daemon.extract.offer import read_offer
from tests.offer.pages import cases, document, shop_page

SYSTEMS = cases("systems.toml")


@pytest.mark.parametrize("case", SYSTEMS.values(), ids=SYSTEMS.keys())
def test_a_page_of_a_common_system_is_read_by_sight(case: dict[str, Any]) -> None:
    offer = read_offer(document(shop_page(case["main"], lang=case["lang"])))
    assert (offer.price, offer.currency, str(offer.availability)) == (
        Decimal(case["price"]) if "price" in case else None,
        case.get("currency"),
        case["state"],
    )
