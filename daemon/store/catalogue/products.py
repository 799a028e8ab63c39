"""Synchronises products from the configuration and the command line; one row per address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.model.product import ProductRules
from daemon.model.request import Request, Timing, timing_in
from daemon.store.catalogue.page_subscriptions import (
    change_owned,
    look_soon,
    pages_for,
    refresh_pages,
)
from daemon.store.catalogue.plan import Move, Synced, SyncPlan, plan
from daemon.store.catalogue.seals import sealable
from daemon.store.core.aside import KEEPS
from daemon.store.core.chunks import chunks
from daemon.store.core.json_columns import NO_ALARM_COLUMNS, rules_to_json
from daemon.store.core.requests import request_key
from daemon.store.tables import Page, Product
from daemon.store.tables.ids import new_id

_PRODUCT = Product.__table__
_Key = tuple[str | None, str, str | None]  # owner, name, request
_live = Product.deleted_at.is_(None)


@dataclass(frozen=True, slots=True)
class ProductSpec:
    """A product at one address as its owner describes it, before it has a page and a history."""

    name: str
    request: Request
    host: str
    owner_id: str
    check_frequency: str
    time_zone: str | None = None
    category: str | None = None
    target_price: Decimal | None = None
    currency: str | None = None
    rules: ProductRules = field(default_factory=ProductRules)
    is_active: bool = True
    hours: str | None = None
    days: str | None = None
    tags: tuple[str, ...] = ()
    detect_within: str | None = None

    @property
    def timing(self) -> Timing:
        """When its owner wants it checked."""
        return timing_in(self)

    @property
    def key(self) -> _Key:
        """Its identity: each address under the same name is a row of its own."""
        return self.owner_id, self.name, request_key(self.request)


async def carry_out_products(
    session: AsyncSession, planned: SyncPlan[ProductSpec], now: datetime
) -> Synced:
    """Carry out a plan for products."""
    retired = [row.product_id for row in planned.removed]
    await change_owned(session, Product.product_id, retired, {"deleted_at": now}, now)
    await _change(session, planned.changed, now)
    await _add(session, planned.added, now, "config")
    return Synced.by(planned)


def plan_products(known: Sequence[Row[Any]], specs: Sequence[ProductSpec]) -> SyncPlan[ProductSpec]:
    """Plan the synchronisation of these products, found by `known_products`.

    Shape: products are identified by owner, name and request. One that comes back gets its
           history back; one of the command line with such a name is taken over.
    """
    return plan(
        {_key(row): row for row in known},
        {spec.key: spec for spec in specs},
        lambda spec: _columns(spec) | {"managed_by": "config"},
    )


async def add_products(session: AsyncSession, specs: Sequence[ProductSpec], now: datetime) -> None:
    """Add products of the command line; the caller ensures that their names are free."""
    await _add(session, await sealable(session, specs), now, "cli")


_ROW = (
    Product.product_id,
    Product.owner_id,
    Product.name,
    Product.url,
    Product.category,
    Product.tags,
    Product.target_price,
    Product.currency,
    Product.check_frequency,
    Product.time_zone,
    Product.hours,
    Product.days,
    Product.detect_within,
    Product.rules,
    Product.is_active,
    Product.managed_by,
    Product.page_id,
    Page.request_key,
)


def _key(row: Row[Any]) -> _Key:
    return row.owner_id, row.name, row.request_key


async def known_products(session: AsyncSession, specs: Sequence[ProductSpec]) -> list[Row[Any]]:
    """The live products that the configuration manages, and those whose names it now claims."""
    # Garbled values in a row that the configuration describes are rewritten.
    query = select(*_ROW).outerjoin(Page).where(_live).execution_options(**KEEPS)
    rows = list(await session.execute(query.where(Product.managed_by == "config")))
    owned = {(spec.owner_id, spec.name) for spec in specs}
    for names in chunks(sorted({spec.name for spec in specs})):
        others = await session.execute(
            query.where(Product.managed_by != "config", Product.name.in_(names))
        )
        rows += [row for row in others if (row.owner_id, row.name) in owned]
    return rows


def _columns(spec: ProductSpec) -> dict[str, Any]:
    return {
        "url": spec.request.url,
        "category": spec.category,
        "tags": list(spec.tags),
        "target_price": spec.target_price,
        "currency": spec.currency,
        "check_frequency": spec.check_frequency,
        "time_zone": spec.time_zone,
        "hours": spec.hours,
        "days": spec.days,
        "detect_within": spec.detect_within,
        "rules": rules_to_json(spec.rules),
        "is_active": spec.is_active,
    }


async def _change(session: AsyncSession, moves: Sequence[Move[ProductSpec]], now: datetime) -> None:
    if not moves:
        return
    values = [
        {"product": move.row.product_id, "managed_by": "config", "updated_at": now}
        | _columns(move.spec)
        for move in moves
    ]
    connection = await session.connection()
    await connection.execute(
        update(_PRODUCT)
        .where(_PRODUCT.c.product_id == bindparam("product"))
        .values({key: bindparam(key) for key in values[0] if key != "product"}),
        values,
    )
    await refresh_pages(session, {move.row.page_id for move in moves}, now)


async def _add(
    session: AsyncSession, specs: Sequence[ProductSpec], now: datetime, managed_by: str
) -> None:
    if not specs:
        return
    pages = await pages_for(session, specs, now)
    buried = await _buried(session, specs)
    fresh = []
    for spec in specs:
        page_id = pages[request_key(spec.request)]
        columns = {"managed_by": managed_by, **_columns(spec)}
        if (known := buried.get((spec.owner_id, spec.name, page_id))) is not None:
            await _revive(session, known, columns)
        else:
            owned = {"name": spec.name, "owner_id": spec.owner_id, "page_id": page_id}
            fresh.append({"product_id": new_id(), **owned, **columns})
    if fresh:
        connection = await session.connection()
        await connection.execute(insert(_PRODUCT), fresh)
    await refresh_pages(session, set(pages.values()), now)
    await look_soon(session, specs, pages, now)


async def _buried(
    session: AsyncSession, specs: Sequence[ProductSpec]
) -> dict[tuple[str | None, str, UUID | None], UUID]:
    """Removed products: the last one for each owner, name and page."""
    found: dict[tuple[str | None, str, UUID | None], UUID] = {}
    for names in chunks(sorted({spec.name for spec in specs})):
        rows = await session.execute(
            select(Product.product_id, Product.owner_id, Product.name, Product.page_id)
            .where(Product.deleted_at.is_not(None), Product.name.in_(names))
            .order_by(Product.deleted_at)
        )
        found |= {(row.owner_id, row.name, row.page_id): row.product_id for row in rows}
    return found


async def _revive(session: AsyncSession, product_id: UUID, columns: dict[str, Any]) -> None:
    """Restore a removed product with its history."""
    await session.execute(
        update(Product)
        .where(Product.product_id == product_id)
        .values(deleted_at=None, **NO_ALARM_COLUMNS, **columns)
        .execution_options(synchronize_session=False)
    )
