"""What waits for a route that changed: it is given the times of the route as it is now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.alerting.retiming import retimed
from daemon.alerting.timing import after_quiet
from daemon.alerting.values import Held, HeldFacts, Route
from daemon.store.core.aside import KEEPS, whole
from daemon.store.core.chunks import chunks
from daemon.store.queue.notices import is_free
from daemon.store.record.outbox import FACT_COLUMNS, facts_of, is_held
from daemon.store.tables import ContentUpdate, Notice

_TOGETHER = 500  # payloads that are held in memory at once


async def retime(session: AsyncSession, user_id: str, route: Route, now: datetime) -> int:
    """Let what waits for this route go when the route says; how many notices that moved.

    Shape: what is due goes as it would have, and what is being sent is left alone. The caller
           keeps releases of this user away, by the lock that changes the route.
    """
    here = Notice.user_id == user_id, Notice.channel == route.name
    waiting = await session.scalars(
        select(Notice.id).where(*here, is_held, Notice.next_attempt_at > now)
    )
    moved = 0
    for ids in chunks(waiting.all(), _TOGETHER):
        held = await _waiting(session, ids)
        after = [retimed(one, route, now) for one in held]
        pairs = zip(held, after, strict=True)
        moved += await _move(session, [then for one, then in pairs if then != one.notice])
    return moved + await _move_rested(session, here, route, now)


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


async def _move(session: AsyncSession, moved: Iterable[Held]) -> int:
    """Hold these until then, each with those of its key; how many there are."""
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


async def _move_rested(
    session: AsyncSession, here: tuple[Any, ...], route: Route, now: datetime
) -> int:
    """What was let go and then met quiet hours: it waits for their end, and for nothing else."""
    ended = await session.execute(
        update(Notice)
        .where(
            *here,
            Notice.status == "pending",
            Notice.error_detail.is_(None),
            Notice.next_attempt_at > now,
            Notice.next_attempt_at != (at := after_quiet(route, now)),
            is_free,
        )
        .values(next_attempt_at=at)
        .execution_options(synchronize_session=False)
    )
    return cast(CursorResult[Any], ended).rowcount
