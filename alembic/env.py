"""How Alembic reaches the database: through the daemon's own engine and models."""

from __future__ import annotations

import asyncio
import os

from alembic import context
from sqlalchemy import Connection, text

from daemon.store.core.engine import open_engine
from daemon.store.core.schema import INDEX, PARTS, SHARD_INDEX
from daemon.store.tables import Base

_LOCK = 0x6368616E67656C6F  # any number, but the same in every version
DEFAULT_URL = "sqlite+aiosqlite:///changelogger.db"


def is_migrated(name: str | None, kind: str, _parents: object) -> bool:
    """Whether models have this too: not the index of words, nor what PostgreSQL alone has."""
    if kind == "table":
        return not (name or "").startswith((INDEX, PARTS))
    return name != SHARD_INDEX


def run(connection: Connection) -> None:
    """Run the migrations on this connection, in one transaction, after whoever came first."""
    if connection.dialect.name == "postgresql":  # SQLite's transactions are locked from the start
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        include_name=is_migrated,
        compare_server_default=True,
        transaction_per_migration=False,
    )
    with context.begin_transaction():
        context.run_migrations()


async def connect(url: str) -> None:
    """Open an engine for the `alembic` command, which brings no connection of its own."""
    engine = open_engine(url, pool_size=1)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(run)
    finally:
        await engine.dispose()


if context.is_offline_mode():
    context.configure(
        url=os.environ.get("CHANGELOGGER__DATABASE__URL", DEFAULT_URL),
        target_metadata=Base.metadata,
        literal_binds=True,
    )
    with context.begin_transaction():
        context.run_migrations()
elif (given := context.config.attributes.get("connection")) is not None:
    run(given)
else:
    asyncio.run(connect(os.environ.get("CHANGELOGGER__DATABASE__URL", DEFAULT_URL)))
