"""People's ratings of updates: one verdict per update and person, their sums, and analyses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.model.errors import NotFoundError
from daemon.model.site import Ratings
from daemon.model.viewer import Viewer
from daemon.store.core.visibility import is_of_visible_site, is_visible
from daemon.store.record.analyses import ANALYSIS, AnalysisView
from daemon.store.tables import AnalysisResult, ContentUpdate, MonitoredSite, Rating, User
from daemon.store.tables.ids import new_id


@dataclass(frozen=True, slots=True)
class RatingView:
    """One person's verdict."""

    user_id: str
    verdict: str
    rated_at: datetime


_RATING = (Rating.user_id, Rating.verdict, Rating.rated_at)


async def rate(
    session: AsyncSession,
    viewer: Viewer,
    update_id: UUID,
    user_id: str,
    verdict: str | None,
    now: datetime,
) -> Ratings:
    """Set a person's verdict on an update; returns the new sums of its site.

    Shape:  `useful` or `noise`; None takes an earlier verdict back. The sums stay when
            retention drops the update.
    Errors: NotFoundError when the viewer has no such update.
    """
    mine = (Rating.content_update_id == update_id, Rating.user_id == user_id)
    before = await session.scalar(select(Rating.verdict).where(*mine).with_for_update())
    sums = await _add_up(session, viewer, update_id, (before, verdict))
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
    return sums


async def _add_up(
    session: AsyncSession, viewer: Viewer, update_id: UUID, verdicts: tuple[str | None, str | None]
) -> Ratings:
    site = select(ContentUpdate.site_id).where(ContentUpdate.id == update_id).scalar_subquery()
    row = (
        await session.execute(
            update(MonitoredSite)
            .where(MonitoredSite.id == site, is_visible(MonitoredSite.owner_id, viewer))
            .values(
                rated_useful=MonitoredSite.rated_useful + _step("useful", *verdicts),
                rated_noise=MonitoredSite.rated_noise + _step("noise", *verdicts),
            )
            .returning(MonitoredSite.rated_useful, MonitoredSite.rated_noise)
            .execution_options(synchronize_session=False)
        )
    ).one_or_none()
    if row is None:
        raise NotFoundError("change", str(update_id))
    return Ratings(row.rated_useful, row.rated_noise)


def _step(word: str, before: str | None, after: str | None) -> int:
    return (after == word) - (before == word)


async def opinions_of(
    session: AsyncSession, viewer: Viewer, update_id: UUID
) -> tuple[Sequence[AnalysisView], Sequence[RatingView]]:
    """Each analyser's view of an update, the rules' first, and people's verdicts, oldest first."""
    rows = await session.execute(
        select(AnalysisResult.id, *ANALYSIS, Rating.id, *_RATING)
        .select_from(ContentUpdate)
        .outerjoin(AnalysisResult, AnalysisResult.content_update_id == ContentUpdate.id)
        .outerjoin(Rating, Rating.content_update_id == ContentUpdate.id)
        .where(ContentUpdate.id == update_id, is_of_visible_site(ContentUpdate.site_id, viewer))
        .order_by(AnalysisResult.created_at, AnalysisResult.id, Rating.rated_at)
    )
    analyses: dict[UUID, AnalysisView] = {}
    ratings: dict[UUID, RatingView] = {}
    for row in rows:
        analysis, rating = row[: 1 + len(ANALYSIS)], row[1 + len(ANALYSIS) :]
        if analysis[0] is not None:
            analyses[analysis[0]] = AnalysisView(*analysis[1:])
        if rating[0] is not None:
            ratings[rating[0]] = RatingView(*rating[1:])
    return list(analyses.values()), list(ratings.values())


async def is_user(session: AsyncSession, viewer: Viewer, user_id: str) -> bool:
    """Whether this person exists and is visible to the viewer."""
    query = select(User.id).where(User.id == user_id, is_visible(User.id, viewer))
    return await session.scalar(query) is not None
