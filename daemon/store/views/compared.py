"""Queries for comparing states: a change with its two states and its neighbours, and texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ScalarSelect, case, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from daemon.model.viewer import Viewer
from daemon.packing import Packed
from daemon.store.core.visibility import is_of_visible_site, is_visible
from daemon.store.tables import Content, ContentUpdate, MonitoredSite, Snapshot
from daemon.store.views.changes import DETAIL, ChangeDetail, detail_of
from daemon.store.views.lists.selection import is_unseen
from daemon.store.views.lists.states import picture_of
from daemon.store.views.short_ids import ids_like


@dataclass(frozen=True, slots=True)
class StateHead:
    """A state of a site without its text."""

    id: UUID
    site_id: UUID
    kind: str
    title: str
    text_hash: str
    first_seen_at: datetime
    last_seen_at: datetime
    has_source: bool
    has_picture: bool


@dataclass(frozen=True, slots=True)
class StateOfSite:
    """A state with the name of its site."""

    head: StateHead
    site_name: str


@dataclass(frozen=True, slots=True)
class ChangeWithStates:
    """A change, its states as far as they are kept, and the changes of its site around it."""

    detail: ChangeDetail
    before: StateHead | None
    after: StateHead | None
    previous_id: UUID | None
    next_id: UUID | None
    is_unseen: bool
    is_of_removed_site: bool


_Before = aliased(Snapshot, name="before_state")
_After = aliased(Snapshot, name="after_state")
_Other = aliased(ContentUpdate, name="other_change")


def _head_columns(of: Any) -> tuple[Any, ...]:
    return (
        of.id,
        of.site_id,
        of.kind,
        of.title,
        of.text_hash,
        of.first_seen_at,
        of.last_seen_at,
        of.source_hash.is_not(None),
        picture_of(of).is_not(None),
    )


_HEAD = len(_head_columns(Snapshot))


def _neighbour(*, is_later: bool) -> ScalarSelect[UUID]:
    """The change of the same site right before, or right after, in time."""
    this = tuple_(ContentUpdate.detected_at, ContentUpdate.id)
    other = tuple_(_Other.detected_at, _Other.id)
    order = (_Other.detected_at, _Other.id)
    query = select(_Other.id).where(_Other.site_id == ContentUpdate.site_id)
    query = query.where(other > this if is_later else other < this)
    query = query.order_by(*(order if is_later else (one.desc() for one in order)))
    return query.limit(1).correlate(ContentUpdate).scalar_subquery()


async def change_with_states(
    session: AsyncSession, viewer: Viewer, change_id: UUID
) -> ChangeWithStates | None:
    """The change with this id, in one statement; None when the viewer has none."""
    rows = await session.execute(
        select(
            *DETAIL,
            *_head_columns(_Before),
            *_head_columns(_After),
            _neighbour(is_later=False).label("previous_id"),
            _neighbour(is_later=True).label("next_id"),
            case((is_unseen(ContentUpdate), True), else_=False),
            MonitoredSite.deleted_at.is_not(None),
        )
        .select_from(ContentUpdate)
        .join(MonitoredSite, MonitoredSite.id == ContentUpdate.site_id)
        .outerjoin(_Before, _Before.id == ContentUpdate.before_snapshot_id)
        .outerjoin(_After, _After.id == ContentUpdate.after_snapshot_id)
        .where(ContentUpdate.id == change_id, is_visible(MonitoredSite.owner_id, viewer))
    )
    row = rows.one_or_none()
    if row is None:
        return None
    at = len(DETAIL)
    before, after, around = row[at : at + _HEAD], row[at + _HEAD : at + 2 * _HEAD], row[-4:]
    return ChangeWithStates(detail_of(row[:at]), _head(before), _head(after), *around)


def _head(columns: Sequence[Any]) -> StateHead | None:
    return None if columns[0] is None else StateHead(*columns)


async def find_states(session: AsyncSession, viewer: Viewer, part: str) -> list[UUID]:
    """The states whose id begins, or ends, with these hexadecimal characters; at most two."""
    is_theirs = is_of_visible_site(Snapshot.site_id, viewer)
    return await ids_like(session, part, Snapshot.id, Snapshot.last_seen_at, is_theirs)


async def state_heads(
    session: AsyncSession, viewer: Viewer, ids: Sequence[UUID]
) -> dict[UUID, StateOfSite]:
    """These states of live sites, as far as they are kept and the viewer's."""
    rows = await session.execute(
        select(*_head_columns(Snapshot), MonitoredSite.name)
        .join(MonitoredSite, MonitoredSite.id == Snapshot.site_id)
        .where(
            Snapshot.id.in_(ids),
            MonitoredSite.deleted_at.is_(None),
            is_visible(MonitoredSite.owner_id, viewer),
        )
    )
    return {row[0]: StateOfSite(StateHead(*row[:_HEAD]), row[-1]) for row in rows}


async def picture_after(session: AsyncSession, change_id: UUID, most_bytes: int) -> Packed | None:
    """How the page of a change looks since then, where that is kept and is not too large."""
    rows = await session.execute(
        select(Content.hash, Content.size_bytes, Content.data)
        .join(Snapshot, picture_of(Snapshot) == Content.hash)
        .join(ContentUpdate, ContentUpdate.after_snapshot_id == Snapshot.id)
        .where(ContentUpdate.id == change_id, Content.size_bytes <= most_bytes)
    )
    row = rows.one_or_none()
    return Packed(*row) if row else None


async def packed_texts(
    session: AsyncSession, viewer: Viewer, ids: Sequence[UUID]
) -> dict[UUID, Packed]:
    """The texts of these states, compressed."""
    rows = await session.execute(
        select(Snapshot.id, Content.hash, Content.size_bytes, Content.data)
        .join(Content, Content.hash == Snapshot.text_hash)
        .where(Snapshot.id.in_(ids), is_of_visible_site(Snapshot.site_id, viewer))
    )
    return {row.id: Packed(row.hash, row.size_bytes, row.data) for row in rows}
