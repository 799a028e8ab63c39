"""Lists of changes: filtered, counted by severity, and turned page by page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.model.change import ChangeType
from daemon.model.viewer import Viewer
from daemon.store.core.aside import KEEPS, whole
from daemon.store.core.visibility import is_visible
from daemon.store.tables import ContentUpdate, MonitoredSite, Rating
from daemon.store.views.changes import CHANGE_COLUMNS, ChangeView
from daemon.store.views.lists.by_site import counted_by_site, gravest_by_site, top_by_site
from daemon.store.views.lists.by_time import counted_by_time, searched, top_by_time
from daemon.store.views.lists.counting import SeverityCounts, count
from daemon.store.views.lists.keyset import Cursor, Page, Turn, page_of
from daemon.store.views.lists.selection import SEVERITIES, ChangesWanted, Selection, is_unseen


@dataclass(frozen=True, slots=True)
class ListedChange:
    """A change as lists show it, with its owner's rating."""

    view: ChangeView
    rating: str | None
    is_unseen: bool
    is_of_removed_site: bool


async def have_owners(session: AsyncSession) -> bool:
    """Whether each change has its owner beside it; those of an older version get it in time."""
    without = select(ContentUpdate.id).where(ContentUpdate.owner_id.is_(None)).limit(1)
    return await session.scalar(without) is None


async def selection_of(session: AsyncSession, viewer: Viewer, wanted: ChangesWanted) -> Selection:
    """Which of the viewer's changes are wanted, by the shortest way to them."""
    is_known = viewer.is_admin or await have_owners(session)
    return Selection(viewer, wanted, by_owner=is_known)


async def count_changes(session: AsyncSession, selection: Selection) -> SeverityCounts:
    """How many there are of each severity, whichever of them is asked for."""
    every = selection.of_any_severity
    way = counted_by_site if selection.is_of_some_sites else counted_by_time
    return await count(session, way(every), selection.most)


async def list_page(
    session: AsyncSession, selection: Selection, turn: Turn, counts: SeverityCounts
) -> Page[ListedChange]:
    """A page of changes, newest first, found by site where the counts say that they are few."""
    if selection.is_of_some_sites and not counts.total.is_capped:
        return await _page(session, selection.viewer, top_by_site(selection, turn), turn)
    page = await _page(session, selection.viewer, top_by_time(selection, turn), turn)
    return await searched(session, selection, page, turn)


async def gravest(session: AsyncSession, selection: Selection, limit: int) -> list[ListedChange]:
    """The gravest changes of few sites, each severity newest first."""
    _, found = await _details(session, selection.viewer, gravest_by_site(selection, limit))
    return sorted(found, key=lambda one: SEVERITIES.index(ChangeType(one.view.change_type)))


async def _page(
    session: AsyncSession, viewer: Viewer, top: Select[Any], turn: Turn
) -> Page[ListedChange]:
    number, found = await _details(session, viewer, top)
    return page_of(found[::-1] if turn.is_back else found, turn, _cursor_of, number)


def _cursor_of(one: ListedChange) -> Cursor:
    return Cursor(one.view.detected_at, one.view.id)


async def _details(
    session: AsyncSession, viewer: Viewer, top: Select[Any]
) -> tuple[int, list[ListedChange]]:
    """How many changes have these ids, and those of them that are not garbled, newest first."""
    ids = top.subquery()
    rated = and_(
        Rating.content_update_id == ContentUpdate.id, Rating.user_id == MonitoredSite.owner_id
    )
    columns = (
        Rating.verdict,
        is_unseen(ContentUpdate).label("is_unseen"),
        MonitoredSite.deleted_at.is_not(None).label("is_of_removed_site"),
    )
    query = (
        select(*CHANGE_COLUMNS, *columns)
        .join_from(ids, ContentUpdate, ContentUpdate.id == ids.c.id)
        .join(MonitoredSite, MonitoredSite.id == ContentUpdate.site_id)
        .outerjoin(Rating, rated)
        .where(is_visible(MonitoredSite.owner_id, viewer))
        .execution_options(**KEEPS)  # else a garbled row could seem to end the list
    )
    rows = (await session.execute(query)).all()
    found = [_listed(row) for row in whole(rows)]
    return len(rows), sorted(found, key=lambda o: (o.view.detected_at, o.view.id), reverse=True)


def _listed(row: Any) -> ListedChange:
    number = len(CHANGE_COLUMNS)
    rating, unseen, removed = row[number:]
    return ListedChange(ChangeView(*row[:number]), rating, bool(unseen), bool(removed))
