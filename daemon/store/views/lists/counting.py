"""Counts changes by severity, in one walk and without sorting them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, and_, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.model.change import ChangeType
from daemon.store.views.lists.keyset import MOST_COUNTED, Counted
from daemon.store.views.lists.selection import SEVERITIES


@dataclass(frozen=True, slots=True)
class SeverityCounts:
    """How many changes there are, of each severity, and when the newest that is known was found."""

    total: Counted
    by_severity: Mapping[ChangeType, Counted]
    newest_at: datetime | None = None

    @classmethod
    def of(
        cls, numbers: Sequence[int], newest_at: datetime | None, *, is_capped: bool = False
    ) -> SeverityCounts:
        """These numbers, the gravest first; capped, each is the least that it can be."""
        counted = [Counted(number, is_capped) for number in numbers]
        total = Counted(min(sum(numbers), MOST_COUNTED), is_capped)
        return cls(total, dict(zip(SEVERITIES, counted, strict=True)), newest_at)


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
    return SeverityCounts.of([int(one or 0) for one in numbers], newest_at, is_capped=is_capped)
