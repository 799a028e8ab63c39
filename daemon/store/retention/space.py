"""Measures the space that a database takes without reading it, and returns it in small steps."""

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
from daemon.store.core.server.unhurried import take_time
from daemon.store.retention.batching import Sweep
from daemon.store.tables import Base

TABLES = tuple(table.name for table in Base.metadata.sorted_tables)

_RECLAIM_SECONDS = 30.0
_SLACK_PAGES = 1024  # kept, as they are soon reused
WAL_BYTES = 32 << 20  # from here on the WAL is emptied as soon as it has no reader
_MOVED_SHARE = 0.1  # of the file: its tables are measured again after this growth


@dataclass(frozen=True, slots=True)
class TableSize:
    """Estimates of the rows and size of a table, with its indexes."""

    rows: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Size:
    """The space that a database takes. Shape: `wal_bytes` and `free_bytes` are SQLite's."""

    total_bytes: int
    wal_bytes: int = 0
    free_bytes: int = 0
    tables: dict[str, TableSize] = field(default_factory=dict)


class Scales:
    """Measures a database now and then, and caches the costly parts."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._measured_at_bytes = 0
        self._table_bytes: dict[str, int] = {}

    async def measure(self) -> Size:
        """The space taken now.

        Shape:  rows and the bytes of tables are estimates; those of SQLite's tables are measured
                when the file has changed by a tenth, as that reads all of it.
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
    """Estimates from the first to the last row id, including rows deleted in between."""
    spans = " UNION ALL ".join(
        f"SELECT '{name}', coalesce((SELECT max(rowid) FROM {name}), 0) "  # noqa: S608 - our names
        f"- coalesce((SELECT min(rowid) FROM {name}) - 1, 0)"
        for name in TABLES
    )
    return {name: int(rows) for name, rows in await session.execute(text(spans))}


async def _of_server(session: AsyncSession) -> Size:
    rows = await session.execute(
        text(
            # A divided table has nothing itself; the tree of any other one is the table alone.
            "SELECT c.relname, sum(pg_stat_get_live_tuples(part.relid)),"
            " sum(pg_total_relation_size(part.relid)) "
            "FROM pg_class AS c CROSS JOIN LATERAL (SELECT relid FROM pg_partition_tree(c.oid)"
            " UNION SELECT c.oid) AS part "
            "WHERE c.relnamespace = current_schema()::regnamespace AND c.relname = ANY(:names)"
            " GROUP BY c.relname"
        ),
        {"names": list(TABLES)},
    )
    tables = {name: TableSize(int(live), int(size)) for name, live, size in rows}
    total = await session.scalar(text("SELECT pg_database_size(current_database())"))
    return Size(int(total or 0), tables=tables)


def wal_bytes(database: Database) -> int:
    """The size of an SQLite file's write-ahead log; 0 without one."""
    wal = Path(f"{database.path}-wal")
    return wal.stat().st_size if database.path is not None and wal.exists() else 0


async def checkpoint(database: Database) -> int:
    """Checkpoint SQLite's WAL, and empty it once it is long; returns its size after that.

    Shape: never waits: what a reader still needs stays until a later call.
    """
    if database.is_shared:
        return 0
    async with database.bare() as connection:
        await connection.execute(text("PRAGMA wal_checkpoint(PASSIVE)"))
        if wal_bytes(database) > WAL_BYTES:
            await _truncate(connection)
    return wal_bytes(database)


async def _truncate(connection: AsyncConnection) -> None:
    """Empty the log unless it has a reader: waiting would block all writers."""
    patience = await _pragma(connection, "busy_timeout")
    await connection.execute(text("PRAGMA busy_timeout = 0"))
    try:
        await connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    finally:
        await connection.execute(text(f"PRAGMA busy_timeout = {patience}"))


async def reclaim(database: Database, seconds: float = _RECLAIM_SECONDS) -> int:
    """Return SQLite's free pages to the disk, some at a time; returns how many.

    Shape: only for a file that `db vacuum` has prepared; a server does this itself. No
           statistics are gathered: with those of a small table, SQLite scans it after it has
           grown; without any, it uses the index.
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
        # The statement frees one page for each row fetched; it has no columns, so only
        # `executescript` steps through all rows.
        await driver.executescript(f"PRAGMA incremental_vacuum({pages})")
    except sqlite3.Error as exc:
        raise StoreError(reason_of(exc), is_transient=True) from exc
    return pages


async def vacuum(database: Database) -> None:
    """Rewrite the database without its free space, ready to return space in steps.

    Shape:  SQLite's file meanwhile needs as much space again, and exclusive access.
    Errors: StoreError, also when the file is in use.
    """
    async with database.bare() as connection:
        if not database.is_shared:
            for statement in _REWRITE:
                await connection.execute(text(statement))
            return
        # Through a pooler it stays the server's own: a session's would come to others.
        if not database.has_pooler:
            await connection.execute(text("SET statement_timeout = 0"))
        for name in TABLES:
            await take_time(connection, f"VACUUM (ANALYZE) {name}")


_REWRITE: Sequence[Any] = (
    "PRAGMA auto_vacuum = INCREMENTAL",
    "VACUUM",
    "PRAGMA wal_checkpoint(TRUNCATE)",
)
