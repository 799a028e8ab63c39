"""Serialises work that only one daemon may do at a time, with the database's lock."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_SCHEDULE = 0x7363686564756C65  # any number, but the same in every version


async def take_turn(session: AsyncSession) -> None:
    """Wait until no other daemon changes what is watched; held until the transaction ends.

    Shape: it prevents a race between looking for what is missing and adding it. On SQLite a
           writing transaction has the whole database to itself anyway.
    """
    connection = await session.connection()
    if connection.dialect.name == "postgresql":
        await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _SCHEDULE})
