"""Opens a database by its location and limits, with the schema that it needs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import event

from daemon.model.errors import SchemaError, StoreError
from daemon.store.core import schema
from daemon.store.core.database import Database, file_of
from daemon.store.core.engine import open_engine
from daemon.store.sealing.key_file import KeyFile
from daemon.store.sealing.keyring import Keyring

_READERS = 3
_PATIENCE_SECONDS = 1.8
# A statement is ended by the database; the rest is for one that does not answer at all.
_OF_A_STATEMENT = 0.8


@dataclass(slots=True)
class Sent:
    """How many statements were sent."""

    number: int = 0


_SENT: ContextVar[Sent | None] = ContextVar("sent", default=None)


class DatabaseSettings(Protocol):
    """The location of a database, and its timeouts.

    Shape: `dsn` is the URL to connect with, password included: never shown. `encryption_keys` are
           for the secrets in it, the newest first.
    """

    @property
    def dsn(self) -> str: ...
    @property
    def encryption_keys(self) -> tuple[bytes, ...]: ...
    @property
    def pool_size(self) -> int: ...
    @property
    def busy_timeout_seconds(self) -> float: ...
    @property
    def statement_timeout_seconds(self) -> float: ...


@asynccontextmanager
async def open_database(
    settings: DatabaseSettings,
    on_trouble: Callable[[StoreError], None] = lambda trouble: None,
    *,
    waits_for_file: bool = False,
) -> AsyncIterator[Database]:
    """Open the database with the operator's limits, if its schema fits this version.

    Shape:  as `Database.observed`, once it is open: until then its errors are only raised.
    Errors: SchemaError when it does not fit; StoreError when it is unreachable.
    """
    database = database_of(settings)
    try:
        refuse_other_schema(await schema.revision(database))
        yield database.observed(on_trouble, waits_for_file=waits_for_file)
    finally:
        await database.close()


@asynccontextmanager
async def open_for_readers(
    settings: DatabaseSettings, patience_seconds: float = _PATIENCE_SECONDS
) -> AsyncIterator[Database]:
    """Open a few connections of their own that only read, for people who wait for an answer.

    Shape: nothing is connected yet. A session that takes too long ends in a transient StoreError,
           and holds up no check: it uses none of the daemon's connections.
    """
    engine = open_engine(
        settings.dsn,
        pool_size=_READERS,
        busy_timeout_seconds=patience_seconds * _OF_A_STATEMENT,
        statement_timeout_seconds=patience_seconds * _OF_A_STATEMENT,
        reads_only=True,
    )
    event.listen(engine.sync_engine, "before_cursor_execute", _count)
    database = Database(engine, _keyring(settings), patience_seconds)
    database.note_file()  # else the first connection could make an empty one in its place
    try:
        yield database.observed(lambda trouble: None, waits_for_file=True)
    finally:
        await database.close()


@contextmanager
def counting() -> Iterator[Sent]:
    """Count what this task sends through connections for readers, while the block lasts."""
    sent = Sent()
    token = _SENT.set(sent)
    try:
        yield sent
    finally:
        _SENT.reset(token)


def _count(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
    sent = _SENT.get()
    if sent is not None and statement != "BEGIN":
        sent.number += 1


def database_of(settings: DatabaseSettings) -> Database:
    """The database without connecting to it or creating a file."""
    return Database(
        open_engine(
            settings.dsn,
            pool_size=settings.pool_size,
            busy_timeout_seconds=settings.busy_timeout_seconds,
            statement_timeout_seconds=settings.statement_timeout_seconds,
        ),
        _keyring(settings),
    )


def _keyring(settings: DatabaseSettings) -> Keyring:
    key_file = KeyFile(key_file_of(settings), must_last=file_of(settings.dsn) is None)
    return Keyring(settings.encryption_keys, key_file)


def key_file_of(settings: DatabaseSettings) -> Path:
    """The file with the key of a database for which none is given.

    Shape: beside an SQLite file; in the working directory for a server.
    """
    path = file_of(settings.dsn)
    return path.absolute().with_name(f"{path.name}.key") if path else Path("changelogger.key")


async def revision_of(settings: DatabaseSettings) -> str | None:
    """The revision of the database; None when it is empty or missing.

    Errors: StoreError when it cannot be reached.
    """
    if is_missing(settings):
        return None
    database = database_of(settings)
    try:
        return await schema.revision(database)
    finally:
        await database.close()


def refuse_missing(settings: DatabaseSettings) -> None:
    """Raise unless there is a database, whatever its content.

    Errors: StoreError, which names the folder without one.
    """
    path = file_of(settings.dsn)
    if path is not None and is_missing(settings):
        raise StoreError(f"there is no database at {path.absolute()}")


def is_missing(settings: DatabaseSettings) -> bool:
    """Whether the database is an SQLite file that does not exist yet.

    Errors: StoreError when it cannot be created either.
    """
    path = file_of(settings.dsn)
    if path is None:
        return False
    refuse_without_folder(path)
    return not path.exists()


def refuse_without_folder(path: Path) -> None:
    """Raise unless a database of this name exists or could be created.

    Errors: StoreError.
    """
    try:
        if not path.exists() and not path.parent.is_dir():
            raise StoreError(f"no database can be made at {path}: {path.parent} is no directory")
    except OSError as exc:
        raise StoreError(f"no database can be used at {path}: {exc.strerror}") from exc


def refuse_other_schema(found: str | None) -> None:
    """Raise SchemaError unless this is the revision that this version needs."""
    if found is not None and found > schema.HEAD:
        raise SchemaError(
            f"the database schema is at {found} and this version knows {schema.HEAD}: a newer "
            "changelogger has used it; upgrade this one"
        )
    if found != schema.HEAD:
        state = f"at {found}" if found else "empty"
        raise SchemaError(
            f"the database schema is {state}, this version needs {schema.HEAD}: "
            "run `changelogger db upgrade`"
        )
