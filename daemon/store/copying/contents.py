"""Finds the damaged and the missing contents in a copy."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, select, union
from sqlalchemy.ext.asyncio import AsyncConnection

from daemon.packing import CODEC, unpack
from daemon.store.tables import CONTENT_USES, Content

TABLE = Content.__table__
NO_BYTES = b""
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def is_readable(content_hash: str, data: bytes) -> bool:
    """Whether these stored bytes match their hash."""
    try:
        unpack(data, content_hash)
    except ValueError:
        return False
    return True


def missing_query() -> Select[tuple[str]]:
    """The query for the hashes of contents that are referred to but missing."""
    parts = (select(use.label("hash")).where(use.is_not(None)) for use in CONTENT_USES)
    wanted = union(*parts).subquery()
    known = select(TABLE.c.hash).where(TABLE.c.hash == wanted.c.hash).exists()
    return select(wanted.c.hash).where(~known)


async def missing(connection: AsyncConnection) -> list[str]:
    """The hashes of missing contents, sorted."""
    return sorted(await connection.scalars(missing_query()))


def placeholder(content_hash: str) -> dict[str, Any]:
    """An empty row for a missing content, so that rows which refer to it can be kept."""
    return {
        "hash": content_hash,
        "codec": CODEC,
        "size_bytes": 0,
        "data": NO_BYTES,
        "created_at": _LONG_AGO,
    }


async def filled(
    found: AsyncIterator[Any], gaps: Sequence[str], columns: Sequence[str]
) -> AsyncIterator[Any]:
    """These rows, which begin with their hash, with placeholders in the right places."""
    left = list(gaps)
    async for row in found:
        while left and left[0] < row[0]:
            yield _row(left.pop(0), columns)
        yield row
    for gap in left:
        yield _row(gap, columns)


def _row(gap: str, columns: Sequence[str]) -> tuple[Any, ...]:
    row = placeholder(gap)
    return tuple(row[name] for name in columns)
