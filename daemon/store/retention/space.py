"""The room that a database takes: measured without reading it, and given back in small steps."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from daemon.model.errors import StoreError
from daemon.store.core.database import Database
from daemon.store.core.engine import reason_of
from daemon.store.retention.batching import Sweep
from daemon.store.tables import Base

TABLES = tuple(table.name for table in Base.metadata.sorted_tables)

_RECLAIM_SECONDS = 30.0
_SLACK_PAGES = 1024  # soon written to again
WAL_BYTES = 32 << 20  # from here on the log is emptied as soon as nobody reads from it
_MOVED_SHARE = 0.1  # of the file: after so much growth its tables are measured again


@dataclass(frozen=True, slots=True)
class TableSize:
    """How much a table holds, with its indexes; estimates."""

    rows: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Size:
    """The room that a database takes. Shape: `wal_bytes` and `free_bytes` are SQLite's."""

    total_bytes: int
    wal_bytes: int = 0
    free_bytes: int = 0
    tables: dict[str, TableSize] = field(default_factory=dict)


class Scales:
    """Measures a database now and then, and remembers what was costly to learn."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._measured_at_bytes = 0
        self._table_bytes: dict[str, int] = {}

    async def measure(self) -> Size:
        """The room that is taken now.

        Shape:  rows and the bytes of tables are estimates; those of SQLite's tables are measured
                when the file has moved by a tenth, for that reads all of it.
        Errors: StoreError.
        """
        async with self._database.reading() as session:
            if self._database.is_shared:
                return await _of_server(session)
            return await self._of_file(session)

    async def _of_file(self, session: AsyncSession) -> Size:
        pages, page_bytes, free = [await _pragma(session, name) for name in _PRAGMAS]
        total = pages * page_bytes
        if abs(total - self._measured_at_bytes) > self._measured_at_bytes * _MOVED_SHARE:
            self._table_bytes = await _bytes_by_table(session)
            self._measured_at_bytes = total
        rows = await _rows_by_table(session)
        tables = {name: TableSize(rows[name], self._table_bytes.get(name, 0)) for name in TABLES}
        return Size(total, wal_bytes(self._database), free * page_bytes, tables)


_PRAGMAS = ("page_count", "page_size", "freelist_count")


async def _pragma(session: AsyncSession | AsyncConnection, name: str) -> int:
    return int((await session.execute(text(f"PRAGMA {name}"))).scalar() or 0)


async def _bytes_by_table(session: AsyncSession) -> dict[str, int]:
    compiled = await session.execute(text("PRAGMA compile_options"))
    if "ENABLE_DBSTAT_VTAB" not in set(compiled.scalars()):
        return {}
    rows = await session.execute(
        text(
            "SELECT s.tbl_name, sum(d.pgsize) FROM dbstat AS d "
            "JOIN sqlite_schema AS s ON s.name = d.name WHERE d.aggregate = TRUE "
            "GROUP BY s.tbl_name"
        )
    )
    return {name: int(size) for name, size in rows}


async def _rows_by_table(session: AsyncSession) -> dict[str, int]:
    """From the first to the last row's number: as many as there are, or were in between."""
    spans = " UNION ALL ".join(
        f"SELECT '{name}', coalesce((SELECT max(rowid) FROM {name}), 0) "  # noqa: S608 - our names
        f"- coalesce((SELECT min(rowid) FROM {name}) - 1, 0)"
        for name in TABLES
    )
    return {name: int(rows) for name, rows in await session.execute(text(spans))}


async def _of_server(session: AsyncSession) -> Size:
    rows = await session.execute(
        text(
            "SELECT c.relname, greatest(s.n_live_tup, 0), pg_total_relation_size(c.oid) "
            "FROM pg_class AS c JOIN pg_stat_user_tables AS s ON s.relid = c.oid "
            "WHERE c.relnamespace = current_schema()::regnamespace AND c.relname = ANY(:names)"
        ),
        {"names": list(TABLES)},
    )
    tables = {name: TableSize(int(live), int(size)) for name, live, size in rows}
    total = await session.scalar(text("SELECT pg_database_size(current_database())"))
    return Size(int(total or 0), tables=tables)


def wal_bytes(database: Database) -> int:
    """How long the write-ahead log of an SQLite file is; 0 without one."""
    wal = Path(f"{database.path}-wal")
    return wal.stat().st_size if database.path is not None and wal.exists() else 0


async def checkpoint(database: Database) -> int:
    """Write SQLite's log back into its file, and empty it once it is long; its bytes after that.

    Shape: waits for nobody: what a reader still needs stays until a later call.
    """
    if database.is_shared:
        return 0
    async with database.bare() as connection:
        await connection.execute(text("PRAGMA wal_checkpoint(PASSIVE)"))
        if wal_bytes(database) > WAL_BYTES:
            await _truncate(connection)
    return wal_bytes(database)


async def _truncate(connection: AsyncConnection) -> None:
    """Empty the log unless somebody reads from it: waiting would keep all writers out."""
    patience = await _pragma(connection, "busy_timeout")
    await connection.execute(text("PRAGMA busy_timeout = 0"))
    try:
        await connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    finally:
        await connection.execute(text(f"PRAGMA busy_timeout = {patience}"))


async def reclaim(database: Database, seconds: float = _RECLAIM_SECONDS) -> int:
    """Give SQLite's free pages back to the disk, some at a time; how many.

    Shape: none of a file that `db vacuum` has not prepared; a server does this by itself. No
           statistics are gathered: with those of a table that was small, SQLite reads it in whole
           when it has grown; without any, it takes the index.
    """
    if database.is_shared:
        return 0
    sweep = Sweep(database, seconds)
    async with database.reading() as session:
        if await _pragma(session, "auto_vacuum") != _INCREMENTAL:
            return 0
        spare = await _pragma(session, "freelist_count") - _SLACK_PAGES
    freed = 0
    async with database.bare() as connection:
        while freed < spare and not sweep.is_over():
            pages = min(sweep.size, spare - freed)
            freed += await sweep.timed(partial(_release, connection, pages))
    return freed


_INCREMENTAL = 2


async def _release(connection: AsyncConnection, pages: int) -> int:
    driver: Any = (await connection.get_raw_connection()).driver_connection
    try:
        # A page is moved for each row of this statement, which has no columns: what else there is
        # to run a statement with fetches none of them.
        await driver.executescript(f"PRAGMA incremental_vacuum({pages})")
    except sqlite3.Error as exc:
        raise StoreError(reason_of(exc), is_passing=True) from exc
    return pages


async def vacuum(database: Database) -> None:
    """Write the database anew without its free room, ready for giving room back in steps.

    Shape:  SQLite's file needs as much room again for as long as it takes, and nobody else in it.
    Errors: StoreError, also when somebody works with the file.
    """
    async with database.bare() as connection:
        if not database.is_shared:
            for statement in _REWRITE:
                await connection.execute(text(statement))
            return
        await connection.execute(text("SET statement_timeout = 0"))
        for name in TABLES:
            await connection.execute(text(f"VACUUM (ANALYZE) {name}"))


_REWRITE: Sequence[Any] = (
    "PRAGMA auto_vacuum = INCREMENTAL",
    "VACUUM",
    "PRAGMA wal_checkpoint(TRUNCATE)",
)
