"""Queries for products: their state, their price checks and their alerts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.lexicon.availability import Availability
from daemon.model.product import PricePoint, ProductRules, ProductState
from daemon.model.viewer import Viewer
from daemon.store.core.chunks import chunks
from daemon.store.core.json_columns import product_rules_from_json, usable
from daemon.store.core.visibility import is_of_visible_product, is_visible
from daemon.store.tables import Page, PriceAlert, PriceCheck, Product
from daemon.store.tables.types import has_any_tag
from daemon.store.views.price_history import state_from_json
from daemon.store.views.short_ids import whole_id
from daemon.store.views.timings import timing_columns
from daemon.store.views.trends import points_of, price_days


@dataclass(frozen=True, slots=True)
class ProductView:
    """A product at one address with how its page is doing."""

    id: UUID
    name: str
    url: str
    category: str | None
    tags: list[str]
    target_price: Decimal | None
    target_currency: str | None
    owner_id: str | None
    managed_by: str
    is_active: bool
    check_frequency: str
    time_zone: str | None
    hours: str | None
    days: str | None
    detect_within: str | None
    page_id: UUID | None
    last_checked_at: datetime | None
    next_check_at: datetime | None
    last_changed_at: datetime | None
    error_class: str | None
    error_detail: str | None
    rules: ProductRules
    state: ProductState | None

    @property
    def price(self) -> Decimal | None:
        """The last price that was believed."""
        return self.state.alerts.price if self.state else None

    @property
    def currency(self) -> str | None:
        return self.state.alerts.currency if self.state else None

    @property
    def is_at_target(self) -> bool:
        """Whether it now costs its target price or less."""
        if self.price is None or self.target_price is None:
            return False
        return self.target_currency in (None, self.currency) and self.price <= self.target_price

    @property
    def availability(self) -> Availability:
        return self.state.alerts.availability if self.state else Availability.UNKNOWN


@dataclass(frozen=True, slots=True)
class PriceCheckView:
    """One price check."""

    id: UUID
    product_id: UUID
    scraped_at: datetime
    price: Decimal | None
    currency: str | None
    availability: str
    confidence_score: float | None
    is_believed: bool
    is_repeat: bool
    variant: str | None
    details: dict[str, Any]


@dataclass(frozen=True, slots=True)
class PriceAlertView:
    """One alert, with what it said."""

    id: UUID
    product_id: UUID
    product_name: str
    url: str
    created_at: datetime
    sent_at: datetime | None
    alert_type: str
    details: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ProductFilter:
    """Which products to show; None values do not filter."""

    owner_id: str | None = None
    category: str | None = None
    tags: Sequence[str] = ()  # one of these is enough


EVERY_PRODUCT = ProductFilter()
_PRODUCT = (
    Product.product_id,
    Product.name,
    Product.url,
    Product.category,
    Product.tags,
    Product.target_price,
    Product.currency,
    Product.owner_id,
    Product.managed_by,
    Product.is_active,
    *timing_columns(Product),
    Product.page_id,
    Page.last_checked_at,
    Page.next_check_at,
    Product.last_changed_at,
    func.coalesce(Product.error_class, Page.error_class).label("error_class"),
    func.coalesce(Product.error_detail, Page.error_detail).label("error_detail"),
    Product.rules,
    Product.state,
)
_CHECK = (
    PriceCheck.price_check_id,
    PriceCheck.product_id,
    PriceCheck.scraped_at,
    PriceCheck.price,
    PriceCheck.currency,
    PriceCheck.availability,
    PriceCheck.confidence_score,
    PriceCheck.is_believed,
    PriceCheck.is_repeat,
    PriceCheck.variant,
    PriceCheck.details,
)
_MOVE = (
    PriceCheck.product_id,
    PriceCheck.scraped_at,
    PriceCheck.price,
    PriceCheck.currency,
    PriceCheck.availability,
    PriceCheck.variant,
)


def products_of(viewer: Viewer) -> Select[Any]:
    """The live products of a viewer by name, one for each of their addresses."""
    return (
        select(*_PRODUCT)
        .outerjoin(Page, Page.id == Product.page_id)
        .where(Product.deleted_at.is_(None), is_visible(Product.owner_id, viewer))
        .order_by(Product.name, Product.owner_id, Product.product_id)
    )


async def list_products(
    session: AsyncSession, viewer: Viewer, wanted: ProductFilter = EVERY_PRODUCT
) -> list[ProductView]:
    """The live products by name, one for each of their addresses."""
    query = products_of(viewer)
    if wanted.category is not None:
        query = query.where(Product.category == wanted.category)
    if wanted.owner_id is not None:
        query = query.where(Product.owner_id == wanted.owner_id)
    if wanted.tags:
        query = query.where(has_any_tag(Product.tags, wanted.tags))
    return list(usable(await session.execute(query), view_of, "products", "product_id"))


async def find_products(
    session: AsyncSession, viewer: Viewer, words: Sequence[str]
) -> list[ProductView]:
    """The live products with one of these ids; of words that are none, so named or at this URL."""
    ids = [one for word in words if (one := whole_id(word))]
    found: list[ProductView] = []
    for some_ids in chunks(ids):
        found += await _those(session, viewer, Product.product_id.in_(some_ids))
    known = {one.id for one in found}
    # Apart from the ids: no index has the URLs.
    for some in chunks([word for word in words if whole_id(word) not in known]):
        found += await _those(session, viewer, or_(Product.name.in_(some), Product.url.in_(some)))
    return found


async def _those(
    session: AsyncSession, viewer: Viewer, condition: ColumnElement[bool]
) -> list[ProductView]:
    rows = await session.execute(products_of(viewer).where(condition))
    return list(usable(rows, view_of, "products", "product_id"))


def view_of(row: Sequence[Any]) -> ProductView:
    """The product in such a row.

    Errors: msgspec.ValidationError for rules or a state of an unexpected shape.
    """
    values: list[Any] = list(row)
    values[-2:] = product_rules_from_json(values[-2]), state_from_json(values[-1])
    return ProductView(*values)


async def list_price_checks(
    session: AsyncSession,
    viewer: Viewer,
    product_id: UUID,
    since: datetime | None = None,
    limit: int | None = None,
) -> list[PriceCheckView]:
    """The price checks of a product, newest first."""
    query = (
        select(*_CHECK)
        .where(PriceCheck.product_id == product_id)
        .where(is_of_visible_product(PriceCheck.product_id, viewer))
        .order_by(PriceCheck.scraped_at.desc(), PriceCheck.price_check_id.desc())
        .limit(limit)
    )
    if since is not None:
        query = query.where(PriceCheck.scraped_at >= since)
    return [PriceCheckView(*row) for row in await session.execute(query)]


async def moves_since(
    session: AsyncSession, viewer: Viewer, product_ids: Sequence[UUID], since: datetime
) -> dict[UUID, list[PricePoint]]:
    """The believed prices of these products since an instant, oldest first, repeats left out.

    Shape: for days whose checks were dropped, the lowest, the highest and the last.
    """
    found: dict[UUID, list[PricePoint]] = {product_id: [] for product_id in product_ids}
    for ids in chunks(product_ids):
        rows = await session.execute(
            select(*_MOVE)
            .where(
                PriceCheck.product_id.in_(ids),
                is_of_visible_product(PriceCheck.product_id, viewer),
                PriceCheck.scraped_at >= since,
                PriceCheck.price.is_not(None),
                PriceCheck.is_believed,
                ~PriceCheck.is_repeat,
            )
            .order_by(PriceCheck.scraped_at)
        )
        for row in rows:
            stock = Availability(row.availability)
            point = PricePoint(row.scraped_at, row.price, row.currency, stock, row.variant)
            found[row.product_id].append(point)
    for day in await price_days(session, viewer, product_ids, since):
        found[day.product_id] += points_of([day])
    for points in found.values():
        points.sort(key=lambda point: point.checked_at)
    return found


ALERTS = (
    select(
        PriceAlert.alert_id,
        Product.product_id,
        Product.name,
        Product.url,
        PriceAlert.created_at,
        PriceAlert.sent_at,
        PriceAlert.alert_type,
        PriceAlert.details,
    )
    .join(PriceCheck, PriceCheck.price_check_id == PriceAlert.price_check_id)
    .join(Product, Product.product_id == PriceCheck.product_id)
)


async def list_price_alerts(
    session: AsyncSession, viewer: Viewer, product_ids: Sequence[UUID], limit: int
) -> list[PriceAlertView]:
    """The alerts of these products, newest first."""
    rows = await session.execute(
        ALERTS.where(Product.product_id.in_(product_ids), is_visible(Product.owner_id, viewer))
        .order_by(PriceAlert.created_at.desc())
        .limit(limit)
    )
    return [PriceAlertView(*row) for row in rows]
