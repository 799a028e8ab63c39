"""Finds ids by their beginning or end."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

_NEWEST = 10_000  # rows searched


async def ids_like(
    session: AsyncSession,
    part: str,
    ids: InstrumentedAttribute[UUID],
    newest: InstrumentedAttribute[datetime],
    where: ColumnElement[bool],
) -> list[UUID]:
    """The ids among these rows that begin, or end, with hexadecimal characters; at most two.

    Shape: a whole id is searched among all rows, a part of one among the latest by `newest`.
    """
    wanted = part.replace("-", "").lower()
    try:
        exact = UUID(wanted)
    except ValueError:
        query: Any = select(ids).where(where).order_by(newest.desc()).limit(_NEWEST)
        found = [one for one in await session.scalars(query) if _is_like(one.hex, wanted)]
        return found[:2]
    return list(await session.scalars(select(ids).where(where, ids == exact)))


def whole_id(word: str) -> UUID | None:
    """The id that a word is, as ids are shown; None for any other word."""
    try:
        found = UUID(word)
    except ValueError:
        return None
    return found if word.lower() in (str(found), found.hex) else None


def _is_like(whole: str, wanted: str) -> bool:
    return whole.startswith(wanted) or whole.endswith(wanted)
