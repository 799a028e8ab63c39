"""How the name of something watched begins in; the names that begin so out."""

from __future__ import annotations

from sqlalchemy import select, union
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.store.tables import MonitoredSite, Product

_TABLES: dict[str, type[MonitoredSite] | type[Product]] = {
    "sites": MonitoredSite,
    "products": Product,
}


async def live_names(
    session: AsyncSession, kinds: list[str], beginning: str, limit: int
) -> list[str]:
    """The names of live sites, of live products, or of both, in their order; each once.

    Shape: capital letters are no others than small ones.
    """
    queries = [
        select(table.name.label("name"))
        .where(table.name.istartswith(beginning, autoescape=True))
        .where(table.deleted_at.is_(None))
        for table in (_TABLES[kind] for kind in kinds)
    ]
    return list(await session.scalars(union(*queries).order_by("name").limit(limit)))
