"""Paces retention: small transactions, a pause after each, and a time limit for a round."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from functools import partial
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import ColumnElement, Select, and_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from daemon.store.core.chunks import among
from daemon.store.core.database import Database

Key = TypeVar("Key")
# The keys to drop after a key, and the key to continue after; None at the end of the walk.
Search: TypeAlias = Callable[[AsyncSession, Any, int], Awaitable[tuple[Sequence[Key], Any]]]
_Column: TypeAlias = InstrumentedAttribute[Any] | ColumnElement[Any]
Work: TypeAlias = Callable[[AsyncSession, Sequence[Key]], Awaitable[int]]

FOUND_AT_ONCE = 5000
_SMALLEST, _USUAL, _LARGEST = 10, 250, 1000
_QUICK_SECONDS, _SLOW_SECONDS = 0.02, 0.05
_BREATH_SECONDS = 0.01


class Sweep:
    """Searches as a reader, which blocks no writer, and works in short batches.

    Shape: batches grow while they are quick and shrink when one was slow; after each, it pauses
           for other writers at least as long as it took. Past its time a sweep starts nothing
           more; `places` keeps the positions of walks, for the next sweep to continue.
    Units: seconds of a monotonic clock.
    """

    def __init__(
        self,
        database: Database,
        seconds: float = math.inf,
        places: MutableMapping[str, Any] | None = None,
        clock: Callable[[], float] = time.monotonic,
        rest: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.database = database
        self.places = {} if places is None else places
        self.size = _USUAL
        self.slowest_seconds = 0.0
        self._clock = clock
        self._rest = rest
        self._ends_at = clock() + seconds

    def is_over(self) -> bool:
        """Whether its time is used up."""
        return self._clock() >= self._ends_at

    async def through(self, search: Search[Key], work: Work[Key], walk: str = "") -> int:
        """Work on everything found on a walk along a key; returns the sum of the results.

        Shape: a named walk continues where the last one of its name ended.
        """
        total = 0
        after: Any = self.places.pop(walk, None)
        while not self.is_over():
            async with self.database.reading() as session:
                found, then = await search(session, after, FOUND_AT_ONCE)
            total += await self.each(found, work)
            if then is None and not self.is_over():
                return total
            after = after if self.is_over() else then
        if walk and after is not None:
            self.places[walk] = after
        return total

    async def each(self, keys: Sequence[Key], work: Work[Key]) -> int:
        """Work on these, batch by batch; returns the sum of the results."""
        total = start = 0
        while start < len(keys) and not self.is_over():
            size = self.size
            total += await self.one(partial(_on, work, keys[start : start + size]))
            start += size
        return total

    async def one(self, work: Callable[[AsyncSession], Awaitable[int]]) -> int:
        """Run one transaction, and pause after it; returns its result."""

        async def transaction() -> int:
            async with self.database.writing() as session:
                return await work(session)

        return await self.timed(transaction)

    async def timed(self, work: Callable[[], Awaitable[int]]) -> int:
        """Run work that blocks other writers, and pause after it; returns its result."""
        began = self._clock()
        done = await work()
        took = self._clock() - began
        self.slowest_seconds = max(self.slowest_seconds, took)
        if took > _SLOW_SECONDS:
            self.size = max(self.size // 2, _SMALLEST)
        elif took < _QUICK_SECONDS:
            self.size = min(self.size * 2, _LARGEST)
        await self._rest(max(took, _BREATH_SECONDS))
        return done


async def _on(work: Work[Key], batch: Sequence[Key], session: AsyncSession) -> int:
    return await work(session, batch)


def in_order(key: _Column, *where: Any) -> Search[Any]:
    """A walk along the index of a key, over rows to drop."""

    async def search(session: AsyncSession, after: Any, limit: int) -> tuple[Sequence[Any], Any]:
        query = select(key).where(*where).order_by(key).limit(limit)
        if after is not None:
            query = query.where(key > after)
        found = (await session.scalars(query)).all()
        return found, found[-1] if len(found) == limit else None

    return search


def in_steps(
    key: InstrumentedAttribute[Any], find: Callable[[Any], Select[Any]], most: int = FOUND_AT_ONCE
) -> Search[Any]:
    """A walk along the index of a key where most rows may stay: each step reads at most `most`.

    Shape: `find` is called with the condition for the keys of one step.
    """

    async def search(session: AsyncSession, after: Any, limit: int) -> tuple[Sequence[Any], Any]:
        here = true() if after is None else key > after
        step = select(key.label("key")).where(here).order_by(key).limit(min(limit, most)).subquery()
        last = await session.scalar(select(step.c.key).order_by(step.c.key.desc()).limit(1))
        if last is None:
            return (), None
        return (await session.scalars(find(and_(here, key <= last)))).all(), last

    return search


async def free_of_others(
    session: AsyncSession, key: _Column, batch: Sequence[Any], *where: Any
) -> Sequence[Any]:
    """Those of these rows that are not locked by others, locked; on SQLite, with one writer, all.

    Shape: so rounds of several daemons take different rows, and wait for no check.
    """
    connection = await session.connection()
    if connection.dialect.name == "sqlite":
        return batch
    query = select(key).where(among(session, key, batch), *where).order_by(key)
    return (await session.scalars(query.with_for_update(skip_locked=True))).all()
