"""Where a database's schema stands, without loading the migrations."""

from __future__ import annotations

from sqlalchemy import inspect, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from daemon.errors import StoreError
from daemon.store.engine import database_errors, reason_of

HEAD = "0001"


async def revision(engine: AsyncEngine) -> str | None:
    """The revision that the database is at, or None when it has no schema yet.

    Errors: StoreError when the database cannot be reached.
    """
    try:
        async with engine.connect() as connection:
            return await _revision(connection)
    except database_errors() as exc:
        raise StoreError(f"the database cannot be used: {reason_of(exc)}") from exc


async def _revision(connection: AsyncConnection) -> str | None:
    if not await connection.run_sync(lambda c: inspect(c).has_table("alembic_version")):
        return None
    found: str | None = await connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found
