"""Opens the database for an operation, and prepares it first where that starts work."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar
from uuid import UUID

from daemon.config import Config, DatabaseConfig
from daemon.logs.logger import get_logger
from daemon.model.errors import StoreError
from daemon.model.viewer import Viewer
from daemon.operations.viewers import local_owner
from daemon.store.core import schema
from daemon.store.core.advisory_lock import hold_row
from daemon.store.core.database import Database as Database
from daemon.store.core.database import DatabaseSession, file_of
from daemon.store.core.opening import Sent as Sent
from daemon.store.core.opening import counting as counting
from daemon.store.core.opening import is_missing, open_database, refuse_other_schema, revision_of
from daemon.store.core.server.replica import Replica as Replica
from daemon.store.core.server.replica import written_up_to as written_up_to
from daemon.system.process import hold_lock, keep_files_private

log = get_logger(__name__)

P = ParamSpec("P")
T = TypeVar("T")


@asynccontextmanager
async def stored(config: Config) -> AsyncIterator[Database]:
    """Open the existing database for a query; never creates one.

    Errors: StoreError, which says how to begin when there is none.
    """
    if is_missing(config.database):
        raise StoreError(
            f"there is no database at {shown_database(config)} yet: "
            "`changelogger run` makes it, as does `changelogger sites add URL`"
        )
    async with open_database(config.database) as database:
        yield database


@asynccontextmanager
async def stored_if_any(config: Config) -> AsyncIterator[Database | None]:
    """The existing database, or None when there is none.

    Errors: StoreError.
    """
    if await revision_of(config.database) is None:
        yield None
        return
    async with open_database(config.database) as database:
        yield database


async def asked(
    config: Config,
    operation: Callable[Concatenate[Database, Viewer, P], Awaitable[T]],
    *args: P.args,
    **kwargs: P.kwargs,
) -> T:
    """Run an operation for the local owner on the existing database.

    Errors: StoreError when there is none; those of the operation.
    """
    async with stored(config) as database:
        return await operation(database, local_owner(config), *args, **kwargs)


def judged(
    database: Database, noun: str, id_: UUID, judge: Callable[[Database], Awaitable[None]]
) -> Database:
    """The database for one change of this thing, which is judged in the transaction that makes it.

    Shape:  nobody else changes the thing between the two. `judge` gets a database that reads in
            that transaction.
    Errors: what it raises undoes the transaction.
    """

    async def begin(session: DatabaseSession, within: Database) -> None:
        await hold_row(session, noun, id_)
        await judge(within)

    return database.beginning_with(begin)


def prepare(config: Config, *, upgrades: bool = False) -> None:
    """Create the database where there is none; upgrade its schema if it `upgrades`.

    Errors: SchemaError for a newer schema, or an older one that must not be upgraded here;
            LockedError while another daemon uses it.
    """
    keep_files_private()
    found = asyncio.run(revision_of(config.database))
    if found == schema.HEAD:
        return
    if found is not None and (found > schema.HEAD or not upgrades):
        refuse_other_schema(found)
    with locked(config):
        _upgrade(config)
    log.info("schema_upgraded", before=found or "nothing", after=schema.HEAD)


def locked(config: Config) -> AbstractContextManager[None]:
    """Keep daemons off an SQLite file while its schema moves.

    Errors: LockedError while one works with it.
    """
    path = path_of(config.database)
    return hold_lock(path) if path else nullcontext()


def quiet_migrations() -> None:
    """Let Alembic log warnings only: on first use it logs each of its plugins."""
    logging.getLogger("alembic").setLevel(logging.WARNING)


def _upgrade(config: Config) -> None:
    quiet_migrations()
    from daemon.store.core.migrate import upgrade

    upgrade(config.database.dsn)


def shown_database(config: Config) -> str:
    """The database for display: a file, or a server without password and driver."""
    return shown(config.database)


def path_of(section: DatabaseConfig) -> Path | None:
    """The SQLite file that a database is; None for a server."""
    return file_of(section.dsn)


def shown(section: DatabaseConfig) -> str:
    """Any database for display, with the folder, which may be the cause of an error."""
    path = path_of(section)
    return str(path.absolute()) if path else section.shown
