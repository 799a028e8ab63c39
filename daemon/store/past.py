"""The steps that a site took from state to state, with what was made of each at the time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.model import StoredState
from daemon.store.states import states_by_id
from daemon.store.tables import ContentUpdate, Snapshot

_HISTORY = 4  # states beside the two that are compared, as at a check


@dataclass(frozen=True, slots=True)
class Step:
    """From one state to the next; without an update when nothing was made of it."""

    at: datetime
    before_id: UUID
    after_id: UUID
    history_ids: tuple[UUID, ...]  # seen before it, oldest first
    update_id: UUID | None = None
    change_type: str | None = None
    is_significant: bool = False
    summary: str = ""


@dataclass(frozen=True, slots=True)
class _Seen:
    id: UUID
    first_seen_at: datetime


async def steps_of(session: AsyncSession, site_id: UUID, since: datetime | None) -> list[Step]:
    """The steps of a site whose states are still kept, oldest first."""
    rows = await session.execute(
        select(Snapshot.id, Snapshot.first_seen_at)
        .where(Snapshot.site_id == site_id)
        .order_by(Snapshot.first_seen_at, Snapshot.id)
    )
    seen = [_Seen(*row) for row in rows]
    told = await _told(session, site_id, seen)
    reached = {step.after_id for step in told}
    quiet = [
        Step(after.first_seen_at, before.id, after.id, _before(seen, after.first_seen_at))
        for before, after in pairwise(seen)
        if after.id not in reached
    ]
    steps = sorted([*told, *quiet], key=lambda step: step.at)
    return [step for step in steps if since is None or step.at >= since]


async def _told(session: AsyncSession, site_id: UUID, seen: Sequence[_Seen]) -> list[Step]:
    rows = await session.execute(
        select(
            ContentUpdate.detected_at,
            ContentUpdate.before_snapshot_id,
            ContentUpdate.after_snapshot_id,
            ContentUpdate.id,
            ContentUpdate.change_type,
            ContentUpdate.is_significant,
            ContentUpdate.summary,
        ).where(
            ContentUpdate.site_id == site_id,
            ContentUpdate.before_snapshot_id.is_not(None),
            ContentUpdate.after_snapshot_id.is_not(None),
        )
    )
    return [
        Step(
            at=row.detected_at,
            before_id=row.before_snapshot_id,
            after_id=row.after_snapshot_id,
            history_ids=_before(seen, row.detected_at),
            update_id=row.id,
            change_type=row.change_type,
            is_significant=row.is_significant,
            summary=row.summary or "",
        )
        for row in rows
    ]


def _before(seen: Sequence[_Seen], at: datetime) -> tuple[UUID, ...]:
    return tuple(one.id for one in seen if one.first_seen_at < at)[-_HISTORY - 1 :]


async def states_of(
    session: AsyncSession, step: Step
) -> tuple[StoredState, StoredState, tuple[StoredState, ...]] | None:
    """What a step went from and to, and what was seen before; None when it is gone."""
    found = await states_by_id(session, [step.before_id, step.after_id, *step.history_ids])
    if step.before_id not in found or step.after_id not in found:
        return None
    after = replace(found[step.after_id], seen_at=step.at)
    ends = (step.before_id, step.after_id)
    history = [found[one] for one in step.history_ids if one in found and one not in ends]
    # When a state was last seen before this step is not kept once it was seen again later.
    known = tuple(replace(one, seen_at=min(one.seen_at, step.at)) for one in history)
    return replace(found[step.before_id], seen_at=step.at), after, known
