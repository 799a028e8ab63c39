"""What is remembered of hosts and of runs across restarts."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from daemon import __version__
from daemon.model.host import HostMemory
from daemon.model.status import ErrorClass
from daemon.pipeline.recording import record
from daemon.store.core.database import Database
from daemon.store.queue import runs
from daemon.store.record.hosts import forget_hosts, load_hosts, save_hosts
from daemon.store.tables import Host, Page, Run
from tests.making import PAST, begin_run, claim, claimed_page, failed, have_sites, spec

LATER = PAST + timedelta(hours=1)
PAUSED = HostMemory("a.example:443", pause_seconds=3600.0)
SLOW = HostMemory("b.example:443", crawl_delay_seconds=5.0)


async def save(database: Database, *memories: HostMemory) -> None:
    async with database.writing() as session:
        await save_hosts(session, memories)


async def loaded(database: Database) -> dict[str, HostMemory]:
    """What is remembered; times that go by while the test runs are made whole again."""
    async with database.reading() as session:
        found = await load_hosts(session)
    return {
        one.host: replace(
            one, pause_seconds=whole(one.pause_seconds), wait_seconds=whole(one.wait_seconds)
        )
        for one in found
    }


def whole(seconds: float) -> float:
    """Up to the next hundred: tests do not take so long."""
    return -(-seconds // 100) * 100.0


async def test_hosts_are_remembered(database: Database) -> None:
    turn = HostMemory("c.example:443", wait_seconds=300.0)
    await save(database, PAUSED, SLOW, turn)
    assert await loaded(database) == {one.host: one for one in (PAUSED, SLOW, turn)}


async def test_of_a_delay_the_last_word_counts(database: Database) -> None:
    await save(database, SLOW)
    await save(database, replace(SLOW, crawl_delay_seconds=2.0))
    assert (await loaded(database))[SLOW.host].crawl_delay_seconds == 2.0


@pytest.mark.parametrize(("first", "then"), [(3600.0, 600.0), (600.0, 3600.0), (3600.0, 0.0)])
async def test_the_longest_pause_counts_whoever_knows_of_it(
    database: Database, first: float, then: float
) -> None:
    await save(database, HostMemory("a.example:443", first, 1.0, first))
    await save(database, HostMemory("a.example:443", then, 1.0, then))
    assert await loaded(database) == {
        "a.example:443": HostMemory("a.example:443", 3600.0, 1.0, 3600.0)
    }


async def test_a_pause_that_is_over_is_not_loaded(database: Database) -> None:
    await save(database, PAUSED, SLOW)
    async with database.writing() as session:
        await session.execute(update(Host).values(paused_until=PAST, next_request_at=PAST))
    assert await loaded(database) == {SLOW.host: SLOW}


async def test_hosts_that_want_nothing_any_more_are_forgotten(database: Database) -> None:
    await save(database, PAUSED, SLOW, HostMemory("done.example:443"))
    async with database.writing() as session:
        await forget_hosts(session)
    async with database.reading() as session:
        assert set(await session.scalars(select(Host.host))) == {PAUSED.host, SLOW.host}


async def test_there_may_be_no_hosts(database: Database) -> None:
    await save(database)
    assert await loaded(database) == {}


async def test_a_pause_that_a_server_asks_for_is_stored_with_the_attempt(
    database: Database,
) -> None:
    run_id = await begin_run(database)
    page = await claimed_page(database, run_id)
    asked = failed(page, ErrorClass.RATE_LIMITED, retry_after_seconds=3600.0)
    elsewhere = replace(asked, final_url="https://b.example/")
    async with database.writing() as session:
        await record(session, run_id, [asked])
    assert await loaded(database) == {"site.example": HostMemory("site.example", 3600.0)}
    await have_sites(database, spec())
    async with database.writing() as session:
        await session.execute(update(Page).values(leased_by=run_id, next_check_at=PAST))
        await record(session, run_id, [elsewhere])
    assert (await loaded(database))["b.example"].pause_seconds == 3600.0


async def test_a_run_says_whose_it_is(database: Database) -> None:
    async with database.writing() as session:
        run_id = await runs.begin_run(session, "run", PAST)
    async with database.reading() as session:
        [run] = await session.execute(select(Run.__table__))
    assert (run.id, run.kind, run.started_at) == (run_id, "run", PAST)
    assert (run.pid, run.version) == (os.getpid(), __version__)
    assert run.heartbeat_at is not None
    assert run.ended_at is None


async def test_a_run_beats_and_ends(database: Database) -> None:
    async with database.writing() as session:
        run_id = await runs.begin_run(session, "check", PAST)
    async with database.reading() as session:
        before = await session.scalar(select(Run.heartbeat_at))
    async with database.writing() as session:
        await runs.beat(session, run_id)
        await runs.end_run(session, run_id)
    async with database.reading() as session:
        [run] = await session.execute(select(Run.__table__))
    assert before is not None
    assert run.heartbeat_at >= before
    assert run.ended_at >= before


async def test_the_latest_run_is_the_one_that_began_last(database: Database) -> None:
    async with database.reading() as session:
        assert await runs.latest_run(session) is None
    async with database.writing() as session:
        latest = await runs.begin_run(session, "run", LATER)
        await runs.begin_run(session, "run", PAST)
    async with database.reading() as session:
        assert await runs.latest_run(session) == latest


async def test_dead_daemons_are_buried_with_their_leases(database: Database) -> None:
    dead, here = await begin_run(database), await begin_run(database)
    async with database.writing() as session:
        check = await runs.begin_run(session, "check", PAST)
    await have_sites(database, *(spec(f"s{i}", f"https://a.example/{i}") for i in range(3)))
    for run_id in (dead, here, check):
        await claim(database, run_id, limit=1)
    async with database.writing() as session:
        await runs.bury_dead(session, here)
    async with database.reading() as session:
        held = set(await session.scalars(select(Page.leased_by)))
        ended = set(await session.scalars(select(Run.id).where(Run.ended_at.is_not(None))))
    assert held == {here, check, None}
    assert ended == {dead}
