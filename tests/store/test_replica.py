"""A standby is read from while it is one of ours, answers, and is not too far behind."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from daemon.config.database_url import normal_url
from daemon.model.errors import StoreError
from daemon.store.core.database import Database
from daemon.store.core.engine import open_engine
from daemon.store.core.server.replica import Replica, written_up_to
from daemon.store.tables import Run
from tests import pgbouncer, postgres
from tests.making import PAST, add_rows
from tests.replicas import paired
from tests.standby import caught_up, paused

LONGEST = 10.0


class Clock:
    """A monotonic clock that stands still."""

    seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@asynccontextmanager
async def replica_at(
    primary_url: str, url: str, clock: Clock | None = None
) -> AsyncIterator[tuple[Database, Replica]]:
    """A primary, and what is at this address as its replica."""
    primary, readers = (
        Database(open_engine(primary_url)),
        Database(open_engine(url, reads_only=True)),
    )
    try:
        yield primary, Replica(primary, readers, LONGEST, clock or Clock())
    finally:
        await readers.close()
        await primary.close()


async def write(primary: Database) -> int:
    """Write something; the position after it."""
    await add_rows(primary, Run(kind="check", machine="m", pid=1, version="", started_at=PAST))
    return await written_up_to(primary)


async def count_runs(database: Database) -> int:
    async with database.reading() as session:
        return await session.scalar(select(func.count()).select_from(Run)) or 0


async def test_what_was_written_is_there_once_the_standby_has_its_position(
    postgres_url: str, standby_url: str
) -> None:
    async with replica_at(postgres_url, standby_url) as (primary, replica):
        assert not replica.has(0)
        for number in range(1, 4):
            await caught_up(replica, await write(primary))
            assert await count_runs(replica.database) == number
        await replica.look()
        assert (replica.reason, replica.lag.seconds) == ("", 0.0)


async def test_nobody_can_write_there(postgres_url: str, standby_url: str) -> None:
    async with replica_at(postgres_url, standby_url) as (_, replica):
        with pytest.raises(StoreError, match="read-only"):
            await write(replica.database)


async def test_a_pooler_may_stand_before_both(postgres_url: str, standby_url: str) -> None:
    with pgbouncer.before(postgres_url) as ours, pgbouncer.before(standby_url) as theirs:
        async with replica_at(ours, theirs) as (primary, replica):
            await caught_up(replica, await write(primary))
            assert await count_runs(replica.database) == 1
            assert replica.database.has_pooler
            with pytest.raises(StoreError, match="read-only"):
                await write(replica.database)


async def test_one_that_falls_behind_is_left_out_until_it_has_followed(
    postgres_url: str, standby_url: str
) -> None:
    clock = Clock()
    async with replica_at(postgres_url, standby_url, clock) as (primary, replica):
        before = await write(primary)
        await caught_up(replica, before)
        async with paused(standby_url):
            after = await write(primary)
            for seconds in (0, 6):
                clock.seconds += seconds
                await replica.look()
                assert replica.has(before)
                assert not replica.has(after)
            assert replica.lag.seconds == 6
            assert replica.lag.size_bytes > 0
            clock.seconds += 6
            await replica.look()
            assert replica.reason == "it is 12 s behind"
            assert not replica.has(before)
        await caught_up(replica, after)
        assert replica.lag.size_bytes == 0


async def test_one_that_is_behind_from_the_start_is_not_trusted(
    postgres_url: str, standby_url: str
) -> None:
    async with paused(standby_url), replica_at(postgres_url, standby_url) as (primary, replica):
        after = await write(primary)
        await replica.look()
        assert replica.reason == "it is behind, and not known yet how far"
        assert not replica.has(0)
    async with replica_at(postgres_url, standby_url) as (_, replica):
        await caught_up(replica, after)


async def test_a_schema_that_is_not_there_yet_is_waited_for(
    postgres_url: str, standby_url: str
) -> None:
    async with replica_at(postgres_url, standby_url) as (primary, replica):
        await caught_up(replica, await written_up_to(primary))
        async with paused(standby_url):
            await set_revision(primary, "9999")
            await replica.look()
            assert "its schema is at 00" in replica.reason
            assert "that of url at 9999" in replica.reason
        await caught_up(replica, await written_up_to(primary))


async def set_revision(database: Database, revision: str) -> None:
    async with database.writing() as session:
        await session.execute(text(f"UPDATE alembic_version SET version_num = '{revision}'"))


async def test_the_primary_itself_is_no_standby(postgres_url: str) -> None:
    async with replica_at(postgres_url, postgres_url) as (_, replica):
        await replica.look()
        assert "leads to no standby" in replica.reason


async def test_another_database_of_the_standby_is_refused(
    postgres_url: str, standby_folder: str
) -> None:
    async with replica_at(postgres_url, postgres.database_url(standby_folder, "postgres")) as (
        _,
        replica,
    ):
        await replica.look()
        assert "another database of the server" in replica.reason


async def test_another_server_is_refused(postgres_url: str) -> None:
    with postgres.running() as other:
        url = postgres.database_url(other, "postgres")
        async with replica_at(postgres_url, url) as (_, replica):
            await replica.look()
            assert "no copy of the one of url" in replica.reason


async def test_one_that_does_not_answer_is_left_out(postgres_url: str, tmp_path: Path) -> None:
    url = postgres.database_url(str(tmp_path), "postgres")
    async with replica_at(postgres_url, url) as (_, replica):
        await replica.look()
        assert replica.reason == (
            "it does not answer: the database cannot be reached: No such file or directory"
        )


async def test_while_the_primary_does_not_answer_the_standby_goes_on(
    postgres_url: str, standby_url: str
) -> None:
    async with replica_at(postgres_url, standby_url) as (primary, replica):
        await caught_up(replica, await written_up_to(primary))
        with out_of_order(primary):
            await replica.look()
            assert replica.reason == ""
        assert await count_runs(replica.database) == 0


@contextmanager
def out_of_order(database: Database) -> Iterator[None]:
    engine, database.engine = database.engine, open_engine("postgresql+asyncpg://a@/b?host=/none")
    reading, database._reading = database._reading, Database(database.engine)._reading
    try:
        yield
    finally:
        database.engine, database._reading = engine, reading


async def test_after_a_promotion_the_other_host_is_read_from() -> None:
    with paired() as pair:
        hosts = "&".join(f"host={folder}" for folder in pair.folders)
        to_read = normal_url(f"postgresql://postgres@/postgres?{hosts}", to_read=True)
        async with replica_at(pair.url("postgres"), to_read) as (primary, replica):
            await caught_up(replica, await written_up_to(primary))
            pair.do("kill", 0)
            pair.do("promote", 1)
            await primary.close()  # as when its connections are found to be broken
            await replica.look()
            assert "leads to no standby" in replica.reason
            pair.rejoin(0)
            await caught_up(replica, await written_up_to(primary))


async def test_a_user_without_rights_may_ask_all_that_is_asked(
    postgres_url: str, standby_url: str
) -> None:
    async with replica_at(postgres_url, standby_url) as (primary, _):
        async with primary.writing() as session:
            await session.execute(text("DROP ROLE IF EXISTS plain_reader"))
            await session.execute(text("CREATE ROLE plain_reader LOGIN"))
            await session.execute(text("GRANT SELECT ON alembic_version TO plain_reader"))
        at = await written_up_to(primary)
        plain, theirs = (
            url.replace("postgres@", "plain_reader@") for url in (postgres_url, standby_url)
        )
        async with replica_at(plain, theirs) as (_, replica):
            await caught_up(replica, at)
        async with primary.writing() as session:
            await session.execute(text("DROP OWNED BY plain_reader"))
            await session.execute(text("DROP ROLE plain_reader"))
