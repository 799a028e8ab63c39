"""What users prefer, beside their routes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.store.core.aside import KEEPS
from daemon.store.record.outbox import PERSONAL
from daemon.store.tables import User


async def personal_of(session: AsyncSession, user_id: str) -> dict[str, Any]:
    """What a user prefers, as it is stored; nothing for an unknown user, or what is garbled."""
    query = select(User.preferences).where(User.id == user_id).execution_options(**KEEPS)
    return personal_in(await session.scalar(query))


async def set_personal(session: AsyncSession, user_id: str, personal: dict[str, Any]) -> None:
    """Store what a user prefers; their routes stay."""
    query = select(User.preferences).where(User.id == user_id).execution_options(**KEEPS)
    stored = await session.scalar(query.with_for_update())
    changed = {**(stored if isinstance(stored, dict) else {}), PERSONAL: personal}
    whole = update(User).where(User.id == user_id).values(preferences=changed)
    await session.execute(whole.execution_options(synchronize_session=False))


def personal_in(preferences: object) -> dict[str, Any]:
    """What somebody prefers, of all that is stored in that column."""
    found = preferences.get(PERSONAL) if isinstance(preferences, dict) else None
    return found if isinstance(found, dict) else {}
