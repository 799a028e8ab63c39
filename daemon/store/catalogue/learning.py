"""Learns from the stored changes of sites whose frequency is now left to the daemon."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.model.request import MOST_CHANGES, NO_RHYTHM, Rhythm
from daemon.model.site import SiteSpec
from daemon.schedule.next_check import AUTO, parse_frequency
from daemon.store.catalogue.plan import Move
from daemon.store.core.chunks import chunks
from daemon.store.tables import ContentUpdate, MonitoredSite

_UNKNOWN = timedelta(days=1)


async def learn_from_updates(session: AsyncSession, moves: Sequence[Move[SiteSpec]]) -> None:
    """Give the sites that are now left to the daemon the changes that were stored of them.

    Shape: only those without a rhythm of their own; of each change it is known when it was seen,
           and that the check before came an interval earlier.
    """
    turned = {
        move.row.id: _interval(move.row)
        for move in moves
        if "check_frequency" in move.fields and move.spec.check_frequency == AUTO
    }
    for ids in chunks(list(turned)):
        rows = await session.execute(
            select(MonitoredSite.id, MonitoredSite.rhythm).where(MonitoredSite.id.in_(ids))
        )
        for site_id in [row.id for row in rows if row.rhythm == {}]:
            await _learn(session, site_id, turned[site_id])


async def _learn(session: AsyncSession, site_id: UUID, interval: timedelta) -> None:
    seen = await session.scalars(
        select(ContentUpdate.detected_at)
        .where(ContentUpdate.site_id == site_id)
        .order_by(ContentUpdate.detected_at.desc())
        .limit(MOST_CHANGES)
    )
    instants = sorted(seen)
    if instants:
        rhythm = msgspec.to_builtins(_rhythm(instants, interval))
        await session.execute(
            update(MonitoredSite)
            .where(MonitoredSite.id == site_id)
            .values(rhythm=rhythm)
            .execution_options(synchronize_session=False)
        )


def _rhythm(instants: Sequence[datetime], interval: timedelta) -> Rhythm:
    rhythm = NO_RHYTHM
    for before, seen in pairwise([instants[0] - interval, *instants]):
        after = max(before, seen - interval)
        rhythm = rhythm.and_seen(int(after.timestamp()), int(seen.timestamp()))
    return rhythm


def _interval(row: Row[Any]) -> timedelta:
    try:
        return parse_frequency(row.check_frequency, row.time_zone).interval
    except ValueError:  # garbled, and rewritten by this very change
        return _UNKNOWN
