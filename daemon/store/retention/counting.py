"""Adds attempts to the figures of their days before they are dropped, on PostgreSQL.

As soon as a partition is past, and in one statement for many pages. Dropping it is then a matter of
an instant, however many rows it has. Which attempts are counted is written in the transaction that
counts them, so whoever adds them up or drops them one by one leaves those out.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

from sqlalchemy import bindparam, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.model.trend import FIRST_SECONDS, STEPS
from daemon.store.record.daily_rollups import COUNTED_ID, counted_row
from daemon.store.retention.batching import Sweep
from daemon.store.retention.partitions import Partition
from daemon.store.tables import CountedAttempts, Page
from daemon.store.tables.ids import first_id

_NONE = UUID(int=0)


async def count_past(sweep: Sweep, parts: Sequence[Partition], before: datetime) -> UUID:
    """Count the attempts of the partitions that ended before an instant; the end of the counted.

    Shape:  in short transactions; what a sweep has no time for is counted by a later one.
    Errors: StoreError.
    """
    past = [
        one for one in parts if one.is_of_a_time and one.to_id and one.to_id <= first_id(before)
    ]
    if not past or past[0].from_id is None:
        return _NONE
    counted = await _begin(sweep, past[0].from_id)
    for one in past:
        if one.to_id is not None and counted < one.to_id:
            while counted < one.to_id and not sweep.is_over():
                await sweep.one(partial(_count, one.to_id, sweep.size))
                counted = await _to_id(sweep)
    return counted


async def _begin(sweep: Sweep, from_id: UUID) -> UUID:
    async with sweep.database.writing() as session:
        row = await session.scalar(counted_row)
        if row is None:
            values = {"id": COUNTED_ID, "from_id": from_id, "to_id": from_id}
            await session.execute(insert(CountedAttempts).values(values))
        return from_id if row is None else row.to_id


async def _to_id(sweep: Sweep) -> UUID:
    async with sweep.database.reading() as session:
        return (await session.scalars(counted_row)).one().to_id


async def _count(end: UUID, limit: int, session: AsyncSession) -> int:
    """Count what the next pages have before this end; how many pages."""
    row = (await session.scalars(counted_row.with_for_update())).one()
    after, ends = row.page_id or _NONE, row.next_id or end
    # Locked as a new row that refers to them does it: none is removed meanwhile.
    query = select(Page.id).where(Page.id > after).order_by(Page.id).limit(limit)
    ids = (await session.scalars(query.with_for_update(read=True, key_share=True))).all()
    if ids:
        span = {"after": after, "through": ids[-1], "begins": row.to_id, "ends": ends}
        await session.execute(_COUNT, span)
    is_done = len(ids) < limit
    moved = (
        {"to_id": ends, "next_id": None, "page_id": None}
        if is_done
        else {"next_id": ends, "page_id": ids[-1]}
    )
    await session.execute(
        update(CountedAttempts).where(CountedAttempts.id == COUNTED_ID).values(moved)
    )
    return len(ids)


def _sum(column: str) -> str:
    return f"""(SELECT coalesce(jsonb_object_agg(key, number), '{{}}') FROM (
        SELECT key, sum(CAST(value AS bigint)) AS number FROM (
            SELECT * FROM jsonb_each_text(d.{column})
            UNION ALL SELECT * FROM jsonb_each_text(excluded.{column})
        ) AS both_days GROUP BY key) AS summed)"""  # noqa: S608 - columns of ours


# The figures of `one_check` in model/trend.py, which a test compares with these.
_COUNT = text(
    f"""
    INSERT INTO check_days AS d
        (page_id, day, checks, changed, failures, wire_bytes, times, slowest_seconds)
    SELECT page_id, day, sum(number), sum(changed),
        coalesce(jsonb_object_agg(error_class, number) FILTER (WHERE step IS NULL), '{{}}'),
        sum(wire_bytes),
        coalesce(jsonb_object_agg(step, number) FILTER (WHERE step IS NOT NULL), '{{}}'),
        coalesce(max(slowest), 0)
    FROM (
        SELECT page_id, day, error_class, step, count(*) AS number,
            count(*) FILTER (WHERE verdict = 'changed') AS changed,
            sum(wire_bytes) AS wire_bytes,
            max(elapsed_seconds) FILTER (WHERE step IS NOT NULL) AS slowest
        FROM (
            SELECT page_id, CAST(started_at AT TIME ZONE 'UTC' AS date) AS day, error_class,
                verdict, wire_bytes, elapsed_seconds,
                CASE WHEN error_class IS NULL THEN CAST(floor({STEPS} * (
                    ln(greatest(elapsed_seconds, {FIRST_SECONDS}) / {FIRST_SECONDS})
                    / ln(CAST(2 AS double precision))
                )) AS integer) END AS step
            FROM attempts
            WHERE page_id > :after AND page_id <= :through AND id >= :begins AND id < :ends
        ) AS one
        GROUP BY page_id, day, error_class, step
    ) AS alike
    GROUP BY page_id, day ORDER BY page_id, day
    ON CONFLICT (page_id, day) DO UPDATE SET
        checks = d.checks + excluded.checks,
        changed = d.changed + excluded.changed,
        failures = {_sum("failures")},
        wire_bytes = d.wire_bytes + excluded.wire_bytes,
        times = {_sum("times")},
        slowest_seconds = greatest(d.slowest_seconds, excluded.slowest_seconds)
    """  # noqa: S608 - numbers of ours
).bindparams(
    *(bindparam(name, type_=Page.id.type) for name in ("after", "through", "begins", "ends"))
)
