"""Pages as they are, to be looked at by somebody who claims and writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from daemon import model
from daemon.product import Product
from daemon.store.demand import Wish
from daemon.store.ids import new_id
from daemon.store.pages import _CLAIMED, _pages
from daemon.store.products import ProductSpec
from daemon.store.rows import rules_hash, rules_to_json
from daemon.store.tables import Page

_CHUNK = 5000


async def pages_to_look_at(
    session: AsyncSession, page_ids: Sequence[UUID] | None = None
) -> list[model.Page]:
    """These pages, or all active ones, with the live sites that want them."""
    if page_ids is None:
        page_ids = (await session.scalars(select(Page.id).where(Page.is_active))).all()
    found: list[model.Page] = []
    for start in range(0, len(page_ids), _CHUNK):
        ids = page_ids[start : start + _CHUNK]
        rows = (await session.execute(select(*_CLAIMED).where(Page.id.in_(ids)))).all()
        found += await _pages(session, rows)
    return found


def page_of(spec: model.SiteSpec, now: datetime) -> model.Page:
    """The page of a site that the database does not know: never looked at, never claimed."""
    site = model.Site(
        id=new_id(),
        name=spec.name,
        owner_id=spec.owner_id,
        site_type=spec.site_type,
        rules=spec.rules,
        rules_hash=rules_hash(rules_to_json(spec.rules)),
    )
    return replace(_bare_page(spec, now), sites=(site,))


def product_page_of(spec: ProductSpec, now: datetime) -> model.Page:
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


def _bare_page(spec: Wish, now: datetime) -> model.Page:
    return model.Page(
        id=new_id(),
        request=spec.request,
        host=spec.host,
        check_frequency=spec.check_frequency,
        next_check_at=now,
        lease_token=0,
        time_zone=spec.time_zone,
    )
