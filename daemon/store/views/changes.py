"""Queries for changes: lists of them, and one in full."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.model.viewer import Viewer
from daemon.store.core.visibility import is_of_visible_site, is_visible
from daemon.store.tables import ContentUpdate, MonitoredSite
from daemon.store.tables.types import has_any_tag
from daemon.store.views.short_ids import ids_like


@dataclass(frozen=True, slots=True)
class ChangeView:
    """A content update, without its texts."""

    id: UUID
    site_id: UUID
    site_name: str
    url: str
    owner_id: str
    title: str | None
    detected_at: datetime
    change_type: str
    is_significant: bool
    confidence_score: float | None
    category: str | None
    summary: str | None
    reasons: list[Any]
    run_id: UUID | None


@dataclass(frozen=True, slots=True)
class ChangeDetail:
    """A content update with what it is made of."""

    view: ChangeView
    raw_content: str | None
    processed_content: dict[str, Any] | None
    before_snapshot_id: UUID | None
    after_snapshot_id: UUID | None
    analysis_status: str
    analysis_detail: str | None
    site_useful: int
    site_noise: int


@dataclass(frozen=True, slots=True)
class ChangeFilter:
    """Which changes to show; None values do not filter."""

    site_ids: tuple[UUID, ...] | None = None
    tags: tuple[str, ...] = ()  # of their sites; one of these is enough
    change_types: tuple[str, ...] = ()
    only_significant: bool = False
    since: datetime | None = None
    run_id: UUID | None = None
    limit: int | None = 50


CHANGE_COLUMNS = (
    ContentUpdate.id,
    ContentUpdate.site_id,
    MonitoredSite.name.label("site_name"),
    MonitoredSite.url,
    MonitoredSite.owner_id,
    ContentUpdate.title,
    ContentUpdate.detected_at,
    ContentUpdate.change_type,
    ContentUpdate.is_significant,
    ContentUpdate.confidence_score,
    ContentUpdate.category,
    ContentUpdate.summary,
    ContentUpdate.reasons,
    ContentUpdate.run_id,
)
DETAIL = (
    *CHANGE_COLUMNS,
    ContentUpdate.raw_content,
    ContentUpdate.processed_content,
    ContentUpdate.before_snapshot_id,
    ContentUpdate.after_snapshot_id,
    ContentUpdate.analysis_status,
    ContentUpdate.analysis_detail,
    MonitoredSite.rated_useful,
    MonitoredSite.rated_noise,
)


async def list_changes(
    session: AsyncSession, viewer: Viewer, wanted: ChangeFilter, *also: ColumnElement[bool]
) -> list[ChangeView]:
    """Content updates that are `also` so, newest first."""
    query = (
        select(*CHANGE_COLUMNS)
        .join(MonitoredSite, MonitoredSite.id == ContentUpdate.site_id)
        .where(is_visible(MonitoredSite.owner_id, viewer), *also)
        .order_by(ContentUpdate.detected_at.desc(), ContentUpdate.id.desc())
        .limit(wanted.limit)
    )
    if wanted.site_ids is not None:
        query = query.where(ContentUpdate.site_id.in_(wanted.site_ids))
    if wanted.tags:
        query = query.where(has_any_tag(MonitoredSite.tags, wanted.tags))
    if wanted.change_types:
        query = query.where(ContentUpdate.change_type.in_(wanted.change_types))
    if wanted.only_significant:
        query = query.where(ContentUpdate.is_significant)
    if wanted.since is not None:
        query = query.where(ContentUpdate.detected_at >= wanted.since)
    if wanted.run_id is not None:
        query = query.where(ContentUpdate.run_id == wanted.run_id)
    return [ChangeView(*row) for row in await session.execute(query)]


async def find_change(session: AsyncSession, viewer: Viewer, part: str) -> list[ChangeDetail]:
    """The updates whose id begins, or ends, with these hexadecimal characters; at most two."""
    is_theirs = is_of_visible_site(ContentUpdate.site_id, viewer)
    ids = await ids_like(session, part, ContentUpdate.id, ContentUpdate.detected_at, is_theirs)
    return await _details(session, viewer, ids) if ids else []


async def _details(
    session: AsyncSession, viewer: Viewer, ids: Sequence[UUID]
) -> list[ChangeDetail]:
    rows = await session.execute(
        select(*DETAIL)
        .join(MonitoredSite, MonitoredSite.id == ContentUpdate.site_id)
        .where(ContentUpdate.id.in_(ids), is_visible(MonitoredSite.owner_id, viewer))
    )
    return [detail_of(row) for row in rows]


def detail_of(row: Sequence[Any]) -> ChangeDetail:
    """The change in the columns of `DETAIL`."""
    return ChangeDetail(ChangeView(*row[: len(CHANGE_COLUMNS)]), *row[len(CHANGE_COLUMNS) :])
