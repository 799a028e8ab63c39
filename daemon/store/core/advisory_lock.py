"""Serialises work that only one may do at a time, with the locks of the database."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.store.tables import ContentUpdate, Destination, MonitoredSite, Notice, Product

_SCHEDULE = 0x7363686564756C65  # any number, but the same in every version

_KEYS = {
    "site": MonitoredSite.id,
    "product": Product.product_id,
    "change": ContentUpdate.id,
    "notification": Notice.id,
    "destination": Destination.id,
}


async def take_turn(session: AsyncSession) -> None:
    """Wait until no other daemon changes what is watched; held until the transaction ends.

    Shape: it prevents a race between looking for what is missing and adding it. On SQLite a
           writing transaction has the whole database to itself anyway.
    """
    connection = await session.connection()
    if connection.dialect.name == "postgresql":
        await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _SCHEDULE})


async def hold_row(session: AsyncSession, noun: str, id_: UUID) -> None:
    """Let nobody else change this thing until this transaction ends."""
    key = _KEYS[noun]
    # Rows that refer to it may come meanwhile.
    await session.execute(select(key).where(key == id_).with_for_update(key_share=True))
