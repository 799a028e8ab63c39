"""What is added is held to what its owner has, and to nobody else's."""

from __future__ import annotations

import pytest

from daemon.model.errors import DuplicateError, NameTakenError, NotFoundError
from daemon.model.viewer import Viewer
from daemon.operations import managing, sites
from daemon.operations.managing import Added
from tests.making import PAST
from tests.operations.two_owners import (
    ADA,
    ADMIN,
    BOB,
    CONFIG,
    PRODUCT,
    PRODUCT_URL,
    SITE,
    SITE_URL,
    STRANGER,
    TwoOwners,
    a_product,
    a_site,
)

NEW = "https://new.example/"


async def add(two: TwoOwners, url: str, *, is_named: bool = True, **more: object) -> Added:
    site = a_site(url, ADA, **more)
    return await managing.add_site(two.database, ADA, CONFIG, site, PAST, is_named=is_named)


async def test_what_is_added_is_the_viewers(two: TwoOwners) -> None:
    done = await add(two, NEW)
    assert (done.name, done.same_page_as) == ("New", ())
    assert (await sites.the_site(two.database, ADA, NEW)).owner_id == "ada"
    with pytest.raises(NotFoundError):
        await sites.the_site(two.database, BOB, NEW)


async def test_a_name_that_is_given_must_be_free(two: TwoOwners) -> None:
    with pytest.raises(NameTakenError) as caught:
        await add(two, NEW, name=SITE)
    assert str(caught.value) == f"{SITE!r} is watched already: {SITE_URL}"
    product = a_product(NEW, ADA, name=PRODUCT)
    for viewer in (ADA, ADMIN):  # who sees the other owner's product as well
        with pytest.raises(NameTakenError, match=f"followed already: {PRODUCT_URL}$"):
            await managing.add_product(two.database, viewer, CONFIG, product, PAST)


async def test_a_name_that_was_made_gives_way(two: TwoOwners) -> None:
    assert (await add(two, NEW, name=SITE, is_named=False)).name == f"{SITE} (2)"


async def test_a_name_of_somebody_else_is_free(two: TwoOwners) -> None:
    assert (await add(two, NEW, name="bob's own")).name == "bob's own"


async def test_the_same_is_not_watched_twice(two: TwoOwners) -> None:
    await managing.pause(two.database, ADA, "site", [SITE], PAST)
    with pytest.raises(DuplicateError) as caught:
        await add(two, SITE_URL)
    assert (caught.value.kind, caught.value.name) == ("site", SITE)
    assert "watched already, by the same rules, as 'Blog' (paused)" in str(caught.value)
    assert (await add(two, SITE_URL, include=["main"])).same_page_as == (SITE,)


async def test_what_somebody_else_watches_can_be_watched(two: TwoOwners) -> None:
    assert (await add(two, "https://bob.example/")).same_page_as == ()


@pytest.mark.parametrize("viewer", [BOB, STRANGER])
async def test_nobody_adds_for_somebody_else(two: TwoOwners, viewer: Viewer) -> None:
    with pytest.raises(NotFoundError, match="there is no owner"):
        await managing.add_site(two.database, viewer, CONFIG, a_site(NEW, ADA), PAST, is_named=True)
    with pytest.raises(NotFoundError, match="there is no owner"):
        await managing.add_product(two.database, viewer, CONFIG, a_product(NEW, ADA), PAST)


async def test_an_admin_adds_for_an_owner(two: TwoOwners) -> None:
    site = a_site(NEW, BOB)
    await managing.add_site(two.database, ADMIN, CONFIG, site, PAST, is_named=True)
    assert (await sites.the_site(two.database, BOB, NEW)).owner_id == "bob"
