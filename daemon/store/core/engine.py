"""Opens the engine, one per process, and keeps SQLite and PostgreSQL connections safe."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sqlite3
import sys
import time
from typing import Any

from sqlalchemy import event
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import ExceptionContext
from sqlalchemy.engine.url import URL
from sqlalchemy.exc import (
    DatabaseError,
    DataError,
    DBAPIError,
    IntegrityError,
    InterfaceError,
    NotSupportedError,
    ProgrammingError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from daemon.model.errors import StoreError
from daemon.store.core.server.hosts import HOSTS, Hosts
from daemon.store.core.server.pooler import heed_poolers, told_of_pooler
from daemon.store.tables.garbled import decoded, decoded_text, tolerate

_ANSWER_SECONDS = 10.0
_UNTIL = "until"  # when a transaction that reads only is interrupted, by the monotonic clock
_STEPS_BETWEEN_LOOKS = 10_000  # of SQLite's machine: about a millisecond


def open_engine(
    url: str,
    *,
    pool_size: int = 5,
    busy_timeout_seconds: float = 10.0,
    statement_timeout_seconds: float = 60.0,
    reads_only: bool = False,
) -> AsyncEngine:
    """An engine for this URL; nothing is connected yet.

    Shape:  one that `reads_only` cannot write, and its transactions on SQLite end in time too.
    Errors: StoreError when the URL's driver is not one of the two, or not installed.
    """
    parsed = make_url(url)
    try:
        if parsed.get_backend_name() == "sqlite":
            engine = _sqlite(parsed, pool_size, busy_timeout_seconds)
            if reads_only:
                _only_read(engine, statement_timeout_seconds)
            return _watched(engine)
        if parsed.get_backend_name() == "postgresql":
            return _watched(
                _postgresql(parsed, pool_size, statement_timeout_seconds, reads_only=reads_only)
            )
    except ModuleNotFoundError as exc:
        raise StoreError(
            f"no database driver {exc.name} here: pip install 'changelogger[postgres]'"
        ) from exc
    raise StoreError(f"no support for {parsed.get_backend_name()}: use sqlite or postgresql")


def _watched(engine: AsyncEngine) -> AsyncEngine:
    event.listen(engine.sync_engine, "handle_error", _give_up_spent)
    return engine


class HintingCompiler(SQLiteCompiler):
    """Passes on which index a query must use (`INDEXED BY …`), which SQLAlchemy leaves out."""

    def get_from_hint_text(self, table: Any, text: str | None) -> str | None:
        return text


def _sqlite(url: URL, pool_size: int, busy_timeout_seconds: float) -> AsyncEngine:
    engine = create_async_engine(
        url.set(drivername="sqlite+aiosqlite"),
        poolclass=AsyncAdaptedQueuePool,
        pool_size=pool_size,
        max_overflow=0,
        json_deserializer=decoded,
        connect_args={
            "timeout": busy_timeout_seconds,
            "isolation_level": None,
            "async_creator_fn": _connect_sqlite,
        },
    )

    tolerate(engine.sync_engine.dialect)
    engine.sync_engine.dialect.statement_compiler = HintingCompiler

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.driver_connection.text_factory = decoded_text
        cursor = connection.cursor()
        cursor.execute("PRAGMA page_count")
        if cursor.fetchone()[0] == 0:
            # Only effective before the first table; files of older versions need one `db vacuum`.
            cursor.execute("PRAGMA auto_vacuum=INCREMENTAL")
        # FULL: commits survive a power cut (in WAL mode, NORMAL may lose the last ones).
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "journal_size_limit=67108864",
            "cache_size=-4096",
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
    """A connection in its thread, which ends before a failure is raised.

    Otherwise aiosqlite's thread may report to an event loop that is already closed.
    """
    from aiosqlite import connect

    connection = connect(*args, **options)
    connection._thread.daemon = True  # as SQLAlchemy does: it must not keep the process alive
    async with contextlib.AsyncExitStack() as undo:
        undo.push_async_callback(asyncio.to_thread, connection._thread.join)
        opened = await connection
        undo.pop_all()
    return opened


def _only_read(engine: AsyncEngine, seconds: float) -> None:
    """Let SQLite refuse writes, and interrupt what takes longer: it has no timeout of its own."""

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, record: Any) -> None:
        def is_over() -> bool:
            return bool(time.monotonic() > record.info.get(_UNTIL, float("inf")))

        connection.run_async(lambda own: own.set_progress_handler(is_over, _STEPS_BETWEEN_LOOKS))
        cursor = connection.cursor()
        cursor.execute("PRAGMA query_only=ON")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Any) -> None:
        connection.info[_UNTIL] = time.monotonic() + seconds


_TARGET = "target_session_attrs"  # of a URL with several hosts
# PostgreSQL cannot know how few changes are newer than their site was seen, nor that all that
# people wait for is on an index: it would read a million rows, or compile first.
_FOR_READERS = {"default_transaction_read_only": "on", "enable_seqscan": "off", "jit": "off"}


def _postgresql(
    url: URL, pool_size: int, statement_timeout_seconds: float, *, reads_only: bool
) -> AsyncEngine:
    if reads_only and url.query.get(_TARGET) == "read-write":
        # Sessions that only read are none of a host that is to be written to, by its own word.
        url = url.update_query_dict({_TARGET: "primary"})
    hosts = Hosts()
    engine = create_async_engine(
        url.set(drivername="postgresql+asyncpg"),
        pool_size=pool_size,
        max_overflow=0,
        pool_pre_ping=True,
        connect_args={
            "async_creator_fn": hosts.connect,
            # The server enforces its own timeout; this is for one that no longer answers.
            "command_timeout": url.query.get("command_timeout")
            or statement_timeout_seconds + _ANSWER_SECONDS,
            "server_settings": {
                "application_name": "changelogger",
                "timezone": "UTC",
                "statement_timeout": str(int(statement_timeout_seconds * 1000)),
                "synchronous_commit": "on",
                **(_FOR_READERS if reads_only else {}),
            },
        },
    )

    heed_poolers(engine)
    HOSTS[engine.sync_engine] = hosts
    dialect = engine.sync_engine.dialect
    tolerate(dialect)
    dialect.do_ping = hosts.ping  # type: ignore[assignment,method-assign]

    @event.listens_for(engine.sync_engine, "connect")
    def notice_silence(connection: Any, _record: Any) -> None:
        transport = getattr(connection.driver_connection, "_transport", None)
        found = transport.get_extra_info("socket") if transport else None
        if found is not None and found.family in (socket.AF_INET, socket.AF_INET6):
            _notice_silence(found)

    return engine


def _notice_silence(connection: Any) -> None:
    """Let the kernel close a connection whose peer has vanished, within some 20 seconds.

    Source: tcp(7); a machine that loses power closes no connection, and waits would never end.
    """
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (
        ("TCP_KEEPIDLE", 5),
        ("TCP_KEEPINTVL", 5),
        ("TCP_KEEPCNT", 3),
        ("TCP_USER_TIMEOUT", 20_000),  # milliseconds, for what was sent and not acknowledged
    ):
        option = getattr(socket, name, None)  # not every system has them all
        if option is not None:
            connection.setsockopt(socket.IPPROTO_TCP, option, value)


_UNSTORABLE = (UnicodeError, OverflowError)
# Source: PostgreSQL, Appendix A (error codes): 08 connection, 28 authorization, 3D database name,
# 40 rollback, 53 resources, 55 object state, 57 operator intervention, 58 system, F0 configuration,
# XX internal; 25006 read only, 26000 a statement that the server has forgotten, 0A000 one that was
# prepared for another schema, 42501 no privilege, 42P01 and 42703 no such table or column.
_PASSING_CLASSES = frozenset({"08", "28", "3D", "40", "53", "55", "57", "58", "F0", "XX"})
_PASSING_STATES = frozenset({"25006", "26000", "0A000", "42501", "42P01", "42703"})
# After these a connection is unusable: the server is a different one, or has lost its state.
_SPENT_STATES = frozenset({"25006", "26000", "0A000"})
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_SPENT_CODES = _DAMAGED | {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY}


def database_errors() -> tuple[type[Exception], ...]:
    """The exceptions that any use of the database may raise.

    They include asyncpg's own errors, which SQLAlchemy translates only on an open connection,
    and those of sqlite3 for values that it rejects, which SQLAlchemy does not translate.
    """
    asyncpg = sys.modules.get("asyncpg")
    own = (asyncpg.PostgresError, asyncpg.InterfaceError) if asyncpg else ()
    return (SQLAlchemyError, OSError, *_UNSTORABLE, *own)


def is_transient(exc: BaseException) -> bool:
    """Whether this error is transient and of the database itself, not of one row."""
    if not isinstance(exc, SQLAlchemyError):
        return not isinstance(exc, _UNSTORABLE)
    if not isinstance(exc, DBAPIError):
        return isinstance(exc, PoolTimeoutError)
    state = getattr(exc.orig, "sqlstate", None)
    if state:
        return state in _PASSING_STATES or state[:2] in _PASSING_CLASSES
    if isinstance(exc, IntegrityError | DataError | ProgrammingError | NotSupportedError):
        return False
    if _code(exc.orig) == sqlite3.SQLITE_ERROR:
        # A wrong statement fails again; only a missing table may come back.
        return str(exc.orig).startswith("no such")
    # SQLite raises a plain DatabaseError for a file that is damaged, or not a database.
    return exc.connection_invalidated or isinstance(exc, DatabaseError | InterfaceError)


def is_damaged(exc: BaseException) -> bool:
    """Whether the database itself is damaged and must be repaired."""
    origin = getattr(exc, "orig", None)
    state = getattr(origin, "sqlstate", None) or ""
    return _code(origin) in _DAMAGED or state in {"XX001", "XX002"}


def _code(origin: BaseException | None) -> int | None:
    """SQLite's primary result code."""
    code = getattr(origin, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF


def _give_up_spent(context: ExceptionContext) -> None:
    origin = context.original_exception
    if getattr(origin, "sqlstate", None) in _SPENT_STATES or _code(origin) in _SPENT_CODES:
        context.is_disconnect = True


def reason_of(exc: BaseException) -> str:
    """One line that describes the error, without the statement, safe to store."""
    origin = getattr(exc, "orig", None) or exc
    if isinstance(origin, OSError) and origin.strerror:
        origin = f"the database cannot be reached: {_system_reason(origin)}"
    text = "".join(c if c.isprintable() else "?" for c in " ".join(str(origin).split()))
    return told_of_pooler(text[:300]) or type(origin).__name__


def _system_reason(error: OSError) -> str:
    """The system's message, which some event loops replace by an address in Python's notation."""
    code = error.errno or 0  # below 0 it is a resolver's code, with a better message
    return os.strerror(code) if code > 0 else str(error.strerror)
