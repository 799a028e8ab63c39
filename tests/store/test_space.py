"""The room of a database: measured, given back in steps, and its log kept short."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import delete, text

from daemon.model.errors import StoreError
from daemon.store.core.database import Database
from daemon.store.core.engine import open_engine
from daemon.store.retention import space
from daemon.store.tables import Content
from tests.making import add_one_of_each

PAGE_BYTES = 4096


@pytest.fixture
async def file(sqlite_url: str) -> Database:  # type: ignore[misc] # closed below
    database = Database(open_engine(sqlite_url))
    yield database
    await database.close()


async def fill(database: Database, mebibytes: int) -> None:
    """So much that is soon dropped again."""
    async with database.writing() as session:
        session.add_all(
            Content(hash=UUID(int=n + 1).hex, codec="zstd", size_bytes=1, data=bytes(1 << 20))
            for n in range(mebibytes)
        )


async def empty(database: Database) -> None:
    async with database.writing() as session:
        await session.execute(delete(Content))


async def pragma(database: Database, name: str) -> int:
    async with database.reading() as session:
        return int((await session.execute(text(f"PRAGMA {name}"))).scalar_one())


async def test_every_table_has_a_size(database: Database) -> None:
    async with database.writing() as session:
        await add_one_of_each(session)
    async with database.bare() as connection:
        await connection.execute(text("ANALYZE"))
    size = await space.Scales(database).measure()
    assert set(size.tables) == set(space.TABLES)
    assert size.total_bytes >= sum(table.size_bytes for table in size.tables.values()) > 0
    assert all(table.size_bytes > 0 for table in size.tables.values())


async def test_rows_are_estimated_from_the_first_to_the_last(file: Database) -> None:
    await fill(file, 3)
    assert (await space.Scales(file).measure()).tables["contents"].rows == 3
    await empty(file)
    assert (await space.Scales(file).measure()).tables["contents"].rows == 0


async def test_tables_are_weighed_again_only_when_the_file_has_moved(file: Database) -> None:
    scales = space.Scales(file)
    first = await scales.measure()
    await fill(file, 2)
    second = await scales.measure()
    assert (
        second.tables["contents"].size_bytes > first.tables["contents"].size_bytes + (2 << 20) * 0.9
    )
    async with file.writing() as session:
        await add_one_of_each(session)
    third = await scales.measure()
    assert third.tables["contents"].size_bytes == second.tables["contents"].size_bytes


async def test_a_new_file_gives_its_room_back_in_steps(file: Database) -> None:
    await fill(file, 12)
    await empty(file)
    before = await pragma(file, "page_count")
    free = await pragma(file, "freelist_count")
    assert free > 12 * (1 << 20) // PAGE_BYTES - 50
    freed = await space.reclaim(file)
    assert freed == free - 1024  # what is soon written to again stays
    assert await pragma(file, "page_count") <= before - freed
    assert 900 < await pragma(file, "freelist_count") <= 1024
    assert await space.reclaim(file) == 0


async def test_no_time_is_no_work(file: Database) -> None:
    await fill(file, 8)
    await empty(file)
    assert await space.reclaim(file, seconds=0) == 0


async def test_the_file_of_an_older_version_needs_one_vacuum(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    with sqlite3.connect(path) as old:
        old.execute("CREATE TABLE contents (hash, data)")
        old.execute("INSERT INTO contents VALUES (1, zeroblob(9000000))")
        old.execute("DELETE FROM contents")
    old.close()
    database = Database(open_engine(f"sqlite+aiosqlite:///{path}"))
    try:
        assert await space.reclaim(database) == 0
        await space.vacuum(database)
        assert path.stat().st_size < 100_000
        async with database.writing() as session:
            await session.execute(text("INSERT INTO contents VALUES (1, zeroblob(9000000))"))
            await session.execute(text("DELETE FROM contents"))
        assert await space.reclaim(database) > 1000
    finally:
        await database.close()


async def test_a_vacuum_does_not_work_beside_a_writer(file: Database, sqlite_url: str) -> None:
    hasty = Database(open_engine(sqlite_url, busy_timeout_seconds=0.1))
    try:
        async with file.writing() as session:
            await session.execute(delete(Content))
            with pytest.raises(StoreError, match="locked"):
                await space.vacuum(hasty)
    finally:
        await hasty.close()


async def test_a_server_is_tidied_without_being_stopped(database: Database) -> None:
    async with database.writing() as session:
        await add_one_of_each(session)
    await space.vacuum(database)
    assert (await space.Scales(database).measure()).tables["pages"].rows == 1


async def test_a_long_log_is_emptied_once_its_reader_is_gone(file: Database) -> None:
    async with file.reading() as session:
        await session.execute(text("SELECT count(*) FROM pages"))
        await fill(file, space.WAL_BYTES // (1 << 20) + 2)
        kept = await space.checkpoint(file)
        assert kept > space.WAL_BYTES
        assert await pragma(file, "busy_timeout") == 10_000  # nobody else became impatient
    assert await space.checkpoint(file) == 0


async def test_a_server_keeps_its_log_itself(database: Database) -> None:
    size = await space.checkpoint(database)
    assert size == 0 or not database.is_shared
