"""Pages as they are, to be looked at by somebody who claims and writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from daemon import model
from daemon.store.ids import new_id
from daemon.store.pages import _CLAIMED, _pages
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
    return model.Page(
        id=new_id(),
        request=spec.request,
        host=spec.host,
        check_frequency=spec.check_frequency,
        next_check_at=now,
        lease_token=0,
        time_zone=spec.time_zone,
        sites=(site,),
    )
