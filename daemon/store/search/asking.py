"""What an index is asked for, and where its answer is read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, Subquery

from daemon.model.viewer import Viewer
from daemon.search.query import Query
from daemon.store.views.lists.keyset import Turn

MOST_READ = 10_000  # for one page


@dataclass(frozen=True, slots=True)
class Survey:
    """When the oldest change in an index was found, and whether too many match to sort them."""

    oldest: datetime | None
    is_frequent: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """A page of the viewer's changes with these words.

    Shape: `is_narrowed` if only some of them are wanted, by what the index does not know.
    """

    query: Query
    viewer: Viewer
    turn: Turn
    since: datetime | None = None
    is_narrowed: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """Where the changes of a page are, with their `id`, and `at`, which they are in the order of.

    Shape: `by` are the columns to sort by. If only so many are gone through for a page, `end` finds
           the last of them: there is none if they are fewer. `instant` is when the change at a
           place in the order was found.
    """

    found: Subquery
    by: Sequence[str]
    end: Select[Any] | None = None
    instant: Callable[[Any], datetime] = lambda at: at

    def sorted(self, query: Select[Any], turn: Turn) -> Select[Any]:
        """A query of these in the order of this page."""
        return in_order(query, [self.found.c[name] for name in self.by], turn)


def in_order(query: Select[Any], columns: Sequence[Any], turn: Turn) -> Select[Any]:
    """The newest first, or on the way back the oldest."""
    return query.order_by(*(one.asc() if turn.is_back else one.desc() for one in columns))
