"""Old rows: dropped by kind and age, in small batches that never hold a lock for long."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from daemon.store.database import Database
from daemon.store.tables import (
    Attempt,
    Content,
    ContentUpdate,
    MonitoredSite,
    Notice,
    PriceCheck,
    PriceSource,
    Run,
    Snapshot,
)

BATCH = 500
_FOUND_AT_ONCE = 50_000
_referred = exists().where(
    or_(
        ContentUpdate.before_snapshot_id == Snapshot.id,
        ContentUpdate.after_snapshot_id == Snapshot.id,
    )
)
_current = exists().where(
    MonitoredSite.id == Snapshot.site_id, MonitoredSite.text_hash == Snapshot.text_hash
)


async def drop_attempts(database: Database, before: datetime) -> int:
    """Drop attempts that began before an instant, and runs that ended before it; how many."""
    dropped = await _drop(database, Attempt.id, Attempt.started_at < before)
    return dropped + await _drop(database, Run.id, Run.ended_at < before)


async def drop_updates(database: Database, before: datetime) -> int:
    """Drop content updates that were detected before an instant; how many."""
    return await _drop(database, ContentUpdate.id, ContentUpdate.detected_at < before)


async def drop_notices(database: Database, before: datetime) -> int:
    """Drop notices that were done with before an instant, whatever became of them; how many."""
    done = Notice.status.in_(("sent", "dead", "dropped"))
    return await _drop(database, Notice.id, done, Notice.created_at < before)


async def drop_snapshots(database: Database, before: datetime, keep_per_site: int) -> int:
    """Drop states that nothing refers to, when they are old or too many; how many.

    Shape: the current state of a site, and those of its updates, always stay.
    """
    place = (
        func.row_number()
        .over(partition_by=Snapshot.site_id, order_by=Snapshot.last_seen_at.desc())
        .label("place")
    )
    ranked = select(Snapshot.id, Snapshot.last_seen_at, place).subquery()
    beyond = select(ranked.c.id).where(
        or_(ranked.c.place > keep_per_site, ranked.c.last_seen_at < before)
    )
    free = and_(~_referred, ~_current)
    return await _drop(database, Snapshot.id, free, Snapshot.id.in_(beyond))


async def drop_price_repeats(database: Database, before: datetime) -> int:
    """Drop price checks before an instant that only repeat the one before them; how many.

    Shape: what a product cost, and for how long, is told by the checks that stay.
    """
    old = and_(PriceCheck.is_repeat, PriceCheck.scraped_at < before)
    return await _drop(database, PriceCheck.price_check_id, old)


async def drop_price_sources(database: Database, before: datetime) -> int:
    """Drop the documents of price checks before an instant; the checks stay; how many."""
    return await _drop(database, PriceSource.price_check_id, PriceSource.created_at < before)


async def drop_contents(database: Database, before: datetime) -> int:
    """Drop stored bytes that no snapshot needs any more; how many.

    Units: only those stored before an instant, so that none is taken from a check under way.
    """
    needed = exists().where(
        or_(Snapshot.text_hash == Content.hash, Snapshot.source_hash == Content.hash)
    )
    explains_a_price = exists().where(PriceSource.source_hash == Content.hash)
    free = and_(~needed, ~explains_a_price)
    return await _drop(database, Content.hash, free, Content.created_at < before)


async def _drop(
    database: Database, key: InstrumentedAttribute[Any], free: Any, chosen: Any = None
) -> int:
    """Search as a reader, for whom no writer waits; drop what is still free, batch by batch."""
    where = (free,) if chosen is None else (chosen, free)
    total = 0
    while True:
        async with database.reading() as session:
            found = (await session.scalars(select(key).where(*where).limit(_FOUND_AT_ONCE))).all()
        for start in range(0, len(found), BATCH):
            total += await _delete(database, key, found[start : start + BATCH], free)
        if len(found) < _FOUND_AT_ONCE:
            return total


async def _delete(
    database: Database, key: InstrumentedAttribute[Any], batch: Sequence[Any], free: Any
) -> int:
    async with database.writing() as session:
        rows = await session.scalars(
            delete(key.class_)
            .where(key.in_(batch), free)
            .returning(key)
            .execution_options(synchronize_session=False)
        )
        return len(rows.all())
