"""Old rows: dropped by kind and age, in small batches that never hold a lock for long."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, exists, func, or_, select

from daemon.store.database import Database
from daemon.store.tables import Attempt, Content, ContentUpdate, MonitoredSite, Run, Snapshot

BATCH = 500
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
    dropped = await _drop(database, Attempt, select(Attempt.id).where(Attempt.started_at < before))
    return dropped + await _drop(database, Run, select(Run.id).where(Run.ended_at < before))


async def drop_updates(database: Database, before: datetime) -> int:
    """Drop content updates that were detected before an instant; how many."""
    old = select(ContentUpdate.id).where(ContentUpdate.detected_at < before)
    return await _drop(database, ContentUpdate, old)


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
    free = select(Snapshot.id).where(Snapshot.id.in_(beyond), ~_referred, ~_current)
    return await _drop(database, Snapshot, free)


async def drop_contents(database: Database, before: datetime) -> int:
    """Drop stored bytes that no snapshot needs any more; how many.

    Units: only those stored before an instant, so that none is taken from a check under way.
    """
    needed = exists().where(
        or_(Snapshot.text_hash == Content.hash, Snapshot.source_hash == Content.hash)
    )
    free = select(Content.hash).where(Content.created_at < before, ~needed)
    return await _drop(database, Content, free, Content.hash)


async def _drop(
    database: Database,
    table: Any,
    chosen: Select[Any],
    key: Any = None,
) -> int:
    key = table.id if key is None else key
    total = 0
    while True:
        async with database.writing() as session:
            ids = (await session.scalars(chosen.limit(BATCH))).all()
            if ids:
                await session.execute(
                    delete(table).where(key.in_(ids)).execution_options(synchronize_session=False)
                )
        total += len(ids)
        if len(ids) < BATCH:
            return total
