"""What people may do alike to sites and products: pause, resume and remove them, or check now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from daemon.model.errors import ManagedError
from daemon.model.viewer import Viewer
from daemon.operations.lookup import Kind, ProductView, SiteView, nothing_named
from daemon.operations.products import find_products, the_products
from daemon.operations.sites import find_sites, the_sites
from daemon.store.catalogue.owned import make_due, retire, set_active
from daemon.store.core.database import Database

Owned: TypeAlias = SiteView | ProductView


@dataclass(frozen=True, slots=True)
class Due:
    """What will be checked next, and what is paused and will not."""

    due: tuple[Owned, ...]
    paused: tuple[Owned, ...]


async def pause(
    database: Database, viewer: Viewer, kind: Kind, words: Sequence[str], now: datetime
) -> Sequence[Owned]:
    """Stop checking what these words name, until it is resumed; its history stays.

    Errors: as of `remove`.
    """
    return await _set_active(database, viewer, kind, words, now, active=False)


async def resume(
    database: Database, viewer: Viewer, kind: Kind, words: Sequence[str], now: datetime
) -> Sequence[Owned]:
    """Check what these words name again.

    Errors: as of `remove`.
    """
    return await _set_active(database, viewer, kind, words, now, active=True)


async def remove(
    database: Database, viewer: Viewer, kind: Kind, words: Sequence[str], now: datetime
) -> Sequence[Owned]:
    """Watch what these words name no longer: all of it, or nothing; its history stays.

    Errors: NotFoundError, AmbiguousError; ManagedError for what the configuration manages.
    """
    found = await _manageable(database, viewer, kind, words)
    async with database.writing() as session:
        await retire(session, viewer, kind, [one.id for one in found], now)
    return found


async def check_now(database: Database, viewer: Viewer, words: Sequence[str], now: datetime) -> Due:
    """Let the daemon check what these words name, sites and products, without waiting its turn.

    Errors: NotFoundError for a word that names neither; nothing is due then.
    """
    sites = await find_sites(database, viewer, words)
    products = await find_products(database, viewer, words)
    for word in words:
        if word in sites.missing and word in products.missing:
            raise await nothing_named(database, viewer, word)
    async with database.writing() as session:
        await make_due(session, viewer, "site", [one.id for one in sites.views], now)
        await make_due(session, viewer, "product", [one.id for one in products.views], now)
    found: list[Owned] = [*sites.views, *products.views]
    due = tuple(one for one in found if one.is_active)
    return Due(due, tuple(one for one in found if not one.is_active))


async def _set_active(
    database: Database,
    viewer: Viewer,
    kind: Kind,
    words: Sequence[str],
    now: datetime,
    *,
    active: bool,
) -> Sequence[Owned]:
    found = await _manageable(database, viewer, kind, words)
    async with database.writing() as session:
        await set_active(session, viewer, kind, [one.id for one in found], now, active=active)
    return found


async def _manageable(
    database: Database, viewer: Viewer, kind: Kind, words: Sequence[str]
) -> Sequence[Owned]:
    find = the_sites if kind == "site" else the_products
    found: Sequence[Owned] = await find(database, viewer, words)
    if managed := [one.name for one in found if one.managed_by == "config"]:
        raise ManagedError(kind, list(dict.fromkeys(managed)))
    return found
