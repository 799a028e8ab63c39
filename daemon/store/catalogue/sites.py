"""Synchronises sites from the configuration and the command line."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.model.site import SiteSpec
from daemon.store.catalogue.learning import learn_from_updates
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
from daemon.store.core.requests import REQUEST_COLUMNS, request_key
from daemon.store.tables import MonitoredSite, Page
from daemon.store.tables.ids import new_id

_SITE = MonitoredSite.__table__
_live = MonitoredSite.deleted_at.is_(None)


async def carry_out_sites(
    session: AsyncSession, planned: SyncPlan[SiteSpec], now: datetime
) -> Synced:
    """Carry out a plan for sites."""
    retired = [row.id for row in planned.removed]
    await change_owned(session, MonitoredSite.id, retired, {"deleted_at": now}, now)
    await change_sites(session, planned.changed, now, "config")
    await place_sites(session, planned.added, now, "config")
    return Synced.by(planned)


def plan_sites(known: Sequence[Row[Any]], specs: Sequence[SiteSpec]) -> SyncPlan[SiteSpec]:
    """Plan the synchronisation of these sites, found by `known_sites`.

    Shape: sites are identified by owner and name. One that returns under its old name and URL gets
           its history back; one of the command line with such a name is taken over.
    """
    return plan(
        {(row.owner_id, row.name): row for row in known},
        {(spec.owner_id, spec.name): spec for spec in specs},
        lambda spec: site_columns(spec) | {"request_key": _key(spec), "managed_by": "config"},
    )


async def add_sites(session: AsyncSession, specs: Sequence[SiteSpec], now: datetime) -> None:
    """Add sites of the command line; the caller ensures that their names are free."""
    await place_sites(session, await sealable(session, specs), now, "cli")


SITE_ROW = (
    MonitoredSite.id,
    MonitoredSite.parent_id,
    MonitoredSite.owner_id,
    MonitoredSite.name,
    MonitoredSite.url,
    MonitoredSite.site_type,
    MonitoredSite.tags,
    MonitoredSite.check_frequency,
    MonitoredSite.time_zone,
    MonitoredSite.hours,
    MonitoredSite.days,
    MonitoredSite.detect_within,
    MonitoredSite.rules,
    MonitoredSite.is_active,
    MonitoredSite.managed_by,
    MonitoredSite.page_id,
    Page.request_key,
    *REQUEST_COLUMNS,
)


async def known_sites(session: AsyncSession, specs: Sequence[SiteSpec]) -> list[Row[Any]]:
    """The live sites that the configuration manages, and those whose names it now claims."""
    # Garbled values in a row that the configuration describes are rewritten.
    query = select(*SITE_ROW).outerjoin(Page).where(_live).execution_options(**KEEPS)
    rows = list(await session.execute(query.where(MonitoredSite.managed_by == "config")))
    for names in chunks([spec.name for spec in specs]):
        rows += await session.execute(
            query.where(MonitoredSite.managed_by != "config", MonitoredSite.name.in_(names))
        )
    owned = {(spec.owner_id, spec.name) for spec in specs}
    return [r for r in rows if r.managed_by == "config" or (r.owner_id, r.name) in owned]


def _key(spec: SiteSpec) -> str:
    return request_key(spec.request)


def site_columns(spec: SiteSpec) -> dict[str, Any]:
    """The columns of a site as its owner describes it."""
    return {
        "parent_id": spec.parent_id,
        "url": spec.request.url,
        "site_type": spec.site_type,
        "tags": list(spec.tags),
        "check_frequency": spec.check_frequency,
        "time_zone": spec.time_zone,
        "hours": spec.hours,
        "days": spec.days,
        "detect_within": spec.detect_within,
        "rules": rules_to_json(spec.rules),
        "is_active": spec.is_active,
    }


async def change_sites(
    session: AsyncSession, moves: Sequence[Move[SiteSpec]], now: datetime, managed_by: str
) -> None:
    """Change these rows to their specs; another request begins with a new baseline."""
    if not moves:
        return
    pages = await pages_for(session, [move.spec for move in moves], now)
    rows = [
        {
            "site": move.row.id,
            "page_id": pages[_key(move.spec)],
            "managed_by": managed_by,
            "updated_at": now,
            **site_columns(move.spec),
        }
        for move in moves
    ]
    await _update_sites(session, rows)
    await learn_from_updates(session, moves)
    elsewhere = [move for move in moves if "request_key" in move.fields]
    for ids in chunks([move.row.id for move in elsewhere]):
        # A different request is a different page, which starts with a new baseline.
        await session.execute(
            update(MonitoredSite)
            .where(MonitoredSite.id.in_(ids))
            .values(
                text_hash=None,
                read_with=None,
                error_class=None,
                error_detail=None,
                blind_spot=None,
                blind_since=None,
                volatile={},
                conditions={},
            )
            .execution_options(synchronize_session=False)
        )
    await refresh_pages(session, {move.row.page_id for move in moves} | set(pages.values()), now)
    await look_soon(session, [move.spec for move in elsewhere], pages, now)


async def place_sites(
    session: AsyncSession, specs: Sequence[SiteSpec], now: datetime, managed_by: str
) -> None:
    """Add sites whose names are free; what was removed under its name and page returns."""
    if not specs:
        return
    pages = await pages_for(session, specs, now)
    revived = await _revive(session, specs, pages, managed_by)
    connection = await session.connection()
    fresh = [
        {
            "id": new_id(),
            "name": spec.name,
            "owner_id": spec.owner_id,
            "page_id": pages[_key(spec)],
            "managed_by": managed_by,
            **site_columns(spec),
        }
        for spec in specs
        if (spec.owner_id, spec.name) not in revived
    ]
    if fresh:
        await connection.execute(insert(_SITE), fresh)
    await refresh_pages(session, set(pages.values()), now)
    await look_soon(session, specs, pages, now)


async def _revive(
    session: AsyncSession,
    specs: Sequence[SiteSpec],
    pages: dict[str, UUID],
    managed_by: str,
) -> set[tuple[str, str]]:
    """Restore removed sites, under their old name and page, with their history."""
    buried: dict[tuple[str, str, UUID | None], UUID] = {}
    for names in chunks([spec.name for spec in specs]):
        rows = await session.execute(
            select(
                MonitoredSite.id, MonitoredSite.owner_id, MonitoredSite.name, MonitoredSite.page_id
            )
            .where(MonitoredSite.deleted_at.is_not(None), MonitoredSite.name.in_(names))
            .order_by(MonitoredSite.deleted_at)
        )
        buried |= {(row.owner_id, row.name, row.page_id): row.id for row in rows}
    revived = [
        # An outage from before its removal is no news.
        {"site": site_id, "deleted_at": None, "managed_by": managed_by}
        | NO_ALARM_COLUMNS
        | site_columns(spec)
        for spec in specs
        if (site_id := buried.get((spec.owner_id, spec.name, pages[_key(spec)])))
    ]
    await _update_sites(session, revived)
    ids = {row["site"] for row in revived}
    return {(owner_id, name) for (owner_id, name, _), key in buried.items() if key in ids}


async def _update_sites(session: AsyncSession, values: Sequence[dict[str, Any]]) -> None:
    if not values:
        return
    connection = await session.connection()
    await connection.execute(
        update(_SITE)
        .where(_SITE.c.id == bindparam("site"))
        .values({key: bindparam(key) for key in values[0] if key != "site"}),
        values,
    )
