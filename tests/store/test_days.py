"""What is left of dropped checks: each counted once, whoever drops them and whenever it ends."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.model.status import ErrorClass, Verdict
from daemon.model.trend import CheckFigures, total
from daemon.store.core.database import Database
from daemon.store.record import daily_rollups as days
from daemon.store.retention import ages as retention
from daemon.store.retention import attempts
from daemon.store.retention.attempts import drop_attempts
from daemon.store.retention.batching import Sweep
from daemon.store.tables import Attempt, CheckDay, Page, PriceAlert, PriceCheck, PriceDay, Product
from daemon.store.views.price_history import points_since
from daemon.store.views.products import moves_since
from daemon.store.views.sites import list_attempts
from daemon.store.views.trends import check_days
from tests.making import ADMIN, PAST, add_one_of_each, have_sites, id_at, spec

DAY = timedelta(days=1)
EARLY = date(2020, 1, 1)


class Killed(BaseException):
    """What ends a process ends the transaction."""


@pytest.fixture
async def page_id(database: Database) -> UUID:
    await have_sites(database, spec())
    async with database.reading() as session:
        return (await session.scalars(select(Page.id))).one()


@pytest.fixture
async def product_id(database: Database) -> UUID:
    async with database.writing() as session:
        rows = await add_one_of_each(session)
        await session.delete(rows[PriceCheck])
        await session.delete(rows[PriceDay])
        return rows[Product].product_id


async def add(database: Database, *rows: Any) -> None:
    async with database.writing() as session:
        session.add_all(rows)


def attempt(page_id: UUID, at: datetime, error: ErrorClass | None = None, **more: Any) -> Attempt:
    fields: dict[str, Any] = {"elapsed_seconds": 0.3, "wire_bytes": 100, "error_class": error}
    verdict = Verdict.FAILED if error else Verdict.CHANGED
    return Attempt(id=id_at(at), page_id=page_id, started_at=at, verdict=verdict, **(fields | more))


def price(product_id: UUID, at: datetime, amount: str | None, **more: Any) -> PriceCheck:
    fields: dict[str, Any] = {"currency": "EUR", "availability": "in_stock", "is_believed": True}
    exact = None if amount is None else Decimal(amount)
    return PriceCheck(
        price_check_id=id_at(at), product_id=product_id, scraped_at=at, price=exact,
        **(fields | more),
    )  # fmt: skip


async def trend(database: Database, page_id: UUID) -> dict[date, CheckFigures]:
    async with database.reading() as session:
        return await check_days(session, ADMIN, page_id, EARLY)


async def test_a_trend_is_the_same_before_and_after_its_attempts_are_dropped(
    database: Database, page_id: UUID
) -> None:
    for hours in range(0, 96, 6):
        error = ErrorClass.TIMEOUT if hours % 24 == 18 else None
        await add(
            database, attempt(page_id, PAST + timedelta(hours=hours), error, elapsed_seconds=hours)
        )
    before = await trend(database, page_id)
    assert await drop_attempts(Sweep(database), PAST + 2 * DAY) == 8
    assert await trend(database, page_id) == before
    assert total(list(before.values())).failures == {"timeout": 4}


async def test_attempts_of_one_day_that_go_at_different_times_add_up(
    database: Database, page_id: UUID
) -> None:
    midnight = datetime(2026, 1, 2, tzinfo=UTC)
    for hours in (1, 5, 9):
        await add(database, attempt(page_id, midnight + timedelta(hours=hours)))
        await drop_attempts(Sweep(database), midnight + timedelta(hours=hours + 1))
    # One that comes late, as from a daemon that stood still.
    await add(database, attempt(page_id, midnight + timedelta(hours=2), ErrorClass.DNS))
    assert await drop_attempts(Sweep(database), midnight + DAY) == 1
    assert await drop_attempts(Sweep(database), midnight + DAY) == 0
    [(day, figures)] = (await trend(database, page_id)).items()
    assert day == midnight.date()
    assert (figures.checks, figures.changed, figures.failures) == (4, 3, {"dns": 1})
    assert (figures.wire_bytes, figures.slowest_seconds) == (400, 0.3)


async def test_a_daemon_that_dies_between_count_and_drop_has_done_neither(
    database: Database, page_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    await add(database, attempt(page_id, PAST))
    before = await trend(database, page_id)

    async def add_and_die(session: AsyncSession, rows: Any) -> None:
        await days.add_check_days(session, rows)
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr(attempts, "add_check_days", add_and_die)
        with pytest.raises(Killed):
            await drop_attempts(Sweep(database), PAST + DAY)
    async with database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(CheckDay)) == 0
    await drop_attempts(Sweep(database), PAST + DAY)
    assert await trend(database, page_id) == before


async def test_the_lowest_price_ever_outlives_its_checks(
    database: Database, product_id: UUID
) -> None:
    amounts = ["90", "70", "85", "80"]
    for hours, amount in enumerate(amounts):
        await add(database, price(product_id, PAST + timedelta(hours=hours), amount))
    await add(database, price(product_id, PAST + timedelta(hours=5), "1", is_believed=False))
    await add(database, price(product_id, PAST + timedelta(hours=6), None, availability="unknown"))
    await add(database, price(product_id, PAST + 9 * DAY, "82"))
    assert await retention.drop_price_checks(Sweep(database), PAST + 2 * DAY) == 6
    async with database.reading() as session:
        points = await points_since(session, product_id, PAST - DAY)
        moves = await moves_since(session, ADMIN, [product_id], PAST - DAY)
        assert await session.scalar(select(func.sum(PriceDay.checks))) == 6
        assert await session.scalar(select(func.sum(PriceDay.in_stock))) == 5
    expected = [
        (PAST, Decimal(90)), (PAST + timedelta(hours=1), Decimal(70)),
        (PAST + timedelta(hours=3), Decimal(80)), (PAST + 9 * DAY, Decimal(82)),
    ]  # fmt: skip
    for found in (points, moves[product_id]):
        assert [(point.checked_at, point.price) for point in found] == expected


async def test_currencies_and_variants_have_days_of_their_own(
    database: Database, product_id: UUID
) -> None:
    await add(
        database,
        price(product_id, PAST, "10", variant="red"),
        price(product_id, PAST, "12", variant="blue " * 100),
        price(product_id, PAST, "9", currency="USD"),
        price(product_id, PAST, "11", currency=None),
    )
    assert await retention.drop_price_checks(Sweep(database), PAST + DAY) == 4
    async with database.reading() as session:
        points = await points_since(session, product_id, PAST - DAY)
    found = sorted((str(one.price), one.currency, (one.variant or "")[:4]) for one in points)
    assert found == sorted(
        [("10.0000", "EUR", "red"), ("12.0000", "EUR", "blue"), ("9.0000", "USD", ""),
         ("11.0000", None, "")],
        key=lambda one: one[0],
    )  # fmt: skip


async def test_a_check_that_an_alert_refers_to_stays_as_long_as_the_alert(
    database: Database, product_id: UUID
) -> None:
    check = price(product_id, PAST, "10")
    await add(database, check)
    alert = PriceAlert(
        alert_id=id_at(PAST), price_check_id=check.price_check_id, alert_type="price_drop",
        created_at=PAST,
    )  # fmt: skip
    await add(database, alert)
    assert await retention.drop_price_checks(Sweep(database), PAST + DAY) == 0
    assert await retention.drop_price_alerts(Sweep(database), PAST + DAY) == 1
    assert await retention.drop_price_checks(Sweep(database), PAST + DAY) == 1


async def test_days_go_with_age_too(database: Database, page_id: UUID) -> None:
    for n in range(3):
        await add(database, attempt(page_id, PAST + n * DAY))
    await drop_attempts(Sweep(database), PAST + 5 * DAY)
    assert await retention.drop_days(Sweep(database), (PAST + 2 * DAY).date()) == 2
    assert list(await trend(database, page_id)) == [(PAST + 2 * DAY).date()]


async def test_a_site_counts_what_came_after_it(database: Database, page_id: UUID) -> None:
    for hours in (0, 24, 48):
        await add(database, attempt(page_id, PAST + timedelta(hours=hours)))
    await drop_attempts(Sweep(database), PAST + timedelta(hours=1))
    async with database.reading() as session:
        found = await check_days(session, ADMIN, page_id, EARLY, PAST + timedelta(hours=30))
        shown = await list_attempts(session, ADMIN, page_id, 9, PAST + timedelta(hours=30))
    assert list(found) == [(PAST + timedelta(hours=48)).date()]
    assert [one.started_at for one in shown] == [PAST + timedelta(hours=48)]
