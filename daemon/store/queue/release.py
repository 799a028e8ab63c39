"""Held notices whose instant has come: let go alone, gathered into one message, or held longer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.alerting.releasing import Held, Plan, bundle_key_of, plan
from daemon.alerting.timing import day_of
from daemon.alerting.values import DIGEST, GATHERED, Route
from daemon.store.record.outbox import routes_of
from daemon.store.tables import Notice, User
from daemon.store.tables.ids import new_id

_AT_ONCE = 5000  # held notices of one person on one channel that are looked at together
_SHOWN_MEMBERS = 100
is_held = and_(Notice.status == "held", Notice.bundle_id.is_(None))
HELD_COLUMNS = (
    Notice.id,
    Notice.idempotency_key,
    Notice.bundle_key,
    Notice.next_attempt_at,
    Notice.created_at,
)


async def due_holders(
    session: AsyncSession, now: datetime, *, gathers: bool = True
) -> list[tuple[str, str]]:
    """The people and channels for whom something held has come to its instant.

    Shape: unless it `gathers`, what only waits for others has come to it, too.
    """
    is_due = Notice.next_attempt_at <= now
    if not gathers:
        is_due = or_(is_due, Notice.bundle_key.startswith(GATHERED))
    rows = await session.execute(
        select(Notice.user_id, Notice.channel).where(is_held, is_due).distinct()
    )
    return [(row.user_id, row.channel) for row in rows]


async def release(
    session: AsyncSession, user_id: str, channel: str, now: datetime, *, gathers: bool = True
) -> int:
    """Let one person's held notices on a channel go, together where they belong together.

    Shape: how many messages are to be sent now. What a message tells is fixed here, before the
           first attempt to send it, so that every attempt is the same message.
    """
    # One daemon at a time; inserts that refer to the user do not wait for it.
    await session.execute(select(User.id).where(User.id == user_id).with_for_update(key_share=True))
    route = await _route(session, user_id, channel)
    held = await _held(session, user_id, channel)
    told_today = await _told_today(session, user_id, route, now)
    decided = plan(held, route, told_today, now, gathers=gathers)
    await _postpone(session, decided)
    await _free(session, [one.id for one in decided.single], now)
    for members in decided.bundles:
        await _bundle(session, user_id, channel, members, now)
    return len(decided.single) + len(decided.bundles)


async def retell(session: AsyncSession, update_id: UUID, facts: Mapping[str, Any]) -> None:
    """Let held notices of a change say this, too, and wait for no analyser any longer.

    Shape: what was let go already, alone or in a message, stays as it is at every try.
    """
    rows = await session.execute(
        select(Notice.id, Notice.payload, Notice.bundle_key).where(
            Notice.content_update_id == update_id, is_held
        )
    )
    for row in rows.all():
        if not isinstance(row.payload, dict):
            continue
        values: dict[str, Any] = {"payload": {**row.payload, **facts}}
        if row.bundle_key.startswith(GATHERED):
            # What it gathers with is told by its age: this only ends the wait for the analyser.
            values["next_attempt_at"] = Notice.created_at
        await session.execute(
            update(Notice)
            .where(Notice.id == row.id, is_held)
            .values(values)
            .execution_options(synchronize_session=False)
        )


async def _route(session: AsyncSession, user_id: str, channel: str) -> Route:
    """The route as it is now; one that is gone lets everything go at once."""
    routes = (await routes_of(session, [user_id])).get(user_id, ())
    return next((r for r in routes if r.name == channel), Route(channel, ""))


async def _held(session: AsyncSession, user_id: str, channel: str) -> list[Held]:
    rows = await session.execute(
        select(*HELD_COLUMNS)
        .where(Notice.user_id == user_id, Notice.channel == channel, is_held)
        .order_by(Notice.next_attempt_at)
        .limit(_AT_ONCE)
    )
    return [held_of(row) for row in rows]


def held_of(row: Any) -> Held:
    """The notice that waits in a row with these columns."""
    return Held(row.id, row.idempotency_key, row.bundle_key, row.next_attempt_at, row.created_at)


async def _told_today(session: AsyncSession, user_id: str, route: Route, now: datetime) -> int:
    if not route.daily_cap:
        return 0
    today, _ = day_of(route, now)
    query = select(func.count()).where(
        Notice.user_id == user_id,
        Notice.channel == route.name,
        Notice.next_attempt_at >= today,
        Notice.status.in_(("pending", "sent")),
        Notice.bundle_id.is_(None),
    )
    return await session.scalar(query) or 0


async def _postpone(session: AsyncSession, decided: Plan) -> None:
    if decided.later:
        await session.execute(
            update(Notice)
            .where(Notice.id.in_([one.id for one in decided.later]))
            .values(next_attempt_at=decided.later_at, bundle_key=decided.later_key)
            .execution_options(synchronize_session=False)
        )


async def _free(session: AsyncSession, ids: Sequence[UUID], now: datetime) -> None:
    if ids:
        await session.execute(
            update(Notice)
            .where(Notice.id.in_(ids))
            .values(status="pending", next_attempt_at=now)
            .execution_options(synchronize_session=False)
        )


async def _bundle(
    session: AsyncSession, user_id: str, channel: str, members: Sequence[Held], now: datetime
) -> None:
    bundle_id = new_id()
    ids = [one.id for one in members]
    rows = await session.execute(
        select(Notice.kind, Notice.payload)
        .where(Notice.id.in_(ids[:_SHOWN_MEMBERS]))
        .order_by(Notice.created_at, Notice.id)
    )
    shown = [{"kind": row.kind, **row.payload} for row in rows if isinstance(row.payload, dict)]
    await session.execute(
        insert(Notice).values(
            id=bundle_id,
            idempotency_key=bundle_key_of(members),
            kind=DIGEST,
            user_id=user_id,
            channel=channel,
            payload={
                "why": members[0].bundle_key.partition(":")[0],
                "count": len(members),
                "notices": shown,
                "at": now.isoformat(),
            },
            status="pending",
            next_attempt_at=now,
            created_at=now,
        )
    )
    await session.execute(
        update(Notice)
        .where(Notice.id.in_(ids))
        .values(bundle_id=bundle_id)
        .execution_options(synchronize_session=False)
    )
