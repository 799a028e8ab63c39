"""Handles an SQLite file as a whole: saves it while in use, checks it, and prepares it for use."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy.dialects import sqlite

from daemon.model.errors import DamagedError, LockedError, SchemaError, StoreError
from daemon.packing import CODEC
from daemon.store.copying.contents import NO_BYTES, is_readable, missing_query
from daemon.store.copying.rows import HELD
from daemon.store.core import schema
from daemon.store.core.engine import reason_of
from daemon.store.tables import Base

_PROBLEMS_TOLD = 3


def save(source: Path, to: Path, busy_timeout_seconds: float) -> None:
    """Write a snapshot of the database, without its free space, into an empty file.

    Shape:  users of the source go on working; the new file needs no journal files.
    Errors: StoreError.
    """
    with _opened(source, busy_timeout_seconds) as connection:
        connection.execute("VACUUM INTO ?", (str(to),))


def fill_gaps(path: Path) -> list[str]:
    """Insert an empty content for each missing one; returns all unreadable hashes.

    Shape:  rows that refer to such a content could not be kept otherwise.
    Errors: StoreError.
    """
    gaps_query = str(missing_query().compile(dialect=sqlite.dialect()))
    with _opened(path) as connection, connection:
        gaps = [row[0] for row in connection.execute(gaps_query)]
        connection.executemany(_FILL, [(gap, CODEC, NO_BYTES) for gap in gaps])
        rows = connection.execute("SELECT hash, data FROM contents")
        return [key for key, data in rows if not is_readable(key, data)]


_FILL = (
    "INSERT INTO contents (hash, codec, size_bytes, data, created_at)"
    " VALUES (?, ?, 0, ?, '1970-01-01 00:00:00.000000')"
)


def check(path: Path) -> str:
    """Check that this file is intact and a database of ours; returns its schema revision.

    Errors: DamagedError, which says what is wrong.
    """
    try:
        with closing(sqlite3.connect(path)) as connection:
            _refuse_damaged(connection, path)
            revision = _revision(connection)
    except sqlite3.DatabaseError as exc:
        raise DamagedError(f"{path} is damaged, or no database: {reason_of(exc)}") from exc
    except SchemaError as exc:
        raise DamagedError(f"{path}: {exc}") from exc
    if revision is None:
        raise DamagedError(f"{path} is no database of changelogger")
    return revision


def _refuse_damaged(connection: sqlite3.Connection, path: Path) -> None:
    problems = [row[0] for row in connection.execute("PRAGMA integrity_check(10)")]
    problems = [] if problems == ["ok"] else problems
    problems += _lost_references(connection) + _foreign_code(connection)
    if problems:
        told = "; ".join(" ".join(problem.split()) for problem in problems[:_PROBLEMS_TOLD])
        raise DamagedError(f"{path} is damaged: {told}")


def _lost_references(connection: sqlite3.Connection) -> list[str]:
    lost = connection.execute("PRAGMA foreign_key_check").fetchmany(_PROBLEMS_TOLD)
    return [f"a row of {row[0]} refers to a row of {row[2]} that is not there" for row in lost]


def _foreign_code(connection: sqlite3.Connection) -> list[str]:
    """Triggers and views: our schema has none, and they would run with our statements."""
    found = connection.execute("SELECT type, name FROM sqlite_master WHERE type IN (?, ?)",
                               ("trigger", "view"))  # fmt: skip
    return [f"it has a {kind} of its own" for kind, _name in found]


def _revision(connection: sqlite3.Connection) -> str | None:
    known = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    tables = {name for (name,) in known}
    found = []
    if schema.VERSION_TABLE in tables:
        found = [row[0] for row in connection.execute(f"SELECT * FROM {schema.VERSION_TABLE}")]  # noqa: S608
    return schema.stated(found, tables, "take another file")


def release(path: Path) -> None:
    """Release all leases in this file, and end all its runs.

    Errors: StoreError.
    """
    with _opened(path) as connection, connection:
        for table in Base.metadata.sorted_tables:
            for column in sorted(HELD & set(table.columns.keys())):
                connection.execute(
                    f"UPDATE {table.name} SET {column} = NULL WHERE {column} IS NOT NULL"  # noqa: S608
                )
        connection.execute(
            "UPDATE runs SET ended_at = coalesce(heartbeat_at, started_at) WHERE ended_at IS NULL"
        )


def settle(path: Path) -> None:
    """Checkpoint all of the database into its single file, so that it can be moved alone.

    Errors: LockedError while it is read or written; StoreError.
    """
    with _opened(path, busy_timeout_seconds=2.0) as connection:
        mode = connection.execute("PRAGMA journal_mode = DELETE").fetchone()[0]
    if mode != "delete":
        raise StoreError(f"{path} is in use: its journal cannot be closed")


def is_empty(path: Path) -> bool:
    """Whether all tables of this file are empty.

    Errors: DamagedError when that cannot be determined.
    """
    try:
        with closing(sqlite3.connect(path)) as connection:
            names = connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'alembic_version'"
                " AND name NOT LIKE ?",
                (f"{schema.INDEX}%",),  # with the tables in which SQLite keeps it
            ).fetchall()
            rows = (connection.execute(f'SELECT 1 FROM "{name}" LIMIT 1') for (name,) in names)  # noqa: S608
            return all(found.fetchone() is None for found in rows)
    except sqlite3.DatabaseError as exc:
        raise DamagedError(f"{path} is damaged, or no database: {reason_of(exc)}") from exc


@contextmanager
def _opened(path: Path, busy_timeout_seconds: float = 10.0) -> Iterator[sqlite3.Connection]:
    try:
        with closing(sqlite3.connect(path, timeout=busy_timeout_seconds)) as connection:
            yield connection
    except sqlite3.Error as exc:
        if exc.sqlite_errorcode in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise LockedError(f"{path} is in use by another program; stop it first") from exc
        raise StoreError(f"{path}: {reason_of(exc)}") from exc
