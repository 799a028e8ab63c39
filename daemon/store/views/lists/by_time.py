"""Changes from the newest on, along an index: so far and no further for one page."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Subquery, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from daemon.store.tables import ContentUpdate, MonitoredSite
from daemon.store.views.lists.counting import by_severity
from daemon.store.views.lists.keyset import FIRST, Cursor, Order, Page, T, Turn
from daemon.store.views.lists.selection import Selection, matters

_ORDER = Order(ContentUpdate.detected_at, ContentUpdate.id)
_LEAST, _GREATEST = UUID(int=0), UUID(int=(1 << 128) - 1)


def top_by_time(selection: Selection, turn: Turn) -> Select[Any]:
    """The ids of a page, and one more."""
    query = (
        select(ContentUpdate.id)
        .where(*selection.on_index(ContentUpdate), *selection.on_rows(ContentUpdate))
        .where(*_ORDER.begins(turn))
    )
    if selection.only_matters:
        query = query.where(matters)
    if conditions := selection.on_site(ContentUpdate):
        site = select(MonitoredSite.id).where(MonitoredSite.id == ContentUpdate.site_id)
        query = query.where(site.where(*conditions).correlate(ContentUpdate).exists())
    if selection.is_selective:
        query = query.where(_is_within_reach(selection, turn))
    return _ORDER.sorted(query, turn).limit(turn.limit + 1)


async def searched(
    session: AsyncSession, selection: Selection, page: Page[T], turn: Turn
) -> Page[T]:
    """The page, with where the search for it ended if it found no more by then."""
    more = page.previous if turn.is_back else page.next
    if more is not None or not selection.is_selective:
        return page
    reach = _reach(selection, turn)
    end, gone_through = (
        await session.execute(_end_of(reach, turn).add_columns(func.count()))
    ).one()
    if gone_through < selection.most:
        return page
    if turn.is_back:
        return replace(page, previous=Cursor(end, _GREATEST), searched_to=end)
    return replace(page, next=Cursor(end, _LEAST), searched_to=end)


def counted_by_time(selection: Selection) -> Select[Any]:
    """How many of the newest are asked for, by severity, and how many were gone through."""
    one = aliased(ContentUpdate)
    columns: list[Any] = [one.change_type, one.detected_at]  # an index has these
    needs_sites = selection.is_of_some_sites or not selection.is_indexed
    if needs_sites:
        columns.append(one.site_id)
    if selection.on_rows(one):
        columns += [one.category, one.is_significant]
    query = select(*columns).where(*selection.on_index(one))
    newest = Order(one.detected_at, one.id).sorted(query, FIRST).limit(selection.most + 1)
    found = newest.subquery()
    if not needs_sites:
        return by_severity(found, *selection.on_rows(found.c))
    counted = by_severity(found, *selection.on_rows(found.c), *selection.on_site(found.c))
    return counted.join(MonitoredSite, MonitoredSite.id == found.c.site_id)


def _is_within_reach(selection: Selection, turn: Turn) -> ColumnElement[bool]:
    end = _end_of(_reach(selection, turn), turn).scalar_subquery()
    value: ColumnElement[datetime] = _ORDER.value.expression
    return value <= end if turn.is_back else value >= end


def _reach(selection: Selection, turn: Turn) -> Subquery:
    """The instants of all changes that are gone through for a page."""
    one = aliased(ContentUpdate)
    order = Order(one.detected_at, one.id)
    query = select(one.detected_at).where(*selection.on_index(one), *order.begins(turn))
    return order.sorted(query, turn).limit(selection.most).subquery()


def _end_of(reach: Subquery, turn: Turn) -> Select[Any]:
    last = func.max if turn.is_back else func.min
    return select(last(reach.c.detected_at))
