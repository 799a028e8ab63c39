"""Where the database's schema stands, and what is done to all of it: for admins.

Whoever moves a schema or writes a file anew keeps daemons off meanwhile.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from daemon.config import Config
from daemon.model.errors import StoreError
from daemon.model.viewer import Viewer
from daemon.operations.opening import locked, prepare, shown_database, stored
from daemon.operations.viewers import refuse_all_but_admins
from daemon.store.core import schema
from daemon.store.core.database import Database
from daemon.store.core.opening import is_missing, refuse_other_schema, revision_of
from daemon.store.retention import space
from daemon.system.process import disk
from daemon.wording import byte_size

_KIND = "database"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a schema stands, and where this version needs it; no revision is an empty database."""

    shown: str
    revision: str | None
    needed: str

    @property
    def is_current(self) -> bool:
        return self.revision == self.needed


@dataclass(frozen=True, slots=True)
class Vacuumed:
    """How large a database was, and is."""

    before_bytes: int
    after_bytes: int


async def standing(config: Config, viewer: Viewer) -> Standing:
    """Where the schema stands; that there is no database yet is no failure.

    Errors: NotAllowedError; SchemaError when it does not say; StoreError.
    """
    refuse_all_but_admins(viewer, _KIND)
    return Standing(shown_database(config), await revision_of(config.database), schema.HEAD)


def upgrade(config: Config, viewer: Viewer) -> str:
    """Bring the schema up to what this version needs; the revision that it is at then.

    Shape:  where there is no database, one is made.
    Errors: NotAllowedError; SchemaError for a newer schema; LockedError, StoreError.
    """
    refuse_all_but_admins(viewer, _KIND)
    prepare(config, upgrades=True)
    return schema.HEAD


async def refuse_downgrade(config: Config, viewer: Viewer) -> None:
    """Go on only where there is a database, and this version knows how its schema came about.

    Errors: NotAllowedError, SchemaError, StoreError.
    """
    refuse_all_but_admins(viewer, _KIND)
    _refuse_missing(config)
    found = await revision_of(config.database)
    if found is not None and found > schema.HEAD:
        refuse_other_schema(found)


def downgrade(config: Config, viewer: Viewer, revision: str) -> None:
    """Bring the schema down; what later revisions have added is dropped, with its contents.

    Errors: NotAllowedError; SchemaError for a revision that there is not; LockedError, StoreError.
    """
    from daemon.store.core import migrate

    asyncio.run(refuse_downgrade(config, viewer))
    with locked(config):
        migrate.downgrade(config.database.dsn, revision)


def vacuum(config: Config, viewer: Viewer) -> Vacuumed:
    """Write the database anew without the room that dropped rows left in it.

    Errors: NotAllowedError; LockedError; StoreError, also for a disk without room for it.
    """
    refuse_all_but_admins(viewer, _KIND)
    _refuse_missing(config)
    with locked(config):
        return asyncio.run(_vacuum(config))


async def _vacuum(config: Config) -> Vacuumed:
    async with stored(config) as database:
        before = (await space.Scales(database).measure()).total_bytes
        _refuse_full_disk(database, 2 * before)
        await space.vacuum(database)
        return Vacuumed(before, (await space.Scales(database).measure()).total_bytes)


def _refuse_full_disk(database: Database, needed: int) -> None:
    if database.path is not None and (free := disk(database.path).free_bytes) < needed:
        raise StoreError(
            f"{byte_size(needed)} of free disk are needed, and {byte_size(free)} are there"
        )


def _refuse_missing(config: Config) -> None:
    if is_missing(config.database):
        raise StoreError(f"there is no database at {shown_database(config)}")
