"""Each query about sites and products knows its viewer by itself, whatever ids it is asked for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.model.viewer import Viewer
from daemon.store.catalogue import owned
from daemon.store.tables import MonitoredSite, Page
from daemon.store.views import price_pages, products, sites, states, trends
from tests.making import PAST
from tests.operations.two_days import NOW, Day, have_two_days
from tests.operations.two_owners import ADA, ADMIN, BOB, STRANGER, TwoOwners

Query = Callable[[AsyncSession, Viewer, Day], Awaitable[Any]]


async def retire(session: AsyncSession, who: Viewer, day: Day) -> Any:
    await owned.retire(session, who, "site", [day.site_id], NOW)
    return await is_so(session, day, MonitoredSite.deleted_at.is_not(None))


async def pause(session: AsyncSession, who: Viewer, day: Day) -> Any:
    await owned.set_active(session, who, "site", [day.site_id], NOW, active=False)
    return await is_so(session, day, ~MonitoredSite.is_active)


async def mute(session: AsyncSession, who: Viewer, day: Day) -> Any:
    await owned.set_muted(session, who, [day.site_id], NOW)
    return await is_so(session, day, MonitoredSite.muted_until.is_not(None))


async def make_due(session: AsyncSession, who: Viewer, day: Day) -> Any:
    before = PAST.replace(year=2000)
    await owned.make_due(session, who, "site", [day.site_id], before)
    return await session.scalar(select(Page.id).where(Page.next_check_at == before))


async def is_so(session: AsyncSession, day: Day, condition: Any) -> Any:
    where = MonitoredSite.id == day.site_id, condition
    return await session.scalar(select(MonitoredSite.id).where(*where))


async def moves(session: AsyncSession, who: Viewer, day: Day) -> Any:
    return (await products.moves_since(session, who, [day.product_id], PAST))[day.product_id]


QUERIES: dict[str, Query] = {
    "list_attempts": lambda s, who, day: sites.list_attempts(s, who, day.page_id, 9),
    "list_snapshots": lambda s, who, day: sites.list_snapshots(s, who, day.site_id, 9),
    "latest_states": lambda s, who, day: states.latest_states(s, who, day.site_id, 9),
    "check_days": lambda s, who, day: trends.check_days(s, who, day.page_id, PAST.date()),
    "price_days": lambda s, who, day: trends.price_days(s, who, [day.product_id], PAST),
    "price_checks": lambda s, who, day: products.list_price_checks(s, who, day.product_id),
    "checks_since": lambda s, who, day: price_pages.checks_since(s, who, day.product_id, PAST),
    "with_other_shops": lambda s, who, day: price_pages.with_other_shops(s, who, day.product_id),
    "price_alerts": lambda s, who, day: products.list_price_alerts(s, who, [day.product_id], 9),
    "names": lambda s, who, day: owned.addresses_by_name(s, who, "site", day.owner_id),
    "moves_since": moves,
    "retire": retire,
    "pause": pause,
    "mute": mute,
    "make_due": make_due,
}


@pytest.mark.parametrize("name", QUERIES)
async def test_each_query_knows_its_viewer_by_itself(two: TwoOwners, name: str) -> None:
    hers = (await have_two_days(two))["ada"]
    for viewer, finds in ((BOB, False), (STRANGER, False), (ADMIN, True), (ADA, True)):
        async with two.database.writing() as session, session.begin_nested() as attempt:
            assert bool(await QUERIES[name](session, viewer, hers)) is finds
            await attempt.rollback()
