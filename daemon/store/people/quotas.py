"""How much a user has, and may have."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.store.people.users import count_of
from daemon.store.tables import MonitoredSite, Product, User


@dataclass(frozen=True, slots=True)
class Quota:
    """What a user has, and may have; None is no limit."""

    has: int
    max_sites: int | None
    shortest_interval_seconds: int | None


async def quota_of(session: AsyncSession, user_id: str) -> Quota | None:
    """The quota of a user; None without such a user."""
    row = (
        await session.execute(
            select(
                count_of(MonitoredSite, MonitoredSite.id).label("sites"),
                count_of(Product, Product.product_id).label("products"),
                User.max_sites,
                User.shortest_interval_seconds,
            ).where(User.id == user_id)
        )
    ).one_or_none()
    if row is None:
        return None
    return Quota(row.sites + row.products, row.max_sites, row.shortest_interval_seconds)
