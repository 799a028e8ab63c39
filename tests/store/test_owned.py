from __future__ import annotations

import pytest

from daemon.model.request import Request
from daemon.store.catalogue.owned import Kind, addresses_by_name, live_names
from daemon.store.catalogue.products import ProductSpec, add_products
from daemon.store.core.database import Database
from tests.making import ADMIN, OWNER, PAST, have_sites, spec

BOTH: list[Kind] = ["site", "product"]


@pytest.fixture(autouse=True)
async def watched(database: Database) -> None:
    await have_sites(database, spec("gone"))
    await have_sites(database, spec("Blog"), spec("blog two"), spec("50%_off"), spec("50 ways"))
    lamp = ProductSpec(
        "Blog", Request("https://site.example/lamp"), "site.example:443", OWNER.id, "6h"
    )
    async with database.writing() as session:
        await add_products(session, [lamp], PAST)


@pytest.mark.parametrize(
    ("kinds", "beginning", "names"),
    [
        (BOTH, "bl", {"Blog", "blog two"}),
        (["site"], "blog ", {"blog two"}),
        (["product"], "", {"Blog"}),
        (BOTH, "50%", {"50%_off"}),
        (BOTH, "50%_", {"50%_off"}),
        (BOTH, "g", set()),
    ],
)
async def test_live_names_are_found_by_their_beginning(
    database: Database, kinds: list[Kind], beginning: str, names: set[str]
) -> None:
    async with database.reading() as session:
        found = await live_names(session, ADMIN, kinds, beginning, 10)
    assert set(found) == names
    assert len(found) == len(names)


async def test_no_more_names_come_than_are_wanted(database: Database) -> None:
    async with database.reading() as session:
        assert len(await live_names(session, ADMIN, BOTH, "", 2)) == 2


async def test_addresses_of_what_an_owner_has_by_name(database: Database) -> None:
    async with database.reading() as session:
        found = await addresses_by_name(session, ADMIN, "product", OWNER.id)
        assert await addresses_by_name(session, ADMIN, "product", "nobody") == {}
    assert found == {"Blog": ["https://site.example/lamp"]}
