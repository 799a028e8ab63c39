"""Counts changes by severity, in one walk and without sorting them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, and_, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.model.change import ChangeType
from daemon.store.views.lists.keyset import Counted
from daemon.store.views.lists.selection import SEVERITIES


@dataclass(frozen=True, slots=True)
class SeverityCounts:
    """How many changes there are, of each severity, and when the newest that is known was found."""

    total: Counted
    by_severity: Mapping[ChangeType, Counted]
    newest_at: datetime | None = None


def by_severity(found: Subquery, *conditions: ColumnElement[bool]) -> Select[Any]:
    """How many were found and the newest of them, and how many of each meet these conditions."""
    columns: list[Any] = [func.count(), func.max(found.c.detected_at)]
    for one in SEVERITIES:
        is_meant = and_(found.c.change_type == one, *conditions)
        columns.append(func.sum(case((is_meant, 1), else_=0)))
    return select(*columns).select_from(found)


async def count(session: AsyncSession, query: Select[Any], most: int) -> SeverityCounts:
    """What a count by severity has found; if it was capped, each number is the least it can be."""
    gone_through, newest_at, *numbers = (await session.execute(query)).one()
    is_capped = gone_through > most
    counted = [Counted(int(number or 0), is_capped) for number in numbers]
    total = min(sum(one.number for one in counted), most)
    counts = dict(zip(SEVERITIES, counted, strict=True))
    return SeverityCounts(Counted(total, is_capped), counts, newest_at)
