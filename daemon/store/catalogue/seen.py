"""What owners have seen: an instant for each site, after which its changes are unseen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    ScalarSelect,
    Select,
    case,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.model.viewer import Viewer
from daemon.store.core.chunks import chunks
from daemon.store.core.visibility import is_visible
from daemon.store.tables import ContentUpdate, MonitoredSite
from daemon.store.tables.ids import first_id
from daemon.store.tables.types import Instant
from daemon.store.views.lists.selection import has_unseen

_JUST_BEFORE = timedelta(microseconds=1)


async def mark_seen(
    session: AsyncSession,
    viewer: Viewer,
    site_ids: Sequence[UUID] | None,
    until: datetime | None,
    at: datetime,
    shown_at: datetime | None = None,
) -> int:
    """Mark the changes of these sites, or of all the viewer's, as seen; returns of how many sites.

    Shape: those that are known now, and not after `until`: what a check under way finds is unseen.
           So is what was stored after `shown_at`, when a list of them was shown, however long
           before that its check began.
    """
    seen: Any = MonitoredSite.last_changed_at
    where = [has_unseen]
    if until is not None:
        last = literal(until, Instant())
        seen = case((MonitoredSite.last_changed_at < last, seen), else_=last)
        where.append(MonitoredSite.seen_at < last)
    if shown_at is not None:
        shown = _shown(shown_at)
        seen = case((_stored_since(shown_at), shown), else_=seen)
        where.append(or_(~_stored_since(shown_at), shown.is_not(None)))
    if site_ids is None:
        return await _mark(session, viewer, where, seen, at)
    return sum(
        [
            await _mark(session, viewer, [*where, MonitoredSite.id.in_(some)], seen, at)
            for some in chunks(site_ids)
        ]
    )


def _stored_since(at: datetime) -> ColumnElement[bool]:
    """Whether a site has an unseen change that no list of that instant has shown.

    Shape: its id was made when it was stored; it was found when its check began.
    """
    late = ContentUpdate.detected_at <= at, ContentUpdate.id >= first_id(at)
    return _unseen_changes(ContentUpdate.id, *late).exists()


def _shown(at: datetime) -> ScalarSelect[Any]:
    """The last of a site's unseen changes that such a list has shown; None without one."""
    known = ContentUpdate.detected_at <= at, ContentUpdate.id < first_id(at)
    return _unseen_changes(func.max(ContentUpdate.detected_at), *known).scalar_subquery()


def _unseen_changes(what: Any, *which: ColumnElement[bool]) -> Select[Any]:
    theirs = ContentUpdate.site_id == MonitoredSite.id
    is_unseen = ContentUpdate.detected_at > MonitoredSite.seen_at
    return select(what).where(theirs, is_unseen, *which).correlate(MonitoredSite)


async def mark_unseen(session: AsyncSession, viewer: Viewer, change_id: UUID, at: datetime) -> int:
    """Mark a change as unseen, and those after it of its site; returns 0 if it is already."""
    change = select(ContentUpdate.site_id, ContentUpdate.detected_at)
    row = (await session.execute(change.where(ContentUpdate.id == change_id))).one_or_none()
    if row is None:
        return 0
    where = [MonitoredSite.id == row.site_id, MonitoredSite.seen_at >= row.detected_at]
    before = literal(row.detected_at - _JUST_BEFORE, Instant())
    return await _mark(session, viewer, where, before, at)


async def undo(session: AsyncSession, viewer: Viewer, marked_at: datetime) -> int:
    """Take the marks of an instant back; returns of how many sites.

    Shape: a site that has been marked again since then keeps its newer mark.
    """
    return await _update(
        session,
        viewer,
        [MonitoredSite.marked_at == marked_at],
        {"seen_at": MonitoredSite.seen_before, "seen_before": None, "marked_at": None},
    )


async def sites_of(session: AsyncSession, viewer: Viewer, ids: Sequence[UUID]) -> set[UUID]:
    """Those of these that are live sites of the viewer's."""
    found: set[UUID] = set()
    for some in chunks(ids):
        theirs = is_visible(MonitoredSite.owner_id, viewer), MonitoredSite.deleted_at.is_(None)
        query = select(MonitoredSite.id).where(MonitoredSite.id.in_(some), *theirs)
        found.update(await session.scalars(query))
    return found


async def _mark(
    session: AsyncSession,
    viewer: Viewer,
    where: Sequence[ColumnElement[bool]],
    seen_at: Any,
    at: datetime,
) -> int:
    marked = {"seen_before": MonitoredSite.seen_at, "seen_at": seen_at, "marked_at": at}
    return await _update(session, viewer, where, marked)


async def _update(
    session: AsyncSession,
    viewer: Viewer,
    where: Sequence[ColumnElement[bool]],
    values: dict[str, Any],
) -> int:
    done = await session.execute(
        update(MonitoredSite)
        .where(is_visible(MonitoredSite.owner_id, viewer), *where)
        # Else the default of the column: this is no edit of the site.
        .values(**values, updated_at=MonitoredSite.updated_at)
        .execution_options(synchronize_session=False)
    )
    return cast(CursorResult[Any], done).rowcount
