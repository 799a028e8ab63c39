"""SQLite's index: FTS5, which keeps the words that it was given, to forget them one by one.

Its rows are in order of time: a page of the newest matches is read from the end of their list, and
nothing is sorted. It has no reference to changes, nor triggers: a change that is gone is not found
any more, and its words go when the index is next compared with the changes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import groupby
from typing import Any, cast
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    CursorResult,
    MetaData,
    Select,
    Table,
    Text,
    Uuid,
    column,
    delete,
    func,
    insert,
    literal,
    literal_column,
    select,
    table,
    text,
    true,
)
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.model.viewer import Viewer
from daemon.search.query import Query, Term
from daemon.store.core.schema import INDEX
from daemon.store.retention.batching import Sweep
from daemon.store.search.asking import MOST_READ, Asked, Source, Survey, in_order
from daemon.store.search.entries import Entry, Kept, owner_word
from daemon.store.views.lists.keyset import Turn

# The words come without signs between them, so that `ascii`, which divides them at spaces, leaves
# them as they are. Ranking, which alone needs the sizes of columns, is not by relevance.
_MAKE = (
    f"CREATE VIRTUAL TABLE {INDEX} USING fts5(change_id UNINDEXED, digest UNINDEXED, owner, name,"
    " title, summary, columnsize=0, tokenize='ascii')"
)
_TABLE = Table(
    INDEX,
    MetaData(),
    Column("rowid", BigInteger, key="place"),
    Column("change_id", Uuid),
    Column("digest", BigInteger),
    *(Column(name, Text) for name in ("owner", "name", "title", "summary")),
)
_W = _TABLE.c
_BY = ("at",)  # a place is of one change alone; FTS5 is in order by nothing else
_ASIDE = f"{INDEX}_aside"
# The tables in which FTS5 keeps nearly all, with the condition for what it can be opened without:
# the first records of `data` say how the others belong together (fts5_index.c).
_LARGE = {"content": true(), "data": column("id") > 10}
_SCHEMA = table("sqlite_master", column("name"))
# A place is the microseconds from the middle of all that fit, and one of these for each of them.
_MIDDLE = datetime(2050, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MOST_MICROSECONDS = 1 << 50
_PLACES = 1 << 12


class SqliteIndex:
    """The virtual table, once it was made."""

    def is_there(self) -> ColumnElement[bool]:
        return select(_SCHEMA.c.name).where(_SCHEMA.c.name == INDEX).exists()

    async def make(self, session: AsyncSession) -> None:
        await session.execute(text(_MAKE))

    async def drop(self, sweep: Sweep) -> bool:
        # To drop a large one at once would keep the checks from writing for seconds.
        if not await sweep.one(_put_aside):
            return False
        for part in _LARGE:
            while await sweep.one(partial(_shrink, part, sweep.size)):
                pass  # there is more of it
        await sweep.one(_drop_rest)
        return True

    async def survey(self, session: AsyncSession, query: Query | None, viewer: Viewer) -> Survey:
        place = await session.scalar(select(_W.place).order_by(_W.place).limit(1))
        return Survey(None if place is None else _instant(place))

    async def kept(
        self, session: AsyncSession, since: datetime | None, before: datetime | None
    ) -> Kept:
        query = select(_W.place, _W.change_id, _W.digest)
        query = query.where(*_from(since), *([] if before is None else [_W.place < _first(before)]))
        found: dict[datetime, dict[UUID, int]] = defaultdict(dict)
        for place, change_id, digest in await session.execute(query):
            found[_instant(place)][change_id] = digest
        return found

    async def replace(self, session: AsyncSession, gone: Kept, entries: Sequence[Entry]) -> None:
        for at in gone:
            await session.execute(
                delete(_TABLE).where(_W.place.between(_first(at), _first(at) + _PLACES - 1))
            )
        rows = [
            _row(_first(at) + number, one)
            for at, some in groupby(entries, lambda one: one.detected_at)
            if abs(at - _MIDDLE) < _MOST_MICROSECONDS * _MICROSECOND
            for number, one in zip(range(_PLACES), some, strict=False)
        ]
        if rows:
            await session.execute(insert(_TABLE), rows)

    def ids(self, query: Query, viewer: Viewer) -> Select[Any]:
        return select(_W.change_id).where(_match(query, viewer))

    def source(self, asked: Asked, survey: Survey) -> Source:
        found = select(_W.change_id.label("id"), _W.place.label("at")).where(
            _match(asked.query, asked.viewer), *_from(asked.since), *_beyond(asked.turn)
        )
        if not asked.is_narrowed:
            return Source(found.subquery(), _BY, instant=_instant)
        along = in_order(found, [_W.place], asked.turn)
        end = along.limit(1).offset(MOST_READ - 1)
        return Source(along.limit(MOST_READ).subquery(), _BY, end, _instant)


async def _put_aside(session: AsyncSession) -> int:
    """Give the index another name, under which it is dropped; whether there is one to drop."""
    found = select(_SCHEMA.c.name).where(_SCHEMA.c.name.in_([INDEX, _ASIDE]))
    names = set(await session.scalars(found))
    if names == {INDEX}:
        await session.execute(text(f"ALTER TABLE {INDEX} RENAME TO {_ASIDE}"))
    return bool(names)


async def _shrink(part: str, most: int, session: AsyncSession) -> int:
    rows = table(f"{_ASIDE}_{part}", column("id"))
    some = select(rows.c.id).where(_LARGE[part]).limit(most).scalar_subquery()
    done = await session.execute(delete(rows).where(rows.c.id.in_(some)))
    return cast(CursorResult[Any], done).rowcount


async def _drop_rest(session: AsyncSession) -> int:
    await session.execute(text(f"DROP TABLE {_ASIDE}"))
    return 1


def _first(at: datetime) -> int:
    """The first place of an instant."""
    ticks = (at - _MIDDLE) // _MICROSECOND
    return max(-_MOST_MICROSECONDS, min(ticks, _MOST_MICROSECONDS)) * _PLACES


def _instant(place: int) -> datetime:
    return _MIDDLE + place // _PLACES * _MICROSECOND


def _row(place: int, entry: Entry) -> dict[str, Any]:
    name, title, summary = (" ".join(words) for words in entry.texts)
    return {
        "place": place,
        "change_id": entry.change_id,
        "digest": entry.digest,
        "owner": entry.owner,
        "name": name,
        "title": title,
        "summary": summary,
    }


def _match(query: Query, viewer: Viewer) -> ColumnElement[bool]:
    return literal_column(INDEX).op("MATCH", is_comparison=True)(
        literal(_expression(query, viewer))
    )


def _from(since: datetime | None) -> list[ColumnElement[bool]]:
    return [] if since is None else [_W.place >= _first(since)]


def _beyond(turn: Turn) -> list[ColumnElement[bool]]:
    """What comes after the cursor; where its change is gone, after those of its instant."""
    if turn.cursor is None or not isinstance(turn.cursor.value, datetime):
        return []
    first = _first(turn.cursor.value)
    last = first + _PLACES - 1
    there = _TABLE.alias("there")
    place = (
        select(there.c.place)
        .where(there.c.place.between(first, last), there.c.change_id == turn.cursor.id)
        .limit(1)
        .scalar_subquery()
    )
    if turn.is_back:
        return [_W.place > func.coalesce(place, last)]
    return [_W.place < func.coalesce(place, first)]


def _expression(query: Query, viewer: Viewer) -> str:
    """The query in the language of FTS5. Words have no signs, and so no quotes."""
    wanted = " AND ".join(map(_row_of_words, query.wanted))
    unwanted = "".join(f" NOT {_row_of_words(term)}" for term in query.unwanted)
    found = f"{{name title summary}} : (({wanted}){unwanted})"
    return found if viewer.is_admin else f"owner : {owner_word(viewer.user_id)} AND {found}"


def _row_of_words(term: Term) -> str:
    return f'"{" ".join(term.words)}"{" *" if term.is_beginning else ""}'
