"""Loads the sites and products that owners watch, as they are described in the database."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.model.request import Request, watch_identity
from daemon.model.site import SiteSpec
from daemon.model.viewer import Viewer
from daemon.store.catalogue.products import ProductSpec
from daemon.store.core.json_columns import product_rules_from_json, rules_from_json, tags_of
from daemon.store.core.requests import (
    REQUEST_COLUMNS,
    keyring_of,
    request_if_any,
    request_key,
    with_page_key,
)
from daemon.store.core.visibility import is_visible
from daemon.store.sealing.keyring import Keyring
from daemon.store.tables import MonitoredSite, Page, Product
from daemon.url import host_of


async def asked_sites(
    session: AsyncSession,
    viewer: Viewer,
    *,
    only_added: bool = False,
    page: str | None = None,
    discovered: bool = True,
) -> list[SiteSpec]:
    """The viewer's live sites as their owners describe them, by owner and name; or of one page.

    Shape: without `discovered` only those that are described, not what their pages name.
    """
    wanted = [is_visible(MonitoredSite.owner_id, viewer), *_wanted(MonitoredSite, only_added, page)]
    if not discovered:
        wanted.append(MonitoredSite.parent_id.is_(None))
    return list((await specs_where(session, *wanted)).values())


async def specs_where(session: AsyncSession, *wanted: ColumnElement[bool]) -> dict[UUID, SiteSpec]:
    """The sites of which all of this holds, by id, in the order of owner and name."""
    rows = await session.execute(
        select(
            *_columns(MonitoredSite),
            MonitoredSite.id,
            MonitoredSite.site_type,
            MonitoredSite.parent_id,
        )
        .outerjoin(Page, Page.id == MonitoredSite.page_id)
        .where(*wanted)
        .order_by(MonitoredSite.owner_id, MonitoredSite.name, MonitoredSite.id)
    )
    return {
        row.id: SiteSpec(
            site_type=row.site_type,
            rules=rules_from_json(row.rules),
            parent_id=row.parent_id,
            **_common(row, keyring_of(session)),
        )
        for row in rows
    }


async def asked_products(
    session: AsyncSession, viewer: Viewer, *, only_added: bool = False, page: str | None = None
) -> list[ProductSpec]:
    """The viewer's live products at each of their addresses, by owner and name; or of one page."""
    own = (Product.category, Product.target_price, Product.currency)
    rows = await session.execute(
        select(*_columns(Product), *own)
        .outerjoin(Page, Page.id == Product.page_id)
        .where(is_visible(Product.owner_id, viewer))
        .where(*_wanted(Product, only_added, page))
        .order_by(Product.owner_id, Product.name, Product.product_id)
    )
    return [
        ProductSpec(
            category=row.category,
            target_price=row.target_price,
            currency=row.currency,
            rules=product_rules_from_json(row.rules),
            **_common(row, keyring_of(session)),
        )
        for row in rows
    ]


def identity_of(spec: SiteSpec | ProductSpec) -> tuple[Hashable, ...]:
    """Its owner and its request."""
    return spec.owner_id, spec.request.identity


def reading_of(spec: SiteSpec | ProductSpec) -> Hashable:
    """All that distinguishes it from others, except its name and its frequency."""
    if isinstance(spec, SiteSpec):
        return watch_identity(spec.owner_id, spec.request, spec.rules)
    wanted = spec.target_price, spec.currency
    return watch_identity(spec.owner_id, spec.request, spec.rules, *wanted)


async def asked_of_pages(
    session: AsyncSession, viewer: Viewer, requests: Iterable[Request]
) -> list[SiteSpec | ProductSpec]:
    """The viewer's live sites and products that one of these requests is made for."""
    found: list[SiteSpec | ProductSpec] = []
    keyring = keyring_of(session)
    keyed = [with_page_key(one, keyring) if keyring.ids else one for one in requests]
    for page in map(request_key, keyed):
        found += await asked_sites(session, viewer, page=page)
        found += await asked_products(session, viewer, page=page)
    return found


def _wanted(
    owned: type[MonitoredSite] | type[Product], only_added: bool, page: str | None
) -> Sequence[Any]:
    wanted: list[Any] = [owned.deleted_at.is_(None)]
    if only_added:
        wanted.append(owned.managed_by != "config")
    if page is not None:
        wanted.append(Page.request_key == page)
    return wanted


def _columns(owned: type[MonitoredSite] | type[Product]) -> Sequence[Any]:
    return (
        owned.name,
        owned.url,
        owned.owner_id,
        owned.check_frequency,
        owned.time_zone,
        owned.hours,
        owned.days,
        owned.detect_within,
        owned.rules,
        owned.is_active,
        owned.tags,
        *REQUEST_COLUMNS,
    )


def _common(row: Any, keyring: Keyring) -> dict[str, Any]:
    return {
        "name": row.name,
        "request": request_if_any(row, keyring),
        "host": host_of(row.url),
        "owner_id": row.owner_id,
        "check_frequency": row.check_frequency,
        "time_zone": row.time_zone,
        "hours": row.hours,
        "days": row.days,
        "detect_within": row.detect_within,
        "is_active": row.is_active,
        "tags": tags_of(row.tags),
    }
