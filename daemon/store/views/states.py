"""Loads the states of sites, with the sources that they were read from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, and_, bindparam, case, func, null, select
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


_NEVER = datetime(9999, 12, 31, tzinfo=UTC)


@cache  # to build it takes milliseconds, which no start needs to spend
def _latest_of_each() -> Any:
    """The query for the last `states` states of each of `sites`, with how often each was seen."""
    later, nth_state, first_state = aliased(Snapshot), aliased(Snapshot), aliased(Snapshot)
    nth = (
        select(nth_state.last_seen_at)
        .where(nth_state.site_id == MonitoredSite.id)
        .order_by(nth_state.last_seen_at.desc())
        .limit(1)
        .offset(bindparam("states") - 1)
    )
    first = select(func.min(first_state.last_seen_at)).where(
        first_state.site_id == MonitoredSite.id
    )
    # Once for each site, not for each of its states.
    sites = (
        select(
            MonitoredSite.id,
            MonitoredSite.page_id,
            func.coalesce(nth.scalar_subquery(), first.scalar_subquery()).label("since"),
        )
        .where(MonitoredSite.id.in_(bindparam("sites", expanding=True)))
        .cte("sites")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )
    until = (
        select(func.min(later.last_seen_at))
        .where(later.site_id == Snapshot.site_id, later.last_seen_at > Snapshot.last_seen_at)
        .correlate(Snapshot)
        .scalar_subquery()
    )
    visits = (
        select(func.count())
        .where(
            Attempt.page_id == sites.c.page_id,
            Attempt.started_at >= Snapshot.last_seen_at,
            Attempt.started_at < func.coalesce(until, _NEVER),
            Attempt.verdict != Verdict.FAILED,
        )
        .correlate(sites, Snapshot)
        .scalar_subquery()
    )
    is_late = and_(Snapshot.site_id == sites.c.id, Snapshot.last_seen_at >= sites.c.since)
    return (
        select(Snapshot.site_id, *_COLUMNS, visits.label("visits"))
        .join_from(sites, Snapshot, is_late)
        .outerjoin(_Text, _Text.hash == Snapshot.text_hash)
        .outerjoin(_Source, _Source.hash == Snapshot.source_hash)
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


async def states_of_each(
    session: AsyncSession, sites: Collection[Site], limit: int
) -> dict[UUID, tuple[StoredState, ...]]:
    """For each of these sites what `states_with` has, by one query for all."""
    asked = {"sites": [site.id for site in sites], "states": limit}
    rows = await session.execute(_latest_of_each(), asked)
    found = defaultdict[UUID, list[StoredState]](list)
    for site_id, state in usable(rows, _seen_state, "snapshots", "text_hash"):
        found[site_id].append(state)
    return {site.id: await _with_current(session, site, found[site.id], limit) for site in sites}


async def _with_current(
    session: AsyncSession, site: Site, states: Sequence[StoredState], limit: int
) -> tuple[StoredState, ...]:
    # Sorted here: the database would carry their contents along. Some may be of one instant.
    latest = sorted(states, key=lambda state: state.seen_at)[: -limit - 1 : -1]
    if site.text_hash is None or any(state.text_hash == site.text_hash for state in latest):
        return tuple(latest)
    return await states_with(session, site, limit)


def _seen_state(row: Row[Any]) -> tuple[UUID, StoredState]:
    return row.site_id, replace(_state(row), visits=max(1, row.visits))


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
