"""Synchronises the database with the owners, sites, products and routes of an operator."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.alerting.values import Route, Usual
from daemon.logs.logger import get_logger
from daemon.model.errors import ConfigError, Fault
from daemon.model.site import Owner, SiteSpec
from daemon.store.catalogue.discovery.pages import follow_parents, lost_parents
from daemon.store.catalogue.missing import Removing, staying
from daemon.store.catalogue.owners import plan_owners, release_owners, sync_owners
from daemon.store.catalogue.plan import Synced, SyncPlan
from daemon.store.catalogue.products import (
    ProductSpec,
    carry_out_products,
    known_products,
    plan_products,
)
from daemon.store.catalogue.seals import renew_seals, sealable
from daemon.store.catalogue.sites import carry_out_sites, known_sites, plan_sites
from daemon.store.core.advisory_lock import take_turn
from daemon.store.core.database import Database
from daemon.store.core.inspection import renew_ids
from daemon.store.queue.awaiting_llm import skip_pending
from daemon.store.queue.shards import count_daemons
from daemon.store.record.outbox import sync_own_routes, sync_routes

log = get_logger(__name__)

_DAY_SECONDS = 86_400.0

# Reschedules the notices held for a changed route; returns how many it moved.
Retime: TypeAlias = Callable[[AsyncSession, str, Route, datetime], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class DesiredState:
    """The wanted state: owners, what is watched for them, and their routes.

    Shape: `routes` are by owner, `usual` is what routes follow that people made. `blank` names the
           fault when nothing at all is described, and everything described before would be
           removed. `has_model` says that one is configured.
    """

    owners: Sequence[Owner]
    sites: Sequence[SiteSpec] = ()
    products: Sequence[ProductSpec] = ()
    routes: Mapping[str, Sequence[Route]] = field(default_factory=dict)
    has_model: bool = False
    blank: Fault | None = None
    usual: Usual | None = None


async def refuse_unfit(wanted: DesiredState, database: Database) -> None:
    """Raise unless the database answers and `sync` could be done.

    Errors: ConfigError for what the database cannot take; StoreError.
    """
    async with database.writing() as session:  # fails here if the database is read-only
        await take_turn(session)
        await refuse_blank(session, wanted)
        await plan_owners(session, wanted.owners)
        await _sealable(session, wanted)


async def refuse_blank(session: AsyncSession, wanted: DesiredState) -> None:
    """Raise when a blank file would remove everything that came from a file.

    Errors: ConfigError.
    """
    if wanted.blank is None:
        return
    if await known_sites(session, ()) or await known_products(session, ()):
        raise ConfigError([wanted.blank])


async def sync(
    wanted: DesiredState,
    database: Database,
    now: datetime,
    retime: Retime,
    removing: Removing = Removing.NOW,
) -> Synced:
    """Synchronise the database's owners, sites, products and routes with the wanted ones.

    Shape:  returns the result for the sites; that for products is only logged. `missing` covers
            all kinds.
    Errors: ConfigError for what the database cannot take; StoreError.
    """
    async with database.writing() as session:
        await take_turn(session)
        await refuse_blank(session, wanted)
        if not database.is_shared:
            await renew_ids(session)
        await sync_owners(session, wanted.owners)
        await release_owners(session, wanted.owners)
        seals = await renew_seals(session)
        sites, goods = await plans_of(session, await _sealable(session, wanted))
        left, left_goods = staying((sites, goods), removing)
        removes = removing is not Removing.LATER and not (left or left_goods)
        routes = await sync_routes(session, wanted.routes, removes=removes)
        own = await sync_own_routes(session, wanted.usual) if wanted.usual else []
        retimed = {
            route.name: await retime(session, who, route, now)
            for who, route in (*routes.moved, *own)
        }
        synced = await carry_out_sites(session, sites.without_removals_of(left), now)
        await _follow(session, sites.without_removals_of(left), now)
        products = await carry_out_products(session, goods.without_removals_of(left_goods), now)
        if not wanted.has_model:
            await end_vain_waits(session)
        has_others = database.is_shared and await count_daemons(session) > 1
    _tell_removed(wanted, synced, has_others)
    if seals.closed:
        log.warning("requests_not_decrypted", keys=seals.closed)
    _tell_moved(synced, products, retimed)
    return replace(synced, missing=tuple(_called(left, left_goods, routes.missing)))


async def _follow(session: AsyncSession, sites: SyncPlan[SiteSpec], now: datetime) -> None:
    """Describe anew, or remove, what these sites have discovered."""
    switched = {move.row.id for move in sites.changed if "is_active" in move.fields}
    touched = [row.id for row in (*sites.removed, *(move.row for move in sites.changed))]
    await follow_parents(session, [*touched, *await lost_parents(session)], now, switched)


async def _sealable(session: AsyncSession, wanted: DesiredState) -> DesiredState:
    """The wanted state with the keys of its pages, which say nothing about secrets."""
    sites = await sealable(session, wanted.sites)
    return replace(wanted, sites=sites, products=await sealable(session, wanted.products))


async def plans_of(
    session: AsyncSession, wanted: DesiredState
) -> tuple[SyncPlan[SiteSpec], SyncPlan[ProductSpec]]:
    """The plans for sites and products."""
    sites = plan_sites(await known_sites(session, wanted.sites), wanted.sites)
    known = await known_products(session, wanted.products)
    return sites, plan_products(known, wanted.products)


def _called(
    sites: Iterable[Row[Any]], products: Iterable[Row[Any]], routes: Iterable[str]
) -> Iterator[str]:
    """What stays for now, each once, in words for people."""
    yield from dict.fromkeys(f"site {row.name}" for row in sites)
    yield from dict.fromkeys(f"product {row.name}" for row in products)
    yield from dict.fromkeys(f"notify {name}" for name in routes)


async def end_vain_waits(session: AsyncSession) -> None:
    """End the waits for a model where there is none.

    Shape: another daemon on this database may have one: only waits untouched for a day are ended.
    """
    await skip_pending(session, _DAY_SECONDS, "no model is configured any more")


def _tell_moved(sites: Synced, products: Synced, retimed: Mapping[str, int]) -> None:
    """Log what a synchronisation has moved; nothing of what it left alone."""
    if counts := _counts(sites):
        log.info("sites_synchronised", **counts)
    if counts := _counts(products):
        log.info("products_synchronised", **counts)
    if any(retimed.values()):
        log.info("notices_retimed", channels={name: n for name, n in retimed.items() if n})


def _tell_removed(wanted: DesiredState, synced: Synced, has_others: bool) -> None:
    """Log removals: those by a wrong or missing file look like intended ones."""
    if synced.removed and not wanted.sites:
        hint = "the configuration has none any more; put back, they have their history again"
        log.warning("all_sites_removed", sites=len(synced.removed), hint=hint)
    if synced.removed and has_others:
        hint = "daemons on one database share one configuration; this one's counts now"
        log.warning("sites_removed_for_all_daemons", sites=len(synced.removed), hint=hint)


def _counts(synced: Synced) -> dict[str, int]:
    """How many were added, changed and removed; empty when none was."""
    names = {"added": synced.added, "changed": synced.changed, "removed": synced.removed}
    counts = {word: len(some) for word, some in names.items()}
    return counts if any(counts.values()) else {}
