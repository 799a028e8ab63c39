"""Checks that a database may become a copy of another: it is empty, or already such a copy."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from daemon.model.errors import LockedError, OccupiedError
from daemon.store.copying.mirror import one_moment
from daemon.store.copying.plan import plans
from daemon.store.core.database import Database
from daemon.store.queue.runs import is_live
from daemon.store.tables import MonitoredSite, Product, Run, User

_COPY_LOCK = 0x6368616E67656D76  # any number, but the same in every version
_TRIES, _BETWEEN_TRIES_SECONDS = 20, 0.25
# Rows of these are never dropped: one that the source lacks was made elsewhere.
_KEPT = (MonitoredSite.id, Product.product_id)

_at = func.coalesce(Run.ended_at, Run.heartbeat_at, Run.started_at)


async def refuse_foreign(source: AsyncConnection, target: Database) -> None:
    """Raise unless the target is empty, or all of it came from this source.

    Errors: OccupiedError, which says what is there.
    """
    async with one_moment(target) as there:
        if await is_empty(there):
            return
        for column in _KEPT:
            strange = await _keys(there, column) - await _keys(source, column)
            if strange:
                raise _foreign(f"{len(strange)} of its {column.table.name} are not in the source")
        if await _has_own_run(source, there):
            raise _foreign("a daemon has worked with it since it was copied, or before")
        if not await _shares_anything(source, there):
            raise _foreign("nothing in it is known to the source")


def _foreign(why: str) -> OccupiedError:
    return OccupiedError(
        f"the target is not empty, and no copy of this database: {why}; name an empty database"
    )


async def is_empty(connection: AsyncConnection) -> bool:
    """Whether no table has a row."""
    for plan in plans():
        if await connection.scalar(select(1).select_from(plan.table).limit(1)) is not None:
            return False
    return True


async def refuse_alive(database: Database) -> None:
    """Raise when a daemon works with this database, by its heartbeats.

    Errors: LockedError, which names the daemon.
    """
    query = select(Run.machine, Run.pid).where(is_live)
    async with one_moment(database) as connection:
        found = (await connection.execute(query.limit(1))).first()
    if found is not None:
        raise LockedError(
            f"a daemon works with this database (process {found.pid} on {found.machine}); "
            "stop it first"
        )


@asynccontextmanager
async def alone(target: Database) -> AsyncIterator[None]:
    """Keep a second copy away from the same PostgreSQL database while the block lasts.

    Errors: LockedError while another one is at work.
    """
    if target.engine.dialect.name != "postgresql":
        yield  # a copy to a file holds the file's lock
        return
    # A lock of the transaction: a pooler would give one of the session to others.
    async with target.reading() as session:
        options = {"isolation_level": "READ COMMITTED"}
        connection = await session.connection(execution_options=options)
        if not await _is_taken(connection):
            raise LockedError("another copy to this database is under way")
        # Said in one message, this also ends the moment that the last statement saw: kept for
        # hours, it would keep dead rows from being vacuumed.
        driver: Any = (await connection.get_raw_connection()).driver_connection
        await driver.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        yield


async def _keys(connection: AsyncConnection, column: Any) -> set[Any]:
    return set((await connection.scalars(select(column))).all())


async def _has_own_run(source: AsyncConnection, there: AsyncConnection) -> bool:
    """Whether a run in the target was made there, not copied and later dropped at the source.

    Runs are dropped by age: one younger than some in the source was never there.
    """
    ours = {run.id: run.at for run in await source.execute(select(Run.id, _at.label("at")))}
    oldest: datetime | None = min(ours.values(), default=None)
    for run in await there.execute(select(Run.id, _at.label("at"))):
        if run.id not in ours and (oldest is None or run.at >= oldest):
            return True
    return False


async def _shares_anything(source: AsyncConnection, there: AsyncConnection) -> bool:
    for column in (Run.id, User.id, *_KEPT):
        if await _keys(there, column) & await _keys(source, column):
            return True
    return False


async def _is_taken(connection: AsyncConnection) -> bool:
    """Whether the lock is ours, if need be after a moment.

    Shape: the server holds the lock of a copy that was killed until it notices.
    """
    taken = text("SELECT pg_try_advisory_xact_lock(:key)")
    for _ in range(_TRIES):
        if await connection.scalar(taken, {"key": _COPY_LOCK}):
            return True
        await asyncio.sleep(_BETWEEN_TRIES_SECONDS)
    return False
