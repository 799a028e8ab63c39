"""Drops what is over of logins, and audit entries of a certain age."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from daemon.store.retention.batching import Search, Sweep, Work, free_of_others, in_order
from daemon.store.tables import AuditEntry, LoginFailure, LoginFlow, LoginLink, WebSession
from daemon.store.tables.ids import first_id

_ENDING = (
    (WebSession.id_hash, WebSession.ends_at),
    (LoginFlow.state_hash, LoginFlow.ends_at),
    (LoginLink.token_hash, LoginLink.ends_at),
    (LoginFailure.key, LoginFailure.ends_at),
)


async def drop_ended_logins(sweep: Sweep, before: datetime) -> int:
    """Drop sessions, logins that nobody went on with, links and failures that ended; how many."""
    dropped = 0
    for key, ends_at in _ENDING:
        over = ends_at < before
        dropped += await sweep.through(_first(key, ends_at, over), _dropping(key, over))
    return dropped


async def drop_audit(sweep: Sweep, before: datetime) -> int:
    """Drop audit entries of before an instant; how many."""
    key = AuditEntry.id
    return await sweep.through(in_order(key, key < first_id(before)), _dropping(key))


def _first(key: InstrumentedAttribute[str], order: Any, over: Any) -> Search[str]:
    """A walk along the index of ends, which begins anew each time, as what it finds is dropped."""

    async def search(session: AsyncSession, _: Any, limit: int) -> tuple[Sequence[str], Any]:
        query = select(key).where(over).order_by(order).limit(limit)
        found = (await session.scalars(query)).all()
        return found, found[-1] if len(found) == limit else None

    return search


def _dropping(key: InstrumentedAttribute[Any], *over: Any) -> Work[Any]:
    async def work(session: AsyncSession, batch: Sequence[Any]) -> int:
        mine = await free_of_others(session, key, batch)
        gone = delete(key.class_).where(key.in_(mine), *over).returning(key)
        rows = await session.scalars(gone.execution_options(synchronize_session=False))
        return len(rows.all())

    return work
