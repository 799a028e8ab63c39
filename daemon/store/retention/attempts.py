"""Drops old attempts: one by one, or whole partitions on PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import MetaData, Table, delete, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.store.core.aside import whole
from daemon.store.core.chunks import among
from daemon.store.record.daily_rollups import ATTEMPT_COLUMNS, add_check_days, counted_already
from daemon.store.retention.batching import Sweep, free_of_others, in_order
from daemon.store.retention.counting import count_past
from daemon.store.retention.partitions import Partition, drop, partitions
from daemon.store.tables import Attempt
from daemon.store.tables.ids import first_id


async def drop_attempts(sweep: Sweep, before: datetime, settled: datetime | None = None) -> int:
    """Drop attempts that began before an instant, once their days count them; how many.

    Shape: those in a partition of a time go with the last of them, so somewhat later; they are
           counted once the partition has ended before `settled`.
    """
    if not sweep.database.is_shared:
        return await _drop_rows(sweep, Attempt.__table__, before)
    async with sweep.database.reading() as session:
        parts = await partitions(session)
    dropped = 0
    for part in parts:
        if not part.is_of_a_time:
            dropped += await _drop_rows(sweep, _table_of(part), before)
    counted = await count_past(sweep, parts, max(before, settled or before))
    for part in parts:
        if part.to_id is not None and part.to_id <= first_id(before) and not sweep.is_over():
            is_free = part.to_id <= counted if part.is_of_a_time else await _is_empty(sweep, part)
            if is_free and await drop(sweep.database, part.name):
                dropped += part.rows if part.is_of_a_time else 0
    return dropped


async def _drop_rows(sweep: Sweep, table: Table, before: datetime) -> int:
    key, is_old = table.c.id, table.c.started_at < before
    told = [table.c[one.key] for one in (Attempt.id, *ATTEMPT_COLUMNS)]

    async def work(session: AsyncSession, batch: Sequence[UUID]) -> int:
        mine = await free_of_others(session, key, batch)
        gone = delete(table).where(among(session, key, mine), is_old).returning(*told)
        rows = (await session.execute(gone)).all()
        is_counted = await counted_already(session)
        rest = [one for one in whole(rows) if not is_counted(one.id, one.page_id)]
        await add_check_days(session, rest)
        return len(rows)

    return await sweep.through(in_order(key, key < first_id(before), is_old), work)


def _table_of(part: Partition) -> Table:
    return Attempt.__table__.to_metadata(MetaData(), name=part.name)


async def _is_empty(sweep: Sweep, part: Partition) -> bool:
    async with sweep.database.reading() as session:
        table = _table_of(part)
        return not await session.scalar(select(exists(select(table.c.id))))
