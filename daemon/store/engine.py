"""One engine per process: how SQLite and PostgreSQL connections are opened and kept safe."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.engine.url import URL
from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    ProgrammingError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from daemon.errors import StoreError


def open_engine(
    url: str,
    *,
    pool_size: int = 5,
    busy_timeout_seconds: float = 10.0,
    statement_timeout_seconds: float = 60.0,
) -> AsyncEngine:
    """An engine for this URL; nothing is connected yet.

    Errors: StoreError when the URL's driver is not one of the two, or not installed.
    """
    parsed = make_url(url)
    try:
        if parsed.get_backend_name() == "sqlite":
            return _sqlite(parsed, pool_size, busy_timeout_seconds)
        if parsed.get_backend_name() == "postgresql":
            return _postgresql(parsed, pool_size, statement_timeout_seconds)
    except ModuleNotFoundError as exc:
        raise StoreError(
            f"no database driver {exc.name} here: pip install 'changelogger[postgres]'"
        ) from exc
    raise StoreError(f"no support for {parsed.get_backend_name()}: use sqlite or postgresql")


def _sqlite(url: URL, pool_size: int, busy_timeout_seconds: float) -> AsyncEngine:
    engine = create_async_engine(
        url.set(drivername="sqlite+aiosqlite"),
        poolclass=AsyncAdaptedQueuePool,
        pool_size=pool_size,
        max_overflow=0,
        connect_args={
            "timeout": busy_timeout_seconds,
            "isolation_level": None,
            "async_creator_fn": _connect_sqlite,
        },
    )

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA page_count")
        if cursor.fetchone()[0] == 0:
            # Only before the first table; the file of an older version needs `db vacuum` once.
            cursor.execute("PRAGMA auto_vacuum=INCREMENTAL")
        # FULL: what was recorded survives a power cut (in WAL, NORMAL may lose the last commits).
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "journal_size_limit=67108864",
            "cache_size=-16384",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Any) -> None:
        # A deferred transaction that reads and then writes fails at once with BUSY_SNAPSHOT when
        # another connection has written in between, whatever the busy timeout: take the lock first.
        options = connection.get_execution_options()
        if not options.get("bare", False):
            readonly = options.get("readonly", False)
            connection.exec_driver_sql("BEGIN" if readonly else "BEGIN IMMEDIATE")

    return engine


async def _connect_sqlite(*args: Any, **options: Any) -> Any:
    """A connection in its thread; one that fails has ended its thread before it says so.

    aiosqlite lets that thread report to an event loop that may be closed by then.
    """
    from aiosqlite import connect

    connection = connect(*args, **options)
    connection._thread.daemon = True  # as SQLAlchemy does: it must not keep the process
    try:
        return await connection
    except BaseException:
        await asyncio.to_thread(connection._thread.join)
        raise


def _postgresql(url: URL, pool_size: int, statement_timeout_seconds: float) -> AsyncEngine:
    return create_async_engine(
        url.set(drivername="postgresql+asyncpg"),
        pool_size=pool_size,
        max_overflow=0,
        pool_pre_ping=True,
        connect_args={
            "timeout": 10,
            "server_settings": {
                "application_name": "changelogger",
                "timezone": "UTC",
                "statement_timeout": str(int(statement_timeout_seconds * 1000)),
                "synchronous_commit": "on",
            },
        },
    )


_UNSTORABLE = (UnicodeError, OverflowError)


def database_errors() -> tuple[type[Exception], ...]:
    """What any use of the database may raise.

    asyncpg's own errors are among them: SQLAlchemy translates them only on an open connection;
    and those of sqlite3 about values that it cannot take: SQLAlchemy does not translate them.
    """
    asyncpg = sys.modules.get("asyncpg")
    own = (asyncpg.PostgresError, asyncpg.InterfaceError) if asyncpg else ()
    return (SQLAlchemyError, OSError, *_UNSTORABLE, *own)


def is_passing(exc: BaseException) -> bool:
    """Whether this trouble is the database's own and will pass, rather than one row's.

    Source: PostgreSQL, Appendix A (error codes): 08 connection, 25006 read only, 40 rollback,
            53 resources, 55 object state, 57 operator intervention, 58 system.
    """
    if not isinstance(exc, SQLAlchemyError):
        return not isinstance(exc, _UNSTORABLE)
    if isinstance(exc, DBAPIError):
        state = getattr(exc.orig, "sqlstate", None)
        if state:
            return state == "25006" or state[:2] in {"08", "40", "53", "55", "57", "58"}
        if isinstance(exc, IntegrityError | DataError | ProgrammingError):
            return False
        return exc.connection_invalidated or isinstance(exc, OperationalError | InterfaceError)
    return isinstance(exc, PoolTimeoutError)


def reason_of(exc: BaseException) -> str:
    """One line that names the trouble, without the statement, and fit to be stored itself."""
    origin = getattr(exc, "orig", None) or exc
    text = "".join(c if c.isprintable() else "?" for c in " ".join(str(origin).split()))
    return text[:300] or type(origin).__name__
