"""Makes one configured database a verified copy of another, as often as asked.

No lease is held in the copy: leases are released in it, and its runs are marked as ended.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from pathlib import Path

from daemon.config import DatabaseConfig
from daemon.model.errors import OccupiedError
from daemon.store.copying.guard import alone, refuse_alive, refuse_foreign
from daemon.store.copying.mirror import Copy as Copy
from daemon.store.copying.mirror import Progress, mirror, one_moment
from daemon.store.core import schema
from daemon.store.core.database import Database, file_of
from daemon.store.core.engine import open_engine
from daemon.store.core.migrate import upgrade
from daemon.store.core.opening import (
    key_file_of,
    refuse_missing,
    refuse_other_schema,
    refuse_without_folder,
    revision_of,
)
from daemon.store.sealing.key_file import KeyFile
from daemon.system.process import hold_lock

_STATEMENT_SECONDS = 3600.0  # a table may have to be sorted before its first row is returned


def copy_database(
    source: DatabaseConfig, target: DatabaseConfig, progress: Progress, *, writes: bool = True
) -> Copy:
    """Make the target a copy of the source as it is now, and verify it.

    Shape:  with `writes` False it only compares. A target that is already such a copy is
            updated.
    Errors: StoreError; OccupiedError for a target with other content; LockedError while it is
            in use; SchemaError for a source at another schema.
    """
    _refuse_same(source, target)
    refuse_missing(source)
    refuse_other_schema(asyncio.run(revision_of(source)))
    with locked(target):
        if writes:
            prepare(target)
        else:
            refuse_other_schema(asyncio.run(revision_of(target)))
        return asyncio.run(_copy(source, target, progress, writes))


def take_key(source: DatabaseConfig, target: DatabaseConfig) -> Path | None:
    """Put a copy of the source's key file beside the target; None where there is none.

    Shape:  secrets stay encrypted in a copy, so whoever uses it needs the key. A backup has none.
    Errors: StoreError when it cannot be written.
    """
    key, path = KeyFile(key_file_of(source)).read(), key_file_of(target)
    if key is None or source.encryption_keys:
        return None
    KeyFile(path).make(key)
    return path


def locked(section: DatabaseConfig) -> AbstractContextManager[None]:
    """Keep daemons off while an SQLite file is written as a whole."""
    path = file_of(section.dsn)
    if path is None:
        return nullcontext()
    refuse_without_folder(path)
    return hold_lock(path)


def prepare(section: DatabaseConfig) -> None:
    """Create the database if there is none, and upgrade its schema.

    Errors: SchemaError when a newer version has used it.
    """
    found = asyncio.run(revision_of(section))
    if found is not None and found > schema.HEAD:
        refuse_other_schema(found)
    if found != schema.HEAD:
        upgrade(section.dsn)


@asynccontextmanager
async def opened(section: DatabaseConfig) -> AsyncIterator[Database]:
    """Open the database with a timeout for the long statements of a copy."""
    database = Database(
        open_engine(
            section.dsn,
            pool_size=3,
            busy_timeout_seconds=section.busy_timeout_seconds,
            statement_timeout_seconds=_STATEMENT_SECONDS,
        )
    )
    try:
        yield database
    finally:
        await database.close()


async def _copy(
    source: DatabaseConfig, target: DatabaseConfig, progress: Progress, writes: bool
) -> Copy:
    async with (
        opened(source) as ours,
        opened(target) as theirs,
        alone(theirs),
        one_moment(ours) as moment,
    ):
        if writes:
            await refuse_alive(theirs)
            await refuse_foreign(moment, theirs)
        return await mirror(moment, theirs, progress, writes=writes)


def _refuse_same(source: DatabaseConfig, target: DatabaseConfig) -> None:
    ours, theirs = file_of(source.dsn), file_of(target.dsn)
    same_file = ours is not None and theirs is not None and ours.resolve() == theirs.resolve()
    if same_file or source.shown == target.shown:
        raise OccupiedError("source and target are the same database")
