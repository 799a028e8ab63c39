"""Keeps the index in step with the changes, from the newest to the oldest, beside the checks.

No check writes into the index: whatever becomes of it, none is lost. Instead some changes at a time
are compared with what the index has of the same instants, and it is made to have the same. So it
is built, taken up again after a stop, and follows what is added, removed, renamed, summarised anew
or copied here, all in one way. Comparing reads a digest of each change, and is quick.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.store.core.database import Database
from daemon.store.retention.batching import Sweep
from daemon.store.search.entries import Entry, Kept, changes_before, kept_of
from daemon.store.search.indexes import Index, index_of

STEP_SECONDS = 4.0
_AT_ONCE = 200
_ROUND = timedelta(hours=1)  # after it all is compared again
# Models give a change its last words some minutes after it was found.
_YOUNG, _MOST_YOUNG = timedelta(minutes=15), 1000


class IndexKeeper:
    """Compares the changes with the index, step by step."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._index: Index = index_of(database)
        self._clock = clock
        self._before: datetime | None = None  # how far a round of all has come
        self._round_at = float("-inf")
        self._is_under_way = False

    async def step(self, now: datetime, seconds: float = STEP_SECONDS) -> int:
        """Make the index if it is not there, and bring it forward; how many changes it was given.

        Errors: StoreError; what was done until then stays.
        """
        await self._make()
        sweep = Sweep(self._database, seconds, clock=self._clock)
        given = await self._young(sweep, now)
        if not self._is_under_way and self._clock() < self._round_at + _ROUND.total_seconds():
            return given
        self._is_under_way = True
        while not sweep.is_over():
            done, self._before = await self._some(sweep, self._before)
            given += done
            if self._before is None:
                self._round_at, self._is_under_way = self._clock(), False
                break
        return given

    async def drop(self) -> bool:
        """Drop the index, or what was left of one; returns whether there was any.

        Errors: StoreError.
        """
        self._before, self._round_at, self._is_under_way = None, float("-inf"), False
        return await self._index.drop(Sweep(self._database))

    async def _make(self) -> None:
        async with self._database.reading() as session:
            if await session.scalar(select(self._index.is_there())):
                return
        await self.drop()  # what was left of one when the daemon was stopped
        async with self._database.writing() as session:
            await self._index.make(session)

    async def _young(self, sweep: Sweep, now: datetime) -> int:
        """Compare the newest changes: all that are young, and until nothing is to be done."""
        given, compared, before = 0, 0, None
        while not sweep.is_over():
            done, before = await self._some(sweep, before)
            given, compared = given + done, compared + _AT_ONCE
            is_old = before is None or before < now - _YOUNG or compared >= _MOST_YOUNG
            if before is None or (is_old and not done):
                break
        return given

    async def _some(self, sweep: Sweep, before: datetime | None) -> tuple[int, datetime | None]:
        """Compare some changes; how many were given, and before which instant the next are."""
        async with self._database.reading() as session:
            found, has_more = await changes_before(session, before, _AT_ONCE)
            since = found[-1].detected_at if has_more else None
            kept = await self._index.kept(session, since, before)
        wanted = kept_of(found)
        gone = {at: some for at, some in kept.items() if some != wanted.get(at)}
        missing = [
            one for one in reversed(found) if wanted[one.detected_at] != kept.get(one.detected_at)
        ]
        if gone or missing:
            await sweep.one(partial(self._replace, gone, missing))
        return len(missing), since

    async def _replace(self, gone: Kept, missing: list[Entry], session: AsyncSession) -> int:
        await self._index.replace(session, gone, missing)
        return len(missing)
