"""How channels fare: what they took last, what they did not take and why, and what waits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, case, func, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.model.viewer import Viewer
from daemon.store.core.visibility import is_visible
from daemon.store.tables import Notice
from daemon.store.tables.types import Instant

_LATEST = 500  # notifications of each channel that are looked at
_WAITING = ("pending", "held")


@dataclass(frozen=True, slots=True)
class ChannelFigures:
    """How a channel fared with its latest notifications.

    Shape: if `is_capped`, more may wait than were looked at. The failure is that of the newest
           notification that was not taken, which was made then.
    """

    delivered_at: datetime | None = None
    failed_at: datetime | None = None
    failure: str = ""
    waiting: int = 0
    is_capped: bool = False


async def figures_of_channels(
    session: AsyncSession, viewer: Viewer, channels: Sequence[tuple[str, str]]
) -> list[ChannelFigures]:
    """How these channels of the viewer's fared, given by owner and name."""
    if not channels:
        return []
    each = [_figures(place, *channel, viewer) for place, channel in enumerate(channels)]
    found = {row.place: row for row in await session.execute(union_all(*each))}
    return [
        ChannelFigures(
            row.delivered_at,
            row.failed_at,
            row.failure or "",
            row.waiting,
            row.looked_at == _LATEST,
        )
        for row in (found[place] for place in range(len(channels)))
    ]


def _figures(place: int, owner_id: str, name: str, viewer: Viewer) -> Select[Any]:
    latest = (
        select(Notice.status, Notice.sent_at, Notice.created_at, Notice.error_detail)
        .where(Notice.user_id == owner_id, Notice.channel == name)
        .where(is_visible(Notice.user_id, viewer))
        .order_by(Notice.next_attempt_at.desc())
        .limit(_LATEST)
        .subquery()
    )
    failure = (
        select(latest.c.error_detail)
        .where(latest.c.error_detail.is_not(None))
        .order_by(latest.c.created_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    is_failure = latest.c.error_detail.is_not(None)
    failed_at = func.max(case((is_failure, latest.c.created_at)), type_=Instant())
    waiting = func.sum(case((latest.c.status.in_(_WAITING), 1), else_=0))
    return select(
        literal(place).label("place"),
        func.max(latest.c.sent_at, type_=Instant()).label("delivered_at"),
        failed_at.label("failed_at"),
        failure.label("failure"),
        func.coalesce(waiting, 0).label("waiting"),
        func.count().label("looked_at"),
    ).select_from(latest)
