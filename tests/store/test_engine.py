"""Engines for what is supported, and whose trouble an error is."""

from __future__ import annotations

import errno
import socket
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import pytest
from sqlalchemy import exc, select, text

from daemon.model.errors import StoreError
from daemon.store.core.database import Database, file_of
from daemon.store.core.engine import database_errors, is_transient, open_engine, reason_of
from daemon.store.core.server.unhurried import take_time
from daemon.store.tables import MonitoredSite, Run


class PostgresError(Exception):
    def __init__(self, state: str) -> None:
        super().__init__("the server said no")
        self.sqlstate = state


def said(kind: type[exc.DBAPIError], origin: Exception) -> exc.DBAPIError:
    return kind("SELECT secret", {"password": "hunter2"}, origin)


@pytest.mark.parametrize("url", ["mysql://a/b", "oracle+oracledb://a/b"])
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(StoreError, match="use sqlite or postgresql"):
        open_engine(url)


@pytest.mark.parametrize(
    ("state", "passes"),
    [
        ("08006", True), ("25006", True), ("40001", True), ("40P01", True), ("53300", True),
        ("55P03", True), ("57014", True), ("57P01", True), ("58030", True),
        ("26000", True), ("0A000", True), ("28P01", True), ("3D000", True), ("42501", True),
        ("42P01", True), ("XX001", True),
        ("22021", False), ("22P05", False), ("23505", False), ("42601", False), ("25001", False),
        ("54000", False),
    ],
)  # fmt: skip
def test_the_server_says_whether_its_trouble_passes(state: str, passes: bool) -> None:
    assert is_transient(said(exc.DBAPIError, PostgresError(state))) is passes


@pytest.mark.parametrize(
    ("statement", "passes"),
    [("SELECT json('{')", False), ("SELECT", False), ("SELECT 1 FROM gone", True)],
)
def test_sqlite_passes_only_for_what_may_come_back(statement: str, passes: bool) -> None:
    with (
        closing(sqlite3.connect(":memory:")) as connection,
        pytest.raises(sqlite3.OperationalError) as caught,
    ):
        connection.execute(statement)
    assert is_transient(said(exc.OperationalError, caught.value)) is passes


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (said(exc.OperationalError, Exception("database is locked")), True),
        (said(exc.InterfaceError, Exception("connection is closed")), True),
        (said(exc.DatabaseError, Exception("database disk image is malformed")), True),
        (said(exc.NotSupportedError, Exception("not here")), False),
        (said(exc.IntegrityError, Exception("UNIQUE")), False),
        (said(exc.DataError, Exception("too big")), False),
        (said(exc.ProgrammingError, Exception("syntax")), False),
        (exc.TimeoutError("no connection is free"), True),
        (exc.StatementError("a value", "INSERT", {}, ValueError("naive")), False),
        (ConnectionRefusedError("refused"), True),
        (UnicodeEncodeError("utf-8", "\udc80", 0, 1, "surrogates not allowed"), False),
        (OverflowError("too large"), False),
    ],
)
def test_errors_without_a_state_are_told_apart_by_kind(error: Exception, passes: bool) -> None:
    assert isinstance(error, database_errors())
    assert is_transient(error) is passes


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (said(exc.OperationalError, Exception("database\n is  locked")), "database is locked"),
        (said(exc.OperationalError, Exception("")), "Exception"),
        (OSError("a\0b\udc80"), "a?b?"),
        (
            ConnectionRefusedError(errno.ECONNREFUSED, "Connect call failed ('127.0.0.1', 5432)"),
            "the database cannot be reached: Connection refused",
        ),
        (
            socket.gaierror(socket.EAI_NONAME, "Name or service not known"),
            "the database cannot be reached: Name or service not known",
        ),
        (OSError("x" * 1000), "x" * 300),
    ],
)
def test_a_reason_is_one_line_without_values(error: Exception, reason: str) -> None:
    assert reason_of(error) == reason


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite+aiosqlite:///a.db", Path("a.db")),
        ("sqlite+aiosqlite:////var/a.db", Path("/var/a.db")),
        ("sqlite+aiosqlite:///:memory:", None),
        ("sqlite+aiosqlite://", None),
        ("postgresql+asyncpg://a/b", None),
    ],
)
def test_a_database_is_a_file_or_none(url: str, path: Path | None) -> None:
    assert file_of(url) == path


async def test_a_server_that_forgot_our_statements_is_asked_anew(postgres_url: str) -> None:
    engine = open_engine(postgres_url, pool_size=1)
    troubles: list[StoreError] = []
    database = Database(engine).observed(troubles.append)
    query = select(MonitoredSite.id)
    async with database.reading() as session:
        await session.execute(query)
        raw = (await (await session.connection()).get_raw_connection()).driver_connection
        assert raw is not None
        await raw.execute("DEALLOCATE ALL")
    for _ in range(2):  # the check before use fails, or the statement; but not for ever
        with suppress(StoreError):
            async with database.reading() as session:
                await session.execute(query)
    async with database.reading() as session:
        await session.execute(query)
    assert len(troubles) <= 2
    await database.close()


async def test_a_row_that_does_not_fit_is_no_trouble_of_the_database(database: Database) -> None:
    troubles: list[StoreError] = []
    database = database.observed(troubles.append)
    with pytest.raises(StoreError) as caught:
        async with database.writing() as session:
            session.add(Run(kind="nonsense", machine="here", pid=1, version="1"))
    assert not caught.value.is_transient
    assert troubles == []


async def test_what_may_take_long_is_not_given_up_as_other_statements_are(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("daemon.store.core.engine._ANSWER_SECONDS", -0.8)  # 0.2 for the driver
    database = Database(open_engine(postgres_url, statement_timeout_seconds=1))
    wait = "SELECT pg_sleep(0.6)"
    try:
        async with database.writing() as session:
            await session.execute(text("SET LOCAL statement_timeout = 0"))
            await take_time(await session.connection(), wait)
        with pytest.raises(StoreError):
            async with database.writing() as session:
                await session.execute(text(wait))
    finally:
        await database.close()
