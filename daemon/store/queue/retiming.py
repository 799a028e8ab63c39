"""Reschedules the notices that wait for a changed route."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.alerting.values import HeldFacts, HeldNotice
from daemon.store.core.aside import KEEPS, whole
from daemon.store.core.chunks import chunks
from daemon.store.queue.notices import is_free
from daemon.store.record.outbox import FACT_COLUMNS, facts_of, is_held
from daemon.store.tables import ContentUpdate, Notice

_TOGETHER = 500  # payloads in memory at once


async def waiting_after(
    session: AsyncSession, user_id: str, channel: str, now: datetime
) -> AsyncIterator[list[HeldFacts]]:
    """The notices for one person on a channel still to come, in batches."""
    waiting = await session.scalars(
        select(Notice.id).where(
            Notice.user_id == user_id,
            Notice.channel == channel,
            is_held,
            Notice.next_attempt_at > now,
        )
    )
    for ids in chunks(waiting.all(), _TOGETHER):
        yield await _waiting(session, ids)


async def _waiting(session: AsyncSession, ids: Iterable[UUID]) -> list[HeldFacts]:
    rows = await session.execute(
        select(*FACT_COLUMNS, ContentUpdate.analysis_status)
        .outerjoin(ContentUpdate, ContentUpdate.id == Notice.content_update_id)
        .where(Notice.id.in_(ids))
        .execution_options(**KEEPS)
    )
    return [
        facts_of(row, awaits_analysis=row.analysis_status == "pending")
        for row in whole(rows, but="payload")
    ]


async def move(session: AsyncSession, moved: Iterable[HeldNotice]) -> int:
    """Store new instants and keys of these held notices; returns how many."""
    times: defaultdict[tuple[str, datetime], list[UUID]] = defaultdict(list)
    for one in moved:
        times[one.bundle_key, one.release_at].append(one.id)
    for (key, at), ids in times.items():
        await session.execute(
            update(Notice)
            .where(Notice.id.in_(ids))
            .values(bundle_key=key, next_attempt_at=at)
            .execution_options(synchronize_session=False)
        )
    return sum(map(len, times.values()))


async def move_rested(
    session: AsyncSession, user_id: str, channel: str, now: datetime, at: datetime
) -> int:
    """Move released notices that wait for the end of quiet hours; returns how many.

    Shape: notices that failed or are being sent are left alone.
    """
    moved = await session.execute(
        update(Notice)
        .where(
            Notice.user_id == user_id,
            Notice.channel == channel,
            Notice.status == "pending",
            Notice.error_detail.is_(None),
            Notice.next_attempt_at > now,
            Notice.next_attempt_at != at,
            is_free,
        )
        .values(next_attempt_at=at)
        .execution_options(synchronize_session=False)
    )
    return cast(CursorResult[Any], moved).rowcount
