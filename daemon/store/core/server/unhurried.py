"""Statements that may take hours on a large table."""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

_LONGEST_SECONDS = 86_400.0


async def take_time(connection: AsyncConnection, statement: str) -> None:
    """Run a statement of ours for as long as it takes; the server's own limit is the caller's.

    Shape: the driver would give up as for any other statement, whatever the server allows.
    """
    driver: Any = (await connection.get_raw_connection()).driver_connection
    await driver.execute(statement, timeout=_LONGEST_SECONDS)
