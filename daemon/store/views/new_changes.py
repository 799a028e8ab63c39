"""Follows the changes of an owner: each once, however late its check is stored.

A change bears the instant at which its check began, and is stored when it ended: others of later
instants may be there before it. So whoever follows remembers which of their sites were being
checked, as those alone can still get a change of before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.model.viewer import Viewer
from daemon.store.core.clock import STEP_SECONDS
from daemon.store.tables import ContentUpdate, MonitoredSite, Page
from daemon.store.views.lists.changes import ListedChange, details, listed, shown
from daemon.store.views.lists.keyset import Cursor, Order, Turn

MOST_IN_FLIGHT = 180  # sites that a place holds
# By how much the clocks of two daemons that follow one database's may differ, and again as much.
_MARGIN = timedelta(seconds=2 * STEP_SECONDS)
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = UUID(int=(1 << 128) - 1)
_ORDER = Order(ContentUpdate.detected_at, ContentUpdate.id, is_descending=False)


@dataclass(frozen=True, slots=True)
class Position:
    """How far somebody has followed.

    Shape: all changes up to here were given, but those of the sites in flight that are younger
           than the instant beside each.
    """

    at: datetime
    id: UUID
    in_flight: Mapping[UUID, datetime]


@dataclass(frozen=True, slots=True)
class Followed:
    """The changes since a place, oldest first in each part, and the place after them."""

    changes: tuple[ListedChange, ...]
    place: Position
    is_more: bool = False


async def follow(
    session: AsyncSession, viewer: Viewer, place: Position | None, now: datetime, limit: int
) -> Followed:
    """The changes of the viewer's own sites since a place; from now on without one.

    Shape: the order of the statements counts: what is claimed after `now` begins after the margin.
    """
    until = now - _MARGIN
    in_flight = await _in_flight(session, viewer)
    if place is None:
        return Followed((), Position(until, _LAST, in_flight))
    late = await _rows(session, _late(viewer, place, limit)) if place.in_flight else []
    if len(late) > limit or len(in_flight) > MOST_IN_FLIGHT:
        return _behind(viewer, place, late, limit)
    room = limit - len(late)
    rows = await _rows(session, _since(viewer, place, until, room))
    given = [*late, *rows[:room]]
    at, id_ = max((place.at, place.id), (until, _LAST))
    if len(rows) > room:
        at, id_ = (rows[room - 1].detected_at, rows[room - 1].id) if room else (place.at, place.id)
    after = Position(at, id_, _advanced(in_flight, given))
    return Followed(_shown(viewer, given), after, is_more=len(rows) > room)


def _behind(viewer: Viewer, place: Position, late: Sequence[Row[Any]], limit: int) -> Followed:
    """Those that were stored late, without going on: there is no room for more, of one kind."""
    given = late[:limit]
    after = Position(place.at, place.id, _advanced(place.in_flight, given))
    return Followed(_shown(viewer, given), after, is_more=len(late) > limit)


async def _in_flight(session: AsyncSession, viewer: Viewer) -> dict[UUID, datetime]:
    """The viewer's sites that are being checked, with the instants of their last changes.

    Shape: also those whose lease has expired, as their check is stored if nobody took them over.
    """
    query = (
        select(MonitoredSite.id, MonitoredSite.last_changed_at)
        .join(Page, Page.id == MonitoredSite.page_id)
        .where(Page.leased_by.is_not(None), MonitoredSite.owner_id == viewer.user_id)
        .limit(MOST_IN_FLIGHT + 1)
    )
    return {id_: at or _BEGINNING for id_, at in await session.execute(query)}


def _late(viewer: Viewer, place: Position, limit: int) -> Select[Any]:
    """The changes of before the place that were stored since."""
    younger = [
        and_(ContentUpdate.site_id == id_, ContentUpdate.detected_at > at)
        for id_, at in place.in_flight.items()
    ]
    query = select(ContentUpdate.id).where(
        ContentUpdate.owner_id == viewer.user_id,
        or_(*younger),
        ~_ORDER.begins(Turn(Cursor(place.at, place.id)))[0],
    )
    return query.order_by(ContentUpdate.detected_at, ContentUpdate.id).limit(limit + 1)


def _since(viewer: Viewer, place: Position, until: datetime, limit: int) -> Select[Any]:
    turn = Turn(Cursor(place.at, place.id))
    query = select(ContentUpdate.id).where(
        ContentUpdate.owner_id == viewer.user_id,
        *_ORDER.begins(turn),
        ContentUpdate.detected_at <= until,
    )
    return _ORDER.sorted(query, turn).limit(limit + 1)


async def _rows(session: AsyncSession, top: Select[Any]) -> list[Row[Any]]:
    return sorted(await details(session, top), key=lambda row: (row.detected_at, row.id))


def _advanced(
    in_flight: Mapping[UUID, datetime], given: Sequence[Row[Any]]
) -> Mapping[UUID, datetime]:
    """Sites in flight, each with the instant of its last change that was given, if it is later."""
    found = dict(in_flight)
    for row in given:
        if row.site_id in found:
            found[row.site_id] = max(found[row.site_id], row.detected_at)
    return found


def _shown(viewer: Viewer, rows: Sequence[Row[Any]]) -> tuple[ListedChange, ...]:
    return tuple(map(listed, shown(viewer, rows)))
