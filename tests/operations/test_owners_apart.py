"""Whatever is asked of sites and products: each owner gets what is theirs, an admin everything."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from daemon.model.errors import NotFoundError
from daemon.model.product import ProductRules
from daemon.model.request import Timing
from daemon.model.site import Rules
from daemon.model.viewer import Viewer
from daemon.operations import editing, lookup, managing, products, sites
from daemon.operations.lookup import Kind
from daemon.store.tables import MonitoredSite, Page, Product
from daemon.store.tables.types import has_any_tag
from tests.making import PAST
from tests.operations.two_days import NOW, have_two_days
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
    TAG,
    Ask,
    TwoOwners,
    a_product,
    a_site,
    owners_shown,
    public_functions,
)

NEVER = timedelta(days=999)
LATER = PAST + timedelta(days=1)
MODULES = (lookup, editing, managing, products, sites)
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


@asks(sites.show)
async def show(two: TwoOwners, viewer: Viewer) -> set[str]:
    return {(await sites.show(two.database, viewer, SITE, NOW)).view.owner_id}


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


@asks(sites.list_sites)
async def list_sites(two: TwoOwners, viewer: Viewer) -> set[str]:
    found = await sites.list_sites(two.database, viewer)
    for name in OWNERS:
        theirs = await sites.list_sites(two.database, viewer, owner_id=name)
        assert theirs == [one for one in found if one.owner_id == name]
    return {one.owner_id for one in found}


@asks(products.list_products)
async def list_products(two: TwoOwners, viewer: Viewer) -> set[str]:
    await have_two_days(two)
    found = await products.list_products(two.database, viewer, 90, NOW)
    assert {str(one.view.owner_id) for one in found if one.figures} == {
        str(one.view.owner_id) for one in found
    }
    return {str(one.view.owner_id) for one in found}


@asks(sites.trend)
async def trend(two: TwoOwners, viewer: Viewer) -> set[str]:
    await have_two_days(two)
    return await whose_own(
        lambda word: sites.trend(two.database, viewer, word, 30, NOW),
        lambda days: [figures.checks for figures in days.values()] == [1, 1],
    )


@asks(sites.history)
async def history(two: TwoOwners, viewer: Viewer) -> set[str]:
    await have_two_days(two)
    return await whose_own(
        lambda word: sites.history(two.database, viewer, word, 9, 30, NOW),
        lambda past: len(past.days) == 2 and len(past.states) == len(past.attempts) == 1,
    )


@asks(sites.noise)
async def noise(two: TwoOwners, viewer: Viewer) -> set[str]:
    await have_two_days(two)
    return await whose_own(
        lambda word: sites.noise(two.database, viewer, word),
        lambda found: [one.why for one in found.ignored] == ["ratings"] and not found.unreadable,
    )


@asks(products.price_histories)
async def price_histories(two: TwoOwners, viewer: Viewer) -> set[str]:
    await have_two_days(two)
    return await whose_own(
        lambda word: products.price_histories(two.database, viewer, word, PAST - NEVER),
        lambda found: bool(found[0].checks and found[0].alerts and found[0].days),
    )


@asks(products.price_page)
async def price_page(two: TwoOwners, viewer: Viewer) -> set[str]:
    await have_two_days(two)
    found: set[str] = set()
    for name in OWNERS:
        with suppress(NotFoundError):
            [product] = await two.rows(Product.product_id, Product.name == f"{name}'s own")
            page = await products.price_page(two.database, viewer, product, PAST - NEVER, NOW)
            assert page.points
            assert page.moves
            assert page.alerts
            assert page.read_at
            found.add(str(page.view.owner_id))
    return found


@asks(lookup.names_beginning)
async def names_beginning(two: TwoOwners, viewer: Viewer) -> set[str]:
    kinds: tuple[Kind, ...] = ("site", "product")
    return named(await lookup.names_beginning(two.database, viewer, kinds, "", 99))


@asks(lookup.tags_in_use)
async def tags_in_use(two: TwoOwners, viewer: Viewer) -> set[str]:
    return named(await lookup.tags_in_use(two.database, viewer, ("site", "product")))


@asks(lookup.refuse_unused)
async def refuse_unused(two: TwoOwners, viewer: Viewer) -> set[str]:
    found: set[str] = set()
    for name in OWNERS:
        with suppress(NotFoundError):
            await lookup.refuse_unused(two.database, viewer, ["site"], [TAG, f"{name}'s own"])
            found.add(name)
    return found


@asks(managing.tag)
async def tag(two: TwoOwners, viewer: Viewer) -> set[str]:
    change = managing.TagChange(["new"], [TAG])
    await managing.tag(two.database, viewer, "product", [PRODUCT], change, LATER)
    return await two.whose(Product, has_any_tag(Product.tags, ["new"]))


@asks(sites.mute)
async def mute(two: TwoOwners, viewer: Viewer) -> set[str]:
    await sites.mute(two.database, viewer, [SITE], LATER)
    return await two.whose(MonitoredSite, MonitoredSite.muted_until == LATER)


@asks(managing.forget_cookies)
async def forget_cookies(two: TwoOwners, viewer: Viewer) -> set[str]:
    of_sites = await whose_cookies_go(two, viewer, "site")
    assert await whose_cookies_go(two, viewer, "product") == of_sites
    return of_sites


async def whose_cookies_go(two: TwoOwners, viewer: Viewer, kind: Kind) -> set[str]:
    """Whose pages lose their cookies: the count of those that are left falls by one for each."""
    await two.set_all(Page, cookies="kept")
    before = len(await two.rows(Page.id, Page.cookies == "kept"))
    whose = await whose_own(
        lambda word: managing.forget_cookies(two.database, viewer, kind, [word]),
        lambda names: len(names) == 1,
    )
    assert len(await two.rows(Page.id, Page.cookies == "kept")) == before - len(whose)
    return whose


@asks(managing.pause)
async def pause(two: TwoOwners, viewer: Viewer) -> set[str]:
    await managing.pause(two.database, viewer, "product", [PRODUCT], LATER)
    return await two.whose(Product, ~Product.is_active)


@asks(editing.change_rules)
async def change_rules(two: TwoOwners, viewer: Viewer) -> set[str]:
    for site_id in await two.rows(MonitoredSite.id, MonitoredSite.managed_by == "cli"):
        with suppress(NotFoundError):
            await editing.change_rules(two.database, viewer, str(site_id), Rules(raw=True), LATER)
    return await two.whose(MonitoredSite, MonitoredSite.updated_at == LATER)


@asks(editing.edit_product)
async def edit_product(two: TwoOwners, viewer: Viewer) -> set[str]:
    for product_id in await two.rows(Product.product_id, Product.managed_by == "cli"):
        edit = editing.ProductEdit(
            f"Another {product_id}", Timing(), (), Decimal(7), "EUR", ProductRules()
        )
        with suppress(NotFoundError):
            await editing.edit_product(two.database, viewer, product_id, edit, LATER)
    return await two.whose(Product, Product.target_price == Decimal(7))


@asks(editing.edit_site)
async def edit_site(two: TwoOwners, viewer: Viewer) -> set[str]:
    for site_id in await two.rows(MonitoredSite.id, MonitoredSite.managed_by == "cli"):
        edit = editing.SiteEdit(f"Another {site_id}", Timing(), (), Rules())
        with suppress(NotFoundError):
            await editing.edit_site(two.database, viewer, site_id, edit, LATER)
    return await two.whose(MonitoredSite, MonitoredSite.name.startswith("Another "))


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


async def whose_own(
    ask: Callable[[str], Awaitable[Any]], is_complete: Callable[[Any], bool]
) -> set[str]:
    """For whom something came, when it was asked of what each has alone."""
    found: set[str] = set()
    for name in OWNERS:
        with suppress(NotFoundError):
            assert is_complete(await ask(f"{name}'s own"))
            found.add(name)
    return found


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
