"""The delivery queue of notices: claimed under a lease, then sent, retried or dead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.alerting.values import DIGEST, EventKind
from daemon.store.core.chunks import chunks
from daemon.store.tables import Notice, PriceAlert
from daemon.store.tables.types import db_now

_MAY_TELL_ALERTS = (EventKind.PRICE, DIGEST)
is_free = or_(Notice.leased_until.is_(None), Notice.leased_until < db_now())
is_waiting = and_(Notice.status.in_(("pending", "held")), Notice.bundle_id.is_(None))


@dataclass(frozen=True, slots=True)
class Claimed:
    """A notice under a lease, to be sent."""

    id: UUID
    lease_token: int
    idempotency_key: str
    kind: str
    user_id: str
    channel: str
    payload: Mapping[str, Any]
    tries: int  # including this one
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Settled:
    """How a try to send ended: sent, to be retried at an instant, or dead."""

    claimed: Claimed
    status: str
    at: datetime
    error_detail: str | None = None
    was_tried: bool = True


async def due_channels(session: AsyncSession, now: datetime) -> list[str]:
    """The channels with due notices."""
    query = select(Notice.channel).where(Notice.status == "pending", Notice.next_attempt_at <= now)
    return list(await session.scalars(query.distinct()))


async def claim(
    session: AsyncSession, run_id: UUID, channel: str, now: datetime, lease: timedelta
) -> Claimed | None:
    """Claim the notice that has been due longest on a channel; None when none is due."""
    chosen = (
        select(Notice.id)
        .where(
            Notice.status == "pending",
            Notice.channel == channel,
            Notice.next_attempt_at <= now,
            is_free,
        )
        # In the order of the index: sorting thousands that are due together costs too much.
        .order_by(Notice.next_attempt_at)
        .limit(1)
        .with_for_update(skip_locked=True)
        .cte("chosen")
    )
    row = (
        await session.execute(
            update(Notice)
            .where(Notice.id.in_(select(chosen.c.id)))
            .values(
                leased_by=run_id,
                leased_until=db_now(lease.total_seconds()),
                lease_token=Notice.lease_token + 1,
                tries=Notice.tries + 1,
            )
            .returning(
                Notice.id,
                Notice.lease_token,
                Notice.idempotency_key,
                Notice.kind,
                Notice.user_id,
                Notice.channel,
                Notice.payload,
                Notice.tries,
                Notice.created_at,
            )
            .execution_options(synchronize_session=False)
        )
    ).one_or_none()
    return Claimed(**row._mapping) if row else None


async def settle(session: AsyncSession, done: Settled) -> bool:
    """Store how a try ended; False when the lease was lost.

    Shape: a notice that was dropped while it was being sent stays dropped.
    """
    claimed = done.claimed
    sent = done.status == "sent"
    ended = await session.execute(
        update(Notice)
        .where(Notice.id == claimed.id, Notice.lease_token == claimed.lease_token)
        .values(
            status=done.status,
            next_attempt_at=done.at,
            sent_at=done.at if sent else None,
            error_detail=None if sent else done.error_detail,
            tries=Notice.tries - (0 if done.was_tried else 1),
            leased_by=None,
            leased_until=None,
        )
        .returning(Notice.id)
        .execution_options(synchronize_session=False)
    )
    if ended.one_or_none() is None:
        return False
    if done.status != "pending":
        await settle_members(session, [claimed.id], done.status, done.at)
    if sent and claimed.kind in _MAY_TELL_ALERTS:
        await _mark_alerts(session, claimed.id, done.at)
    return True


async def _mark_alerts(session: AsyncSession, notice_id: UUID, at: datetime) -> None:
    """Note when the alerts of a message were first delivered; a later delivery changes nothing."""
    told = select(Notice.price_alert_id).where(
        or_(Notice.id == notice_id, Notice.bundle_id == notice_id),
        Notice.status == "sent",
        Notice.price_alert_id.is_not(None),
    )
    await session.execute(
        update(PriceAlert)
        .where(PriceAlert.alert_id.in_(told), PriceAlert.sent_at.is_(None))
        .values(sent_at=at)
        .execution_options(synchronize_session=False)
    )


async def settle_members(
    session: AsyncSession, bundle_ids: Sequence[UUID], status: str, at: datetime | None
) -> None:
    """Give the notices in these messages the status of their message."""
    for some in chunks(bundle_ids):
        await session.execute(
            update(Notice)
            .where(Notice.bundle_id.in_(some), Notice.status != "dropped")
            .values(status=status, sent_at=at if status == "sent" else None)
            .execution_options(synchronize_session=False)
        )


async def dead_letter(
    session: AsyncSession, channels: Sequence[str], due_before: datetime, reason: str
) -> int:
    """Dead-letter the notices due on these channels by then; returns how many."""
    was_due = (Notice.status == "pending", Notice.next_attempt_at <= due_before)
    ended = await session.scalars(
        update(Notice)
        .where(*was_due, Notice.channel.in_(channels), is_free)
        .values(status="dead", error_detail=reason)
        .returning(Notice.id)
        .execution_options(synchronize_session=False)
    )
    ids = list(ended)
    await settle_members(session, ids, "dead", None)
    return len(ids)


async def release_leases(session: AsyncSession, run_id: UUID) -> None:
    """End all leases of a run that is stopping."""
    await session.execute(
        update(Notice)
        .where(Notice.leased_by == run_id, Notice.leased_until > db_now())
        .values(leased_until=None, leased_by=None)
        .execution_options(synchronize_session=False)
    )


async def count_waiting(session: AsyncSession) -> int:
    """How many notices are still to be sent, including held ones."""
    return await session.scalar(select(func.count()).where(is_waiting)) or 0
