"""Lists in parts that follow each other, so that rows without a value come after those with one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from daemon.store.views.lists.keyset import MOST_COUNTED, Counted, Cursor, Turn


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a list, in the order of one index: by a value and the id, or the id alone.

    Shape: where there is no value, the cursor has the number of the part in its place.
    """

    where: ColumnElement[bool]
    value: InstrumentedAttribute[Any] | None = None
    is_descending: bool = False


async def turn_parts(
    session: AsyncSession,
    query: Select[Any],
    parts: Sequence[Part],
    ids: ColumnElement[UUID],
    turn: Turn,
) -> list[Row[Any]]:
    """The rows of a page and one more, on the way it is turned; each ends in its `value`."""
    found: list[Row[Any]] = []
    begins_in = _begins_in(parts, turn)
    for number in range(begins_in, -1, -1) if turn.is_back else range(begins_in, len(parts)):
        some = _in_order(query, parts[number], number, ids, turn)
        if number == begins_in and turn.cursor is not None:
            some = some.where(_beyond(parts[number], ids, turn, turn.cursor))
        found += await session.execute(some.limit(turn.limit + 1 - len(found)))
        if len(found) > turn.limit:
            break
    return found


def cursor_of(row: Row[Any]) -> Cursor:
    """Where a row of such a page stands."""
    return Cursor(row.value, row.id)


def counting(query: Any) -> Any:
    """The number of a query's rows as one value, read no further than is counted."""
    some = query.limit(MOST_COUNTED + 1).subquery()
    return select(func.count()).select_from(some).scalar_subquery()


def counted(number: int) -> Counted:
    """A number that was counted so."""
    return Counted(min(number, MOST_COUNTED), number > MOST_COUNTED)


def _begins_in(parts: Sequence[Part], turn: Turn) -> int:
    """The part in which a page begins."""
    if turn.cursor is None:
        return len(parts) - 1 if turn.is_back else 0
    value = turn.cursor.value
    if len(parts) == 1 or isinstance(value, datetime):
        return 0
    return min(int(value), len(parts) - 1) if value.isdecimal() else 0


def _is_down(part: Part, turn: Turn) -> bool:
    return part.is_descending is not turn.is_back


def _in_order(
    query: Select[Any], part: Part, number: int, ids: ColumnElement[UUID], turn: Turn
) -> Select[Any]:
    value = literal(str(number)) if part.value is None else part.value
    columns = (ids,) if part.value is None else (part.value, ids)
    ordered = query.add_columns(value.label("value")).where(part.where)
    return ordered.order_by(*(c.desc() if _is_down(part, turn) else c.asc() for c in columns))


def _beyond(
    part: Part, ids: ColumnElement[UUID], turn: Turn, cursor: Cursor
) -> ColumnElement[bool]:
    """What comes after a cursor; said so that an index is entered there, whoever has the id."""
    is_down, row_id = _is_down(part, turn), literal(cursor.id, ids.type)
    is_later = ids < row_id if is_down else ids > row_id
    if part.value is None:
        return is_later
    value = literal(cursor.value, part.value.type)
    if is_down:
        return and_(part.value <= value, or_(part.value < value, is_later))
    return and_(part.value >= value, or_(part.value > value, is_later))
