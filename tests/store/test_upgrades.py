"""An older database with rows in every table, upgraded: killed meanwhile, and beside a daemon."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
from sqlalchemy import Connection, MetaData, select, text
from structlog.testing import capture_logs

from daemon.config import Config
from daemon.monitoring.health import Component, ComponentState, Health
from daemon.runtime.app import open_app
from daemon.runtime.chores.schema_watch import SchemaWatch
from daemon.store.core import migrate, schema
from daemon.store.core.database import Database
from daemon.store.core.engine import open_engine
from tests.living import plain
from tests.making import in_database
from tests.store.test_migrations import execute, fill, python

OLD = "0012"  # from there on, every kind of step is taken: columns, tables, constraints, contents
KILLED = """
import os, sys
from sqlalchemy import event
from sqlalchemy.engine import Engine
from daemon.store.core import migrate

@event.listens_for(Engine, "after_cursor_execute")
def count(connection, cursor, statement, *_):
    count.seen += statement.lstrip().startswith(("CREATE", "ALTER", "DROP", "INSERT", "UPDATE"))
    if count.seen == int(sys.argv[2]):
        os.kill(os.getpid(), 9)

count.seen = 0
migrate.upgrade(sys.argv[1])
"""
Contents = dict[str, list[str]]


def contents_of(url: str) -> Contents:
    """The tables of a database as they stand, whatever its schema, with their rows."""

    def read(connection: Connection) -> Contents:
        found = MetaData()
        found.reflect(connection)
        return {
            f"{table.name}({', '.join(table.columns.keys())})": sorted(
                str(tuple(row)) for row in connection.execute(select(table))
            )
            for table in found.tables.values()
        }

    async def ask(database: Database) -> Contents:
        async with database.engine.connect() as connection:
            return await connection.run_sync(read)

    contents: Contents = in_database(url, ask)
    return contents


def counts_of(contents: Contents) -> dict[str, int]:
    return {named.partition("(")[0]: len(rows) for named, rows in contents.items()}


def test_an_upgrade_of_rows_that_was_killed_leaves_all_as_it_was(database_url: str) -> None:
    in_database(database_url, fill)
    migrate.downgrade(database_url, OLD)
    before = contents_of(database_url)
    ended = python(KILLED, database_url, "60")
    assert ended.returncode == -9, ended.stderr
    assert contents_of(database_url) == before
    migrate.upgrade(database_url)
    migrate.check(database_url)
    after = counts_of(contents_of(database_url))
    assert {name: after[name] for name in counts_of(before)} == counts_of(before)
    assert min(counts_of(before).values()) == 1  # there was a row in every one


async def waits_for_a_lock(session: Any) -> bool:
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'relation'"
    return bool(await session.scalar(text(waiting)))


async def test_an_upgrade_waits_for_what_an_older_daemon_writes(postgres_url: str) -> None:
    await asyncio.to_thread(in_database, postgres_url, fill)
    await asyncio.to_thread(migrate.downgrade, postgres_url, "0029")
    older = Database(open_engine(postgres_url))
    try:
        async with older.writing() as session, asyncio.TaskGroup() as group:
            await session.execute(text("UPDATE pages SET body_hash = 'older'"))
            upgrade = group.create_task(asyncio.to_thread(migrate.upgrade, postgres_url))
            while not await waits_for_a_lock(session):
                assert not upgrade.done()
            await session.commit()
        async with older.writing() as session:
            assert list(await session.scalars(text("SELECT body_hash FROM pages"))) == ["older"]
            assert await session.scalar(text("SELECT version_num FROM alembic_version")) == (
                schema.HEAD
            )
            await session.execute(text("UPDATE pages SET body_hash = 'goes on'"))
    finally:
        await older.close()


CIRCLE = """
CREATE SEQUENCE circles;
CREATE FUNCTION end_in_circle() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
  IF nextval('circles') <= 3 THEN
    RAISE EXCEPTION 'deadlock detected' USING ERRCODE = 'deadlock_detected';
  END IF;
END $$;
CREATE EVENT TRIGGER circle ON ddl_command_start EXECUTE FUNCTION end_in_circle();
"""
STRAIGHT = "DROP EVENT TRIGGER circle; DROP FUNCTION end_in_circle; DROP SEQUENCE circles"


def test_an_upgrade_that_is_ended_for_a_deadlock_is_done_again(postgres_url: str) -> None:
    """As daemons at work lock tables in another order than it does."""
    in_database(postgres_url, fill)
    migrate.downgrade(postgres_url, "0029")
    execute_all(postgres_url, CIRCLE)
    try:
        migrate.upgrade(postgres_url)
    finally:
        execute_all(postgres_url, STRAIGHT)
    migrate.check(postgres_url)


def execute_all(url: str, script: str) -> None:
    async def run() -> None:
        connection = await asyncpg.connect(plain(url))
        try:
            await connection.execute(script)
        finally:
            await connection.close()

    asyncio.run(run())


async def test_a_daemon_says_that_its_schema_was_moved(database_url: str) -> None:
    health = Health()
    watch = SchemaWatch(lambda *told: health.report("schema", *told))
    config = Config.model_validate({"database": {"url": database_url}})
    async with open_app(config.settled(()), "check") as app:
        with capture_logs() as logs:
            await watch.step(app)
            assert "schema" not in health.components()
            for revision in ("9999", "9999", schema.HEAD):
                await asyncio.to_thread(
                    execute, database_url, f"UPDATE alembic_version SET version_num = '{revision}'"
                )
                await watch.step(app)
                if revision != schema.HEAD:
                    told = health.components()["schema"]
                    assert told.state is ComponentState.DEGRADED
                    assert "a newer changelogger has used it" in told.reason
    assert health.components()["schema"] == Component(ComponentState.OK, "fits this version")
    assert [line["event"] for line in logs if line["event"] == "schema_moved"] == ["schema_moved"]
