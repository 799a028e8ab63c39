"""Following changes: each comes once, also one that is stored long after younger ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import update

from daemon.model.viewer import Viewer
from daemon.store import tables
from daemon.store.core.database import Database
from daemon.store.tables.ids import new_id
from daemon.store.views.new_changes import Followed, Position, follow
from tests.making import PAST, add_rows

ADA = Viewer("ada")
MINUTE = timedelta(minutes=1)


class World:
    """Sites of one owner, that daemons check, and a program that follows."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.pages: dict[UUID, UUID] = {}
        self.given: list[UUID] = []
        self.stored: list[UUID] = []
        self.place: Position | None = None

    async def begin(self, number: int) -> Sequence[UUID]:
        await add_rows(
            self.database,
            tables.User(id="ada", email="ada@example.org"),
            tables.User(id="eve", email="eve@example.org"),
        )
        for count in range(number):
            page = tables.Page(
                id=new_id(), request_key=f"{count:032}", url="https://a.example/", host="a:443"
            )
            site = tables.MonitoredSite(
                id=new_id(), name=f"{count}", url=page.url, owner_id="ada", page_id=page.id
            )
            await add_rows(self.database, page, site)
            self.pages[site.id] = page.id
        return list(self.pages)

    async def claim(self, site_id: UUID) -> None:
        """Some daemon begins a check."""
        await self._lease(site_id, new_id())

    async def store(self, site_id: UUID, began_at: datetime) -> None:
        """The check ends with a change, which is stored with the release of the page."""
        change = tables.ContentUpdate(
            id=new_id(), site_id=site_id, owner_id="ada", detected_at=began_at
        )
        self.stored.append(change.id)
        await add_rows(self.database, change)
        async with self.database.writing() as session:
            changed = update(tables.MonitoredSite).where(tables.MonitoredSite.id == site_id)
            await session.execute(changed.values(last_changed_at=began_at))
        await self._lease(site_id, None)

    async def _lease(self, site_id: UUID, run_id: UUID | None) -> None:
        async with self.database.writing() as session:
            page = update(tables.Page).where(tables.Page.id == self.pages[site_id])
            await session.execute(page.values(leased_by=run_id))

    async def follow(self, now: datetime, limit: int = 50) -> Followed:
        async with self.database.reading() as session:
            found = await follow(session, ADA, self.place, now, limit)
        self.place = found.place
        self.given += [one.view.id for one in found.changes]
        return found


@pytest.fixture
def world(database: Database) -> World:
    return World(database)


async def test_a_change_that_is_stored_after_younger_ones_is_given_once(world: World) -> None:
    slow, quick = await world.begin(2)
    await world.follow(PAST)
    await world.claim(slow)  # begins before the other, and takes longer
    await world.claim(quick)
    await world.store(quick, PAST + 2 * MINUTE)
    await world.follow(PAST + 3 * MINUTE)
    assert world.given == world.stored
    await world.follow(PAST + 4 * MINUTE)
    await world.store(slow, PAST + MINUTE)
    for minute in (5, 6, 7):
        await world.follow(PAST + minute * MINUTE)
    assert world.given == world.stored
    await world.claim(slow)
    await world.follow(PAST + 8 * MINUTE)
    await world.store(slow, PAST + 7.5 * MINUTE)
    for minute in (9, 10):
        await world.follow(PAST + minute * MINUTE)
    assert world.given == world.stored


async def test_every_order_of_beginning_ending_and_asking_gives_each_once(world: World) -> None:
    sites = await world.begin(4)
    await world.follow(PAST)
    at = dict.fromkeys(sites, PAST)
    for step in range(60):
        site, now = sites[step * 7 % 4], PAST + step * MINUTE
        if at[site] == PAST:
            await world.claim(site)
            at[site] = now
        else:
            await world.store(site, at[site])
            at[site] = PAST
        if step % 3 == 0:
            await world.follow(now + MINUTE, limit=1 + step % 2)
    is_more = True
    while is_more:
        is_more = (await world.follow(PAST + 100 * MINUTE, limit=2)).is_more
    assert sorted(world.given) == sorted(world.stored)
    assert len(world.given) > 20


async def test_what_just_began_waits_and_what_is_not_ones_own_never_comes(world: World) -> None:
    [site] = await world.begin(1)
    await world.follow(PAST)
    await world.store(site, PAST + MINUTE)
    await world.follow(PAST + MINUTE + timedelta(seconds=9))
    assert world.given == []
    await world.follow(PAST + MINUTE + timedelta(seconds=10))
    assert world.given == world.stored
    async with world.database.reading() as session:
        place = Position(PAST, site, {site: PAST - MINUTE})
        found = await follow(session, Viewer("eve"), place, PAST + 9 * MINUTE, 50)
    assert found.changes == ()


async def test_when_too_many_are_in_flight_it_waits(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = await world.begin(2)
    await world.follow(PAST)
    monkeypatch.setattr("daemon.store.views.new_changes.MOST_IN_FLIGHT", 0)
    await world.claim(second)
    await world.store(first, PAST + MINUTE)
    await world.follow(PAST + 3 * MINUTE)
    assert world.given == []
    await world.store(second, PAST + 2 * MINUTE)
    await world.follow(PAST + 4 * MINUTE)
    assert world.given == world.stored
