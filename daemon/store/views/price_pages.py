"""Queries for the page of a product: its shops, and its checks with what a chart needs of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ScalarSelect, and_, case, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from daemon.model.viewer import Viewer
from daemon.store.core.json_columns import usable
from daemon.store.core.visibility import is_of_visible_product, is_visible
from daemon.store.tables import PriceCheck, Product
from daemon.store.views.products import ProductView, products_of, view_of

MOST_CHECKS = 5_000


@dataclass(frozen=True, slots=True)
class LeanCheck:
    """One price check.

    Shape: `details` are there for the last one with an offer of its own, and for those that were
           not believed.
    """

    id: UUID
    scraped_at: datetime
    price: Decimal | None
    currency: str | None
    availability: str
    confidence_score: float | None
    is_believed: bool
    is_repeat: bool
    variant: str | None
    details: dict[str, Any] | None


async def with_other_shops(
    session: AsyncSession, viewer: Viewer, product_id: UUID
) -> list[ProductView]:
    """A live product at its address, and at the others under which its owner follows it."""
    this = aliased(Product, name="this_product")
    is_same = or_(
        Product.product_id == product_id,
        and_(Product.owner_id == this.owner_id, Product.name == this.name),
    )
    rows = await session.execute(
        products_of(viewer)
        .join(this, is_same)
        .where(
            this.product_id == product_id,
            this.deleted_at.is_(None),
            is_visible(this.owner_id, viewer),
        )
    )
    return list(usable(rows, view_of, "products", "product_id"))


async def checks_since(
    session: AsyncSession, viewer: Viewer, product_id: UUID, since: datetime
) -> list[LeanCheck]:
    """The checks of a product from the price on that held at an instant, newest first.

    Shape: at most 5,000, the newest.
    """
    is_telling = or_(~PriceCheck.is_believed, PriceCheck.price_check_id == _last_offer(product_id))
    begin = func.coalesce(_standing_at(product_id, since), literal(since, _at.type))
    rows = await session.execute(
        select(
            PriceCheck.price_check_id,
            PriceCheck.scraped_at,
            PriceCheck.price,
            PriceCheck.currency,
            PriceCheck.availability,
            PriceCheck.confidence_score,
            PriceCheck.is_believed,
            PriceCheck.is_repeat,
            PriceCheck.variant,
            case((is_telling, PriceCheck.details)).label("details"),
        )
        .where(
            PriceCheck.product_id == product_id,
            is_of_visible_product(PriceCheck.product_id, viewer),
            PriceCheck.scraped_at >= begin,
        )
        .order_by(PriceCheck.scraped_at.desc(), PriceCheck.price_check_id.desc())
        .limit(MOST_CHECKS)
    )
    return [LeanCheck(*row) for row in rows]


_One = aliased(PriceCheck, name="one_check")
_at: Any = PriceCheck.scraped_at


def _last_offer(product_id: UUID) -> ScalarSelect[UUID]:
    """The last check that is no repeat, and so has its evidence."""
    query = select(_One.price_check_id).where(_One.product_id == product_id, ~_One.is_repeat)
    return query.order_by(_One.scraped_at.desc()).limit(1).scalar_subquery()


def _standing_at(product_id: UUID, instant: datetime) -> ScalarSelect[datetime]:
    """When the price that held at an instant was first seen."""
    query = select(_One.scraped_at).where(
        _One.product_id == product_id,
        _One.scraped_at < instant,
        _One.is_believed,
        _One.price.is_not(None),
        ~_One.is_repeat,
    )
    return query.order_by(_One.scraped_at.desc()).limit(1).scalar_subquery()
