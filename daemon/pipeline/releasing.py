"""Releases, groups or holds one person's notices, in one transaction."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from daemon.alerting.releasing import plan
from daemon.alerting.retiming import analysed, retimed
from daemon.alerting.timing import after_quiet, day_of
from daemon.alerting.values import Route
from daemon.store.core.database import DatabaseSession
from daemon.store.queue.release import (
    carry_out,
    count_told,
    drop_waiting,
    held_for,
    held_of_change,
    lock_holder,
    rewrite,
    route_to,
)
from daemon.store.queue.retiming import move, move_rested, waiting_after
from daemon.store.record.outbox import routes_of


async def release(
    session: DatabaseSession, user_id: str, channel: str, now: datetime, *, gathers: bool = True
) -> int:
    """Release one person's held notices on a channel, grouped where they belong together.

    Shape: returns how many messages are due now. Unless it `gathers`, nothing waits for others.
           Those of a paused channel are dropped.
    """
    await lock_holder(session, user_id)
    route = await route_to(session, user_id, channel)
    if route is None:
        await drop_waiting(session, user_id, channel)
        return 0
    held = await held_for(session, user_id, channel)
    told_today = 0
    if route.daily_cap:
        today, _ = day_of(route, now)
        told_today = await count_told(session, user_id, channel, today)
    decided = plan(held, route, told_today, now, gathers=gathers)
    await carry_out(session, user_id, channel, decided, now)
    return len(decided.single) + len(decided.bundles)


async def retell(session: DatabaseSession, update_id: UUID, facts: Mapping[str, Any]) -> None:
    """Add these facts to the held notices of a change, and end their wait for an analysis.

    Shape: released notices, alone or in a message, stay the same at every try.
    """
    for one in await held_of_change(session, update_id):
        await rewrite(session, analysed(one, facts))


async def retime(session: DatabaseSession, user_id: str, route: Route, now: datetime) -> int:
    """Reschedule the notices held for this route; returns how many moved.

    Shape: due notices are released as before, and those being sent are left alone. The caller
           blocks other releases of this user, by the lock for changing the route.
    """
    moved = 0
    async for waiting in waiting_after(session, user_id, route.name, now):
        pairs = [(one.notice, retimed(one, route, now)) for one in waiting]
        moved += await move(session, [after for before, after in pairs if after != before])
    rested_until = after_quiet(route, now)
    return moved + await move_rested(session, user_id, route.name, now, rested_until)


@asynccontextmanager
async def retiming(session: DatabaseSession, user_id: str, now: datetime) -> AsyncIterator[None]:
    """Reschedule what waits for those routes of a user whose timing the block changes."""
    before = {route.name: route.timing for route in await _routes(session, user_id)}
    yield
    for route in await _routes(session, user_id):
        if before.get(route.name, route.timing) != route.timing:
            await retime(session, user_id, route, now)


async def _routes(session: DatabaseSession, user_id: str) -> Sequence[Route]:
    return (await routes_of(session, [user_id])).get(user_id, ())
