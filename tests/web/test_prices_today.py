"""Price alerts where a person looks first: on the page of today, and in what was missed."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import msgspec
import pytest
from sqlalchemy import update

from daemon.lexicon.availability import Availability
from daemon.model.product import AlertState, LastPriceCheck, ProductState
from daemon.model.viewer import Viewer
from daemon.operations.lists.today import today
from daemon.store.core.database import Database
from daemon.store.tables import PriceAlert, Product
from daemon.store.tables.ids import first_id
from tests.making import add_rows
from tests.web.conftest import NOW, Pages, text_of
from tests.web.test_product_pages import checked, have_product


async def have_alert(database: Database, price: str = "78") -> None:
    """A lamp that reached its target ten minutes ago, and costs `price` now."""
    product = await have_product(database)
    check = checked(product, 0, "78")
    at = NOW - timedelta(minutes=10)
    details = {
        "kind": "price_drop", "rule": "target", "price": "78", "previous_price": "86.50",
        "currency": "EUR", "availability": "in_stock", "key": "1",
    }  # fmt: skip
    alert = PriceAlert(
        alert_id=first_id(at), price_check_id=check.price_check_id, alert_type="price_drop",
        created_at=at, details=details,
    )  # fmt: skip
    await add_rows(database, check, alert)
    seen = LastPriceCheck("", NOW, Decimal(price), "EUR", Availability.IN_STOCK, None, 0.9, True)
    state = ProductState("", seen, AlertState(Decimal(price), "EUR"))
    async with database.writing() as session:
        await session.execute(update(Product).values(state=msgspec.to_builtins(state)))


@pytest.mark.parametrize("path", ["/", "/catch-up"])
@pytest.mark.parametrize(("price", "is_said"), [("78.00", False), ("94", True)])
async def test_a_price_that_moved_since_is_said_beside_its_alert(
    pages: Pages, database: Database, path: str, price: str, is_said: bool
) -> None:
    await have_alert(database, price=price)
    answer = await pages.get(path)
    told = text_of(answer.text)
    assert "78.00 EUR, before 86.50 EUR: the target price is reached" in told
    assert ("now 94.00 EUR" in told) is is_said
    assert 'data-open href="/products/' in answer.text
    assert "No change was found yet" not in told
    assert "Nothing to show yet" not in told


async def test_an_alert_is_shown_to_its_owner_while_the_product_is_followed(
    database: Database,
) -> None:
    await have_alert(database)
    mine, of_others = Viewer("local"), Viewer("bob")
    assert len((await today(database, mine, NOW)).alerts) == 1
    assert (await today(database, of_others, NOW)).alerts == ()
    assert (await today(database, mine, NOW + timedelta(days=1))).alerts == ()
    async with database.writing() as session:
        await session.execute(update(Product).values(deleted_at=NOW))
    assert (await today(database, mine, NOW)).alerts == ()


async def test_the_first_use_counts_products(pages: Pages) -> None:
    assert 'href="/products/new">a product' in (await pages.get("/")).text
