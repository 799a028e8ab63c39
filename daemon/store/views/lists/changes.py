"""Lists of changes: filtered, counted by severity, and turned page by page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.model.change import ChangeType
from daemon.model.viewer import Viewer
from daemon.store.core.aside import KEEPS, whole
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


@dataclass(frozen=True, slots=True)
class SiteChanges:
    """A change of a site, and how many there are with it of those that are asked for."""

    change: ListedChange
    number: int = 1


_LISTED = (
    Rating.verdict,
    is_unseen(ContentUpdate).label("is_unseen"),
    MonitoredSite.deleted_at.is_not(None).label("is_of_removed_site"),
)


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


async def gravest(session: AsyncSession, selection: Selection, limit: int) -> list[SiteChanges]:
    """The gravest change of each of few sites, each severity newest first."""
    rows = shown(selection.viewer, await details(session, gravest_by_site(selection, limit)))
    numbers = {row.id: row.changes for row in rows}
    found = newest_first(map(listed, rows))
    found.sort(key=lambda one: SEVERITIES.index(ChangeType(one.view.change_type)))
    return [SiteChanges(one, numbers[one.view.id]) for one in found]


async def _page(
    session: AsyncSession, viewer: Viewer, top: Select[Any], turn: Turn
) -> Page[ListedChange]:
    rows = await details(session, top)
    found = newest_first([listed(row) for row in shown(viewer, rows)])
    return page_of(found[::-1] if turn.is_back else found, turn, _cursor_of, len(rows))


def _cursor_of(one: ListedChange) -> Cursor:
    return Cursor(one.view.detected_at, one.view.id)


async def details(session: AsyncSession, top: Select[Any]) -> Sequence[Row[Any]]:
    """The changes with these ids, in no order, with what else was selected of them.

    Shape: as the end of a list is known by the number of its rows, those are among them that are
           not to be shown: `shown` leaves them out.
    """
    ids = top.subquery()
    rated = and_(
        Rating.content_update_id == ContentUpdate.id, Rating.user_id == MonitoredSite.owner_id
    )
    query = (
        select(*CHANGE_COLUMNS, *_LISTED, *(column for column in ids.c if column.key != "id"))
        .join_from(ids, ContentUpdate, ContentUpdate.id == ids.c.id)
        .join(MonitoredSite, MonitoredSite.id == ContentUpdate.site_id)
        .outerjoin(Rating, rated)
    )
    return (await session.execute(query.execution_options(**KEEPS))).all()


def shown(viewer: Viewer, rows: Sequence[Row[Any]]) -> list[Row[Any]]:
    """Those of these rows that are not garbled, and whose site is still the viewer's."""
    return [row for row in whole(rows) if viewer.may_see(row.owner_id)]


def listed(row: Row[Any]) -> ListedChange:
    """The change in a row of `details`."""
    number = len(CHANGE_COLUMNS)
    rating, unseen, removed = row[number : number + len(_LISTED)]
    return ListedChange(ChangeView(*row[:number]), rating, bool(unseen), bool(removed))


def newest_first(changes: Iterable[ListedChange]) -> list[ListedChange]:
    """These changes in the order of lists."""
    return sorted(changes, key=lambda one: (one.view.detected_at, one.view.id), reverse=True)
