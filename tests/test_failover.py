"""A PostgreSQL that fails over to its standby, under a daemon at work."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import TextClause, text

from daemon.model.errors import StoreError
from daemon.store.core.database import Database
from daemon.store.core.engine import open_engine
from tests.failing_over import Figures, failing_over
from tests.postgres import PostgresUnavailableError
from tests.replicas import Pair, paired

SLEEPERS = text("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'")
WAITING = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
IS_STANDBY = text("SELECT pg_is_in_recovery()")


@pytest.fixture
def pair() -> Iterator[Pair]:
    try:
        with paired() as two:
            yield two
    except PostgresUnavailableError as exc:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(exc))


async def test_a_daemon_goes_on_with_the_standby_that_is_promoted(
    pair: Pair, tmp_path: Path
) -> None:
    async with failing_over(pair, tmp_path, pages=6) as scene:
        scene.move_on()
        await scene.until_told()
        scene.move_on()
        await scene.kill()
        await scene.lives[0].until("database_in_trouble")
        await scene.promote()
        await scene.until_told()
        await scene.lives[0].until("database_recovered")
        assert await scene.lives[0].stop() == 0
        assert await scene.figures() == Figures(0, 0, 0, 0)
        assert scene.events("database_in_trouble", "database_recovered") == [
            "database_in_trouble",
            "database_recovered",
        ]


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    database = Database(open_engine(url))
    try:
        yield database
    finally:
        await database.close()


async def test_what_waits_for_a_primary_that_stopped_ends_once_another_is_found(
    pair: Pair,
) -> None:
    async with opened(pair.url_of("postgres", 1, 0)) as database, asyncio.TaskGroup() as group:
        asleep = group.create_task(sleep_there(database))
        while not await number(database, SLEEPERS):
            pass
        assert not await number(database, IS_STANDBY)
        pair.do("freeze", 0)
        pair.do("promote", 1)
        assert not await number(database, IS_STANDBY)
        assert await asleep


async def test_a_standby_is_not_taken_and_servers_that_are_down_are_told_of(pair: Pair) -> None:
    async with opened(pair.url_of("postgres", 1)) as database:
        with pytest.raises(StoreError, match=r"the database can only be read \(a standby"):
            await number(database, IS_STANDBY)
    pair.do("kill", 0)
    async with opened(pair.url("postgres")) as database:
        with pytest.raises(StoreError, match=r"a:5432 cannot be reached .*; .*b:5432 can only be"):
            await number(database, IS_STANDBY)
        pair.do("kill", 1)
        with pytest.raises(StoreError, match=r"a:5432 cannot be reached .*; .*b:5432 cannot be"):
            await number(database, IS_STANDBY)


async def test_what_waits_ends_though_no_connection_is_left_to_notice_it(pair: Pair) -> None:
    engine = open_engine(pair.url("postgres"), pool_size=1)
    async with opened(pair.url("postgres")) as other, asyncio.TaskGroup() as group:
        database = Database(engine)
        asleep = group.create_task(sleep_there(database))
        while not await number(other, SLEEPERS):
            pass
        pair.do("freeze", 0)
        pair.do("promote", 1)
        await database.examine()
        assert await asleep
        await database.close()
        pair.do("thaw", 0)


async def test_commits_that_wait_for_a_standby_are_told_of_and_end_with_its_return(
    pair: Pair,
) -> None:
    async with opened(pair.url("postgres")) as database, asyncio.TaskGroup() as group:
        assert not await number(database, IS_STANDBY)
        pair.do("kill", 1)
        committed = group.create_task(write_there(database))
        while not await number(database, WAITING):
            pass
        with pytest.raises(StoreError, match="commits wait for a synchronous standby") as caught:
            await database.examine()
        assert caught.value.is_transient
        assert not committed.done()
        pair.do("copy", 1, 0)
        await committed
        await database.examine()


async def write_there(database: Database) -> None:
    async with database.writing() as session:
        await session.execute(text("CREATE TABLE written (number integer)"))


async def number(database: Database, query: TextClause) -> int:
    async with database.reading() as session:
        return int(await session.scalar(query))


async def sleep_there(database: Database) -> bool:
    """Whether a long statement ended for the reason that the database is elsewhere now."""
    try:
        async with database.reading() as session:
            await session.execute(text("SELECT pg_sleep(3600)"))
    except StoreError as exc:
        return exc.is_transient
    return False
