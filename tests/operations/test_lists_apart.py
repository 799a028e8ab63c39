"""Lists and marks of what was seen: each owner gets and changes theirs, an admin all of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from daemon.model.errors import NotFoundError
from daemon.model.viewer import Viewer
from daemon.operations.lists import attention, catch_up, changes, products, search, seen
from daemon.operations.lists import today as first
from daemon.sandbox.pool import Sandbox
from daemon.store.search.keeping import IndexKeeper
from daemon.store.tables import MonitoredSite
from tests.making import PAST
from tests.operations.two_owners import (
    ADA,
    ADMIN,
    BOB,
    OWNERS,
    SITE,
    STRANGER,
    TwoOwners,
    public_functions,
)
from tests.operations.two_pasts import TwoPasts, have_two_pasts

MODULES = (attention, catch_up, changes, first, products, search, seen)
Ask = Callable[[TwoPasts, Viewer], Awaitable[set[str]]]
ASKED: dict[Callable[..., Any], Ask] = {}


@pytest.fixture
async def pasts(two: TwoOwners, sandbox: Sandbox) -> TwoPasts:
    pasts = await have_two_pasts(two, sandbox)
    now = MonitoredSite.created_at
    await two.set_all(MonitoredSite, seen_at=PAST.replace(year=2000), last_changed_at=now)
    return pasts


def asks(function: Callable[..., Any]) -> Callable[[Ask], Ask]:
    """What follows asks this function, and says whose things came of it, or were changed."""

    def known(ask: Ask) -> Ask:
        ASKED[function] = ask
        return ask

    return known


@asks(attention.attention)
async def what_asks_for_attention(pasts: TwoPasts, viewer: Viewer) -> set[str]:
    found = await attention.attention(pasts.two.database, viewer, PAST)
    shown = await first.today(pasts.two.database, viewer, PAST)
    assert found.unseen == shown.counts
    return {one.change.view.owner_id for one in shown.unseen}


@asks(changes.page_of_changes)
async def page_of_changes(pasts: TwoPasts, viewer: Viewer) -> set[str]:
    found = await changes.page_of_changes(pasts.two.database, viewer, changes.ChangesWanted())
    assert found.counts.total.number == len(found.page.items)
    assert {one.rating for one in found.page.items} <= {"noise"}
    return {one.view.owner_id for one in found.page.items}


@asks(changes.newest_changes)
async def newest_changes(pasts: TwoPasts, viewer: Viewer) -> set[str]:
    database, wanted = pasts.two.database, changes.ChangesWanted()
    found = await changes.newest_changes(database, viewer, wanted, 50)
    return {one.view.owner_id for one in found}


@asks(changes.newest_of_site)
async def newest_of_site(pasts: TwoPasts, viewer: Viewer) -> set[str]:
    database, wanted = pasts.two.database, changes.ChangesWanted()
    owners: set[str] = set()
    for past in pasts.pasts:
        try:
            _, found = await changes.newest_of_site(database, viewer, past.site_id, wanted, 50)
        except NotFoundError:
            continue
        owners |= {one.view.owner_id for one in found}
    return owners


@asks(search.findable)
@asks(search.find_changes)
async def find_changes(pasts: TwoPasts, viewer: Viewer) -> set[str]:
    database, wanted = pasts.two.database, changes.ChangesWanted()
    await IndexKeeper(database).step(PAST, seconds=600)
    found = await search.find_changes(database, viewer, search.query_of("q", SITE), wanted)
    assert found.findable == await search.findable(database, viewer)
    return {one.view.owner_id for one in found.page.items}


@asks(changes.count_changes)
async def count_changes(pasts: TwoPasts, viewer: Viewer) -> set[str]:
    counts = await changes.count_changes(pasts.two.database, viewer, changes.ChangesWanted())
    found = await changes.page_of_changes(
        pasts.two.database, viewer, changes.ChangesWanted(), counts=counts
    )
    assert counts.total.number == len(found.page.items)
    return {one.view.owner_id for one in found.page.items}


@asks(first.today)
async def today(pasts: TwoPasts, viewer: Viewer) -> set[str]:
    await pasts.two.set_all(MonitoredSite, error_class="selector")
    found = await first.today(pasts.two.database, viewer, PAST)
    assert found.counts.total.number == sum(one.number for one in found.unseen)
    owners = {one.change.view.owner_id for one in found.unseen}
    assert {one.site.owner_id for one in found.troubled.sites} == owners
    return owners


@asks(catch_up.catch_up)
async def caught_up(pasts: TwoPasts, viewer: Viewer) -> set[str]:
    await pasts.two.set_all(MonitoredSite, error_class="selector")
    wanted = changes.ChangesWanted(since=PAST)
    found = await catch_up.catch_up(pasts.two.database, viewer, wanted, PAST)
    owners = {one.change.view.owner_id for one in found.ranking.sites}
    assert {one.site.owner_id for one in found.unwatched.sites} == owners
    return owners


@asks(products.page_of_products)
async def page_of_products(pasts: TwoPasts, viewer: Viewer) -> set[str]:
    every, by_name = products.ProductsWanted(), products.ProductOrder.NAME
    found = await products.page_of_products(pasts.two.database, viewer, every, by_name, PAST)
    assert found.matching.number == found.counts[None].number == len(found.page.items)
    return {str(one.view.owner_id) for one in found.page.items}


@asks(seen.mark_seen)
async def mark_seen(pasts: TwoPasts, viewer: Viewer) -> set[str]:
    marked = await seen.mark_seen(pasts.two.database, viewer, PAST)
    owners = await pasts.two.whose(MonitoredSite, MonitoredSite.marked_at == PAST)
    assert bool(marked.sites) is bool(owners)
    for past in pasts.pasts:
        if past.owner_id not in owners:
            with pytest.raises(NotFoundError):
                await seen.mark_seen(pasts.two.database, viewer, PAST, [past.site_id])
    assert owners == await pasts.two.whose(MonitoredSite, MonitoredSite.marked_at == PAST)
    return owners


@asks(seen.mark_unseen)
async def mark_unseen(pasts: TwoPasts, viewer: Viewer) -> set[str]:
    await pasts.two.set_all(MonitoredSite, seen_at=PAST.replace(year=2100))
    for past in pasts.pasts:
        try:
            word = str(past.change_id)
            await seen.mark_unseen(pasts.two.database, viewer, word, PAST)
        except NotFoundError:
            continue
    return await pasts.two.whose(MonitoredSite, MonitoredSite.marked_at == PAST)


@asks(seen.undo_mark)
async def undo_mark(pasts: TwoPasts, viewer: Viewer) -> set[str]:
    await seen.mark_seen(pasts.two.database, ADMIN, PAST)
    undone = await seen.undo_mark(pasts.two.database, viewer, PAST)
    still = await pasts.two.whose(MonitoredSite, MonitoredSite.marked_at == PAST)
    assert bool(undone) is (len(still) < len(OWNERS))
    return set(OWNERS) - still


@pytest.mark.parametrize("viewer", [STRANGER, ADA, BOB, ADMIN], ids=lambda one: one.user_id)
@pytest.mark.parametrize("ask", ASKED.values(), ids=[one.__name__ for one in ASKED])
async def test_each_gets_what_is_theirs_and_an_admin_everything(
    pasts: TwoPasts, ask: Ask, viewer: Viewer
) -> None:
    theirs = set(OWNERS) if viewer.is_admin else {viewer.user_id} & set(OWNERS)
    assert await ask(pasts, viewer) == theirs


def test_whatever_may_be_asked_is_asked_by_two_owners() -> None:
    assert set(public_functions(*MODULES)) == set(ASKED)
