"""Queries for the states of a site: in order, as they were at an instant, and in full."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Select, case, func, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, aliased

from daemon.model.site import PICTURE
from daemon.model.viewer import Viewer
from daemon.store.core.visibility import is_of_visible_site
from daemon.store.tables import Content, ContentUpdate, MonitoredSite, Snapshot
from daemon.store.tables import Page as WatchedPage
from daemon.store.views.lists.keyset import Cursor, Order, Page, Turn, page_of

_Text = aliased(Content, name="text_content")
_Source = aliased(Content, name="source_content")
_ORDER = Order(Snapshot.last_seen_at, Snapshot.id)
_AROUND = 4  # entries read on each side: one check may be recorded as three of them


def picture_of(state: Any) -> Any:
    """The hash of how a state looked: of one that is a picture, of its source."""
    return case((state.kind == PICTURE, state.source_hash), else_=state.picture_hash)


Part = Literal["text", "original", "picture"]
_PARTS: Mapping[Part, Any] = {
    "text": Snapshot.text_hash,
    "original": Snapshot.source_hash,
    "picture": picture_of(Snapshot),
}
_STATE: tuple[Any, ...] = (
    Snapshot.id,
    Snapshot.kind,
    Snapshot.title,
    Snapshot.first_seen_at,
    Snapshot.last_seen_at,
    Snapshot.times_seen,
    Snapshot.content_type,
    func.coalesce(_Text.size_bytes, 0).label("text_bytes"),
    _Source.size_bytes.label("source_bytes"),
    picture_of(Snapshot).is_not(None).label("has_picture"),
)


@dataclass(frozen=True, slots=True)
class StateRow:
    """A state in which a site was seen, as a line of a list."""

    id: UUID
    kind: str
    title: str
    first_seen_at: datetime
    last_seen_at: datetime  # when it was last entered
    times_seen: int
    content_type: str
    text_bytes: int
    source_bytes: int | None  # None once retention has dropped the source
    has_picture: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """When a site entered a state; None when that state is no longer kept."""

    at: datetime
    state_id: UUID | None


@dataclass(frozen=True, slots=True)
class KeptContent:
    """Bytes of a state as they are kept, compressed, and what they are."""

    hash: str
    data: bytes
    content_type: str
    seen_at: datetime


async def turn_states(
    session: AsyncSession, viewer: Viewer, site_id: UUID, turn: Turn
) -> Page[StateRow]:
    """The states of a site, those that it entered last first."""
    query = _states(viewer).where(Snapshot.site_id == site_id, *_ORDER.begins(turn))
    rows = await session.execute(_ORDER.sorted(query, turn).limit(turn.limit + 1))
    found = [StateRow(*row) for row in rows]
    return page_of(found, turn, lambda one: Cursor(one.last_seen_at, one.id))


async def whole_state(
    session: AsyncSession, viewer: Viewer, site_id: UUID, state_id: UUID
) -> tuple[StateRow, KeptContent | None] | None:
    """A state of a site with its text, where that is kept; None when there is no such state."""
    query = _states(viewer).add_columns(_Text.hash, _Text.data)
    where = Snapshot.site_id == site_id, Snapshot.id == state_id
    row = (await session.execute(query.where(*where))).one_or_none()
    if row is None:
        return None
    state = StateRow(*row[: len(_STATE)])
    if row.data is None:
        return state, None
    return state, KeptContent(row.hash, row.data, state.content_type, state.last_seen_at)


async def entries_around(
    session: AsyncSession, viewer: Viewer, site_id: UUID, at: datetime
) -> list[Entry]:
    """The last states that a site had entered by an instant, and the next one, oldest first."""
    kinds = (
        (Snapshot.site_id, Snapshot.first_seen_at, Snapshot.id),
        (Snapshot.site_id, Snapshot.last_seen_at, Snapshot.id),
        (ContentUpdate.site_id, ContentUpdate.detected_at, ContentUpdate.after_snapshot_id),
    )
    some = [_entries(viewer, site_id, at, kind) for kind in kinds]
    query = union_all(*(one for both in some for one in both))
    found = {Entry(row.at, row.state_id) for row in await session.execute(query)}
    return sorted(found, key=lambda entry: entry.at)


async def content_of(
    session: AsyncSession, viewer: Viewer, site_id: UUID, state_id: UUID, part: Part
) -> KeptContent | None:
    """The text of a site's state, what it was read from, or how it looked; None when not kept."""
    row = (
        await session.execute(
            select(Content.hash, Content.data, Snapshot.content_type, Snapshot.last_seen_at)
            .join(Content, Content.hash == _PARTS[part])
            .where(Snapshot.id == state_id, Snapshot.site_id == site_id)
            .where(is_of_visible_site(Snapshot.site_id, viewer))
        )
    ).one_or_none()
    return KeptContent(*row) if row else None


async def failure_picture_of(
    session: AsyncSession, viewer: Viewer, site_id: UUID
) -> KeptContent | None:
    """How the page of a site looked when a step on it failed; None when none failed last."""
    row = (
        await session.execute(
            select(Content.hash, Content.data, literal("image/png"), Content.created_at)
            .join(WatchedPage, WatchedPage.failure_picture_hash == Content.hash)
            .join(MonitoredSite, MonitoredSite.page_id == WatchedPage.id)
            .where(MonitoredSite.id == site_id, is_of_visible_site(MonitoredSite.id, viewer))
        )
    ).one_or_none()
    return KeptContent(*row) if row else None


def _states(viewer: Viewer) -> Select[Any]:
    columns: Select[Any] = select(*_STATE)
    return (
        columns.outerjoin(_Text, _Text.hash == Snapshot.text_hash)
        .outerjoin(_Source, _Source.hash == Snapshot.source_hash)
        .where(is_of_visible_site(Snapshot.site_id, viewer))
    )


def _entries(
    viewer: Viewer,
    site_id: UUID,
    at: datetime,
    kind: tuple[
        InstrumentedAttribute[UUID], InstrumentedAttribute[datetime], InstrumentedAttribute[Any]
    ],
) -> tuple[Any, Any]:
    """One kind of entries, on both sides of an instant."""
    site, instant, state = kind
    query = select(instant.label("at"), state.label("state_id")).where(
        site == site_id, is_of_visible_site(site, viewer)
    )
    until = query.where(instant <= at).order_by(instant.desc()).limit(_AROUND)
    after = query.where(instant > at).order_by(instant).limit(_AROUND)
    return select(until.subquery()), select(after.subquery())
