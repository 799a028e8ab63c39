"""Through PgBouncer in transaction mode: nothing is lost, and nothing comes to somebody else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest
from sqlalchemy import func, select, text

from daemon.config.sections import RetentionConfig
from daemon.model.errors import LockedError, StoreError
from daemon.store.copying.guard import alone
from daemon.store.copying.mirror import one_moment
from daemon.store.core import migrate, schema
from daemon.store.core.database import Database
from daemon.store.core.engine import open_engine
from daemon.store.core.opening import open_for_readers, revision_of
from daemon.store.retention import space
from daemon.store.retention.run import RetentionRounds
from daemon.store.tables import MonitoredSite, Page, Run
from daemon.transfer.copying import copy_database
from tests import pgbouncer, postgres
from tests.making import PAST, add_one_of_each, have_sites, spec
from tests.spares import Spares
from tests.transfer.things import config_of, quiet

SETTINGS = "statement_timeout,synchronous_commit,default_transaction_read_only,enable_seqscan,jit"
SETTINGS_HERE = "SELECT name, setting FROM pg_settings WHERE name = ANY($1)"


@pytest.fixture(params=["refused", "ignored"])
def pooled_url(request: pytest.FixtureRequest, postgres_url: str) -> Iterator[str]:
    """An empty, migrated database through a pooler that refuses settings, or drops them."""
    ignored = SETTINGS if request.param == "ignored" else ""
    with pgbouncer.before(postgres_url, pool_size=3, ignore_startup_parameters=ignored) as url:
        yield url


@pytest.fixture
async def pooled(pooled_url: str) -> AsyncIterator[Database]:
    """Such a database as the daemon uses it, with more connections than the pooler has."""
    database = Database(open_engine(pooled_url, pool_size=6))
    yield database
    await database.close()


async def test_many_at_once_share_few_connections(pooled: Database) -> None:
    async def ask(number: int) -> None:
        for _ in range(5):
            async with pooled.reading() as session:
                assert await session.scalar(select(func.abs(number))) == number
                assert await session.scalar(select(func.count()).select_from(Run)) == 0

    async with asyncio.TaskGroup() as tasks:
        for number in range(12):
            tasks.create_task(ask(number))
    assert pooled.has_pooler


async def test_what_is_written_together_stays_together(pooled: Database) -> None:
    async def write(number: int) -> None:
        async with pooled.writing() as session:
            await session.execute(text("SELECT pg_advisory_xact_lock(1)"))
            found = await session.scalar(select(func.count()).select_from(Run)) or 0
            session.add(
                Run(kind="check", machine=str(found), pid=number, version="", started_at=PAST)
            )

    async with asyncio.TaskGroup() as tasks:
        for number in range(12):
            tasks.create_task(write(number))
    async with pooled.reading() as session:
        machines = (await session.scalars(select(Run.machine))).all()
    assert sorted(map(int, machines)) == list(range(12))


async def test_every_transaction_has_its_settings_and_leaves_none_behind(
    pooled_url: str, pooled: Database
) -> None:
    names = [*SETTINGS.split(","), "transaction_read_only"]
    names.remove("default_transaction_read_only")
    async with open_for_readers(config_of(pooled_url)) as readers:
        for _ in range(3):
            assert await settings(readers, names) == {
                "statement_timeout": "1440",
                "synchronous_commit": "on",
                "transaction_read_only": "on",
                "enable_seqscan": "off",
                "jit": "off",
            }
            assert await settings(pooled, names) == {
                **await settings_of_others(pooled_url, names),
                "statement_timeout": "60000",
                "synchronous_commit": "on",
            }


async def settings(database: Database, names: list[str]) -> dict[str, str]:
    query = text(SETTINGS_HERE.replace("$1", ":names"))
    async with database.reading() as session:
        return {row.name: row.setting for row in await session.execute(query, {"names": names})}


async def settings_of_others(url: str, names: list[str]) -> dict[str, str]:
    """What anybody else of this pooler finds, who has set nothing."""
    connection = await asyncpg.connect(url.replace("+asyncpg", ""), statement_cache_size=0)
    try:
        async with connection.transaction():
            found = {
                row["name"]: row["setting"] for row in await connection.fetch(SETTINGS_HERE, names)
            }
            assert await connection.fetchval("SELECT count(*) FROM pg_prepared_statements") == 0
            assert found["transaction_read_only"] == "off"
            assert found["statement_timeout"] == "0"
            return found
    finally:
        await connection.close()


async def test_readers_cannot_write(pooled_url: str) -> None:
    async with open_for_readers(config_of(pooled_url)) as readers, readers.reading() as session:
        await session.execute(text("SELECT 1"))
        with pytest.raises(Exception, match="read-only"):
            await session.execute(text("DELETE FROM runs"))


async def test_a_server_without_a_pooler_keeps_what_was_prepared(postgres_url: str) -> None:
    database = Database(open_engine(postgres_url))
    async with database.reading() as session:
        assert await session.scalar(text("SELECT count(*) FROM pg_prepared_statements")) != 0
        assert not database.has_pooler
    await database.close()


async def test_a_long_result_is_read_in_parts(pooled: Database) -> None:
    await have_sites(pooled, *(spec(f"Site {n}", f"https://a.example/{n}") for n in range(200)))
    async with one_moment(pooled) as connection:
        result = await connection.stream(select(Page.url), execution_options={"yield_per": 20})
        urls = [row.url async for row in result]
        assert await connection.scalar(select(func.count()).select_from(MonitoredSite)) == 200
    assert len(set(urls)) == 200


def test_an_empty_database_is_upgraded_and_downgraded(spares: Spares) -> None:
    spares.administer("CREATE DATABASE to_upgrade")
    with pgbouncer.before(postgres.database_url(spares.folder, "to_upgrade")) as url:
        migrate.upgrade(url)
        migrate.check(url)
        assert asyncio.run(revision_of(config_of(url))) == schema.HEAD
        migrate.downgrade(url, "0001")
        migrate.upgrade(url)
    spares.administer("DROP DATABASE to_upgrade WITH (FORCE)")


async def test_old_rows_are_dropped_and_the_rest_is_vacuumed(pooled: Database) -> None:
    async with pooled.writing() as session:
        await add_one_of_each(session)
    await RetentionRounds(pooled).round(RetentionConfig(), PAST)
    await space.vacuum(pooled)
    assert (await space.Scales(pooled).measure()).tables["pages"].rows == 1


def test_all_is_copied_through_poolers(pooled_url: str, postgres_url: str, sqlite_url: str) -> None:
    async def fill() -> None:
        database = Database(open_engine(pooled_url))
        async with database.writing() as session:
            await add_one_of_each(session)
        await database.close()

    asyncio.run(fill())
    copy_database(config_of(pooled_url), config_of(sqlite_url), quiet)
    copied = copy_database(config_of(sqlite_url), config_of(pooled_url), quiet)
    assert copied.differing == []
    assert copied.rows > 0


async def test_one_copy_keeps_the_other_away_and_lets_dead_rows_be_vacuumed(
    pooled: Database,
) -> None:
    waiting = text(
        "SELECT backend_xmin, backend_xid FROM pg_stat_activity"
        " WHERE datname = current_database() AND state = 'idle in transaction'"
    )
    async with alone(pooled):
        with pytest.raises(LockedError, match="another copy"):
            async with alone(pooled):
                pass
        async with pooled.reading() as session:
            assert (await session.execute(waiting)).all() == [(None, None)]
    async with alone(pooled):
        pass


@pytest.mark.parametrize("ignored", ["", SETTINGS])
async def test_a_pooler_in_statement_mode_is_refused_in_words(
    postgres_url: str, ignored: str
) -> None:
    with pgbouncer.before(postgres_url, "statement", ignore_startup_parameters=ignored) as url:
        database = Database(open_engine(url))
        with pytest.raises(StoreError, match=r"statement mode.* set its pool_mode to transaction"):
            await schema.revision(database)
        await database.close()


async def test_a_pooler_without_a_free_connection_is_named(postgres_url: str) -> None:
    with pgbouncer.before(postgres_url, pool_size=1, query_wait_timeout="1") as url:
        database = Database(open_engine(url))
        async with database.reading() as session:
            await session.execute(text("SELECT 1"))
            with pytest.raises(StoreError, match="default_pool_size") as caught:
                await schema.revision(database)
            assert caught.value.is_transient
        assert await schema.revision(database) == schema.HEAD
        await database.close()
