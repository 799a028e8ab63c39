"""Lists of products: filtered, counted, searched, sorted, and turned page by page."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from daemon.model.request import Request
from daemon.model.viewer import Viewer
from daemon.operations.lists.paging import Turn
from daemon.operations.lists.products import (
    ProductOrder,
    ProductsPage,
    ProductState,
    ProductsWanted,
    page_of_products,
)
from daemon.store.catalogue.products import ProductSpec, add_products
from daemon.store.core.database import Database
from daemon.store.tables import Page, PriceCheck, Product
from daemon.store.tables.ids import new_id
from tests.making import PAST, Statements, add_rows
from tests.operations.two_owners import ADA, ADMIN, BOB, STRANGER, TwoOwners

NOW = PAST + timedelta(days=10)
EVERY = ProductsWanted()


async def shown(
    database: Database,
    viewer: Viewer = ADA,
    wanted: ProductsWanted = EVERY,
    order: ProductOrder = ProductOrder.NAME,
    turn: Turn | None = None,
) -> ProductsPage:
    return await page_of_products(database, viewer, wanted, order, NOW, turn or Turn())


def names(page: ProductsPage) -> list[str]:
    return [one.view.name for one in page.page.items]


async def have(two: TwoOwners, *products: str, owner: str = "ada", **more: Any) -> None:
    """More products of an owner."""
    specs = [
        ProductSpec(name, Request(f"https://{n}.example/"), f"{n}.example", owner, "6h", **more)
        for n, name in enumerate(products)
    ]
    async with two.database.writing() as session:
        await add_products(session, specs, PAST)


async def have_price(two: TwoOwners, name: str, price: str | None, **more: Any) -> None:
    """A check of the product with this name."""
    async with two.database.reading() as session:
        [product_id] = await session.scalars(select(Product.product_id).filter_by(name=name))
    fields: dict[str, Any] = {
        "product_id": product_id,
        "scraped_at": PAST,
        "price": None if price is None else Decimal(price),
        "currency": "EUR",
        "availability": "in_stock",
        "is_believed": price is not None,
    }
    await add_rows(two.database, PriceCheck(price_check_id=new_id(), **(fields | more)))


async def test_each_has_a_list_of_their_own(two: TwoOwners) -> None:
    assert names(await shown(two.database, ADA)) == ["Lamp", "ada's own"]
    assert names(await shown(two.database, BOB)) == ["Lamp", "bob's own"]
    assert names(await shown(two.database, ADMIN)) == ["Lamp", "Lamp", "ada's own", "bob's own"]
    nothing = await shown(two.database, STRANGER)
    assert (names(nothing), {str(n) for n in nothing.counts.values()}) == ([], {"0"})


@pytest.mark.parametrize("order", ProductOrder)
async def test_a_list_is_turned_there_and_back(two: TwoOwners, order: ProductOrder) -> None:
    await have(two, *(f"p{n}" for n in range(5)))
    whole = names(await shown(two.database, ADA, order=order))
    assert len(whole) == 7
    there, turn = [], Turn(limit=3)
    while True:
        page = await shown(two.database, ADA, order=order, turn=turn)
        there.append(names(page))
        if page.page.next is None:
            break
        turn = Turn(page.page.next, limit=3)
    assert [len(one) for one in there] == [3, 3, 1]
    assert [name for names_there in there for name in names_there] == whole
    assert page.page.previous is not None
    back = await shown(
        two.database, ADA, order=order, turn=Turn(page.page.previous, is_back=True, limit=3)
    )
    assert names(back) == there[1]


async def test_the_latest_to_change_come_first(two: TwoOwners) -> None:
    await two.set_all(Product, created_at=PAST)
    async with two.database.writing() as session:
        [own] = await session.scalars(select(Product).filter_by(name="ada's own"))
        own.last_changed_at = PAST + timedelta(days=1)
    page = await shown(two.database, ADA, order=ProductOrder.CHANGED)
    assert names(page) == ["ada's own", "Lamp"]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("lam", ["Lamp", "ada's own"]),
        ("OWN", ["ada's own"]),
        ("shop.example", ["Lamp"]),
        ("%", []),
        ("\0lamp\ud800", []),
        (" lamp ", ["Lamp", "ada's own"]),
        ("'; DROP TABLE products; --", []),
    ],
)
async def test_a_part_of_a_name_or_an_address_is_enough(
    two: TwoOwners, search: str, found: list[str]
) -> None:
    page = await shown(two.database, ADA, ProductsWanted(search=search))
    assert names(page) == found
    assert page.matching.number == len(found)
    assert page.counts[None].number == 2


async def test_one_of_the_tags_is_enough(two: TwoOwners) -> None:
    await have(two, "tagged", tags=("kitchen",))
    assert names(await shown(two.database, ADA, ProductsWanted(tags=("kitchen", "x")))) == [
        "tagged"
    ]
    assert names(await shown(two.database, ADA, ProductsWanted(tags=("work",)))) == ["Lamp"]


async def test_products_are_counted_by_what_they_are(two: TwoOwners) -> None:
    await have(
        two, "cheap", "dear", "open", "other money", "doubted", target_price=Decimal(10),
        currency="EUR",
    )  # fmt: skip
    await have(two, "gone", "back", "hidden")
    early = PAST - timedelta(days=1)
    await have_price(two, "cheap", "12", scraped_at=early)
    await have_price(two, "cheap", "9.99")
    await have_price(two, "dear", "8", scraped_at=early)
    await have_price(two, "dear", "10.01")
    await have_price(two, "other money", "5", currency="USD")
    await have_price(two, "doubted", "11", scraped_at=early)
    await have_price(two, "doubted", "5", is_believed=False)
    await have_price(two, "gone", None, availability="out_of_stock")
    await have_price(two, "back", None, availability="discontinued", scraped_at=early)
    await have_price(two, "back", "5")
    await have_price(two, "hidden", "5", availability="out_of_stock", scraped_at=early)
    await have_price(two, "hidden", "5", availability="unknown")
    async with two.database.writing() as session:
        [lamp] = await session.scalars(select(Product).filter_by(name="Lamp", owner_id="ada"))
        lamp.error_class = "parse"
        [own] = await session.scalars(select(Product).filter_by(name="ada's own"))
        own.is_active = False
        page = await session.get(Page, own.page_id)
        assert page is not None
        page.error_class = "dns"
    expected = {
        ProductState.AT_TARGET: ["cheap"],
        ProductState.SOLD_OUT: ["gone", "hidden"],
        ProductState.FAILING: ["Lamp"],
        ProductState.PAUSED: ["ada's own"],
    }
    for state, found in expected.items():
        page_of = await shown(two.database, ADA, ProductsWanted(state))
        assert (names(page_of), page_of.counts[state].number) == (found, len(found))
        assert page_of.counts[None].number == 10


async def test_each_product_comes_with_its_prices(two: TwoOwners) -> None:
    await have_price(two, "ada's own", "20", scraped_at=PAST - timedelta(days=200))
    await have_price(two, "ada's own", "15")
    [_, own] = (await shown(two.database, ADA)).page.items
    assert [one.price for one in own.points] == [Decimal(20), Decimal(15)]
    assert own.figures is not None
    assert (own.figures.days, own.figures.lowest) == (90, Decimal(15))


async def test_a_page_takes_four_statements_however_long_it_is(
    two: TwoOwners, engine: AsyncEngine
) -> None:
    await have(two, *(f"p{n}" for n in range(60)))
    with Statements(engine) as statements:
        await shown(two.database, ADMIN, ProductsWanted(ProductState.AT_TARGET, "p", ("x",)))
        await shown(two.database, ADMIN)
    sent = sum(one.startswith("SELECT") for one in statements.sent)
    assert sent == 2 + 4  # nothing is at its target, so nothing is asked of prices
