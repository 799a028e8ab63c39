"""Notices for people: listed, retried and dropped by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, ScalarSelect, Select, and_, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.alerting.destinations import name_in
from daemon.model.viewer import Viewer
from daemon.store.core.chunks import chunks
from daemon.store.core.json_columns import mapping_of, usable
from daemon.store.core.visibility import is_visible
from daemon.store.queue.notices import is_waiting, settle_members
from daemon.store.tables import Notice
from daemon.store.views.lists.keyset import (
    MOST_COUNTED,
    Counted,
    Cursor,
    Order,
    Page,
    Turn,
    page_of,
)
from daemon.store.views.short_ids import ids_like

_SHOWN = (
    Notice.id,
    Notice.kind,
    Notice.user_id,
    Notice.channel,
    Notice.status,
    Notice.tries,
    Notice.next_attempt_at,
    Notice.created_at,
    Notice.sent_at,
    Notice.error_detail,
    Notice.idempotency_key,
    Notice.bundle_id,
    Notice.content_update_id,
    Notice.payload,
)

STATUSES = ("pending", "held", "dead", "sent", "dropped")  # as lists name them: what waits first
_NEWEST = Order(Notice.created_at, Notice.id)


@dataclass(frozen=True, slots=True)
class NoticeView:
    """A notice as people see it."""

    id: UUID
    kind: str
    user_id: str
    channel: str
    status: str
    tries: int
    next_attempt_at: datetime
    created_at: datetime
    sent_at: datetime | None
    error_detail: str | None
    idempotency_key: str
    bundle_id: UUID | None
    content_update_id: UUID | None
    payload: Mapping[str, Any]

    @property
    def channel_name(self) -> str:
        """What its owner calls the channel."""
        return name_in(self.channel)


async def list_notices(
    session: AsyncSession,
    viewer: Viewer,
    statuses: Sequence[str] = (),
    channel: str | None = None,
    limit: int | None = None,
) -> list[NoticeView]:
    """Notices, newest first."""
    query = _shown_to(viewer).order_by(Notice.created_at.desc(), Notice.id.desc()).limit(limit)
    if statuses:
        query = query.where(Notice.status.in_(statuses))
    if channel is not None:
        query = query.where(Notice.channel == channel)
    return _views(await session.execute(query))


async def page_of_notices(
    session: AsyncSession, viewer: Viewer, status: str, channel: str, turn: Turn
) -> Page[NoticeView]:
    """A page of notices, newest first; of every status and channel where none is named."""
    query = _shown_to(viewer).where(*_NEWEST.begins(turn)).limit(turn.limit + 1)
    if status:
        query = query.where(Notice.status == status)
    if channel:
        query = query.where(Notice.channel == channel)
    rows = (await session.execute(_NEWEST.sorted(query, turn))).all()
    return page_of(_views(rows), turn, lambda one: Cursor(one.created_at, one.id), len(rows))


async def count_by_status(session: AsyncSession, viewer: Viewer) -> dict[str, Counted]:
    """How many notices of each status there are."""
    counts = [_capped(viewer, status) for status in STATUSES]
    numbers = (await session.execute(select(*counts))).one()
    return {
        status: Counted(min(number, MOST_COUNTED), number > MOST_COUNTED)
        for status, number in zip(STATUSES, numbers, strict=True)
    }


def _capped(viewer: Viewer, status: str) -> ScalarSelect[int]:
    found = (
        select(Notice.id)
        .where(Notice.status == status, is_visible(Notice.user_id, viewer))
        .limit(MOST_COUNTED + 1)
        .subquery()
    )
    return select(func.count()).select_from(found).scalar_subquery()


async def notices_of(
    session: AsyncSession, viewer: Viewer, content_update_id: UUID
) -> list[NoticeView]:
    """The notices of a change, with recipients, channels and results."""
    query = _shown_to(viewer).where(Notice.content_update_id == content_update_id)
    return _views(await session.execute(query.order_by(Notice.channel)))


async def find_notices(session: AsyncSession, viewer: Viewer, part: str) -> list[UUID]:
    """The notices whose id begins, or ends, with these hexadecimal characters; at most two."""
    is_theirs = is_visible(Notice.user_id, viewer)
    return await ids_like(session, part, Notice.id, Notice.created_at, is_theirs)


async def get_notices(
    session: AsyncSession, viewer: Viewer, ids: Sequence[UUID]
) -> list[NoticeView]:
    """The notices with these ids."""
    return _views(await session.execute(_shown_to(viewer).where(Notice.id.in_(ids))))


async def count_waiting_for(session: AsyncSession, viewer: Viewer) -> int:
    """How many notices are still to be sent, including held ones."""
    query = select(func.count()).where(is_waiting, is_visible(Notice.user_id, viewer))
    return await session.scalar(query) or 0


def _shown_to(viewer: Viewer) -> Select[Any]:
    return select(*_SHOWN).where(is_visible(Notice.user_id, viewer))


def _views(rows: Iterable[Row[Any]]) -> list[NoticeView]:
    return list(usable(rows, _view, "notices"))


def _view(row: Row[Any]) -> NoticeView:
    return NoticeView(**{**row._mapping, "payload": mapping_of(row.payload)})


async def retry(session: AsyncSession, viewer: Viewer, ids: Sequence[UUID], now: datetime) -> int:
    """Make dead, dropped or waiting notices due now, under their old keys; returns how many."""
    is_unsent = and_(Notice.bundle_id.is_(None), Notice.status != "sent")
    due = {"status": "pending", "tries": 0, "next_attempt_at": now, "error_detail": None}
    found = await _change(session, ids, and_(is_unsent, is_visible(Notice.user_id, viewer)), due)
    await settle_members(session, found, "held", None)
    return len(found)


async def drop(session: AsyncSession, viewer: Viewer, ids: Sequence[UUID]) -> int:
    """Drop these notices; returns how many were not sent yet."""
    is_unsent = Notice.status.in_(("pending", "held", "dead"))
    over = {"status": "dropped", "lease_token": Notice.lease_token + 1, "leased_until": None}
    found = await _change(session, ids, and_(is_unsent, is_visible(Notice.user_id, viewer)), over)
    await settle_members(session, found, "dropped", None)
    return len(found)


async def _change(
    session: AsyncSession, ids: Sequence[UUID], where: ColumnElement[bool], values: dict[str, Any]
) -> list[UUID]:
    found: list[UUID] = []
    for some in chunks(ids):
        found += await session.scalars(
            update(Notice)
            .where(Notice.id.in_(some), where)
            .values(values)
            .returning(Notice.id)
            .execution_options(synchronize_session=False)
        )
    return found
