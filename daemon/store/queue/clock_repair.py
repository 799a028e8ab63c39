"""Repairs instants in the future after the clock was set back, keeping each row's wait."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, and_, bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from daemon.store.core.chunks import chunks
from daemon.store.core.database import Database
from daemon.store.queue.runs import is_live
from daemon.store.tables import Host, Notice, Page, Run
from daemon.store.tables.types import db_now

_TOLERANCE_SECONDS = 60.0  # of small clock differences, and of work in progress
_LONGEST_PAUSE_SECONDS = 86_400.0
_PAGE, _NOTICE = Page.__table__, Notice.__table__


async def mend_future(database: Database, lease: timedelta) -> int:
    """Repair rows written under a clock that ran ahead; returns how many.

    Shape: a page keeps its wait, counted from now; a lease that would last too long is ended,
           unless its holder is alive. Nothing is written where there is nothing to repair.
    """
    longest = db_now(2 * lease.total_seconds() + _TOLERANCE_SECONDS)
    is_dead = Page.leased_by.not_in(select(Run.id).where(is_live))
    free = {"leased_until": None, "leased_by": None}
    total = await _correct(database, Page.id, and_(Page.leased_until > longest, is_dead), free)
    most = db_now(_LONGEST_PAUSE_SECONDS)
    total += await _correct(database, Host.host, Host.paused_until > most, {"paused_until": most})
    total += await _bring_back(database, _PAGE, _PAGE.c.last_checked_at, _PAGE.c.next_check_at)
    return total + await _bring_back(
        database, _NOTICE, _NOTICE.c.created_at, _NOTICE.c.next_attempt_at
    )


async def _correct(
    database: Database, key: InstrumentedAttribute[Any], wrong: Any, values: dict[str, Any]
) -> int:
    async with database.reading() as session:
        found = (await session.scalars(select(key).where(wrong))).all()
    for some in chunks(found):
        async with database.writing() as session:
            await session.execute(
                update(key.class_)
                .where(key.in_(some), wrong)
                .values(values)
                .execution_options(synchronize_session=False)
            )
    return len(found)


async def _bring_back(database: Database, table: Any, since: Any, until: Any) -> int:
    """Shift both instants of rows whose first one is in the future, so that it is now."""
    is_ahead = since > db_now(_TOLERANCE_SECONDS)
    async with database.reading() as session:
        found = (await session.scalars(select(table.c.id).where(is_ahead))).all()
    for some in chunks(found):
        async with database.writing() as session:
            rows = await session.execute(
                select(
                    table.c.id,
                    since.label("since"),
                    until.label("until"),
                    db_now().label("now"),
                )
                .where(table.c.id.in_(some), is_ahead)
                .with_for_update(skip_locked=True)
            )
            await _move(session, table, since.name, until.name, rows.all())
    return len(found)


async def _move(
    session: AsyncSession, table: Any, since: str, until: str, rows: Sequence[Row[Any]]
) -> None:
    if not rows:
        return
    connection = await session.connection()
    await connection.execute(
        update(table)
        .where(table.c.id == bindparam("row_id"))
        .values({since: bindparam("now"), until: bindparam("then")}),
        [{"row_id": row.id, "now": row.now, "then": _then(row)} for row in rows],
    )


def _then(row: Row[Any]) -> datetime:
    moved: datetime = row.now + max(row.until - row.since, timedelta())
    return moved
