"""Whatever is asked of sites and products: each owner gets what is theirs, an admin everything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from daemon.model.errors import NotFoundError
from daemon.model.viewer import Viewer
from daemon.operations import lookup, products, sites
from tests.operations.two_owners import (
    ADA,
    ADMIN,
    BOB,
    OWNERS,
    PRODUCT,
    PRODUCT_URL,
    SITE,
    SITE_URL,
    STRANGER,
    Ask,
    TwoOwners,
    owners_shown,
    public_functions,
)

MODULES = (lookup, products, sites)
ASKED: dict[Callable[..., Any], Ask] = {}


def asks(function: Callable[..., Any]) -> Callable[[Ask], Ask]:
    """What follows asks this function, and says whose things came."""

    def known(ask: Ask) -> Ask:
        ASKED[function] = ask
        return ask

    return known


@asks(sites.find_sites)
@asks(lookup.look_up)
async def find_sites(two: TwoOwners, viewer: Viewer) -> set[str]:
    found = await sites.find_sites(two.database, viewer, [SITE, SITE_URL])
    assert all(list(found.views) == some for some in found.by_word.values())
    return {one.owner_id for one in found.views}


@asks(products.find_products)
async def find_products(two: TwoOwners, viewer: Viewer) -> set[str]:
    found = await products.find_products(two.database, viewer, [PRODUCT, PRODUCT_URL])
    assert all(list(found.views) == some for some in found.by_word.values())
    return {str(one.owner_id) for one in found.views}


@asks(sites.the_site)
async def the_site(two: TwoOwners, viewer: Viewer) -> set[str]:
    return {(await sites.the_site(two.database, viewer, SITE)).owner_id}


@asks(sites.the_sites)
async def the_sites(two: TwoOwners, viewer: Viewer) -> set[str]:
    return {one.owner_id for one in await sites.the_sites(two.database, viewer, [SITE, SITE_URL])}


@asks(products.the_products)
async def the_products(two: TwoOwners, viewer: Viewer) -> set[str]:
    return {str(o.owner_id) for o in await products.the_products(two.database, viewer, [PRODUCT])}


@asks(lookup.nothing_named)
async def nothing_named(two: TwoOwners, viewer: Viewer) -> set[str]:
    return near(await lookup.nothing_named(two.database, viewer, "somebody's own"))


@asks(lookup.no_site)
async def no_site(two: TwoOwners, viewer: Viewer) -> set[str]:
    return near(await lookup.no_site(two.database, viewer, "somebody's own"))


@asks(lookup.no_product)
async def no_product(two: TwoOwners, viewer: Viewer) -> set[str]:
    return near(await lookup.no_product(two.database, viewer, "somebody's own"))


def near(error: NotFoundError) -> set[str]:
    """Whose names were suggested."""
    return {owner for owner in OWNERS if any(owner in name for name in error.near)}


@pytest.mark.parametrize("function", ASKED, ids=lambda function: function.__name__)
async def test_each_gets_what_is_theirs_and_an_admin_everything(
    two: TwoOwners, function: Callable[..., Any]
) -> None:
    ask = ASKED[function]
    assert await owners_shown(two, ask, STRANGER) == set()
    assert await owners_shown(two, ask, ADA) == {"ada"}
    assert await owners_shown(two, ask, BOB) == {"bob"}
    assert await owners_shown(two, ask, ADMIN) == {"ada", "bob"}


def test_whatever_may_be_asked_is_asked_by_two_owners() -> None:
    assert set(public_functions(*MODULES)) == set(ASKED)
