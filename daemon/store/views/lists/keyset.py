"""Turns long lists page by page: a page begins where the last one ended, by an index."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, literal, tuple_

T = TypeVar("T")

PAGE_SIZE = 50
MOST_COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a sorted list: the value that it is sorted by, and the key."""

    value: datetime | str
    id: UUID


@dataclass(frozen=True, slots=True)
class Turn:
    """Which page of a list: that after a place, or with `is_back` before it; else the first."""

    cursor: Cursor | None = None
    is_back: bool = False
    limit: int = PAGE_SIZE


FIRST = Turn()


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A page of a list, and where the next and the previous one begin; None at the ends.

    Shape: `searched_to` says how far a search went that found too few in the time for a page; the
           next page goes on from there, and this one may be short, or empty.
    """

    items: tuple[T, ...] = ()
    next: Cursor | None = None
    previous: Cursor | None = None
    searched_to: datetime | str | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """A number of rows; a capped one is the least that it can be."""

    number: int
    is_capped: bool = False

    def __str__(self) -> str:
        return f"{self.number:,}+" if self.is_capped else f"{self.number:,}"


@dataclass(frozen=True, slots=True)
class Order:
    """What a list is sorted by: a column, then the key; an index must have both in this order."""

    value: Any
    id: Any
    is_descending: bool = True

    def is_down(self, turn: Turn) -> bool:
        """Whether the rows of this page are read from large to small."""
        return self.is_descending is not turn.is_back

    def begins(self, turn: Turn) -> list[ColumnElement[bool]]:
        """The conditions for what comes after the cursor, on the way of this page."""
        if turn.cursor is None:
            return []
        here = tuple_(self.value, self.id)
        there = tuple_(
            literal(turn.cursor.value, self.value.type), literal(turn.cursor.id, self.id.type)
        )
        return [here < there if self.is_down(turn) else here > there]

    def sorted(self, query: Select[Any], turn: Turn) -> Select[Any]:
        """The query in the order of this page."""
        columns = (self.value, self.id)
        return query.order_by(*(c.desc() if self.is_down(turn) else c.asc() for c in columns))


def page_of(
    rows: Sequence[T], turn: Turn, cursor_of: Callable[[T], Cursor], found: int | None = None
) -> Page[T]:
    """The page that these rows make, in its own order: one row more than it has, if there is one.

    Shape: the page shows them in the order of the list, whichever way it was turned; `found` is
           their number before some were left out.
    """
    is_more = (len(rows) if found is None else found) > turn.limit
    items = tuple(rows[: turn.limit])
    if turn.is_back:
        items = items[::-1]
    first, last = (cursor_of(items[0]), cursor_of(items[-1])) if items else (turn.cursor,) * 2
    if turn.is_back:
        return Page(items, next=last, previous=first if is_more else None)
    came_from = first if turn.cursor is not None else None
    return Page(items, next=last if is_more else None, previous=came_from)
