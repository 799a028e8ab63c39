"""Gives changes the owner of their site, where an older version wrote them or a site was moved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, Select, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.store.core.database import Database
from daemon.store.retention.batching import Sweep, free_of_others, in_order, in_steps
from daemon.store.tables import ContentUpdate, MonitoredSite

_has_none = ContentUpdate.owner_id.is_(None)
_NOBODY = ""  # of a change whose site is gone: it must not be looked for again


async def fill_change_owners(database: Database) -> int:
    """Give each change without an owner that of its site; returns how many got one.

    Shape:  in short transactions, each followed by a pause.
    Errors: StoreError; what was given until then stays.
    """
    sweep = Sweep(database)
    await sweep.through(in_steps(MonitoredSite.id, _moved), _take_back)
    return await sweep.through(in_order(ContentUpdate.id, _has_none), _give)


def _moved(here: Any) -> Select[Any]:
    """The sites whose oldest change is still its former owner's."""
    oldest = (
        select(ContentUpdate.owner_id)
        .where(ContentUpdate.site_id == MonitoredSite.id)
        .order_by(ContentUpdate.detected_at)
        .limit(1)
        .correlate(MonitoredSite)
        .scalar_subquery()
    )
    return select(MonitoredSite.id).where(here, oldest != MonitoredSite.owner_id)


async def _take_back(session: AsyncSession, site_ids: Sequence[UUID]) -> int:
    return await _set_owner(session, ContentUpdate.site_id.in_(site_ids), None)


async def _give(session: AsyncSession, change_ids: Sequence[UUID]) -> int:
    ids = await free_of_others(session, ContentUpdate.id, change_ids, _has_none)
    owner = (
        select(MonitoredSite.owner_id)
        .where(MonitoredSite.id == ContentUpdate.site_id)
        .correlate(ContentUpdate)
        .scalar_subquery()
    )
    return await _set_owner(session, ContentUpdate.id.in_(ids), func.coalesce(owner, _NOBODY))


async def _set_owner(session: AsyncSession, where: Any, owner: Any) -> int:
    done = await session.execute(
        update(ContentUpdate)
        .where(where)
        .values(owner_id=owner)
        .execution_options(synchronize_session=False)
    )
    return cast(CursorResult[Any], done).rowcount
