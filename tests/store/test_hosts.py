"""What is remembered of hosts and of runs across restarts."""

from __future__ import annotations

import os
from datetime import datetime, timedelta

from sqlalchemy import select

from daemon import __version__
from daemon.store import runs
from daemon.store.database import Database
from daemon.store.hosts import HostRecord, load_hosts, save_hosts
from daemon.store.tables import Page, Run
from tests.making import PAST, begin_run, claim, have_sites, spec

LATER = PAST + timedelta(hours=1)
PAUSED = HostRecord("a.example:443", LATER, 0.0)
SLOW = HostRecord("b.example:443", None, 5.0)


async def save(database: Database, *records: HostRecord, now: datetime = PAST) -> None:
    async with database.writing() as session:
        await save_hosts(session, records, now)


async def loaded(database: Database, now: datetime = PAST) -> dict[str, HostRecord]:
    async with database.reading() as session:
        return {record.host: record for record in await load_hosts(session, now)}


async def test_hosts_are_remembered(database: Database) -> None:
    await save(database, PAUSED, SLOW)
    assert await loaded(database) == {PAUSED.host: PAUSED, SLOW.host: SLOW}


async def test_the_last_word_counts(database: Database) -> None:
    await save(database, PAUSED, SLOW)
    both = HostRecord(PAUSED.host, LATER + timedelta(hours=1), 2.0)
    await save(database, both, SLOW)
    assert await loaded(database) == {both.host: both, SLOW.host: SLOW}


async def test_a_pause_that_is_over_is_not_loaded(database: Database) -> None:
    await save(database, PAUSED, SLOW)
    assert await loaded(database, LATER) == {SLOW.host: SLOW}


async def test_hosts_that_want_nothing_any_more_are_forgotten(database: Database) -> None:
    await save(database, PAUSED, SLOW)
    await save(database, SLOW, now=LATER)
    assert await loaded(database, PAST) == {SLOW.host: SLOW}


async def test_there_may_be_no_hosts(database: Database) -> None:
    await save(database)
    assert await loaded(database) == {}


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
