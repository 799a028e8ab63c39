"""Watches the pages that a site names as sites of their own, for as long as it names them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import Row, exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.model.site import SiteSpec
from daemon.store.catalogue.owned import TakenNames
from daemon.store.catalogue.page_subscriptions import change_owned
from daemon.store.catalogue.plan import plan
from daemon.store.catalogue.seals import keyed
from daemon.store.catalogue.sites import SITE_ROW, change_sites, place_sites, site_columns
from daemon.store.catalogue.specs import specs_where
from daemon.store.core.chunks import chunks
from daemon.store.core.requests import request_key
from daemon.store.tables import MonitoredSite, Page
from daemon.store.views.sites import Parent
from daemon.url import LONGEST_NAME, host_of

DISCOVERED = "discover"  # what manages them, as a file or a command does others
_live = MonitoredSite.deleted_at.is_(None)


async def watch_pages(
    session: AsyncSession,
    site_id: UUID,
    page_id: UUID,
    pages: Sequence[str],
    now: datetime,
    room: int | None = None,
) -> int:
    """Watch the pages that a site names, as many as its limit allows, and no others of its own.

    Shape: those watched already come first, then the others in their order; of these no more than
           its owner has `room` for, and those that go make room. Returns how many there was none
           for. Nothing is done for a site that has left its page meanwhile.
    """
    is_it = MonitoredSite.id == site_id, MonitoredSite.page_id == page_id
    parent = (await specs_where(session, *is_it, _live)).get(site_id)
    if parent is None or parent.rules.discover is None or parent.request.sealed:
        return 0
    known = {row.url: row for row in await _children(session, [site_id])}
    listed = [url for url in pages if url in known] + [url for url in pages if url not in known]
    wanted = dict.fromkeys(listed[: parent.rules.discover_limit])
    leaving = [row for url, row in known.items() if url not in wanted]
    await _retire(session, leaving, now)
    found = [url for url in wanted if url not in known]
    new = found if room is None else found[: max(room + len(leaving), 0)]
    names = TakenNames(await _names(session, parent))
    specs = [
        replace(_described(parent, site_id, url), name=names.free(_name(parent, url)))
        for url in new
    ]
    await place_sites(session, await keyed(session, specs), now, DISCOVERED)
    await _mute_too(session, site_id, new)
    return len(found) - len(new)


async def follow_parents(
    session: AsyncSession, site_ids: Iterable[UUID], now: datetime, switched: Collection[UUID] = ()
) -> None:
    """Describe what these sites have discovered as they are described now.

    Shape: what a removed site has discovered, or one that discovers no more, is removed. Those of
           the `switched` are paused or resumed with them.
    """
    for some in chunks(list(site_ids)):
        children = await _children(session, some)
        found = await specs_where(session, MonitoredSite.id.in_(some), _live) if children else {}
        parents = {key: one for key, one in found.items() if one.rules.discover is not None}
        await _retire(session, (row for row in children if row.parent_id not in parents), now)
        staying = [row for row in children if row.parent_id in parents]
        specs = [_followed(row, parents[row.parent_id], switched) for row in staying]
        open_ones = [i for i, spec in enumerate(specs) if not spec.request.sealed]
        known = {staying[i].id: staying[i] for i in open_ones}
        wanted = await keyed(session, [specs[i] for i in open_ones])
        planned = plan(
            known,
            dict(zip(known, wanted, strict=True)),
            lambda spec: site_columns(spec) | {"request_key": request_key(spec.request)},
        )
        await change_sites(session, planned.changed, now, DISCOVERED)


async def lost_parents(session: AsyncSession) -> list[UUID]:
    """The ids of sites that are there no more, and whose pages are still watched."""
    is_there = exists().where(Parent.id == MonitoredSite.parent_id, Parent.deleted_at.is_(None))
    lost = select(MonitoredSite.parent_id).where(MonitoredSite.parent_id.is_not(None), _live)
    return [key for key in await session.scalars(lost.where(~is_there).distinct()) if key]


def _followed(row: Row[Any], parent: SiteSpec, switched: Collection[UUID]) -> SiteSpec:
    is_active = parent.is_active if row.parent_id in switched else row.is_active
    described = _described(parent, row.parent_id, row.url)
    return replace(described, name=row.name, is_active=is_active)


def _described(parent: SiteSpec, parent_id: UUID, url: str) -> SiteSpec:
    return replace(
        parent,
        request=parent.request.led_to(url),
        host=host_of(url),
        rules=parent.rules.for_found_pages,
        parent_id=parent_id,
    )


def _name(parent: SiteSpec, url: str) -> str:
    """As in "Docs: /guide/install", with the host where that is another one."""
    parts = urlsplit(url)
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    host = "" if host_of(url) == parent.host else host_of(url)
    return f"{parent.name}: {host}{path}"[:LONGEST_NAME]


async def _children(session: AsyncSession, parents: Sequence[UUID]) -> Sequence[Row[Any]]:
    query = select(*SITE_ROW).outerjoin(Page, Page.id == MonitoredSite.page_id)
    return (await session.execute(query.where(MonitoredSite.parent_id.in_(parents), _live))).all()


async def _names(session: AsyncSession, parent: SiteSpec) -> Iterable[str]:
    begin = MonitoredSite.name.startswith(f"{parent.name}:"[:LONGEST_NAME], autoescape=True)
    theirs = MonitoredSite.owner_id == parent.owner_id
    return await session.scalars(select(MonitoredSite.name).where(theirs, begin, _live))


async def _retire(session: AsyncSession, rows: Iterable[Row[Any]], now: datetime) -> None:
    ids = [row.id for row in rows]
    await change_owned(session, MonitoredSite.id, ids, {"deleted_at": now}, now)


async def _mute_too(session: AsyncSession, site_id: UUID, urls: Sequence[str]) -> None:
    """Mute what a muted site discovers, for as long as itself."""
    until = await session.scalar(
        select(MonitoredSite.muted_until).where(MonitoredSite.id == site_id)
    )
    for some in chunks(urls) if until else ():
        of_it = MonitoredSite.parent_id == site_id, MonitoredSite.url.in_(some)
        muted = update(MonitoredSite).where(*of_it, _live).values(muted_until=until)
        await session.execute(muted.execution_options(synchronize_session=False))
