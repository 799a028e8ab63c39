"""The database of pages: a few connections that only read, and give up soon."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from daemon.config import DatabaseConfig
from daemon.model.errors import StoreError
from daemon.store.core.database import Database
from daemon.store.core.opening import open_for_readers
from tests.living import PATIENCE_SECONDS

# A query that takes minutes, on each kind of database.
ENDLESS = {
    "sqlite": "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) "
    "SELECT max(x) FROM n",
    "postgresql": "SELECT pg_sleep(600)",
}


@pytest.fixture
async def readers(database_url: str) -> AsyncIterator[Database]:
    config = DatabaseConfig.model_validate({"url": database_url})
    async with open_for_readers(config) as database:
        yield database


async def test_they_cannot_write(readers: Database) -> None:
    with pytest.raises(StoreError, match=r"read-?only"):
        async with readers.writing() as session:
            await session.execute(text("DELETE FROM pages"))


async def test_what_takes_too_long_ends_by_itself(readers: Database, database_url: str) -> None:
    endless = ENDLESS[database_url.partition("+")[0]]
    async with asyncio.timeout(PATIENCE_SECONDS):
        for _more_than_there_are_connections in range(4):
            with pytest.raises(StoreError) as raised:
                async with readers.reading() as session:
                    await session.execute(text(endless))
            assert raised.value.is_transient
        async with readers.reading() as session:
            assert await session.scalar(text("SELECT 1")) == 1


async def test_who_waits_for_a_connection_is_told_soon(readers: Database) -> None:
    async def hold() -> str:
        """Keep a connection until the database says that this takes too long."""
        try:
            async with readers.reading() as session:
                await session.execute(text("SELECT 1"))
                await asyncio.Event().wait()
        except StoreError as exc:
            return str(exc)
        return "it was held for ever"

    async with asyncio.timeout(PATIENCE_SECONDS), asyncio.TaskGroup() as group:
        tasks = [group.create_task(hold()) for _more_than_there_are in range(4)]
    assert {task.result() for task in tasks} == {"the database did not answer within 1.8 s"}


async def test_a_reader_holds_up_no_writer(readers: Database, database: Database) -> None:
    async with readers.reading() as session:
        await session.execute(text("SELECT count(*) FROM pages"))
        async with database.writing() as writer:
            await writer.execute(text("UPDATE pages SET next_check_at = next_check_at"))
