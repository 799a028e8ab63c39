"""Loads the states of sites, with the sources that they were read from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, and_, case, func, null, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from daemon.model.reading import StoredState
from daemon.model.site import Site
from daemon.model.status import Verdict
from daemon.model.viewer import Viewer
from daemon.store.core.json_columns import usable
from daemon.store.core.visibility import is_of_visible_site
from daemon.store.tables import Attempt, Content, MonitoredSite, Snapshot

_Text = aliased(Content, name="text_content")
_Source = aliased(Content, name="source_content")
_COLUMNS = (
    Snapshot.kind,
    Snapshot.title,
    Snapshot.text_hash,
    Snapshot.extractor,
    Snapshot.flags,
    Snapshot.content_type,
    Snapshot.charset,
    Snapshot.url,
    Snapshot.last_seen_at,
    Snapshot.source_hash,
    _Text.data.label("text_data"),
    _Source.data.label("source_data"),
)


async def latest_states(
    session: AsyncSession, viewer: Viewer, site_id: UUID, limit: int
) -> tuple[StoredState, ...]:
    """The states that a site entered last, newest first, with how often each was seen."""
    where = Snapshot.site_id == site_id, is_of_visible_site(Snapshot.site_id, viewer)
    return await _visited(session, site_id, await _states(session, where, limit))


async def latest_texts(
    session: AsyncSession, viewer: Viewer, site_id: UUID, limit: int
) -> tuple[StoredState, ...]:
    """The states that a site entered last, newest first, without what they were read from."""
    rows = await session.execute(
        select(*_COLUMNS[:-1], null().label("source_data"))
        .outerjoin(_Text, _Text.hash == Snapshot.text_hash)
        .where(Snapshot.site_id == site_id, is_of_visible_site(Snapshot.site_id, viewer))
        .order_by(Snapshot.last_seen_at.desc())
        .limit(limit)
    )
    return tuple(usable(rows, _state, "snapshots", "text_hash"))


async def states_with(session: AsyncSession, site: Site, limit: int) -> tuple[StoredState, ...]:
    """The last states of a site, newest first, always including its current one."""
    states = await _states(session, (Snapshot.site_id == site.id,), limit)
    if site.text_hash is not None and all(s.text_hash != site.text_hash for s in states):
        # After the clock was set back, older states seem the latest.
        current = await state_with(session, site.id, site.text_hash)
        states = states if current is None else (current, *states)
    return await _visited(session, site.id, states)


async def state_with(session: AsyncSession, site_id: UUID, text_hash: str) -> StoredState | None:
    """The state of a site with this text."""
    found = await _states(
        session, (Snapshot.site_id == site_id, Snapshot.text_hash == text_hash), 1
    )
    return found[0] if found else None


async def states_by_id(
    session: AsyncSession, viewer: Viewer, ids: Sequence[UUID]
) -> dict[UUID, StoredState]:
    """These snapshots, as far as they are still kept."""
    rows = await session.execute(
        select(Snapshot.id, *_COLUMNS)
        .outerjoin(_Text, _Text.hash == Snapshot.text_hash)
        .outerjoin(_Source, _Source.hash == Snapshot.source_hash)
        .where(Snapshot.id.in_(ids), is_of_visible_site(Snapshot.site_id, viewer))
    )
    return dict(usable(rows, lambda row: (row.id, _state(row)), "snapshots"))


async def visits_from(
    session: AsyncSession,
    site_id: UUID,
    instants: Sequence[datetime],
    until: datetime | None = None,
) -> tuple[int, ...]:
    """How often a site's page was read between each of these instants and the next.

    Shape: `instants` ascend; the last one lasts `until` then. At least one each, as single
           checks are kept for less time than states.
    """
    ends = [*instants[1:], until]
    spans = [
        Attempt.started_at >= since
        if end is None
        else and_(Attempt.started_at >= since, Attempt.started_at < end)
        for since, end in zip(instants, ends, strict=True)
    ]
    page = select(MonitoredSite.page_id).where(MonitoredSite.id == site_id).scalar_subquery()
    counts = await session.execute(
        select(*(func.count(case((span, 1))) for span in spans)).where(
            Attempt.page_id == page,
            Attempt.started_at >= instants[0],
            Attempt.verdict != Verdict.FAILED,
        )
    )
    return tuple(max(1, count) for count in counts.one())


async def _visited(
    session: AsyncSession, site_id: UUID, states: Sequence[StoredState]
) -> tuple[StoredState, ...]:
    """The states with how often each was seen since it was last entered."""
    if not states:
        return ()
    instants = sorted({state.seen_at for state in states})
    visits = dict(zip(instants, await visits_from(session, site_id, instants), strict=True))
    return tuple(replace(state, visits=visits[state.seen_at]) for state in states)


async def _states(
    session: AsyncSession, where: tuple[Any, ...], limit: int
) -> tuple[StoredState, ...]:
    rows = await session.execute(
        select(*_COLUMNS)
        .outerjoin(_Text, _Text.hash == Snapshot.text_hash)
        .outerjoin(_Source, _Source.hash == Snapshot.source_hash)
        .where(*where)
        .order_by(Snapshot.last_seen_at.desc())
        .limit(limit)
    )
    return tuple(usable(rows, _state, "snapshots", "text_hash"))


def _state(row: Row[Any]) -> StoredState:
    return StoredState(
        kind=row.kind,
        title=row.title,
        text_hash=row.text_hash,
        extractor=row.extractor,
        flags=msgspec.convert(row.flags, tuple[str, ...]),
        text=row.text_data or b"",
        source=None if row.source_hash is None else row.source_data or b"",
        content_type=row.content_type,
        charset=row.charset,
        url=row.url,
        seen_at=row.last_seen_at,
        source_hash=row.source_hash,
    )
