"""Sites and products by their ids, as pages name them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from daemon.model.errors import NotFoundError
from daemon.operations import managing, products, sites
from daemon.store.tables import MonitoredSite
from tests.making import PAST
from tests.operations.two_owners import ADA, ADMIN, BOB, TwoOwners

LATER = PAST + timedelta(days=1)


async def test_an_id_names_one_where_a_name_is_of_several(two: TwoOwners) -> None:
    for viewer in (ADA, BOB):
        site = await sites.the_site(two.database, ADMIN, str(two[viewer].site_id))
        assert site.owner_id == viewer.user_id
        [product] = await products.the_products(
            two.database, ADMIN, [two[viewer].product_id.hex.upper()]
        )
        assert product.owner_id == viewer.user_id


async def test_the_id_of_another_is_not_found(two: TwoOwners) -> None:
    with pytest.raises(NotFoundError):
        await managing.pause(two.database, ADA, "site", [str(two[BOB].site_id)], LATER)
    assert await two.whose(MonitoredSite, ~MonitoredSite.is_active) == set()


async def test_an_id_means_its_site_whatever_others_are_called(two: TwoOwners) -> None:
    wanted = str(two[BOB].site_id)
    async with two.database.writing() as session:
        mine = update(MonitoredSite).where(MonitoredSite.name == "ada's own")
        await session.execute(mine.values(name=wanted))
    await managing.pause(two.database, ADMIN, "site", [wanted], LATER)
    assert await two.whose(MonitoredSite, ~MonitoredSite.is_active) == {"bob"}
    # To its owner it is a name like any other.
    assert (await sites.the_site(two.database, ADA, wanted)).owner_id == "ada"


@pytest.mark.parametrize(
    "word", ["{01a22cc5-2d27-713d-8493-e056bc41e5ee}", "01a22cc5", "urn:uuid:"]
)
async def test_what_is_no_id_as_it_is_shown_is_a_name(two: TwoOwners, word: str) -> None:
    with pytest.raises(NotFoundError):
        await sites.the_site(two.database, ADMIN, word)
