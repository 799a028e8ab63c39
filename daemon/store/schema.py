"""Where a database's schema stands, without loading the migrations."""

from __future__ import annotations

from sqlalchemy import inspect, text

from daemon.store.database import Database

HEAD = "0009"


async def revision(database: Database) -> str | None:
    """The revision that the database is at, or None when it has no schema yet.

    Errors: StoreError when the database cannot be reached.
    """
    async with database.reading() as session:
        connection = await session.connection()
        if not await connection.run_sync(lambda c: inspect(c).has_table("alembic_version")):
            return None
        found: str | None = await session.scalar(text("SELECT version_num FROM alembic_version"))
        return found
