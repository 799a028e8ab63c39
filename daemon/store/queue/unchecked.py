"""Finds the pages that a check of all, or of some, has not reached."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import case, func, select, type_coerce
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.store.queue.pages import is_free, is_unchecked
from daemon.store.tables import Page
from daemon.store.tables.types import Instant, db_now


async def count_unchecked(session: AsyncSession, since: datetime) -> int:
    """How many active pages were not checked since an instant."""
    query = select(func.count()).select_from(Page).where(Page.is_active, is_unchecked(since))
    return await session.scalar(query) or 0


@dataclass(frozen=True, slots=True)
class Unchecked:
    """A page not checked yet, and in how many seconds it can be; `is_held` by another run."""

    page_id: UUID
    host: str
    wait_seconds: float
    is_held: bool


async def find_unchecked(
    session: AsyncSession,
    since: datetime,
    page_ids: Sequence[UUID] | None = None,
    limit: int | None = None,
) -> list[Unchecked]:
    """The active pages, or these, not checked since an instant, the earliest due first.

    Shape: a page held by another run is due when its lease ends.
    """
    due_at = case((is_free, Page.next_check_at), else_=Page.leased_until)
    is_held = case((is_free, False), else_=True)
    query = select(
        Page.id,
        Page.host,
        type_coerce(due_at, Instant()).label("due_at"),
        is_held.label("is_held"),
        db_now().label("now"),
    ).where(Page.is_active, is_unchecked(since))
    if page_ids is not None:
        query = query.where(Page.id.in_(page_ids))
    rows = await session.execute(query.order_by(due_at).limit(limit))
    return [
        Unchecked(
            row.id, row.host, max((row.due_at - row.now).total_seconds(), 0.0), bool(row.is_held)
        )
        for row in rows
    ]
