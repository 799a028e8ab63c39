"""Loads the steps of a site from state to state, with the original results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.conditions.crossings import CONDITION
from daemon.model.reading import StoredState
from daemon.model.viewer import Viewer
from daemon.store.core.visibility import is_of_visible_site
from daemon.store.tables import ContentUpdate, Snapshot
from daemon.store.views.states import states_by_id, visits_from

_HISTORY = 4  # states besides the two that are compared, as in a check


@dataclass(frozen=True, slots=True)
class SeenState:
    """A state, and when the site entered it first and last."""

    id: UUID
    site_id: UUID
    first_seen_at: datetime
    last_seen_at: datetime

    def came_at(self, before: datetime) -> datetime:
        """When it was last entered before an instant, as far as known."""
        return self.last_seen_at if self.last_seen_at < before else self.first_seen_at


@dataclass(frozen=True, slots=True)
class Step:
    """The step from one state to the next, without an update if it was no change."""

    at: datetime
    before_id: UUID
    after_id: UUID
    history: tuple[SeenState, ...]  # before it, oldest first
    update_id: UUID | None = None
    change_type: str | None = None
    is_significant: bool = False
    summary: str = ""
    is_of_condition: bool = False  # whether a condition of its owner was met or ceased to be


async def steps_of(
    session: AsyncSession, viewer: Viewer, site_id: UUID, since: datetime | None
) -> list[Step]:
    """The steps of a site whose states are still kept, oldest first."""
    rows = await session.execute(
        select(Snapshot.id, Snapshot.site_id, Snapshot.first_seen_at, Snapshot.last_seen_at)
        .where(Snapshot.site_id == site_id, is_of_visible_site(Snapshot.site_id, viewer))
        .order_by(Snapshot.first_seen_at, Snapshot.id)
    )
    seen = [SeenState(*row) for row in rows]
    told = await _told(session, viewer, site_id, seen)
    reached = {step.after_id for step in told}
    quiet = [
        Step(after.first_seen_at, before.id, after.id, _before(seen, after.first_seen_at))
        for before, after in pairwise(seen)
        if after.id not in reached
    ]
    steps = sorted([*told, *quiet], key=lambda step: step.at)
    return [step for step in steps if since is None or step.at >= since]


async def _told(
    session: AsyncSession, viewer: Viewer, site_id: UUID, seen: Sequence[SeenState]
) -> list[Step]:
    rows = await session.execute(
        select(
            ContentUpdate.detected_at,
            ContentUpdate.before_snapshot_id,
            ContentUpdate.after_snapshot_id,
            ContentUpdate.id,
            ContentUpdate.change_type,
            ContentUpdate.is_significant,
            ContentUpdate.summary,
            ContentUpdate.reasons,
        ).where(
            ContentUpdate.site_id == site_id,
            is_of_visible_site(ContentUpdate.site_id, viewer),
            ContentUpdate.before_snapshot_id.is_not(None),
            ContentUpdate.after_snapshot_id.is_not(None),
        )
    )
    return [
        Step(
            at=row.detected_at,
            before_id=row.before_snapshot_id,
            after_id=row.after_snapshot_id,
            history=_before(seen, row.detected_at),
            update_id=row.id,
            change_type=row.change_type,
            is_significant=row.is_significant,
            summary=row.summary or "",
            is_of_condition=any(reason.get("signal") == CONDITION for reason in row.reasons),
        )
        for row in rows
    ]


def _before(seen: Sequence[SeenState], at: datetime) -> tuple[SeenState, ...]:
    return tuple(one for one in seen if one.first_seen_at < at)[-_HISTORY - 1 :]


async def states_of(
    session: AsyncSession, viewer: Viewer, step: Step
) -> tuple[StoredState, StoredState, tuple[StoredState, ...]] | None:
    """The states before and after a step, and the history; None when they are dropped."""
    ids = [one.id for one in step.history]
    found = await states_by_id(session, viewer, [step.before_id, step.after_id, *ids])
    if step.before_id not in found or step.after_id not in found:
        return None
    after = replace(found[step.after_id], seen_at=step.at)
    visits = await _visits(session, step)
    # The last visit before this step is not stored once the state was seen again later.
    history = [
        replace(found[one.id], seen_at=min(one.last_seen_at, step.at), visits=visits[one.id])
        for one in step.history
        if one.id in found and one.id not in (step.before_id, step.after_id)
    ]
    before = found[step.before_id]
    return (
        replace(before, seen_at=min(before.seen_at, step.at), visits=visits.get(step.before_id, 1)),
        after,
        tuple(history),
    )


async def _visits(session: AsyncSession, step: Step) -> dict[UUID, int]:
    """How often each state before a step was seen since it was last entered."""
    if not step.history:
        return {}
    came = sorted(step.history, key=lambda one: one.came_at(step.at))
    instants = sorted({one.came_at(step.at) for one in came})
    counts = await visits_from(session, came[0].site_id, instants, step.at)
    visits = dict(zip(instants, counts, strict=True))
    return {one.id: visits[one.came_at(step.at)] for one in came}
