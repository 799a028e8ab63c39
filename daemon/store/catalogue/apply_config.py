"""What the configuration wants: owners, sites and products as the store takes them, made so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.alerting.values import Route
from daemon.config import Config, NotifyConfig, SiteConfig
from daemon.config.products import ProductConfig
from daemon.config.reading.source import blank_fault
from daemon.logs.logger import get_logger
from daemon.model.change import ChangeType
from daemon.model.errors import ConfigError
from daemon.model.site import Owner, SiteSpec
from daemon.packing import digest
from daemon.store.catalogue.missing import Removing, staying
from daemon.store.catalogue.owners import plan_owners, sync_owners
from daemon.store.catalogue.products import (
    ProductSpec,
    carry_out_products,
    known_products,
    plan_products,
)
from daemon.store.catalogue.sites import Synced, carry_out_sites, known_sites, plan_sites
from daemon.store.core.advisory_lock import take_turn
from daemon.store.core.database import Database
from daemon.store.core.inspection import renew_ids
from daemon.store.queue.awaiting_llm import skip_pending
from daemon.store.queue.retiming import retime
from daemon.store.queue.shards import count_daemons
from daemon.store.record.outbox import sync_routes
from daemon.url import host_of

log = get_logger(__name__)

_DAY_SECONDS = 86_400.0


async def refuse_unfit(config: Config, database: Database) -> None:
    """Go on only when the database answers, and nothing in it speaks against `sync`.

    Errors: ConfigError for what the database cannot take; StoreError.
    """
    async with database.writing() as session:  # whoever cannot write must learn it here
        await take_turn(session)
        await refuse_blank(session, config)
        await plan_owners(session, owners_of(config))


async def refuse_blank(session: AsyncSession, config: Config) -> None:
    """Go on only when no blank file would take away what a file has brought.

    Errors: ConfigError.
    """
    if not config.blank_file or config.sites or config.products:
        return
    if await known_sites(session, ()) or await known_products(session, ()):
        raise ConfigError([blank_fault(config.blank_file)])


async def sync(
    config: Config, database: Database, now: datetime, removing: Removing = Removing.NOW
) -> Synced:
    """Make the database's owners, sites and products those of the configuration.

    Shape:  what was done to the sites; what was done to products is logged beside it. What is
            `missing` is told of all kinds.
    Errors: ConfigError for what the database cannot take; StoreError.
    """
    specs, product_specs = specs_of(config), product_specs_of(config)
    async with database.writing() as session:
        await take_turn(session)
        await refuse_blank(session, config)
        if not database.is_shared:
            await renew_ids(session)
        await sync_owners(session, owners_of(config))
        sites = plan_sites(await known_sites(session, specs), specs)
        goods = plan_products(await known_products(session, product_specs), product_specs)
        left, left_goods = staying((sites, goods), removing)
        removes = removing is not Removing.LATER and not (left or left_goods)
        routes = await sync_routes(session, routes_of(config), removes=removes)
        retimed = {
            route.name: await retime(session, who, route, now) for who, route in routes.moved
        }
        synced = await carry_out_sites(session, sites.without_removals_of(left), now)
        products = await carry_out_products(session, goods.without_removals_of(left_goods), now)
        await end_vain_waits(session, config)
        has_others = database.is_shared and await count_daemons(session) > 1
    _tell_removed(config, synced, has_others)
    if counts := _counts(synced):
        log.info("sites_synchronised", **counts)
    if counts := _counts(products):
        log.info("products_synchronised", **counts)
    if any(retimed.values()):
        log.info("notices_retimed", channels={name: n for name, n in retimed.items() if n})
    return replace(synced, missing=tuple(_called(left, left_goods, routes.missing)))


def _called(
    sites: Iterable[Row[Any]], products: Iterable[Row[Any]], routes: Iterable[str]
) -> Iterator[str]:
    """What stays for now, each once, as people are told of it."""
    yield from dict.fromkeys(f"site {row.name}" for row in sites)
    yield from dict.fromkeys(f"product {row.name}" for row in products)
    yield from dict.fromkeys(f"notify {name}" for name in routes)


async def end_vain_waits(session: AsyncSession, config: Config) -> None:
    """Without a model, end the waits for one.

    Shape: another daemon on this database may have one: only what nobody has looked at for a day.
    """
    if not config.analysis.is_on:
        await skip_pending(session, _DAY_SECONDS, "no model is configured any more")


def _tell_removed(config: Config, synced: Synced, has_others: bool) -> None:
    """What a wrong or missing file does looks like what was meant: somebody has to know."""
    if synced.removed and not config.sites:
        hint = "the configuration has none any more; put back, they have their history again"
        log.warning("all_sites_removed", sites=len(synced.removed), hint=hint)
    if synced.removed and has_others:
        hint = "daemons on one database share one configuration; this one's counts now"
        log.warning("sites_removed_for_all_daemons", sites=len(synced.removed), hint=hint)


def _counts(synced: Synced) -> dict[str, int]:
    """How many were added, changed and removed; nothing when none was."""
    names = {"added": synced.added, "changed": synced.changed, "removed": synced.removed}
    counts = {word: len(some) for word, some in names.items()}
    return counts if any(counts.values()) else {}


def owners_of(config: Config) -> list[Owner]:
    """The owners that the configuration names."""
    return [Owner(owner.id, owner.email, owner.username) for owner in config.owners]


def routes_of(config: Config) -> dict[str, list[Route]]:
    """What each owner wants to hear, by the [[notify]] tables in their order."""
    routes: defaultdict[str, list[Route]] = defaultdict(list)
    for one in config.notify:
        routes[one.owner or config.owners[0].id].append(route_of(one, config))
    return routes


def route_of(one: NotifyConfig, config: Config) -> Route:
    """A [[notify]] table without its secrets; what it leaves open is as [notices] has it."""
    usual = config.notices
    days = usual.certificate_days if one.certificate_days is None else one.certificate_days
    remind_every = usual.remind_every if one.remind_every is None else one.remind_every
    return Route(
        name=one.name,
        target=digest(one.url.get_secret_value().encode()),
        kinds=one.kinds,
        least_severity=ChangeType(one.least_severity),
        only_significant=one.only_significant,
        names=one.names,
        site_types=one.site_types,
        include=one.include,
        exclude=one.exclude,
        digest=one.digest,
        at_once_from=ChangeType(one.at_once_from) if one.at_once_from else None,
        time_zone=one.time_zone or config.schedule.time_zone,
        quiet=one.quiet,
        daily_cap=one.daily_cap,
        gather_seconds=usual.gather.total_seconds(),
        analysis_seconds=config.analysis.wait.total_seconds(),
        failures=one.failures or usual.failures,
        remind_seconds=remind_every.total_seconds(),
        certificate_days=days,
    )


def specs_of(config: Config) -> list[SiteSpec]:
    """The sites that the configuration describes."""
    return [spec_of(site, config) for site in config.sites]


def spec_of(site: SiteConfig, config: Config) -> SiteSpec:
    """One site, complete, as the store takes it."""
    return SiteSpec(
        name=site.name,
        request=site.request(),
        host=host_of(site.url),
        owner_id=site.owner or config.owners[0].id,
        check_frequency=site.check_frequency,
        time_zone=config.schedule.time_zone,
        site_type=site.type,
        rules=site.rules(),
        is_active=not site.paused,
    )


def product_specs_of(config: Config) -> list[ProductSpec]:
    """The products that the configuration describes, one for each of their addresses."""
    return [spec for product in config.products for spec in product_specs(product, config)]


def product_specs(product: ProductConfig, config: Config) -> list[ProductSpec]:
    """One product at each of its addresses, as the store takes it."""
    return [
        ProductSpec(
            name=product.name,
            request=request,
            host=host_of(request.url),
            owner_id=product.owner or config.owners[0].id,
            check_frequency=product.check_frequency,
            time_zone=config.schedule.time_zone,
            category=product.category,
            target_price=product.target_price,
            currency=product.currency,
            rules=product.rules(),
            is_active=not product.paused,
        )
        for request in product.requests()
    ]
