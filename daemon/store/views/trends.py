"""Queries for past figures of checks and prices, whether dropped or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from uuid import UUID

import msgspec
from sqlalchemy import String, Text, case, cast, func, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.model.product import PricePoint
from daemon.model.status import Verdict
from daemon.model.trend import CheckFigures, PriceFigures
from daemon.model.viewer import Viewer
from daemon.store.core.chunks import chunks
from daemon.store.core.visibility import is_of_visible_page, is_of_visible_product
from daemon.store.record.daily_rollups import (
    ATTEMPT_COLUMNS,
    check_figures,
    figures_of_attempts,
    is_counted,
    price_figures,
)
from daemon.store.tables import Attempt, CheckDay, PriceDay
from daemon.store.tables.types import utc_day


@dataclass(frozen=True, slots=True)
class PriceDayView:
    """A day of a product's dropped price checks."""

    product_id: UUID
    day: date
    currency: str | None
    variant: str | None
    figures: PriceFigures


@dataclass(frozen=True, slots=True)
class DayOfChecks:
    """How many checks there were on a day, and how many of them found a change or failed."""

    checks: int = 0
    changed: int = 0
    failed: int = 0

    def __add__(self, other: DayOfChecks) -> DayOfChecks:
        return DayOfChecks(
            self.checks + other.checks, self.changed + other.changed, self.failed + other.failed
        )


async def check_days(
    session: AsyncSession,
    viewer: Viewer,
    page_id: UUID,
    since: date,
    created_at: datetime | None = None,
) -> dict[date, CheckFigures]:
    """How the checks of a page went, day by day, oldest first; days without checks left out.

    Shape: stored and dropped attempts, each counted once; none older than `created_at`.
           Attempts that were counted are known only by their day.
    """
    start = datetime.combine(since, time(), UTC)
    if created_at is not None:
        start = max(start, created_at.astimezone(UTC))
    stored = await session.scalars(
        select(CheckDay)
        .where(CheckDay.page_id == page_id, is_of_visible_page(CheckDay.page_id, viewer))
        .where(CheckDay.day >= start.date())
    )
    found = {day.day: check_figures(day) for day in stored}
    rows = await session.execute(
        select(*ATTEMPT_COLUMNS)
        .where(Attempt.page_id == page_id, is_of_visible_page(Attempt.page_id, viewer))
        .where(Attempt.started_at >= start, ~is_counted)
    )
    for (_, day), figures in figures_of_attempts(rows).items():
        found[day] = found.get(day, CheckFigures()) + figures
    return dict(sorted(found.items()))


async def daily_checks(
    session: AsyncSession, viewer: Viewer, page_id: UUID, since: datetime
) -> dict[date, DayOfChecks]:
    """How many checks of a page ended how, day by day; of days without any nothing.

    Shape: as `check_days`, but counted by the database, in one statement.
    """
    day = utc_day(Attempt.started_at).label("day")
    is_failed = Attempt.verdict == Verdict.FAILED
    stored = (
        select(
            day,
            func.count().label("checks"),
            func.sum(case((Attempt.verdict == Verdict.CHANGED, 1), else_=0)).label("changed"),
            cast(func.sum(case((is_failed, 1), else_=0)), Text).label("failed"),
        )
        .where(Attempt.page_id == page_id, is_of_visible_page(Attempt.page_id, viewer))
        .where(Attempt.started_at >= since, ~is_counted)
        .group_by(day)
    )
    dropped = (
        select(
            cast(CheckDay.day, String),
            CheckDay.checks,
            CheckDay.changed,
            # By error class: these are few, and no two databases add them up alike.
            cast(CheckDay.failures, Text),
        )
        .where(CheckDay.page_id == page_id, is_of_visible_page(CheckDay.page_id, viewer))
        .where(CheckDay.day >= since.date())
    )
    found: dict[date, DayOfChecks] = {}
    for row in await session.execute(union_all(stored, dropped)):
        on = date.fromisoformat(row.day)
        failed = msgspec.json.decode(row.failed)
        failures = sum(failed.values()) if isinstance(failed, dict) else failed
        found[on] = found.get(on, DayOfChecks()) + DayOfChecks(row.checks, row.changed, failures)
    return found


def points_of(days: Sequence[PriceDayView]) -> list[PricePoint]:
    """The prices known from these days, oldest first."""
    points = [
        PricePoint(one.at, one.price, day.currency, variant=day.variant)
        for day in days
        for one in day.figures.moves
    ]
    return sorted(points, key=lambda point: point.checked_at)


async def price_days(
    session: AsyncSession, viewer: Viewer, product_ids: Sequence[UUID], since: datetime
) -> list[PriceDayView]:
    """The daily figures of these products' dropped price checks, oldest first."""
    found: list[PriceDayView] = []
    for ids in chunks(product_ids):
        days = await session.scalars(
            select(PriceDay)
            .where(
                PriceDay.product_id.in_(ids),
                is_of_visible_product(PriceDay.product_id, viewer),
                PriceDay.day >= since.astimezone(UTC).date(),
            )
            .order_by(PriceDay.day)
        )
        found += [
            PriceDayView(
                one.product_id, one.day, one.currency or None, one.variant or None,
                price_figures(one),
            )
            for one in days
        ]  # fmt: skip
    return found
