"""A product that no file manages: given another target on the pages, and removed there."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from sqlalchemy import update

from daemon.model.product import ProductRules
from daemon.operations.products import ProductView, find_products
from daemon.store.core.database import Database
from daemon.store.tables import Product
from tests.making import ADMIN
from tests.web.conftest import Pages, text_of
from tests.web.test_product_pages import have_product

RULES = ProductRules(drop_percent=Decimal(5), locale="de-DE")
NAMED = {"name": "Lamp", "check_frequency": "daily"}
WANTED = {**NAMED, "target_price": "12.50", "drop_percent": "8", "tags": "light, home"}


async def products(database: Database) -> list[ProductView]:
    return list((await find_products(database, ADMIN, ["Lamp"])).views)


async def test_a_product_is_given_another_target(pages: Pages, database: Database) -> None:
    product = await have_product(
        database, target_price=Decimal(15), currency="EUR", rules=RULES, tags=("old",)
    )
    shown = await pages.get(f"/products/{product}")
    assert f'href="/products/{product}/edit"' in shown.text
    form = await pages.get(f"/products/{product}/edit")
    for name, value in (("target_price", "15.00"), ("drop_percent", "5"), ("tags", "old")):
        assert re.search(rf'name="{name}"[^>]* value="{value}"', form.text), name
    assert (await pages.post(f"/products/{product}/edit", **WANTED)).status == 303
    [view] = await products(database)
    assert (view.target_price, view.tags) == (Decimal("12.5"), ["light", "home"])
    assert view.rules == ProductRules(drop_percent=Decimal(8), locale="de-DE")
    assert (await pages.post(f"/products/{product}/edit", **NAMED)).status == 303
    [view] = await products(database)
    assert (view.target_price, view.rules.drop_percent, view.tags) == (None, None, [])


@pytest.mark.parametrize(
    ("field", "value"), [("target_price", "-1"), ("drop_percent", "much"), ("tags", "x" * 300)]
)
async def test_what_is_wrong_is_told_at_its_field(
    pages: Pages, database: Database, field: str, value: str
) -> None:
    product = await have_product(database, target_price=Decimal(15))
    answer = await pages.post(f"/products/{product}/edit", **{**WANTED, field: value})
    assert answer.status == 400
    assert f'id="{field}-wrong"' in answer.text
    [view] = await products(database)
    assert view.target_price == 15


async def test_a_product_is_removed_at_one_shop(pages: Pages, database: Database) -> None:
    product = await have_product(database)
    other = await have_product(database, url="https://other.example/lamp")
    asked = await pages.get(f"/products/{product}/remove")
    assert "shop.example/lamp no longer" in text_of(asked.text)
    assert len(await products(database)) == 2
    done = await pages.follow(await pages.post(f"/products/{product}/remove"))
    assert "Lamp is removed" in text_of(done.text)
    assert [one.id for one in await products(database)] == [other]


@pytest.mark.parametrize("way", ["edit", "remove"])
async def test_what_the_file_manages_is_changed_there(
    pages: Pages, database: Database, way: str
) -> None:
    product = await have_product(database, target_price=Decimal(15))
    async with database.writing() as session:
        await session.execute(update(Product).values(managed_by="config"))
    page = await pages.get(f"/products/{product}")
    assert f"/products/{product}/{way}" not in page.text
    assert "change it in its [[product]] table" in text_of(page.text)
    assert (await pages.get(f"/products/{product}/{way}")).status == 409
    assert (await pages.post(f"/products/{product}/{way}", **WANTED)).status == 409
    [view] = await products(database)
    assert view.target_price == 15
