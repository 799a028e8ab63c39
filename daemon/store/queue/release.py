"""Held notices at their instant: who they are for, what waits there, and their release."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.alerting.values import (
    DIGEST,
    GATHERED,
    Bundle,
    HeldFacts,
    HeldNotice,
    ReleasePlan,
    Route,
)
from daemon.store.queue.notices import settle_members
from daemon.store.record.outbox import (
    FACT_COLUMNS,
    HELD_COLUMNS,
    facts_of,
    held_of,
    is_held,
    paused_channels,
    routes_of,
)
from daemon.store.tables import Notice, User
from daemon.store.tables.ids import new_id

_AT_ONCE = 5000  # held notices of one person on one channel that are handled together
_SHOWN_MEMBERS = 100


async def due_holders(
    session: AsyncSession, now: datetime, *, gathers: bool = True
) -> list[tuple[str, str]]:
    """The people and channels with held notices whose instant has come.

    Shape: unless it `gathers`, this includes notices that only wait to be grouped.
    """
    is_due = Notice.next_attempt_at <= now
    if not gathers:
        is_due = or_(is_due, Notice.bundle_key.startswith(GATHERED))
    rows = await session.execute(
        select(Notice.user_id, Notice.channel).where(is_held, is_due).distinct()
    )
    return [(row.user_id, row.channel) for row in rows]


async def lock_holder(session: AsyncSession, user_id: str) -> None:
    """Lock this person's held notices against other daemons until the transaction ends."""
    # Inserts that refer to the user do not wait for it.
    await session.execute(select(User.id).where(User.id == user_id).with_for_update(key_share=True))


async def route_to(session: AsyncSession, user_id: str, channel: str) -> Route | None:
    """The present route, None while it is paused; for a removed one, one that releases at once."""
    routes = (await routes_of(session, [user_id])).get(user_id, ())
    found = next((route for route in routes if route.name == channel), None)
    if found is None and channel in await paused_channels(session, user_id):
        return None
    return found or Route(channel, "")


async def held_for(session: AsyncSession, user_id: str, channel: str) -> list[HeldNotice]:
    """The held notices of one person on a channel, due or not, in order of release."""
    rows = await session.execute(
        select(*HELD_COLUMNS)
        .where(Notice.user_id == user_id, Notice.channel == channel, is_held)
        .order_by(Notice.next_attempt_at)
        .limit(_AT_ONCE)
    )
    return [held_of(row) for row in rows]


async def held_of_change(session: AsyncSession, update_id: UUID) -> list[HeldFacts]:
    """The held notices of a change, locked, without garbled ones."""
    rows = await session.execute(
        select(*FACT_COLUMNS)
        .where(Notice.content_update_id == update_id, is_held)
        .order_by(Notice.id)
        .with_for_update()
    )
    return [facts_of(row) for row in rows if isinstance(row.payload, dict)]


async def count_told(session: AsyncSession, user_id: str, channel: str, since: datetime) -> int:
    """How many messages were sent, or are on their way, to one person on a channel."""
    query = select(func.count()).where(
        Notice.user_id == user_id,
        Notice.channel == channel,
        Notice.next_attempt_at >= since,
        Notice.status.in_(("pending", "sent")),
        Notice.bundle_id.is_(None),
    )
    return await session.scalar(query) or 0


async def rewrite(session: AsyncSession, one: HeldFacts) -> None:
    """Change the facts and the instant of a notice that is still held."""
    await session.execute(
        update(Notice)
        .where(Notice.id == one.notice.id, is_held)
        .values(payload=dict(one.facts), next_attempt_at=one.notice.release_at)
        .execution_options(synchronize_session=False)
    )


async def drop_waiting(session: AsyncSession, user_id: str, channel: str) -> int:
    """Never send what waits for a user on a channel; how many notifications that were."""
    dropped = (
        update(Notice)
        .where(Notice.user_id == user_id, Notice.channel == channel)
        .where(Notice.status.in_(("pending", "held")))
        .values(status="dropped", lease_token=Notice.lease_token + 1, leased_until=None)
        .returning(Notice.id)
    )
    gone = await session.scalars(dropped.execution_options(synchronize_session=False))
    ids = gone.all()
    await settle_members(session, ids, "dropped", None)
    return len(ids)


async def carry_out(
    session: AsyncSession, user_id: str, channel: str, decided: ReleasePlan, now: datetime
) -> None:
    """Carry out the plan for one person's held notices: release, bundle or postpone them.

    Shape: the content of a message is fixed here, before the first try, so that every try
           sends the same message.
    """
    await _postpone(session, decided)
    await _free(session, [one.id for one in decided.single], now)
    for bundle in decided.bundles:
        await _bundle(session, user_id, channel, bundle, now)


async def _postpone(session: AsyncSession, decided: ReleasePlan) -> None:
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
    session: AsyncSession, user_id: str, channel: str, bundle: Bundle, now: datetime
) -> None:
    bundle_id = new_id()
    ids = [one.id for one in bundle.members]
    rows = await session.execute(
        select(Notice.kind, Notice.payload)
        .where(Notice.id.in_(ids[:_SHOWN_MEMBERS]))
        .order_by(Notice.created_at, Notice.id)
    )
    shown = [{"kind": row.kind, **row.payload} for row in rows if isinstance(row.payload, dict)]
    await session.execute(
        insert(Notice).values(
            id=bundle_id,
            idempotency_key=bundle.idempotency_key,
            kind=DIGEST,
            user_id=user_id,
            channel=channel,
            payload={
                "why": bundle.why,
                "count": len(ids),
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
