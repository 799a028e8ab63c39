"""The analyses of updates, by the rules and by models."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.model.viewer import Viewer
from daemon.store.core.visibility import is_of_visible_change
from daemon.store.tables import AnalysisResult


@dataclass(frozen=True, slots=True)
class AnalysisView:
    """One analyser's view of an update."""

    analyser: str
    change_type: str | None
    is_significant: bool | None
    confidence_score: float | None
    category: str | None
    summary: str | None
    insights: dict[str, Any]
    created_at: datetime


_ANALYSIS: tuple[Any, ...] = (
    AnalysisResult.analyser,
    AnalysisResult.change_type,
    AnalysisResult.is_significant,
    AnalysisResult.confidence_score,
    AnalysisResult.category,
    AnalysisResult.summary,
    AnalysisResult.insights,
    AnalysisResult.created_at,
)


async def list_analyses(
    session: AsyncSession, viewer: Viewer, update_id: UUID
) -> list[AnalysisView]:
    """Each analyser's view of an update, the rules' first."""
    rows = await session.execute(
        select(*_ANALYSIS)
        .where(
            AnalysisResult.content_update_id == update_id,
            is_of_visible_change(AnalysisResult.content_update_id, viewer),
        )
        .order_by(AnalysisResult.created_at, AnalysisResult.id)
    )
    return [AnalysisView(*row) for row in rows]
