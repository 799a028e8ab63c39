"""What people thought of being told: one verdict for each update and person, and its sums."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.model.site import Ratings
from daemon.store.tables import ContentUpdate, MonitoredSite, Rating, User
from daemon.store.tables.ids import new_id


@dataclass(frozen=True, slots=True)
class RatingView:
    """One person's verdict."""

    user_id: str
    verdict: str
    rated_at: datetime


async def rate(
    session: AsyncSession, update_id: UUID, user_id: str, verdict: str | None, now: datetime
) -> Ratings:
    """Keep a person's verdict on an update instead of an earlier one; the sums of its site.

    Shape: `useful` or `noise`; None takes an earlier verdict back. The sums stay when
           retention drops the update.
    """
    mine = (Rating.content_update_id == update_id, Rating.user_id == user_id)
    before = await session.scalar(select(Rating.verdict).where(*mine).with_for_update())
    await session.execute(delete(Rating).where(*mine))
    if verdict is not None:
        await session.execute(
            insert(Rating).values(
                id=new_id(),
                content_update_id=update_id,
                user_id=user_id,
                verdict=verdict,
                rated_at=now,
            )
        )
    site = select(ContentUpdate.site_id).where(ContentUpdate.id == update_id).scalar_subquery()
    row = (
        await session.execute(
            update(MonitoredSite)
            .where(MonitoredSite.id == site)
            .values(
                rated_useful=MonitoredSite.rated_useful + _step("useful", before, verdict),
                rated_noise=MonitoredSite.rated_noise + _step("noise", before, verdict),
            )
            .returning(MonitoredSite.rated_useful, MonitoredSite.rated_noise)
            .execution_options(synchronize_session=False)
        )
    ).one()
    return Ratings(row.rated_useful, row.rated_noise)


def _step(word: str, before: str | None, after: str | None) -> int:
    return (after == word) - (before == word)


async def ratings_of(session: AsyncSession, update_id: UUID) -> Sequence[RatingView]:
    """The verdicts on an update, oldest first."""
    rows = await session.execute(
        select(Rating.user_id, Rating.verdict, Rating.rated_at)
        .where(Rating.content_update_id == update_id)
        .order_by(Rating.rated_at)
    )
    return [RatingView(*row) for row in rows]


async def is_user(session: AsyncSession, user_id: str) -> bool:
    """Whether there is such a person."""
    return await session.scalar(select(User.id).where(User.id == user_id)) is not None
