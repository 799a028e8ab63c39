"""What the configuration wants: its owners and sites as the store takes them, and made so."""

from __future__ import annotations

from datetime import datetime

import structlog

from daemon.config import Config, SiteConfig
from daemon.model import Owner, SiteSpec
from daemon.store.database import Database
from daemon.store.owners import sync_owners
from daemon.store.sites import Synced, sync_sites
from daemon.url import host_of

log = structlog.get_logger(__name__)


async def sync(config: Config, database: Database, now: datetime) -> Synced:
    """Make the database's owners and sites those of the configuration."""
    async with database.writing() as session:
        await sync_owners(session, owners_of(config))
        synced = await sync_sites(session, specs_of(config), now)
    if synced.added or synced.changed or synced.removed:
        log.info(
            "sites_synchronised",
            added=len(synced.added),
            changed=len(synced.changed),
            removed=len(synced.removed),
        )
    return synced


def owners_of(config: Config) -> list[Owner]:
    """The owners that the configuration names."""
    return [Owner(owner.id, owner.email, owner.username) for owner in config.owners]


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
