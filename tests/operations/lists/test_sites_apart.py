"""Whatever lists of sites are asked for: each owner gets what is theirs, an admin everything."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from daemon.model.errors import NotFoundError
from daemon.model.viewer import Viewer
from daemon.operations.lists import bulk, checks, sites, states
from daemon.operations.lists.bulk import Action, Deed
from daemon.operations.lists.sites import SiteFilter, SiteOrder
from daemon.operations.sites import the_site
from daemon.store.tables import MonitoredSite, Page, Snapshot
from daemon.store.views.lists.keyset import Turn
from tests.making import PAST
from tests.operations.two_days import NOW, TEXT, have_two_days
from tests.operations.two_owners import (
    ADA,
    ADMIN,
    BOB,
    SITE,
    STRANGER,
    Ask,
    TwoOwners,
    owners_shown,
    public_functions,
)

LATER = PAST + timedelta(days=9)
MODULES = (bulk, checks, sites, states)
NAMED = SiteFilter(search=(SITE,))


async def list_sites(two: TwoOwners, viewer: Viewer) -> set[str]:
    found = await sites.list_sites(two.database, viewer, NAMED, SiteOrder.NAME, Turn(), NOW)
    assert found.matching.number == len(found.page.items)
    assert found.counts[None].number == 2 * found.matching.number
    return {one.owner_id for one in found.page.items}


async def page_of_sites(two: TwoOwners, viewer: Viewer) -> set[str]:
    counts = await sites.count_sites(two.database, viewer, NAMED, NOW)
    found = await sites.page_of_sites(
        two.database, viewer, sites.Listing(NAMED), counts.matching, NOW
    )
    assert counts.matching.number == len(found.items)
    return {one.owner_id for one in found.items}


async def every_site(two: TwoOwners, viewer: Viewer) -> set[str]:
    found = await sites.every_site(two.database, viewer, NAMED, SiteOrder.CHANGED, NOW)
    return {one.owner_id for one in found}


async def list_checks(two: TwoOwners, viewer: Viewer) -> set[str]:
    found: set[str] = set()
    for day in (await have_two_days(two)).values():
        with suppress(NotFoundError):
            site = await the_site(two.database, viewer, str(day.site_id))
            listed = await checks.list_checks(two.database, viewer, site, Turn(), NOW)
            assert len(listed.page.items) == 1
            found.add(day.owner_id)
    return found


async def list_states(two: TwoOwners, viewer: Viewer) -> set[str]:
    found: set[str] = set()
    for day in (await have_two_days(two)).values():
        with suppress(NotFoundError):
            listed = await states.list_states(two.database, viewer, day.site_id, Turn())
            assert len(listed.page.items) == 1
            found.add(day.owner_id)
    return found


async def as_it_was(two: TwoOwners, viewer: Viewer) -> set[str]:
    found: set[str] = set()
    for day in (await have_two_days(two)).values():
        with suppress(NotFoundError):
            shown = await states.as_it_was(two.database, viewer, str(day.site_id), NOW)
            assert shown.text.lines == ("Tea is served at four.",)
            found.add(day.owner_id)
    return found


async def download(two: TwoOwners, viewer: Viewer) -> set[str]:
    found: set[str] = set()
    for day in (await have_two_days(two)).values():
        [state_id] = await two.rows(Snapshot.id, Snapshot.site_id == day.site_id)
        with suppress(NotFoundError):
            kept = await states.download(two.database, viewer, day.site_id, state_id, "original")
            assert len(kept.data) == TEXT.size_bytes
            found.add(day.owner_id)
    return found


async def failure_picture(two: TwoOwners, viewer: Viewer) -> set[str]:
    found: set[str] = set()
    for day in (await have_two_days(two)).values():
        of_site = Snapshot.site_id == day.site_id
        async with two.database.writing() as session:
            key = await session.scalar(select(Snapshot.source_hash).where(of_site))
            page = select(MonitoredSite.page_id).where(MonitoredSite.id == day.site_id)
            of_page = Page.id == page.scalar_subquery()
            await session.execute(update(Page).where(of_page).values(failure_picture_hash=key))
        with suppress(NotFoundError):
            kept = await states.failure_picture(two.database, viewer, day.site_id)
            assert len(kept.data) == TEXT.size_bytes
            found.add(day.owner_id)
    return found


async def carry_out(two: TwoOwners, viewer: Viewer) -> set[str]:
    """By a filter; and by ids, of which those of others are no longer there."""
    deed = Deed(Action.SILENCE, LATER)
    await bulk.carry_out(two.database, viewer, deed, NAMED, NOW)
    by_filter = await two.whose(MonitoredSite, MonitoredSite.muted_until == LATER)
    ids = [owned.site_id for owned in two.owned.values()]
    await bulk.carry_out(two.database, viewer, Deed(Action.PAUSE), ids, NOW)
    assert await two.whose(MonitoredSite, ~MonitoredSite.is_active) == by_filter
    return by_filter


ASKED: dict[Callable[..., Any], Ask] = {
    bulk.carry_out: carry_out,
    checks.list_checks: list_checks,
    sites.list_sites: list_sites,
    sites.count_sites: page_of_sites,
    sites.page_of_sites: page_of_sites,
    sites.every_site: every_site,
    states.list_states: list_states,
    states.as_it_was: as_it_was,
    states.download: download,
    states.failure_picture: failure_picture,
}


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
