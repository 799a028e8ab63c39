"""Loads what a check needs of products: those of a page with their state, and their prices."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.lexicon.availability import Availability
from daemon.model import product as values
from daemon.model.product import OFFER_READER, PricePoint, ProductState
from daemon.model.viewer import DAEMON, Viewer
from daemon.store.core.json_columns import (
    failure_history_of,
    product_rules_from_json,
    rules_hash,
    set_aside,
    tags_of,
)
from daemon.store.core.visibility import is_visible
from daemon.store.tables import PriceCheck, Product
from daemon.store.views.timings import rhythm_of, timing_columns, timing_of
from daemon.store.views.trends import points_of, price_days

_COLUMNS = (
    Product.page_id,
    Product.product_id,
    Product.name,
    Product.owner_id,
    Product.rules,
    Product.target_price,
    Product.currency,
    Product.state,
    Product.error_class,
    Product.deferred_since,
    Product.last_changed_at,
    Product.url,
    Product.failure_streak,
    Product.failing_since,
    Product.alerted,
    *timing_columns(Product),
    Product.tags,
    Product.rhythm,
)
_MOST_POINTS = 20_000


async def products_of(
    session: AsyncSession, page_ids: Sequence[UUID], viewer: Viewer = DAEMON
) -> defaultdict[UUID, list[values.Product]]:
    """The live products of the viewer's that want each of these pages."""
    found: defaultdict[UUID, list[values.Product]] = defaultdict(list)
    rows = await session.execute(
        select(*_COLUMNS).where(
            Product.page_id.in_(page_ids),
            Product.is_active,
            Product.deleted_at.is_(None),
            is_visible(Product.owner_id, viewer),
        )
    )
    for row in rows:
        try:
            found[row.page_id].append(_product(row))
        except (msgspec.ValidationError, ValueError) as exc:
            set_aside("products", row.product_id, row.name, exc)
    return found


def _product(row: Row[Any]) -> values.Product:
    return values.Product(
        id=row.product_id,
        name=row.name,
        owner_id=row.owner_id,
        rules=product_rules_from_json(row.rules),
        target_price=row.target_price,
        currency=row.currency,
        read_with=read_with(row.rules, row.target_price, row.currency),
        state=state_from_json(row.state),
        error_class=row.error_class,
        deferred_since=row.deferred_since,
        last_changed_at=row.last_changed_at,
        url=row.url,
        failure_history=failure_history_of(row.failure_streak, row.failing_since, row.alerted),
        timing=timing_of(row),
        tags=tags_of(row.tags),
        rhythm=rhythm_of(row.rhythm),
    )


def read_with(rules: dict[str, Any], target_price: Any, currency: str | None) -> str:
    """The identity of a product's rules and of the reader."""
    asked = {"rules": rules, "target": str(target_price), "currency": currency}
    return f"{rules_hash(asked)}:{OFFER_READER}"


def state_from_json(stored: dict[str, Any] | None) -> ProductState | None:
    """The state in a row."""
    return None if stored in (None, {}) else msgspec.convert(stored, ProductState)


async def points_since(
    session: AsyncSession, product_id: UUID, since: datetime
) -> tuple[PricePoint, ...]:
    """The believed prices of a product since an instant, oldest first.

    Shape: for days whose checks were dropped, the lowest, the highest and the last.
    """
    rows = await session.execute(
        select(
            PriceCheck.scraped_at,
            PriceCheck.price,
            PriceCheck.currency,
            PriceCheck.availability,
            PriceCheck.variant,
        )
        .where(
            PriceCheck.product_id == product_id,
            PriceCheck.scraped_at >= since,
            PriceCheck.is_believed,
        )
        .order_by(PriceCheck.scraped_at.desc())
        .limit(_MOST_POINTS)
    )
    points = [
        PricePoint(
            row.scraped_at, row.price, row.currency, Availability(row.availability), row.variant
        )
        for row in rows
    ]
    points += points_of(await price_days(session, DAEMON, [product_id], since))
    return tuple(sorted(points, key=lambda point: point.checked_at))
