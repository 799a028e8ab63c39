"""What is kept of hosts: what they asked for, their pages, and how they answered lately."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, aliased

from daemon.model.status import ErrorClass
from daemon.store.tables import Attempt, Host, MonitoredSite, Page, Product
from daemon.store.tables.types import db_now

_Reader, _Follower = aliased(MonitoredSite), aliased(Product)
_WAIT = (429, 503)  # the answers by which a server asks to be left alone
_MOST_ATTEMPTS = 20_000  # counted of one host, so that no page of ours takes long


@dataclass(frozen=True, slots=True)
class HostView:
    """A host, how many pages of it are known, and what it asked for."""

    host: str
    pages: int
    paused_until: datetime | None
    crawl_delay_seconds: float


@dataclass(frozen=True, slots=True)
class HostPages:
    """How many pages of a host are looked at, fail, and are forbidden by its robots.txt."""

    active: int
    failing: int
    forbidden: int


@dataclass(frozen=True, slots=True)
class HostFigures:
    """How a host answered since an instant; if `is_capped`, at least so often."""

    checks: int
    is_capped: bool
    received_bytes: int
    waits: int
    last_wait_at: datetime | None


@dataclass(frozen=True, slots=True)
class HostPage:
    """One page of a host, and the first site that reads it, or else the first product."""

    url: str
    site_id: UUID | None
    name: str | None
    product_id: UUID | None
    product_name: str | None
    last_checked_at: datetime | None
    next_check_at: datetime
    last_verdict: str | None
    error_class: str | None
    failure_streak: int
    blind_spot: str | None


async def list_hosts(session: AsyncSession, after: str, limit: int) -> list[HostView]:
    """The hosts of all pages by name, those after a name."""
    counted = (
        select(Page.host, func.count().label("pages"))
        .where(Page.host > after)
        .group_by(Page.host)
        .order_by(Page.host)
        .limit(limit)
        .subquery()
    )
    query = (
        select(counted.c.host, counted.c.pages, _paused_until, _crawl_delay)
        .outerjoin(Host, Host.host == counted.c.host)
        .order_by(counted.c.host)
    )
    return [HostView(*row) for row in await session.execute(query)]


async def list_pausing(session: AsyncSession, limit: int) -> list[HostView]:
    """The hosts that ask to be left alone now, those with the longest pause first."""
    pages = select(func.count()).select_from(Page).where(Page.host == Host.host)
    query = (
        select(Host.host, pages.scalar_subquery(), Host.paused_until, _crawl_delay)
        .where(Host.paused_until > db_now())
        .order_by(Host.paused_until.desc(), Host.host)
        .limit(limit)
    )
    return [HostView(*row) for row in await session.execute(query)]


async def get_host(session: AsyncSession, host: str) -> tuple[HostView, HostPages] | None:
    """A host by its name; None when no page is known of it."""
    is_robots = Page.error_class == ErrorClass.ROBOTS
    row = (
        await session.execute(
            select(
                func.count(),
                _sum(Page.is_active),
                _sum(Page.is_active & (Page.failure_streak > 0)),
                _sum(Page.is_active & is_robots),
                select(_paused_until).where(Host.host == host).scalar_subquery(),
                select(_crawl_delay).where(Host.host == host).scalar_subquery(),
            ).where(Page.host == host)
        )
    ).one()
    if not row[0]:
        return None
    return HostView(host, row[0], row[4], row[5] or 0.0), HostPages(row[1], row[2], row[3])


async def host_figures(session: AsyncSession, host: str, since: datetime) -> HostFigures:
    """How a host answered since an instant."""
    lately = (
        select(Attempt.started_at, Attempt.status, Attempt.wire_bytes)
        .join(Page, Page.id == Attempt.page_id)
        .where(Page.host == host, Attempt.started_at >= since)
        .limit(_MOST_ATTEMPTS)
        .subquery()
    )
    is_wait = lately.c.status.in_(_WAIT)
    row = (
        await session.execute(
            select(
                func.count(),
                func.coalesce(func.sum(lately.c.wire_bytes), 0),
                _sum(is_wait),
                func.max(case((is_wait, lately.c.started_at))),
            ).select_from(lately)
        )
    ).one()
    return HostFigures(row[0], row[0] >= _MOST_ATTEMPTS, int(row[1]), row[2], row[3])


async def pages_of_host(session: AsyncSession, host: str, limit: int) -> Sequence[HostPage]:
    """Pages of a host, those that fail longest first."""
    columns: list[Any] = [Page.url, MonitoredSite.id, MonitoredSite.name]
    columns += [Product.product_id, Product.name, Page.last_checked_at, Page.next_check_at]
    columns += [Page.last_verdict, Page.error_class, Page.failure_streak, MonitoredSite.blind_spot]
    query = (
        select(*columns)
        .select_from(Page)
        .outerjoin(MonitoredSite, MonitoredSite.id == _first_of(_Reader.id, _Reader))
        .outerjoin(Product, Product.product_id == _first_of(_Follower.product_id, _Follower))
        .where(Page.host == host, Page.is_active)
        .order_by(Page.failure_streak.desc(), Page.url)
        .limit(limit)
    )
    return [HostPage(*row) for row in await session.execute(query)]


def _first_of(key: InstrumentedAttribute[UUID], table: type[MonitoredSite | Product]) -> Any:
    """The first site, or the first product, that reads a page."""
    is_live = table.page_id == Page.id, table.deleted_at.is_(None), table.is_active
    return select(key).where(*is_live).order_by(key).limit(1).scalar_subquery()


def _sum(condition: Any) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


_paused_until = case((Host.paused_until > db_now(), Host.paused_until))
_crawl_delay = func.coalesce(Host.crawl_delay_seconds, 0.0)
