"""Finds the sites and products whose accepted delay cannot be kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.schedule.next_check import AUTO, frequency_of
from daemon.schedule.rhythm import least_interval
from daemon.store.core.aside import KEEPS
from daemon.store.tables import Host, MonitoredSite, Page, Product
from daemon.store.views.timings import timing_columns, timing_of


@dataclass(frozen=True, slots=True)
class UnkeptDelay:
    """A site or product that is checked more rarely than its owner accepts, and why."""

    name: str
    detect_within: str
    host: str
    pages: int  # that are asked of this host
    turn: timedelta  # after which each of them can be asked again


async def unkept_delays(
    session: AsyncSession, minimum: timedelta, delay_seconds: float
) -> list[UnkeptDelay]:
    """The sites and products left to the daemon whose delay their host, or the operator, forbids.

    Units: `minimum` is the shortest interval of any page; `delay_seconds` is kept between two
           requests to one host, whatever it asks for.
    """
    hosts = (
        select(Page.host, func.count().label("pages"))
        .where(Page.is_active)
        .group_by(Page.host)
        .subquery()
    )
    found: list[UnkeptDelay] = []
    for owned in (MonitoredSite, Product):
        rows = await session.execute(
            select(
                owned.name,
                hosts.c.host,
                hosts.c.pages,
                Host.crawl_delay_seconds,
                *timing_columns(owned),
            )
            .join(Page, Page.id == owned.page_id)
            .join(hosts, hosts.c.host == Page.host)
            .outerjoin(Host, Host.host == Page.host)
            .where(owned.check_frequency == AUTO, owned.is_active, owned.deleted_at.is_(None))
            .execution_options(**KEEPS)
        )
        for row in rows:
            gap = max(row.crawl_delay_seconds or 0.0, delay_seconds)
            turn = least_interval(minimum, row.pages, gap)
            if turn > frequency_of(timing_of(row)).interval:
                found.append(UnkeptDelay(row.name, row.detect_within, row.host, row.pages, turn))
    return found
