"""Previews, checks and applies a configuration.

All of it is for admins, as a configuration affects everybody.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from daemon.config import Config
from daemon.config.doubts import doubts
from daemon.config.reading.loading import unplaced
from daemon.model.errors import Fault, StoreError
from daemon.model.viewer import Viewer
from daemon.operations.installation.described import desired_state_of
from daemon.operations.installation.opening import stored_if_any
from daemon.operations.viewers import refuse_all_but_admins
from daemon.pipeline.releasing import retime
from daemon.store.catalogue import preview, reconcile
from daemon.store.catalogue.missing import Removing as Removing
from daemon.store.catalogue.owners import names_owned, tags_owned
from daemon.store.catalogue.plan import Synced as Synced
from daemon.store.catalogue.preview import ConfigDifference as ConfigDifference
from daemon.store.core.database import Database
from daemon.store.people.destinations import count_people_told

_KIND = "configuration"


async def differences(used: Config, viewer: Viewer, other: Config) -> Sequence[ConfigDifference]:
    """What another configuration would do to the present one's database.

    Errors: NotAllowedError; ConfigError when it would be rejected; StoreError.
    """
    refuse_all_but_admins(viewer, _KIND)
    async with stored_if_any(used) as database:
        return await preview.differences(desired_state_of(other), database)


async def refuse_blank(config: Config, viewer: Viewer) -> None:
    """Raise when a blank file would remove everything that came from a file.

    Shape:  an unusable database is no error here, but one at the start.
    Errors: NotAllowedError, ConfigError.
    """
    refuse_all_but_admins(viewer, _KIND)
    with suppress(StoreError):
        async with stored_if_any(config) as database:
            if database is not None:
                async with database.reading() as session:
                    await reconcile.refuse_blank(session, desired_state_of(config))


async def refuse_unfit(database: Database, viewer: Viewer, config: Config) -> None:
    """Raise unless the database answers and `apply` could be done.

    Errors: NotAllowedError; ConfigError for what the database cannot take; StoreError.
    """
    refuse_all_but_admins(viewer, _KIND)
    await reconcile.refuse_unfit(desired_state_of(config), database)


async def apply(
    database: Database,
    viewer: Viewer,
    config: Config,
    now: datetime,
    removing: Removing = Removing.NOW,
) -> Synced:
    """Synchronise the database's owners, sites, products and routes with the configuration.

    Errors: NotAllowedError; ConfigError for what the database cannot take; StoreError.
    """
    refuse_all_but_admins(viewer, _KIND)
    return await reconcile.sync(desired_state_of(config), database, now, retime, removing)


async def people_told(config: Config, viewer: Viewer) -> int | None:
    """How many people are told on destinations of their own; None if the database cannot say.

    Errors: NotAllowedError.
    """
    refuse_all_but_admins(viewer, _KIND)
    with suppress(StoreError):
        async with stored_if_any(config) as database:
            if database is None:
                return 0
            async with database.reading() as session:
                return await count_people_told(session)
    return None


async def doubts_about(config: Config, viewer: Viewer) -> list[Fault]:
    """What is valid but probably unintended, without lines, also in view of any database.

    Errors: NotAllowedError.
    """
    refuse_all_but_admins(viewer, _KIND)
    if _asks_the_database(config):
        with suppress(StoreError):
            async with stored_if_any(config) as database:
                return await doubts_beside(database, viewer, config)
    return await doubts_beside(None, viewer, config)


async def doubts_beside(database: Database | None, viewer: Viewer, config: Config) -> list[Fault]:
    """The doubts with the names in this database; without one, with those of the file.

    Errors: NotAllowedError, StoreError.
    """
    refuse_all_but_admins(viewer, _KIND)
    stored: dict[str, set[str]] = {}
    tags: dict[str, set[str]] = {}
    if database is not None and _asks_the_database(config):
        async with database.reading() as session:
            stored, tags = await names_owned(session), await tags_owned(session)
    return unplaced(await asyncio.to_thread(doubts, config, stored, tags))


def _asks_the_database(config: Config) -> bool:
    return any(one.names or one.tags for one in config.notify)
