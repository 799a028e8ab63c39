"""One time for all daemons: the database's clock, and what a clock that was set leaves behind."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from daemon.store.core.clock import StoreClock
from daemon.store.core.database import Database
from daemon.store.queue.clock_repair import mend_future
from daemon.store.queue.shards import count_daemons
from daemon.store.tables import Host, Notice, Page, Run
from daemon.store.tables.ids import new_id
from daemon.store.tables.types import db_now
from tests.making import LEASE, add_one_of_each, begin_run, have_sites, now_of, spec

HOUR = timedelta(hours=1)
YEARS = timedelta(days=3650)
MOMENT = timedelta(minutes=1)


class Steady:
    """A machine's steady clock that a test moves on."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


# One time


async def test_the_time_is_the_databases(database: Database) -> None:
    clock = StoreClock()
    assert await clock.read(database) == 0.0
    assert abs(clock() - await now_of(database)) < MOMENT


async def test_between_readings_the_steady_clock_goes_on(database: Database) -> None:
    steady = Steady()
    clock = StoreClock(steady)
    await clock.read(database)
    before = clock()
    steady.seconds += 90
    assert clock() - before == timedelta(seconds=90)


@pytest.mark.parametrize("seconds", [3600.0, -3600.0, 86_400.0 * 3650, -86_400.0 * 3650])
async def test_a_clock_that_was_set_is_noticed_at_the_next_reading(
    database: Database, seconds: float
) -> None:
    steady = Steady()
    clock = StoreClock(steady)
    await clock.read(database)
    # To the database it is as if no time had gone by: it was set back by as much, or forward.
    steady.seconds += seconds
    assert await clock.read(database) == pytest.approx(-seconds, abs=60)
    assert abs(clock() - await now_of(database)) < MOMENT


# Set back


async def set_page(database: Database, **offsets: timedelta) -> None:
    values = {name: db_now(offset.total_seconds()) for name, offset in offsets.items()}
    async with database.writing() as session:
        await session.execute(update(Page).values(values))


async def waits(database: Database, table: Any, *columns: Any) -> list[timedelta]:
    """How far these instants of the one row lie ahead, to the minute."""
    async with database.reading() as session:
        row = await session.execute(select(*columns, db_now()).select_from(table))
        *instants, now = row.one()
    return [timedelta(minutes=round((at - now) / MOMENT)) for at in instants]


@pytest.mark.parametrize("ahead", [HOUR, YEARS])
async def test_a_page_that_was_checked_in_the_future_keeps_its_wait_from_now(
    database: Database, ahead: timedelta
) -> None:
    await have_sites(database, spec())
    await set_page(database, last_checked_at=ahead, next_check_at=ahead + 6 * HOUR)
    assert await mend_future(database, LEASE) == 1
    found = await waits(database, Page, Page.last_checked_at, Page.next_check_at)
    assert found == [timedelta(), 6 * HOUR]
    assert await mend_future(database, LEASE) == 0


async def test_a_page_that_waits_long_for_a_reason_goes_on_waiting(database: Database) -> None:
    await have_sites(database, spec())
    await set_page(database, last_checked_at=-HOUR, next_check_at=YEARS)
    assert await mend_future(database, LEASE) == 0
    assert await waits(database, Page, Page.next_check_at) == [YEARS]


async def test_a_notice_of_the_future_is_sent_in_its_time(database: Database) -> None:
    async with database.writing() as session:
        await add_one_of_each(session)
        await session.execute(
            update(Notice).values(
                created_at=db_now(YEARS.total_seconds()),
                next_attempt_at=db_now((YEARS + HOUR).total_seconds()),
            )
        )
    await mend_future(database, LEASE)
    assert await waits(database, Notice, Notice.next_attempt_at) == [HOUR]


async def test_a_pause_is_never_longer_than_a_day(database: Database) -> None:
    async with database.writing() as session:
        session.add(Host(host="a.example", paused_until=await now_of(database) + YEARS))
    await mend_future(database, LEASE)
    assert await waits(database, Host, Host.paused_until) == [24 * HOUR]


async def test_a_lease_of_the_future_ends_with_its_holder(database: Database) -> None:
    await have_sites(database, spec("a"), spec("b", "https://b.example/"))
    live = await begin_run(database)
    pages = Page.__table__
    async with database.writing() as session:
        await session.execute(update(Page).values(leased_until=db_now(HOUR.total_seconds())))
        for url, holder in (("https://b.example/", live), ("https://site.example/blog", new_id())):
            await session.execute(update(Page).where(Page.url == url).values(leased_by=holder))
    await mend_future(database, LEASE)
    async with database.reading() as session:
        held = await session.execute(
            select(pages.c.leased_by).where(pages.c.leased_until.is_not(None))
        )
    assert [row.leased_by for row in held] == [live]


async def test_a_beat_that_is_still_to_come_proves_no_life(database: Database) -> None:
    await begin_run(database)
    async with database.reading() as session:
        assert await count_daemons(session) == 1
    async with database.writing() as session:
        await session.execute(update(Run).values(heartbeat_at=db_now(HOUR.total_seconds())))
    async with database.reading() as session:
        assert await count_daemons(session) == 0
