"""What is known of a time besides changes: when daemons ran, and what they could not deliver."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, distinct, func, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.model.viewer import Viewer
from daemon.store.core.visibility import is_visible
from daemon.store.queue.runs import is_live
from daemon.store.tables import Notice, Run
from daemon.store.tables.ids import first_id

_MOST_RUNS, _MOST_NOTICES = 1000, 10_000


@dataclass(frozen=True, slots=True)
class Undelivered:
    """How many notifications were given up, by how many channels, and what the last one said."""

    number: int = 0
    channels: int = 0
    channel: str | None = None  # one of them
    last_at: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Coverage:
    """What is known of a time.

    Shape: `runs` are when daemons ran in it, oldest first, up to now (None) for one that is alive;
           `known_from` is when the first run began that is kept at all, None if there is none.
    """

    runs: tuple[tuple[datetime, datetime | None], ...]
    known_from: datetime | None
    undelivered: Undelivered


async def coverage_since(session: AsyncSession, viewer: Viewer, since: datetime) -> Coverage:
    """When daemons ran since an instant, and which notifications to the viewer were given up."""
    lately = (
        select(Notice.channel, Notice.created_at, Notice.status, Notice.error_detail)
        # Their ids sort by time, and there is no other index for it.
        .where(Notice.id >= first_id(since), is_visible(Notice.user_id, viewer))
        .order_by(Notice.id.desc())
        .limit(_MOST_NOTICES)
        .subquery()
    )
    given_up = (
        select(
            func.count().label("number"),
            func.count(distinct(lately.c.channel)).label("channels"),
            func.max(lately.c.channel).label("channel"),
            func.max(lately.c.created_at).label("last_at"),
            func.max(lately.c.error_detail).label("reason"),
        )
        .where(lately.c.status == "dead")
        .subquery()
    )
    last_sign = func.coalesce(Run.ended_at, Run.heartbeat_at, Run.started_at)
    runs = (
        select(Run.started_at, case((is_live, None), else_=last_sign).label("ended_at"))
        .where(Run.kind == "run")
        .order_by(Run.started_at.desc())
        .limit(_MOST_RUNS)
        .subquery()
    )
    rows = await session.execute(
        select(*given_up.c, *runs.c).join_from(given_up, runs, true(), isouter=True)
    )
    found = rows.all()
    ran = sorted(((row.started_at, row.ended_at) for row in found if row.started_at), key=_began)
    return Coverage(
        tuple(run for run in ran if run[1] is None or run[1] > since),
        ran[0][0] if ran else None,
        Undelivered(*found[0][: len(given_up.c)]),
    )


def _began(run: tuple[datetime, datetime | None]) -> datetime:
    return run[0]
