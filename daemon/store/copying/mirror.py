"""Makes one database equal to another, row by row, and then verifies it.

No state is kept: both sides are read in the order of their keys, and differences are written. So an
interrupted copy can be continued, and a later one adds what is new.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, TypeVar

from sqlalchemy import func, select
from sqlalchemy.engine import Row as Found
from sqlalchemy.ext.asyncio import AsyncConnection

from daemon.store.copying import contents
from daemon.store.copying.contents import filled, missing
from daemon.store.copying.plan import CopyPlan, Key, plans, sortable
from daemon.store.copying.rows import Mover, Row, record_of, row_of
from daemon.store.core.database import Database

_T = TypeVar("_T")
_DIGEST_BYTES = 16

Progress = Callable[[str, str, int, int], None]  # step, table, rows done, rows in all


@dataclass(slots=True)
class Mirrored:
    """What was done to one table, and whether it is now equal."""

    table: str
    rows: int = 0
    added: int = 0
    changed: int = 0
    removed: int = 0
    checksum: str = ""
    is_equal: bool = False


@dataclass(slots=True)
class Copy:
    """The result for every table.

    Shape: `cleaned` counts by column the values stripped of what PostgreSQL cannot store;
           `damaged` are the hashes of contents that are unreadable or missing: references to
           the latter find an empty one.
    """

    tables: list[Mirrored] = field(default_factory=list)
    cleaned: Counter[str] = field(default_factory=Counter)
    damaged: list[str] = field(default_factory=list)

    @property
    def differing(self) -> list[str]:
        """The tables that are not equal."""
        return [one.table for one in self.tables if not one.is_equal]

    @property
    def rows(self) -> int:
        """The number of rows in the copy."""
        return sum(one.rows for one in self.tables)


@asynccontextmanager
async def one_moment(database: Database) -> AsyncIterator[AsyncConnection]:
    """A connection with a snapshot of the database, whatever is written meanwhile."""
    is_server = database.engine.dialect.name == "postgresql"
    options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    async with database.reading() as session:
        yield await session.connection(execution_options=options if is_server else None)


async def mirror(
    source: AsyncConnection, target: Database, progress: Progress, *, writes: bool = True
) -> Copy:
    """Make the target equal to the source, and read it again to be sure.

    Shape:  with `writes` False it only reads and reports differences. The source is that of
            `one_moment`, which also translates errors into ours.
    Errors: StoreError.
    """
    copy, tables = Copy(), plans()
    totals = [await _count(source, plan) for plan in tables]
    removed = [0] * len(tables)
    gaps = await missing(source)
    if writes:
        for i in reversed(range(len(tables))):
            removed[i] = await _remove(source, target, tables[i], gaps)
    for plan, total, gone in zip(tables, totals, removed, strict=True):
        mover = Mover(plan, copy.cleaned, copy.damaged)
        done = await _Table(plan, source, target, mover, total, progress).copy(writes, gaps)
        done.removed = gone
        copy.tables.append(done)
    for plan, one in zip(tables, copy.tables, strict=True):
        one.is_equal = await _checksum(target, plan, one.rows, progress) == one.checksum
    return copy


async def _remove(
    source: AsyncConnection, target: Database, plan: CopyPlan, gaps: Sequence[str]
) -> int:
    """Remove rows that the source lacks, or has under another unique name; returns how many.

    Everything that refers to them is removed too, and comes back if the source has it.
    """
    removed = 0
    async with one_moment(target) as reading:
        if await _count(reading, plan) == 0:
            return 0
        there = _paired(_identities(source, plan, gaps), _identities(reading, plan))
        async for batch in _batches(_stale(there), plan.rows_at_once):
            async with target.writing() as session:
                await session.execute(plan.removal(batch))
            removed += len(batch)
    return removed


async def _stale(there: AsyncIterator[tuple[_Known | None, _Known | None]]) -> AsyncIterator[Key]:
    async for ours, theirs in there:
        if theirs is not None and (ours is None or ours.unique != theirs.unique):
            yield theirs.key


@dataclass(frozen=True, slots=True)
class _Known:
    key: Key
    unique: tuple[Any, ...]

    @property
    def place(self) -> Key:
        return sortable(self.key)


async def _identities(
    connection: AsyncConnection, plan: CopyPlan, gaps: Sequence[str] = ()
) -> AsyncIterator[_Known]:
    width = len(plan.key)
    rows: AsyncIterator[Any] = _stream(connection, plan.identities(connection.dialect.name), 2000)
    if plan.table is contents.TABLE:
        rows = filled(rows, gaps, ("hash",))
    async for found in rows:
        yield _Known(tuple(found[:width]), tuple(found[width:]))


class _Table:
    """One table being copied."""

    def __init__(
        self,
        plan: CopyPlan,
        source: AsyncConnection,
        target: Database,
        mover: Mover,
        total: int,
        progress: Progress,
    ) -> None:
        self._plan = plan
        self._source = source
        self._target = target
        self._mover = mover
        self._gaps: Sequence[str] = ()
        self._total = total
        self._progress = progress
        self._digest = blake2b(digest_size=_DIGEST_BYTES)
        self._done = Mirrored(plan.table.name)

    async def copy(self, writes: bool, gaps: Sequence[str]) -> Mirrored:
        """Write what the target lacks or has differently; `gaps` are missing contents."""
        self._gaps = gaps
        step = "copy" if writes else "read"
        self._progress(step, self._done.table, 0, self._total)
        async with one_moment(self._target) as reading:
            pairs = self._pairs(reading) if writes else self._unpaired()
            async for batch in _batches(pairs, self._plan.rows_at_once):
                if writes:
                    await self._write(batch)
                self._progress(step, self._done.table, self._done.rows, self._total)
        self._done.checksum = self._digest.hexdigest()
        return self._done

    async def _pairs(self, reading: AsyncConnection) -> AsyncIterator[tuple[Row, Row | None]]:
        async for ours, theirs in _paired(self._moved(), _rows(reading, self._plan)):
            if ours is not None:
                yield ours, theirs

    async def _unpaired(self) -> AsyncIterator[tuple[Row, None]]:
        async for row in self._moved():
            yield row, None

    async def _moved(self) -> AsyncIterator[Row]:
        query = self._plan.rows(self._source.dialect.name)
        rows: AsyncIterator[Any] = _stream(self._source, query, self._plan.rows_at_once)
        if self._plan.table is contents.TABLE:
            rows = filled(rows, self._gaps, self._plan.names)
        async for found in rows:
            row = self._mover.moved(found)
            self._digest.update(row.seal)
            self._done.rows += 1
            yield row

    async def _write(self, batch: list[tuple[Row, Row | None]]) -> None:
        fresh = [record_of(self._plan, ours) for ours, theirs in batch if theirs is None]
        moved = [
            _keyed(self._plan, ours)
            for ours, theirs in batch
            if theirs is not None and theirs.seal != ours.seal
        ]
        if fresh or moved:
            async with self._target.writing() as session:
                connection = await session.connection()
                if moved:
                    await connection.execute(self._plan.change(), moved)
                if fresh:
                    await connection.execute(self._plan.insertion(), fresh)
        self._done.added += len(fresh)
        self._done.changed += len(moved)


def _keyed(plan: CopyPlan, row: Row) -> dict[str, Any]:
    record = record_of(plan, row)
    return {
        **{name: value for name, value in record.items() if plan.table.c[name] not in plan.key},
        **{f"key_{i}": value for i, value in enumerate(row.key)},
    }


async def _checksum(target: Database, plan: CopyPlan, total: int, progress: Progress) -> str:
    digest, done = blake2b(digest_size=_DIGEST_BYTES), 0
    async with one_moment(target) as reading:
        async for batch in _batches(_rows(reading, plan), plan.rows_at_once):
            for row in batch:
                digest.update(row.seal)
            done += len(batch)
            progress("verify", plan.table.name, done, max(done, total))
    return digest.hexdigest()


async def _rows(connection: AsyncConnection, plan: CopyPlan) -> AsyncIterator[Row]:
    query = plan.rows(connection.dialect.name)
    async for found in _stream(connection, query, plan.rows_at_once):
        yield row_of(plan, found)


async def _stream(
    connection: AsyncConnection, query: Any, at_once: int
) -> AsyncIterator[Found[Any]]:
    result = await connection.stream(query, execution_options={"yield_per": at_once})
    async for several in result.partitions(at_once):  # one task switch for many rows
        for found in several:
            yield found


async def _count(connection: AsyncConnection, plan: CopyPlan) -> int:
    found = await connection.scalar(select(func.count()).select_from(plan.table))
    return int(found or 0)


async def _paired(
    ours: AsyncIterator[Any], theirs: AsyncIterator[Any]
) -> AsyncIterator[tuple[Any, Any]]:
    """Merge both in order: rows in the same place as a pair, single ones with None."""
    left, right = await anext(ours, None), await anext(theirs, None)
    while left is not None or right is not None:
        if right is None or (left is not None and left.place < right.place):
            yield left, None
            left = await anext(ours, None)
        elif left is None or right.place < left.place:
            yield None, right
            right = await anext(theirs, None)
        else:
            yield left, right
            left, right = await anext(ours, None), await anext(theirs, None)


async def _batches(items: AsyncIterator[_T], size: int) -> AsyncIterator[list[_T]]:
    batch: list[_T] = []
    async for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
