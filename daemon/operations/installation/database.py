"""Shows and migrates the database's schema, and vacuums it, for admins.

Migrating a schema or rewriting a file keeps daemons off meanwhile.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from daemon.config import Config
from daemon.model.errors import StoreError
from daemon.model.viewer import Viewer
from daemon.operations.installation.opening import locked, prepare, shown_database, stored
from daemon.operations.viewers import refuse_all_but_admins
from daemon.store.catalogue.seals import closed_names, forget_closed, renew_seals
from daemon.store.core import schema
from daemon.store.core.advisory_lock import take_turn
from daemon.store.core.database import Database
from daemon.store.core.opening import is_missing, refuse_other_schema, revision_of
from daemon.store.retention import space
from daemon.system.process import disk
from daemon.wording import byte_size

_KIND = "database"


@dataclass(frozen=True, slots=True)
class Standing:
    """The revision of a schema, None for an empty database, and the one that is needed."""

    shown: str
    revision: str | None
    needed: str

    @property
    def is_current(self) -> bool:
        return self.revision == self.needed


@dataclass(frozen=True, slots=True)
class Reencrypted:
    """How many requests, and addresses of destinations, were encrypted anew.

    Shape: `forgotten` are the names of those whose secrets were dropped, `closed` of those whose
           key is not here.
    """

    requests: int
    forgotten: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    addresses: int = 0


@dataclass(frozen=True, slots=True)
class Vacuumed:
    """The size of a database before and after."""

    before_bytes: int
    after_bytes: int


async def standing(config: Config, viewer: Viewer) -> Standing:
    """The revision of the schema; a missing database is no error.

    Errors: NotAllowedError; SchemaError when it is unclear; StoreError.
    """
    refuse_all_but_admins(viewer, _KIND)
    return Standing(shown_database(config), await revision_of(config.database), schema.HEAD)


def upgrade(config: Config, viewer: Viewer) -> str:
    """Upgrade the schema to what this version needs; returns its revision.

    Shape:  a missing database is created.
    Errors: NotAllowedError; SchemaError for a newer schema; LockedError, StoreError.
    """
    refuse_all_but_admins(viewer, _KIND)
    prepare(config, upgrades=True)
    return schema.HEAD


async def refuse_downgrade(config: Config, viewer: Viewer) -> None:
    """Raise unless there is a database with a schema that this version knows.

    Errors: NotAllowedError, SchemaError, StoreError.
    """
    refuse_all_but_admins(viewer, _KIND)
    _refuse_missing(config)
    found = await revision_of(config.database)
    if found is not None and found > schema.HEAD:
        refuse_other_schema(found)


def downgrade(config: Config, viewer: Viewer, revision: str) -> None:
    """Downgrade the schema, dropping what later revisions have added, with its contents.

    Errors: NotAllowedError; SchemaError for an unknown revision; LockedError, StoreError.
    """
    from daemon.store.core import migrate

    asyncio.run(refuse_downgrade(config, viewer))
    with locked(config):
        migrate.downgrade(config.database.dsn, revision)


async def reencrypt(database: Database, viewer: Viewer, *, forget: bool) -> Reencrypted:
    """Encrypt all secrets under the newest key; `forget` drops what has no key here.

    Errors: NotAllowedError; StoreError.
    """
    refuse_all_but_admins(viewer, _KIND)
    async with database.writing() as session:
        await take_turn(session)
        forgotten = await forget_closed(session) if forget else []
        done = await renew_seals(session)
        closed = await closed_names(session)
    return Reencrypted(done.renewed, tuple(forgotten), tuple(closed), done.addresses)


def vacuum(config: Config, viewer: Viewer) -> Vacuumed:
    """Rewrite the database without the free space of dropped rows.

    Errors: NotAllowedError; LockedError; StoreError, also for a disk without space for it.
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
