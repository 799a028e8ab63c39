"""Lists of products: filtered, counted, searched, and turned page by page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from daemon.lexicon.availability import Availability
from daemon.model.viewer import Viewer
from daemon.store.core.json_columns import usable
from daemon.store.core.visibility import is_visible
from daemon.store.tables import Page as StoredPage
from daemon.store.tables import PriceCheck, Product
from daemon.store.tables.types import has_any_tag
from daemon.store.views.lists.keyset import (
    MOST_COUNTED,
    Counted,
    Cursor,
    Order,
    Page,
    Turn,
    page_of,
)
from daemon.store.views.products import ProductView, products_of, view_of
from daemon.store.views.sites import UNREPORTED

_GONE = tuple(one for one in Availability if one.is_out)


class ProductState(StrEnum):
    """What a list of products can be narrowed down to."""

    AT_TARGET = "at_target"
    SOLD_OUT = "sold_out"
    FAILING = "failing"
    PAUSED = "paused"


class ProductOrder(StrEnum):
    """What a list of products can be sorted by."""

    NAME = "name"
    CHANGED = "changed"  # the latest first; those that never did, by when they were added


@dataclass(frozen=True, slots=True)
class ProductsWanted:
    """Which live products a list shows; what is empty does not filter.

    Shape: `search` is a part of a name or an address; one of the tags is enough.
    """

    state: ProductState | None = None
    search: str = ""
    tags: tuple[str, ...] = ()


_ORDERS = {
    ProductOrder.NAME: Order(Product.name, Product.product_id, is_descending=False),
    ProductOrder.CHANGED: Order(
        func.coalesce(Product.last_changed_at, Product.created_at), Product.product_id
    ),
}


async def turn_products(
    session: AsyncSession, viewer: Viewer, wanted: ProductsWanted, order: ProductOrder, turn: Turn
) -> Page[ProductView]:
    """A page of the viewer's live products that are so."""
    by = _ORDERS[order]
    query = products_of(viewer).order_by(None).where(*_meant(wanted), *by.begins(turn))
    query = by.sorted(query, turn).limit(turn.limit + 1)
    rows = (await session.execute(query.add_columns(by.value.label("sorted_by")))).all()
    page = page_of(rows, turn, lambda row: Cursor(row.sorted_by, row.product_id))
    views = usable(page.items, lambda row: view_of(row[:-1]), "products", "product_id")
    return Page(tuple(views), page.next, page.previous)


async def count_products(
    session: AsyncSession, viewer: Viewer, filters: Sequence[ProductsWanted]
) -> list[Counted]:
    """How many live products each of these filters lets through, in one statement."""
    numbers = [_counting(viewer, one).label(f"n{place}") for place, one in enumerate(filters)]
    row = (await session.execute(select(*numbers))).one()
    return [Counted(min(number, MOST_COUNTED), number > MOST_COUNTED) for number in row]


def _counting(viewer: Viewer, wanted: ProductsWanted) -> Any:
    query: Select[Any] = (
        select(Product.product_id)
        .outerjoin(StoredPage, StoredPage.id == Product.page_id)
        .where(Product.deleted_at.is_(None), is_visible(Product.owner_id, viewer), *_meant(wanted))
        .limit(MOST_COUNTED + 1)
    )
    return select(func.count()).select_from(query.subquery()).scalar_subquery()


def _meant(wanted: ProductsWanted) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if wanted.search:
        columns = (Product.name, Product.url)
        where.append(or_(*(one.icontains(wanted.search, autoescape=True) for one in columns)))
    if wanted.tags:
        where.append(has_any_tag(Product.tags, wanted.tags))
    if wanted.state is not None:
        where.append(_STATES[wanted.state])
    return where


def _last(*conditions: Any) -> ColumnElement[Any]:
    """The id of the last such check of a product."""
    query = select(_Known.price_check_id).where(
        _Known.product_id == Product.product_id, *conditions
    )
    return query.order_by(_Known.scraped_at.desc()).limit(1).correlate(Product).scalar_subquery()


_Known = aliased(PriceCheck, name="known_check")
_Last = aliased(PriceCheck, name="last_check")
_costs = select(_Last.price_check_id).where(
    _Last.price_check_id == _last(_Known.is_believed, _Known.price.is_not(None)),
    _Last.price <= Product.target_price,
    or_(Product.currency.is_(None), _Last.currency == Product.currency),
)
_stands = select(_Last.price_check_id).where(
    _Last.price_check_id == _last(_Known.availability != Availability.UNKNOWN),
    _Last.availability.in_(_GONE),
)
_STATES: Mapping[ProductState, ColumnElement[bool]] = {
    ProductState.AT_TARGET: and_(
        Product.target_price.is_not(None), _costs.correlate(Product).exists()
    ),
    ProductState.SOLD_OUT: _stands.correlate(Product).exists(),
    ProductState.FAILING: and_(
        Product.is_active,
        func.coalesce(Product.error_class, StoredPage.error_class).not_in(UNREPORTED),
    ),
    ProductState.PAUSED: ~Product.is_active,
}
