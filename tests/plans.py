"""How the databases would answer a statement: what they would read in whole, and what sort."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection


async def whole_tables(connection: AsyncConnection, statement: str, values: Any) -> list[str]:
    """The tables that a statement cannot but read in whole."""
    if connection.dialect.name == "sqlite":
        plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        # A walk along an index ends with its step, and what is in brackets is one.
        scans = [row[-1] for row in plan if row[-1].startswith("SCAN")]
        return [line for line in scans if not re.search(r" INDEX |anon_|CONSTANT|\(subquery", line)]
    # So few rows would be read in whole whatever index there is.
    await connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    plan = await connection.exec_driver_sql(f"EXPLAIN {statement}", values)
    return [row[0] for row in plan if "Seq Scan" in row[0]]


async def sorts(connection: AsyncConnection, statement: str, values: Any) -> list[str]:
    """What an SQLite statement sorts, beyond rows that an index has in order but for ties."""
    if connection.dialect.name != "sqlite":
        return []
    plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
    return [row[-1] for row in plan if row[-1].startswith("USE TEMP B-TREE FOR ORDER BY")]
