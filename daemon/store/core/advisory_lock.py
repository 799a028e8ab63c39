"""Work that only one daemon may do at a time, in the database's own order."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_SCHEDULE = 0x7363686564756C65  # any number, but the same in every version


async def take_turn(session: AsyncSession) -> None:
    """Wait until nobody else changes what is watched; the turn ends with the transaction.

    Shape: whoever looks for what is missing and adds it must not be overtaken in between. On
           SQLite a writing transaction has the whole database to itself anyway.
    """
    connection = await session.connection()
    if connection.dialect.name == "postgresql":
        await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _SCHEDULE})
