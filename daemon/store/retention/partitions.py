"""Divides attempts by time on PostgreSQL: partitions made ahead, and one for all that fits none.

A partition holds the ids of a time, and old ones are dropped whole. No step copies rows that are
many, or holds a lock that checks need for longer than an instant: it gives up and is tried later.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.store.core.database import Database
from daemon.store.core.schema import PARTS
from daemon.store.core.server.unhurried import take_time
from daemon.store.tables.ids import first_id, made_at

DEFAULT, BEFORE = f"{PARTS}default", f"{PARTS}before"

_DAY = timedelta(days=1)
_MONDAY = datetime(1970, 1, 5, tzinfo=UTC)
_AHEAD = 2  # partitions beyond that of now
_NOTICE = 2 * _DAY  # between the choice of an end and that end: it is far more than it takes
_FEW = 10_000  # rows that are moved at once into their partition
_LOCK_TIMEOUT = "500ms"
_LOCK_NOT_AVAILABLE = "55P03"
ENDS = f"{DEFAULT}_ends"


@dataclass(frozen=True, slots=True)
class Partition:
    """One part of the attempts: ids from `from_id` to before `to_id`; `rows` is an estimate.

    Shape: without `to_id` it is the default one; without `from_id` it has all that is older.
    """

    name: str
    from_id: UUID | None
    to_id: UUID | None
    rows: int

    @property
    def is_of_a_time(self) -> bool:
        """Whether it was made for a time, before that time began."""
        return self.from_id is not None


@dataclass(frozen=True, slots=True)
class Standing:
    """How attempts are divided.

    Shape: `until` is the end of what has partitions, None before the first; `has_now` if now is in
           one; `is_ahead` if some have ids of a time to come, as a daemon's clock is wrong.
    """

    until: datetime | None
    has_now: bool
    is_ahead: bool


def length_for(kept: timedelta) -> timedelta:
    """The time of a partition where attempts are kept so long; zero is for ever.

    Shape: neither many partitions, each of which every list of checks looks into, nor few, as
           rows stay until the last of their partition are old enough.
    """
    if timedelta(0) < kept <= 14 * _DAY:
        return _DAY
    return 7 * _DAY if timedelta(0) < kept <= 180 * _DAY else 28 * _DAY


def end_after(at: datetime, length: timedelta) -> datetime:
    """The first end of a partition after an instant: weeks begin on Mondays, by UTC."""
    return _MONDAY + ((at - _MONDAY) // length + 1) * length


async def partitions(session: AsyncSession) -> list[Partition]:
    """All partitions of attempts, the oldest first and the default one last."""
    rows = await session.execute(_PARTITIONS)
    found = [Partition(row.name, *_bounds(row.bound), row.rows) for row in rows]
    return sorted(found, key=lambda one: (one.to_id is None, one.to_id or first_id(_MONDAY)))


_PARTITIONS = text(
    "SELECT c.relname AS name, pg_get_expr(c.relpartbound, c.oid) AS bound,"
    " greatest(pg_stat_get_live_tuples(c.oid), c.reltuples, 0)::bigint AS rows"
    " FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid"
    " WHERE i.inhparent = to_regclass('attempts')"
)
_BOUND = re.compile(r"FROM \((?:MINVALUE|'(.+?)')\) TO \('(.+?)'\)")


def _bounds(told: str) -> tuple[UUID | None, UUID | None]:
    found = _BOUND.search(told)
    if found is None:
        return None, None
    begins, ends = found.groups()
    return UUID(begins) if begins else None, UUID(ends)


async def standing(session: AsyncSession, now: datetime) -> Standing:
    """How attempts are divided at an instant."""
    found = [one for one in await partitions(session) if one.to_id is not None]
    ends = max((one.to_id for one in found if one.to_id), default=None)
    at = first_id(now)
    has_now = any((one.from_id or at) <= at < (one.to_id or at) for one in found)
    later = {"at": first_id(now + _DAY)}
    is_ahead = await session.scalar(text(f"SELECT EXISTS ({_FROM} id >= :at)"), later)
    return Standing(made_at(ends) if ends else None, has_now, bool(is_ahead))


_FROM = f"SELECT 1 FROM {DEFAULT} WHERE"  # noqa: S608 - a name of ours


async def make_ahead(database: Database, now: datetime, length: timedelta) -> list[str]:
    """Make the partitions of now and of the next times; the names of those that were made.

    Shape:  what is in the default one is moved, if it is little; where it is much and nothing else
            is there yet, as in a database of an older version, it becomes the first partition.
    Errors: StoreError.
    """
    async with database.reading() as session:
        found = await partitions(session)
        is_much = len(found) == 1 and await _has_many(session, "true", {})
    made: list[str] = []
    if is_much:
        if not await _close(database, now, length):
            return []
        made.append(BEFORE)
        async with database.reading() as session:
            found = await partitions(session)
    for begins, ends in _missing(found, now, length):
        if await _make(database, begins, ends):
            made.append(_name(begins))
    if made:
        await _analyse(database)
    return made


def _missing(
    found: Sequence[Partition], now: datetime, length: timedelta
) -> list[tuple[datetime, datetime]]:
    last = max((one.to_id for one in found if one.to_id is not None), default=None)
    begins = end_after(now - length, length)
    begins = max(begins, made_at(last)) if last is not None else begins
    missing = []
    while begins <= now + _AHEAD * length:
        ends = end_after(begins, length)
        missing.append((begins, ends))
        begins = ends
    return missing


def _name(begins: datetime) -> str:
    return f"{PARTS}{begins:%Y%m%d}"


async def _make(database: Database, begins: datetime, ends: datetime) -> bool:
    """Make one partition, and move into it what came before it did; whether it was made."""
    name, bounds = _name(begins), {"begins": first_id(begins), "ends": first_id(ends)}

    async def make(session: AsyncSession) -> None:
        # In this order, as checks take them: the table, then its default partition.
        await session.execute(text("LOCK TABLE ONLY attempts IN SHARE UPDATE EXCLUSIVE MODE"))
        await session.execute(text(f"LOCK TABLE {DEFAULT}"))
        like = "LIKE attempts INCLUDING DEFAULTS INCLUDING CONSTRAINTS"
        await session.execute(text(f"CREATE TABLE {name} ({like})"))
        await session.execute(text(_MOVE.format(name=name)), bounds)
        await session.execute(_attach(name, f"'{bounds['begins']}'", bounds["ends"]))

    async with database.reading() as session:
        if await _has_many(session, _WITHIN, bounds):
            return False
    return await _locked(database, make)


_WITHIN = "id >= :begins AND id < :ends"
_MOVE = (
    f"WITH moved AS (DELETE FROM {DEFAULT} WHERE {_WITHIN} RETURNING *)"  # noqa: S608 - names of ours
    " INSERT INTO {name} SELECT * FROM moved"
)


def _attach(name: str, begins: str, ends: UUID) -> Any:
    # Bounds are no parameters: they are part of the statement.
    to = f"FOR VALUES FROM ({begins}) TO ('{ends}')"
    return text(f"ALTER TABLE attempts ATTACH PARTITION {name} {to}")


async def _has_many(session: AsyncSession, where: str, values: dict[str, Any]) -> bool:
    beyond = text(f"{_FROM} {where} OFFSET {_FEW} LIMIT 1")
    return await session.scalar(beyond, values) is not None


async def _close(database: Database, now: datetime, length: timedelta) -> bool:
    """Give the default partition an end in days to come, and put another in its place.

    Shape: in steps, each of which goes on where the last one was cut off: the end is announced,
           all rows are read without a lock that checks need, and the partition is renamed.
    """
    async with database.reading() as session:
        end = (await session.execute(_END)).one_or_none()
    if end is not None and _end_of(end.told) < now + timedelta(hours=1):
        # Nobody was there to go on: after its end no check could be stored.
        forget = text(f"ALTER TABLE {DEFAULT} DROP CONSTRAINT {ENDS}")
        await _locked(database, lambda session: session.execute(forget))
        end = None
    ends = end_after(now + _NOTICE, length) if end is None else _end_of(end.told)
    if end is None and not await _announce(database, now, first_id(ends)):
        return False
    if end is None or not end.convalidated:
        async with database.writing() as session:
            await _unhurried(session, f"ALTER TABLE {DEFAULT} VALIDATE CONSTRAINT {ENDS}")
    return await _locked(database, lambda session: _replace(session, first_id(ends)))


_END = text(
    "SELECT pg_get_constraintdef(oid) AS told, convalidated FROM pg_constraint"  # noqa: S608
    f" WHERE conname = '{ENDS}' AND conrelid = to_regclass('{DEFAULT}')"
)


def _end_of(told: str) -> datetime:
    found = re.search(r"[0-9a-f-]{36}", told)
    if found is None:
        raise AssertionError(f"not an end: {told}")
    return made_at(UUID(found[0]))


async def _announce(database: Database, now: datetime, ends: UUID) -> bool:
    """Let the default partition take no id from an end on; those it has are of a wrong clock."""

    async def announce(session: AsyncSession) -> None:
        await session.execute(text(f"LOCK TABLE {DEFAULT}"))
        await session.execute(_BRING_BACK, {"now": str(first_id(now))[:13], "ends": ends})
        check = f"ADD CONSTRAINT {ENDS} CHECK (id < '{ends}') NOT VALID"
        await session.execute(text(f"ALTER TABLE {DEFAULT} {check}"))

    return await _locked(database, announce)


_BRING_BACK = text(
    f"UPDATE {DEFAULT} SET id = CAST(overlay(CAST(id AS text) PLACING :now FROM 1 FOR 13) AS uuid)"  # noqa: S608
    " WHERE id >= :ends"
)


async def _replace(session: AsyncSession, ends: UUID) -> None:
    await session.execute(text("LOCK TABLE attempts"))
    for statement in (
        f"ALTER TABLE attempts DETACH PARTITION {DEFAULT}",
        f"ALTER TABLE {DEFAULT} RENAME TO {BEFORE}",
    ):
        await session.execute(text(statement))
    await session.execute(_attach(BEFORE, "MINVALUE", ends))
    await session.execute(text(f"ALTER TABLE {BEFORE} DROP CONSTRAINT {ENDS}"))
    await session.execute(text(f"CREATE TABLE {DEFAULT} PARTITION OF attempts DEFAULT"))


async def drop(database: Database, name: str) -> bool:
    """Drop a partition with all its rows; False if it is read or written at this moment."""
    return await _locked(database, lambda session: session.execute(text(f"DROP TABLE {name}")))


async def _analyse(database: Database) -> None:
    """Gather the statistics of all attempts, which the server does for partitions alone."""
    async with database.writing() as session:
        await _unhurried(session, "ANALYZE attempts")


async def _unhurried(session: AsyncSession, statement: str) -> None:
    """Run what takes as long as the table is large, in this transaction."""
    await session.execute(text("SET LOCAL statement_timeout = 0"))
    await take_time(await session.connection(), statement)


async def _locked(database: Database, work: Callable[[AsyncSession], Awaitable[Any]]) -> bool:
    """Do what needs a lock, unless it is not had at once; whether it was done."""
    async with database.writing() as session:
        await session.execute(text(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'"))
        try:
            async with session.begin_nested():
                await work(session)
        except DBAPIError as exc:
            if getattr(exc.orig, "sqlstate", None) != _LOCK_NOT_AVAILABLE:
                raise
            return False
    return True
