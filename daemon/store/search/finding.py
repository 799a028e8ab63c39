"""Finds changes by their words: pages of them, and whether all can be found yet."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.model.viewer import Viewer
from daemon.search.query import Query
from daemon.store.core.database import Database
from daemon.store.search.asking import Asked, Source, Survey
from daemon.store.search.indexes import Index, index_of
from daemon.store.tables import ContentUpdate, MonitoredSite
from daemon.store.views.lists.changes import ListedChange, details, listed, newest_first, shown
from daemon.store.views.lists.keyset import Cursor, Page, Turn, page_of
from daemon.store.views.lists.selection import ChangesWanted, Selection


@dataclass(frozen=True, slots=True)
class Findable:
    """Which changes can be found: all, those since an instant, or none yet."""

    is_all: bool
    since: datetime | None = None

    @property
    def is_any(self) -> bool:
        return self.is_all or self.since is not None


@dataclass(frozen=True, slots=True)
class Found:
    """A page of the changes that match, and which could be found at all."""

    page: Page[ListedChange]
    findable: Findable


async def what_is_findable(session: AsyncSession, database: Database, viewer: Viewer) -> Findable:
    """How far the index goes back, which is built from the newest change on."""
    index = index_of(database)
    is_there, first = await _is_there(session, index)
    if not is_there:
        return Findable(is_all=False)
    return _findable(first, await index.survey(session, None, viewer))


async def _is_there(session: AsyncSession, index: Index) -> tuple[bool, datetime | None]:
    """Whether there is an index, and when the oldest change of all was found."""
    first = select(ContentUpdate.detected_at).order_by(ContentUpdate.detected_at).limit(1)
    asked = select(index.is_there(), first.scalar_subquery())
    is_there, oldest = (await session.execute(asked)).one()
    return bool(is_there), oldest


def _findable(first: datetime | None, survey: Survey) -> Findable:
    if first is None or (survey.oldest is not None and survey.oldest <= first):
        return Findable(is_all=True)
    return Findable(is_all=False, since=survey.oldest)


def is_found(database: Database, query: Query, viewer: Viewer) -> ColumnElement[bool]:
    """Whether a change is one of those that match."""
    return ContentUpdate.id.in_(index_of(database).ids(query, viewer))


async def find_page(
    session: AsyncSession,
    database: Database,
    selection: Selection,
    query: Query,
    turn: Turn,
) -> Found:
    """A page of the changes that match and are wanted, newest first."""
    index = index_of(database)
    is_there, first = await _is_there(session, index)
    if not is_there:
        return Found(Page(), Findable(is_all=False))
    survey = await index.survey(session, query, selection.viewer)
    # The owner is asked of the site too: the index may not know yet that it was given away.
    selection = replace(selection, by_owner=False)
    wanted, viewer = selection.wanted, selection.viewer
    is_narrowed = wanted != ChangesWanted(since=wanted.since)
    asked = Asked(query, viewer, turn, wanted.since, is_narrowed)
    source = index.source(asked, survey)
    rows = await details(session, _top(source, selection, turn))
    found = newest_first([listed(row) for row in shown(viewer, rows)])
    page = page_of(found[::-1] if turn.is_back else found, turn, _cursor_of, len(rows))
    page = await _with_end(session, source, page, turn)
    return Found(page, _findable(first, survey))


def _top(source: Source, selection: Selection, turn: Turn) -> Select[Any]:
    """The ids of a page, and one more."""
    query = (
        select(source.found.c.id)
        .join(ContentUpdate, ContentUpdate.id == source.found.c.id)
        .join(MonitoredSite, MonitoredSite.id == ContentUpdate.site_id)
        .where(*selection.on_index(ContentUpdate), *selection.on_rows(ContentUpdate))
        .where(*selection.on_site(ContentUpdate))
    )
    return source.sorted(query, turn).limit(turn.limit + 1)


async def _with_end(
    session: AsyncSession, source: Source, page: Page[ListedChange], turn: Turn
) -> Page[ListedChange]:
    """The page, with where the search for it ended if it found no more by then."""
    more = page.previous if turn.is_back else page.next
    if more is not None or source.end is None:
        return page
    last = (await session.execute(source.end)).first()
    if last is None:
        return page
    end = Cursor(source.instant(last.at), last.id)
    if turn.is_back:
        return replace(page, previous=end, searched_to=end.value)
    return replace(page, next=end, searched_to=end.value)


def _cursor_of(one: ListedChange) -> Cursor:
    return Cursor(one.view.detected_at, one.view.id)
