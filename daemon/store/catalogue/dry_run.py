"""Pages as they are, to be looked at by somebody who claims and writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.model.page import Page as PageValue
from daemon.model.product import Product
from daemon.model.site import Site as SiteValue
from daemon.model.site import SiteSpec
from daemon.store.catalogue.page_subscriptions import Wish
from daemon.store.catalogue.products import ProductSpec
from daemon.store.core.json_columns import rules_hash, rules_to_json
from daemon.store.queue.pages import _CLAIMED, _pages
from daemon.store.tables import Page
from daemon.store.tables.ids import new_id

_CHUNK = 5000


async def pages_to_look_at(
    session: AsyncSession, page_ids: Sequence[UUID] | None = None
) -> list[PageValue]:
    """These pages, or all active ones, with the live sites that want them."""
    if page_ids is None:
        page_ids = (await session.scalars(select(Page.id).where(Page.is_active))).all()
    found: list[PageValue] = []
    for start in range(0, len(page_ids), _CHUNK):
        ids = page_ids[start : start + _CHUNK]
        rows = (await session.execute(select(*_CLAIMED).where(Page.id.in_(ids)))).all()
        found += await _pages(session, rows)
    return found


def page_of(spec: SiteSpec, now: datetime) -> PageValue:
    """The page of a site that the database does not know: never looked at, never claimed."""
    site = SiteValue(
        id=new_id(),
        name=spec.name,
        owner_id=spec.owner_id,
        site_type=spec.site_type,
        rules=spec.rules,
        rules_hash=rules_hash(rules_to_json(spec.rules)),
    )
    return replace(_bare_page(spec, now), sites=(site,))


def product_page_of(spec: ProductSpec, now: datetime) -> PageValue:
    """The page of a product that the database does not know."""
    product = Product(
        id=new_id(),
        name=spec.name,
        owner_id=spec.owner_id,
        rules=spec.rules,
        target_price=spec.target_price,
        currency=spec.currency,
        read_with="",
    )
    return replace(_bare_page(spec, now), products=(product,))


def _bare_page(spec: Wish, now: datetime) -> PageValue:
    return PageValue(
        id=new_id(),
        request=spec.request,
        host=spec.host,
        check_frequency=spec.check_frequency,
        next_check_at=now,
        lease_token=0,
        time_zone=spec.time_zone,
    )
