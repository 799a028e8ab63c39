"""What sites and products have in common: names, and owners who look them up and manage them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from sqlalchemy import select, union
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from daemon.model.viewer import Viewer
from daemon.store.core.visibility import is_visible
from daemon.store.tables import MonitoredSite, Product

Kind = Literal["site", "product"]
KINDS: tuple[Kind, ...] = ("site", "product")

_KEYS: dict[Kind, InstrumentedAttribute[UUID]] = {
    "site": MonitoredSite.id,
    "product": Product.product_id,
}


async def live_names(
    session: AsyncSession, viewer: Viewer, kinds: Sequence[Kind], beginning: str, limit: int
) -> list[str]:
    """The names of live sites, of live products, or of both, in their order; each once.

    Shape: capital letters are no others than small ones.
    """
    queries = [
        select(table.name.label("name"))
        .where(table.name.istartswith(beginning, autoescape=True))
        .where(table.deleted_at.is_(None), is_visible(table.owner_id, viewer))
        for table in (_KEYS[kind].class_ for kind in kinds)
    ]
    return list(await session.scalars(union(*queries).order_by("name").limit(limit)))
