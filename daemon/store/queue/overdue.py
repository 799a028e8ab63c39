"""The pages that are overdue: how many there are, and spreading them after a pause."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.store.core.aside import KEEPS
from daemon.store.queue.pages import is_free
from daemon.store.tables import Page
from daemon.store.tables.types import Instant, db_now

_TOLERANCE = timedelta(minutes=1)


async def spread_overdue(session: AsyncSession, now: datetime, window: timedelta, few: int) -> int:
    """After a pause, spread pages that are long overdue evenly over a window, oldest first.

    Shape:  returns how many were moved: none if there are few; pages never checked stay first.
    """
    overdue: ColumnElement[bool] = and_(
        Page.is_active,
        Page.next_check_at < now - _TOLERANCE,
        Page.last_checked_at.is_not(None),
        is_free,
    )
    # Skips rows that another daemon is spreading or writing.
    ids = (
        await session.scalars(
            select(Page.id)
            .where(overdue)
            .order_by(Page.next_check_at)
            .with_for_update(skip_locked=True)
        )
    ).all()
    if len(ids) <= few:
        return 0
    table = Page.__table__
    step = window / len(ids)
    connection = await session.connection()
    await connection.execute(
        update(table)
        .where(table.c.id == bindparam("page_id"))
        .values(next_check_at=bindparam("at")),
        [{"page_id": page_id, "at": now + step * i} for i, page_id in enumerate(ids)],
    )
    return len(ids)


async def due_figures(session: AsyncSession) -> tuple[int, float]:
    """How many pages are due, and for how many seconds the oldest has been."""
    is_due = and_(Page.is_active, Page.next_check_at <= db_now())
    row = (
        await session.execute(
            select(func.count(), func.min(Page.next_check_at, type_=Instant()), db_now())
            .select_from(Page)
            .where(is_due)
            .execution_options(**KEEPS)
        )
    ).one()
    first: object = row[1]  # or garbled, where that sorts before all instants
    return row[0], (row[2] - first).total_seconds() if isinstance(first, datetime) else 0.0
