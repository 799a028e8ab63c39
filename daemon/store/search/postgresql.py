"""PostgreSQL's index: a table of `tsvector` with a GIN index, and one by time.

A word that many changes have is searched for along time: GIN would give all of its changes, to be
sorted. It has no reference to changes: one that is gone is not found any more, and its words go
when the index is next compared with the changes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    MetaData,
    Select,
    Table,
    Text,
    Uuid,
    bindparam,
    cast,
    delete,
    func,
    literal,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR, insert
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.model.viewer import Viewer
from daemon.search.query import Query, Term
from daemon.store.core.schema import INDEX
from daemon.store.retention.batching import Sweep
from daemon.store.search.asking import MOST_READ, Asked, Source, Survey
from daemon.store.search.entries import Entry, Kept, owner_word
from daemon.store.tables.types import Instant
from daemon.store.views.lists.keyset import Order

# The words are given as they are: a configuration would parse the text anew.
_MAKE = (
    f"""CREATE TABLE {INDEX} (
        change_id uuid CONSTRAINT pk_{INDEX} PRIMARY KEY,
        detected_at timestamptz NOT NULL,
        digest bigint NOT NULL,
        words tsvector NOT NULL
    )""",
    f"CREATE INDEX ix_{INDEX}_detected_at ON {INDEX} (detected_at, change_id)",
    f"CREATE INDEX ix_{INDEX}_words ON {INDEX} USING gin (words)",
)
_TABLE = Table(
    INDEX,
    MetaData(),
    Column("change_id", Uuid, primary_key=True),
    Column("detected_at", Instant()),
    Column("digest", BigInteger),
    Column("words", TSVECTOR),
)
_W = _TABLE.c
_BY = ("at", "id")
_ORDER = Order(_W.detected_at, _W.change_id)
_add = insert(_TABLE).values(words=cast(bindparam("all_words", type_=Text()), TSVECTOR))
_put = _add.on_conflict_do_update(
    index_elements=["change_id"],
    set_={name: _add.excluded[name] for name in ("detected_at", "digest", "words")},
)


class PostgresIndex:
    """The table, once it was made."""

    def is_there(self) -> ColumnElement[bool]:
        return cast(func.to_regclass(INDEX), Text).is_not(None)

    async def make(self, session: AsyncSession) -> None:
        for statement in _MAKE:
            await session.execute(text(statement))

    async def drop(self, sweep: Sweep) -> bool:
        return bool(await sweep.one(self._drop))

    async def _drop(self, session: AsyncSession) -> int:
        is_there = bool(await session.scalar(select(self.is_there())))
        await session.execute(text(f"DROP TABLE IF EXISTS {INDEX}"))
        return is_there

    async def survey(self, session: AsyncSession, query: Query | None, viewer: Viewer) -> Survey:
        asked: list[Any] = [select(func.min(_W.detected_at)).scalar_subquery()]
        if query is not None:
            some = select(literal(1)).where(_W.words.op("@@")(_cast(_loosely(query, viewer))))
            counted = select(func.count()).select_from(some.limit(MOST_READ + 1).subquery())
            asked.append(counted.scalar_subquery())
        oldest, *numbers = (await session.execute(select(*asked))).one()
        return Survey(oldest, any(number > MOST_READ for number in numbers))

    async def kept(
        self, session: AsyncSession, since: datetime | None, before: datetime | None
    ) -> Kept:
        query = select(_W.detected_at, _W.change_id, _W.digest)
        query = query.where(*_from(since), *([] if before is None else [_W.detected_at < before]))
        found: dict[datetime, dict[UUID, int]] = defaultdict(dict)
        for at, change_id, digest in await session.execute(query):
            found[at][change_id] = digest
        return found

    async def replace(self, session: AsyncSession, gone: Kept, entries: Sequence[Entry]) -> None:
        ids = [change_id for some in gone.values() for change_id in some]
        if ids:
            await session.execute(delete(_TABLE).where(_W.change_id.in_(ids)))
        if entries:
            await session.execute(_put, [_row(one) for one in entries])

    def ids(self, query: Query, viewer: Viewer) -> Select[Any]:
        return select(_W.change_id).where(_match(_W.words, query, viewer))

    def source(self, asked: Asked, survey: Survey) -> Source:
        beyond = [*_from(asked.since), *_ORDER.begins(asked.turn)]
        found = select(_W.change_id.label("id"), _W.detected_at.label("at"), _W.words)
        if not survey.is_frequent:
            hits = found.where(_match(_W.words, asked.query, asked.viewer)).cte("hits")
            hits = hits.prefix_with("MATERIALIZED")
            every = select(hits).where(*_beyond(hits, asked))
            return Source(every.subquery(), _BY)
        along = _ORDER.sorted(found.where(*beyond), asked.turn)
        near = along.limit(MOST_READ).subquery()
        matching = select(near).where(_match(near.c.words, asked.query, asked.viewer))
        return Source(matching.subquery(), _BY, along.limit(1).offset(MOST_READ - 1))


def _row(entry: Entry) -> dict[str, Any]:
    return {
        "change_id": entry.change_id,
        "detected_at": entry.detected_at,
        "digest": entry.digest,
        "all_words": _vector(entry),
    }


def _vector(entry: Entry) -> str:
    """The words and where they stand, with a gap between two texts: no row of words spans it."""
    places: dict[str, list[int]] = defaultdict(list)
    begin = 1
    for words in entry.texts:
        for place, word in enumerate(words, begin):
            places[word].append(place)
        begin += len(words) + 1
    # Words have no signs, and so no quotes.
    placed = (f"'{word}':{','.join(map(str, at))}" for word, at in places.items())
    return " ".join([f"'={entry.owner}'", *placed])


def _from(since: datetime | None) -> list[ColumnElement[bool]]:
    return [] if since is None else [_W.detected_at >= since]


def _beyond(found: Any, asked: Asked) -> list[ColumnElement[bool]]:
    since = [] if asked.since is None else [found.c.at >= asked.since]
    return [*since, *Order(found.c.at, found.c.id).begins(asked.turn)]


def _match(words: Any, query: Query, viewer: Viewer) -> ColumnElement[bool]:
    unwanted = [f"!({_in_a_row(term)})" for term in query.unwanted]
    parts = [*_owner(viewer), *map(_in_a_row, query.wanted), *unwanted]
    found: ColumnElement[bool] = words.op("@@", is_comparison=True)(_cast(" & ".join(parts)))
    return found


def _loosely(query: Query, viewer: Viewer) -> str:
    """What all of these have, and perhaps others: GIN alone answers it, without the rows."""
    each = (_lexemes(term) for term in query.wanted)
    return " & ".join([*_owner(viewer), *(word for words in each for word in words)])


def _cast(query: str) -> ColumnElement[Any]:
    return cast(literal(query, Text()), TSQUERY)


def _owner(viewer: Viewer) -> list[str]:
    return [] if viewer.is_admin else [f"'={owner_word(viewer.user_id)}'"]


def _in_a_row(term: Term) -> str:
    return f"({' <-> '.join(_lexemes(term))})"


def _lexemes(term: Term) -> list[str]:
    words = [f"'{word}'" for word in term.words]
    return [*words[:-1], f"{words[-1]}:*" if term.is_beginning else words[-1]]
