"""Writes the changes that checks have found, with their grades."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import bindparam, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from daemon.model.outcome import Outcome, SiteOutcome, UpdateDraft
from daemon.store.tables import AnalysisResult, ContentUpdate, Snapshot

_SNAPSHOT = Snapshot.__table__
_TITLE_LENGTH = 500


def _snapshot_of(text: str) -> Any:
    return (
        select(_SNAPSHOT.c.id)
        .where(_SNAPSHOT.c.site_id == bindparam("site"), _SNAPSHOT.c.text_hash == bindparam(text))
        .scalar_subquery()
    )


_add_update = insert(ContentUpdate.__table__).values(
    site_id=bindparam("site"),
    before_snapshot_id=_snapshot_of("before"),
    after_snapshot_id=_snapshot_of("after"),
)


async def add_updates(
    connection: AsyncConnection, run_id: UUID, sites: Sequence[tuple[Outcome, SiteOutcome]]
) -> None:
    """Write the changes among these, each with both of its states and its first analysis."""
    drafts = [(o, one, one.update) for o, one in sites if one.update is not None]
    if not drafts:
        return
    await connection.execute(
        _add_update, [_update_row(run_id, o.started_at, one, draft) for o, one, draft in drafts]
    )
    await connection.execute(
        insert(AnalysisResult.__table__), [_analysis_row(draft) for _, _, draft in drafts]
    )


def _update_row(run_id: UUID, at: datetime, one: SiteOutcome, draft: UpdateDraft) -> dict[str, Any]:
    finding = draft.finding
    return {
        "id": draft.id,
        "site": one.site.id,
        "owner_id": one.site.owner_id,
        "before": draft.before_text_hash,
        "after": draft.after_text_hash,
        "title": draft.title[:_TITLE_LENGTH] or None,
        "detected_at": at,
        "change_type": finding.change_type,
        "is_significant": finding.is_significant,
        "confidence_score": finding.confidence_score,
        "category": finding.category,
        "summary": finding.summary,
        "raw_content": draft.diff,
        "processed_content": _processed(draft),
        "reasons": msgspec.to_builtins(finding.reasons),
        "analysis_status": "pending" if draft.awaits_analysis else "done",
        "analysis_next_at": at if draft.awaits_analysis else None,
        "run_id": run_id,
    }


def _processed(draft: UpdateDraft) -> dict[str, Any] | None:
    """The change, and the state that it was compared with when that was not the last one."""
    change: dict[str, Any] | None = msgspec.to_builtins(draft.finding.change)
    if change is None or draft.compared_with is None:
        return change
    return change | {"compared_with": msgspec.to_builtins(draft.compared_with)}


def _analysis_row(draft: UpdateDraft) -> dict[str, Any]:
    finding = draft.finding
    return {
        "content_update_id": draft.id,
        "analyser": finding.analyser,
        "change_type": finding.change_type,
        "is_significant": finding.is_significant,
        "confidence_score": finding.confidence_score,
        "category": finding.category,
        "summary": finding.summary,
        "insights": {"reasons": msgspec.to_builtins(finding.reasons)},
    }
