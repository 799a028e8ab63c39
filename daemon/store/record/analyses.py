"""The analyses of updates, by the rules and by models."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

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


ANALYSIS: tuple[Any, ...] = (
    AnalysisResult.analyser,
    AnalysisResult.change_type,
    AnalysisResult.is_significant,
    AnalysisResult.confidence_score,
    AnalysisResult.category,
    AnalysisResult.summary,
    AnalysisResult.insights,
    AnalysisResult.created_at,
)
