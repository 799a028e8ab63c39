"""Whatever is asked of sites and products: each owner gets what is theirs, an admin everything."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import pytest

from daemon.model.viewer import Viewer
from daemon.operations import lookup, managing, products, sites
from daemon.store.tables import MonitoredSite, Page, Product
from tests.making import PAST
from tests.operations.two_owners import (
    ADA,
    ADMIN,
    BOB,
    CONFIG,
    OWNERS,
    PRODUCT,
    PRODUCT_URL,
    SITE,
    SITE_URL,
    STRANGER,
    Ask,
    TwoOwners,
    a_product,
    a_site,
    owners_shown,
    public_functions,
)

LATER = PAST + timedelta(days=1)
MODULES = (lookup, managing, products, sites)
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
    return named((await lookup.nothing_named(two.database, viewer, "somebody's own")).near)


@asks(lookup.no_site)
async def no_site(two: TwoOwners, viewer: Viewer) -> set[str]:
    return named((await lookup.no_site(two.database, viewer, "somebody's own")).near)


@asks(lookup.no_product)
async def no_product(two: TwoOwners, viewer: Viewer) -> set[str]:
    return named((await lookup.no_product(two.database, viewer, "somebody's own")).near)


@asks(sites.mute)
async def mute(two: TwoOwners, viewer: Viewer) -> set[str]:
    await sites.mute(two.database, viewer, [SITE], LATER)
    return await two.whose(MonitoredSite, MonitoredSite.muted_until == LATER)


@asks(managing.pause)
async def pause(two: TwoOwners, viewer: Viewer) -> set[str]:
    await managing.pause(two.database, viewer, "product", [PRODUCT], LATER)
    return await two.whose(Product, ~Product.is_active)


@asks(managing.resume)
async def resume(two: TwoOwners, viewer: Viewer) -> set[str]:
    await two.set_all(Product, is_active=False)
    await managing.resume(two.database, viewer, "product", [PRODUCT], LATER)
    return await two.whose(Product, Product.is_active)


@asks(managing.remove)
async def remove(two: TwoOwners, viewer: Viewer) -> set[str]:
    await managing.remove(two.database, viewer, "product", [PRODUCT], LATER)
    return await two.whose(Product, Product.deleted_at.is_not(None))


@asks(managing.check_now)
async def check_now(two: TwoOwners, viewer: Viewer) -> set[str]:
    await two.set_all(Page, next_check_at=LATER)
    found = await managing.check_now(two.database, viewer, [SITE, PRODUCT], PAST)
    return {str(one.owner_id) for one in found.due}


@asks(managing.add_site)
async def add_site(two: TwoOwners, viewer: Viewer) -> set[str]:
    """Whose are told to be on the same page."""
    shared: list[str] = []
    for name in OWNERS:
        site = a_site(f"https://{name}.example/", viewer, include=["main"])
        added = await managing.add_site(two.database, viewer, CONFIG, site, PAST, is_named=False)
        shared += added.same_page_as
    return named(shared)


@asks(managing.add_product)
async def add_product(two: TwoOwners, viewer: Viewer) -> set[str]:
    shared: list[str] = []
    for name in OWNERS:
        product = a_product(f"https://{name}.example/lamp", viewer, name=f"{name} lamp")
        added = await managing.add_product(two.database, viewer, CONFIG, product, PAST)
        shared += added.same_page_as
    return named(shared)


def named(names: Iterable[str]) -> set[str]:
    """Whose names these are."""
    return {owner for owner in OWNERS for name in names if name == f"{owner}'s own"}


@pytest.mark.parametrize(
    ("viewer", "whose"),
    [(STRANGER, set()), (ADA, {"ada"}), (BOB, {"bob"}), (ADMIN, {"ada", "bob"})],
    ids=lambda value: value.user_id if isinstance(value, Viewer) else "",
)
@pytest.mark.parametrize("function", ASKED, ids=lambda function: function.__name__)
async def test_each_gets_what_is_theirs_and_an_admin_everything(
    two: TwoOwners, function: Callable[..., Any], viewer: Viewer, whose: set[str]
) -> None:
    assert await owners_shown(two, ASKED[function], viewer) == whose


def test_whatever_may_be_asked_is_asked_by_two_owners() -> None:
    assert set(public_functions(*MODULES)) == set(ASKED)
