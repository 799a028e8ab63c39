"""Lists in parts that follow each other, so that rows without a value come after those with one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    and_,
    func,
    literal,
    literal_column,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from daemon.store.views.lists.keyset import MOST_COUNTED, Counted, Cursor, Turn


@dataclass(frozen=True, slots=True)
class Tie:
    """What is sorted by before the id, among rows of one value: the key of another table's index.

    Shape: `of` says what it is of the row with an id; nothing once that row is gone.
    """

    column: Any
    of: Callable[[UUID], Any]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a list, in the order of one index: by a value, a tie and the id, as far as given.

    Shape: where there is no value, the cursor has the number of the part in its place.
    """

    where: ColumnElement[bool]
    value: InstrumentedAttribute[Any] | None = None
    is_descending: bool = False
    tie: Tie | None = None


@dataclass(frozen=True, slots=True)
class PartedList:
    """A list in these parts, and the ids of its rows.

    Shape: `whole` makes the rows of those that a query finds by `id`, in any order, with all of
           its columns.
    """

    parts: Sequence[Part]
    ids: ColumnElement[UUID]
    whole: Callable[[Any], Any] = lambda found: found


async def turn_parts(
    session: AsyncSession, query: Select[Any], listed: PartedList, turn: Turn
) -> list[Row[Any]]:
    """The rows of a page and one more, on the way it is turned; each ends in `NUMBERED`.

    Shape: one statement for all parts without a value, and one for each with one.
    """
    found: list[Row[Any]] = []
    numbers = _numbers(listed.parts, turn)
    for _, group in groupby(numbers, lambda number: listed.parts[number].value is not None):
        limit = turn.limit + 1 - len(found)
        parts = [_in_order(query, listed, number, turn).limit(limit) for number in group]
        some = [_numbered(part, nth) for nth, part in enumerate(parts)]
        top = some[0] if len(some) == 1 else union_all(*some)
        rows = await session.execute(listed.whole(top))
        found += sorted(rows, key=lambda row: (row.nth, row.place))[:limit]
        if len(found) > turn.limit:
            break
    return found


NUMBERED = ("value", "nth", "place")


def _numbered(query: Select[Any], nth: int) -> Select[Any]:
    """What a query finds, numbered as it comes: whatever is joined to it then has no order."""
    found = query.subquery()
    place = func.row_number().over().label("place")
    return select(found.c.id, found.c.value, literal_column(str(nth)).label("nth"), place)


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


def _numbers(parts: Sequence[Part], turn: Turn) -> Sequence[int]:
    """The parts that a page may have rows of, on the way it is turned."""
    begins_in = _begins_in(parts, turn)
    return range(begins_in, -1, -1) if turn.is_back else range(begins_in, len(parts))


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


def _in_order(query: Select[Any], listed: PartedList, number: int, turn: Turn) -> Select[Any]:
    """The ids of a part in its order, from the cursor on if it is in this part."""
    part, ids = listed.parts[number], listed.ids
    value = literal(str(number)) if part.value is None else part.value
    tie = None if part.tie is None else part.tie.column
    columns = [one for one in (part.value, tie, ids) if one is not None]
    some = query.add_columns(value.label("value")).where(part.where)
    if turn.cursor is not None and number == _begins_in(listed.parts, turn):
        some = some.where(_beyond(part, ids, turn, turn.cursor))
    return some.order_by(*(c.desc() if _is_down(part, turn) else c.asc() for c in columns))


def _beyond(
    part: Part, ids: ColumnElement[UUID], turn: Turn, cursor: Cursor
) -> ColumnElement[bool]:
    """What comes after a cursor; said so that an index is entered there, whoever has the id."""
    is_down, row_id = _is_down(part, turn), literal(cursor.id, ids.type)
    is_later = ids < row_id if is_down else ids > row_id
    here: list[Any] = []
    there: list[Any] = []
    if part.value is not None:
        here.append(part.value)
        there.append(literal(cursor.value, part.value.type))
    if part.tie is not None:
        # A row that is gone has no tie: its page begins with all rows of its value.
        gone = literal(UUID(int=(1 << 128) - 1 if is_down else 0), ids.type)
        here.append(part.tie.column)
        there.append(func.coalesce(part.tie.of(cursor.id), gone))
    if not here:
        return is_later
    place, begin = (tuple_(*here), tuple_(*there)) if len(here) > 1 else (here[0], there[0])
    reached = place <= begin if is_down else place >= begin
    return and_(reached, or_(here[-1] != there[-1], is_later))
