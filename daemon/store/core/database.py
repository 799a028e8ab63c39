"""One database: a session for each unit of work, with its errors translated into ours."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from copy import copy
from pathlib import Path
from typing import TypeAlias, TypeVar

from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, async_sessionmaker
from sqlalchemy.orm import Session

from daemon.backoff import Backoff
from daemon.model.errors import DamagedError, GoneError, StoreError
from daemon.store.core.aside import leave_out
from daemon.store.core.engine import database_errors, is_damaged, is_transient, reason_of
from daemon.store.core.open_file import OpenFile
from daemon.store.core.requests import KEYRING
from daemon.store.core.server.hosts import HOSTS
from daemon.store.core.server.pooler import has_pooler
from daemon.store.sealing.keyring import NO_KEYS, Keyring
from daemon.wording import duration

# While the database fails; its ceiling is short enough to go on soon after recovery.
TROUBLE_BACKOFF = Backoff(0.25, 10.0)
_T = TypeVar("_T")
DatabaseSession: TypeAlias = AsyncSession  # for layers above the store, without its library


_Beginning: TypeAlias = "Callable[[AsyncSession, Database], Awaitable[None]]"


class _Session(Session):
    """A session that leaves out rows with garbled values."""


event.listen(_Session, "do_orm_execute", leave_out)


class Database:
    """Opens sessions; none is shared by two tasks, and none outlives its block.

    Errors: StoreError for any error of the database, or of its connection; GoneError before and
            after each use of an SQLite file that is no longer in its place.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        keyring: Keyring | None = None,
        patience_seconds: float | None = None,
    ) -> None:
        """`patience_seconds` is how long a session that reads may take in all."""
        self.engine = engine
        self._patience_seconds = patience_seconds
        known = {KEYRING: keyring or NO_KEYS}
        self._on_trouble: Callable[[StoreError], None] = lambda trouble: None
        self._waits_for_file = False
        self._begins_with: _Beginning | None = None
        self._within: AsyncSession | None = None
        self._writing = async_sessionmaker(
            engine, expire_on_commit=False, sync_session_class=_Session, info=known
        )
        self._reading = async_sessionmaker(
            engine.execution_options(readonly=True), sync_session_class=_Session, info=known
        )
        self._file = _open_file(engine, self.path)

    def observed(
        self, on_trouble: Callable[[StoreError], None], *, waits_for_file: bool = False
    ) -> Database:
        """The same database, with every error of its users reported to `on_trouble`.

        Shape: it `waits_for_file` if this process survives that its file is gone for a while.
        """
        observed = copy(self)
        observed._on_trouble, observed._waits_for_file = on_trouble, waits_for_file
        return observed

    def beginning_with(self, begin: _Beginning) -> Database:
        """The same database for one unit of work, whose first transaction begins so.

        Shape: `begin` gets the session, and a database that reads within that transaction. What it
               raises undoes the transaction; the later ones begin as usual.
        """
        other = copy(self)
        other._begins_with = begin
        return other

    def _reading_within(self, session: AsyncSession) -> Database:
        other = copy(self)
        other._within = session
        return other

    @property
    def is_shared(self) -> bool:
        """Whether several daemons may use it; an SQLite file allows one at a time."""
        return self.engine.dialect.name != "sqlite"

    @property
    def has_pooler(self) -> bool:
        """Whether a connection pooler was met before the server."""
        return has_pooler(self.engine)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """A session that only reads; on SQLite it does not wait for a writer."""
        if self._within is not None:
            yield self._within
            return
        with self._errors_made_ours():
            async with self._in_time(), self._reading() as session:
                yield session

    @asynccontextmanager
    async def _in_time(self) -> AsyncIterator[None]:
        limit = asyncio.timeout(self._patience_seconds)
        try:
            async with limit:
                yield
        except TimeoutError as exc:
            if self._patience_seconds is None or not limit.expired():
                raise
            told = f"the database did not answer within {duration(self._patience_seconds)}"
            raise StoreError(told, is_transient=True) from exc

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncSession]:
        """A session in one transaction: committed at the end of the block, or not at all."""
        with self._errors_made_ours():
            async with self._writing() as session, session.begin():
                if self._begins_with is not None:
                    await self._begins_with(session, self._reading_within(session))
                yield session
            self._begins_with = None
            # Data written to an unlinked file is lost.
            self.verify_file()

    @property
    def path(self) -> Path | None:
        """The file of an SQLite database."""
        return file_of(self.engine.url.render_as_string(hide_password=False))

    @asynccontextmanager
    async def bare(self) -> AsyncIterator[AsyncConnection]:
        """A connection outside any transaction, as vacuum and checkpoints require."""
        options = {"isolation_level": "AUTOCOMMIT"} if self.is_shared else {"bare": True}
        with self._errors_made_ours():
            async with self.engine.execution_options(**options).connect() as connection:
                yield connection

    @contextmanager
    def _errors_made_ours(self) -> Iterator[None]:
        try:
            self.verify_file()
            yield
        except GoneError as exc:
            self._on_trouble(exc)
            raise
        except database_errors() as exc:
            trouble = _trouble(exc)
            if trouble.is_transient:
                self._on_trouble(trouble)
            raise trouble from exc

    async def examine(self) -> None:
        """End what waits for a server that is silent or replaced, and report commits that wait.

        Errors: StoreError, also when a synchronous standby is waited for.
        """
        if (hosts := HOSTS.get(self.engine.sync_engine)) is None:
            return
        with self._errors_made_ours():
            if await hosts.examine():
                raise OSError(
                    "commits wait for a synchronous standby that is down or behind: bring it back, "
                    "or take it out of synchronous_standby_names"
                )

    def note_file(self) -> None:
        """Take the SQLite file that is in its place now for the one that is opened later."""
        if self._file is not None:
            self._file.note()

    def verify_file(self) -> None:
        """Raise unless the opened file is still in its place.

        Errors: GoneError, which is transient if this process waits for the file.
        """
        try:
            if self._file is not None:
                self._file.verify()
        except GoneError as exc:
            exc.is_transient = self._waits_for_file
            raise

    async def insist(self, read: Callable[[AsyncSession], Awaitable[_T]]) -> _T:
        """The result of `read`, retried for as long as the database itself fails.

        Errors: StoreError when the database's state is not the cause.
        """
        for pause in TROUBLE_BACKOFF.waits():
            try:
                async with self.reading() as session:
                    return await read(session)
            except StoreError as exc:
                if not exc.is_transient:
                    raise
            await asyncio.sleep(pause)
        raise AssertionError("there is always one more pause")

    async def close(self) -> None:
        """Close all connections."""
        await self.engine.dispose()


def _open_file(engine: AsyncEngine, path: Path | None) -> OpenFile | None:
    """The file behind an engine, which is never replaced by another or recreated."""
    if path is None:
        return None
    file = OpenFile(path)
    event.listen(engine.sync_engine, "do_connect", lambda *_: file.verify())
    event.listen(engine.sync_engine, "connect", lambda *_: file.note())
    return file


def _trouble(exc: Exception) -> StoreError:
    """The StoreError for a library's error."""
    reason, passes = reason_of(exc), is_transient(exc)
    if is_damaged(exc):
        told = f"the database is damaged ({reason}): stop, and restore a backup"
        return DamagedError(told, is_transient=passes)
    return StoreError(reason, is_transient=passes)


def file_of(url: str) -> Path | None:
    """The file of an SQLite database; None for a server or a database in memory."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or parsed.database in (None, "", ":memory:"):
        return None
    return Path(str(parsed.database))
