"""Writes down who did what to users, logins and tokens, in the transaction that does it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.logs.logger import get_logger
from daemon.model.viewer import Actor
from daemon.store.tables import AuditEntry

log = get_logger(__name__)
_LONGEST = 255


@dataclass(frozen=True, slots=True)
class AuditView:
    """Who did what, when, how, and to whom or what."""

    id: UUID
    at: datetime
    user_id: str
    how: str
    what: str
    target: str
    address: str


async def write_down(
    session: AsyncSession, actor: Actor, what: str, now: datetime, target: str = ""
) -> None:
    """Keep and log what somebody did; `target` is to whom or what."""
    session.add(
        AuditEntry(
            at=now,
            user_id=actor.user_id,
            how=actor.how,
            what=what,
            target=target[:_LONGEST],
            address=actor.address,
        )
    )
    await session.flush()
    told = {"user": actor.user_id, "how": actor.how, "what": what, "target": target}
    log.info("user_audited", **{key: value for key, value in told.items() if value})


async def newest_of(session: AsyncSession, user_id: str, limit: int) -> list[AuditView]:
    """The newest entries of what a user did, the newest first."""
    columns = [getattr(AuditEntry, name) for name in AuditView.__dataclass_fields__]
    of_user = select(*columns).where(AuditEntry.user_id == user_id)
    rows = await session.execute(of_user.order_by(AuditEntry.id.desc()).limit(limit))
    return [AuditView(**row._mapping) for row in rows]
