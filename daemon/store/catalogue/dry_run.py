"""Loads pages for a dry run, without claiming or writing anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from sqlalchemy import ColumnElement, null, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.model.page import Page as PageValue
from daemon.model.product import Product
from daemon.model.site import Site as SiteValue
from daemon.model.site import SiteSpec
from daemon.model.viewer import Viewer
from daemon.store.catalogue.page_subscriptions import Subscription
from daemon.store.catalogue.products import ProductSpec
from daemon.store.core.json_columns import rules_hash, rules_to_json
from daemon.store.core.visibility import is_visible
from daemon.store.queue.pages import _CLAIMED, _pages
from daemon.store.tables import MonitoredSite, Page
from daemon.store.tables import Product as ProductRow
from daemon.store.tables.ids import new_id

_CHUNK = 5000
KnownAs: TypeAlias = tuple[str, str, str | None]  # owner, name, and a product's address


async def pages_to_look_at(
    session: AsyncSession, viewer: Viewer, page_ids: Sequence[UUID] | None = None
) -> list[PageValue]:
    """These pages, or all active ones, with the live sites and products of the viewer's."""
    if page_ids is None:
        page_ids = await active_pages(session, viewer)
    found: list[PageValue] = []
    for start in range(0, len(page_ids), _CHUNK):
        ids = page_ids[start : start + _CHUNK]
        query = select(*_CLAIMED).where(Page.id.in_(ids), _is_wanted_by(viewer))
        found += await _pages(session, (await session.execute(query)).all(), viewer)
    return found


async def active_pages(session: AsyncSession, viewer: Viewer) -> Sequence[UUID]:
    """The active pages with a subscription of the viewer's."""
    query = select(Page.id).where(Page.is_active, _is_wanted_by(viewer))
    return (await session.scalars(query)).all()


def _is_wanted_by(viewer: Viewer) -> ColumnElement[bool]:
    if viewer.is_admin:
        return true()
    return or_(
        *(
            select(table.page_id)
            .where(
                table.page_id == Page.id,
                table.is_active,
                table.deleted_at.is_(None),
                is_visible(table.owner_id, viewer),
            )
            .exists()
            for table in (MonitoredSite, ProductRow)
        )
    )


async def all_known(session: AsyncSession, viewer: Viewer) -> set[KnownAs]:
    """What the viewer's live sites and products are known by."""
    found: set[KnownAs] = set()
    for table, url in ((MonitoredSite, null()), (ProductRow, ProductRow.url)):
        query = select(table.owner_id, table.name, url.label("url")).where(
            table.deleted_at.is_(None), is_visible(table.owner_id, viewer)
        )
        rows = await session.execute(query)
        found |= {(row.owner_id, row.name, row.url) for row in rows}
    return found


def known_as(spec: SiteSpec | ProductSpec) -> KnownAs:
    """What a site or a product is known by; it may be sold at several addresses."""
    url = spec.request.url if isinstance(spec, ProductSpec) else None
    return spec.owner_id, spec.name, url


def page_of(spec: SiteSpec, now: datetime) -> PageValue:
    """The page of a site not in the database: never checked, never claimed."""
    site = SiteValue(
        id=new_id(),
        name=spec.name,
        owner_id=spec.owner_id,
        site_type=spec.site_type,
        rules=spec.rules.for_own_page,
        rules_hash=rules_hash(rules_to_json(spec.rules)),
        timing=spec.timing,
        tags=spec.tags,
    )
    return replace(_bare_page(spec, now), sites=(site,))


def product_page_of(spec: ProductSpec, now: datetime) -> PageValue:
    """The page of a product not in the database."""
    product = Product(
        id=new_id(),
        name=spec.name,
        owner_id=spec.owner_id,
        rules=spec.rules,
        target_price=spec.target_price,
        currency=spec.currency,
        read_with="",
        timing=spec.timing,
        tags=spec.tags,
    )
    return replace(_bare_page(spec, now), products=(product,))


def _bare_page(spec: Subscription, now: datetime) -> PageValue:
    return PageValue(
        id=new_id(),
        request=spec.request,
        host=spec.host,
        check_frequency=spec.check_frequency,
        next_check_at=now,
        lease_token=0,
        time_zone=spec.time_zone,
    )
