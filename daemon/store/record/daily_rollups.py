"""Adds rows that are about to be dropped to the daily figures, which are kept.

A row is counted in the transaction that drops it. So it is either there or in its day's figures,
never in both or neither, whenever a daemon is killed and however many drop rows at once; and a late
row is added to its day. On PostgreSQL attempts are counted earlier, and it is written which.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date
from typing import Any, TypeAlias, TypeVar
from uuid import UUID

from sqlalchemy import and_, bindparam, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.lexicon.availability import Availability
from daemon.model.trend import CheckFigures, Priced, PriceFigures, one_check, one_price
from daemon.store.core.chunks import among
from daemon.store.tables import Attempt, CheckDay, CountedAttempts, PriceCheck, PriceDay
from daemon.store.tables.types import insert_for

VARIANT_CHARACTERS = 200
_TRIES = 3  # to find or to make the row of a day
COUNTED_ID = 1  # of the only row that says which attempts are counted

CheckKey: TypeAlias = tuple[UUID, date]
PriceKey: TypeAlias = tuple[UUID, date, str, str]
_Day = TypeVar("_Day", CheckDay, PriceDay)
_Key = TypeVar("_Key", CheckKey, PriceKey)
ATTEMPT_COLUMNS = (
    Attempt.page_id,
    Attempt.started_at,
    Attempt.verdict,
    Attempt.error_class,
    Attempt.elapsed_seconds,
    Attempt.wire_bytes,
)
_is_the_one = CountedAttempts.id == COUNTED_ID
counted_row = select(CountedAttempts).where(_is_the_one)
# Whether an attempt that is still stored is in the figures of its day.
is_counted = exists().where(
    _is_the_one,
    CountedAttempts.from_id <= Attempt.id,
    or_(
        Attempt.id < CountedAttempts.to_id,
        and_(Attempt.page_id <= CountedAttempts.page_id, Attempt.id < CountedAttempts.next_id),
    ),
)
PRICE_COLUMNS = (
    PriceCheck.product_id,
    PriceCheck.scraped_at,
    PriceCheck.price,
    PriceCheck.currency,
    PriceCheck.variant,
    PriceCheck.availability,
    PriceCheck.is_believed,
    PriceCheck.is_repeat,
)


def figures_of_attempts(rows: Iterable[Any]) -> dict[CheckKey, CheckFigures]:
    """The figures of attempts by page and day."""
    found: dict[CheckKey, CheckFigures] = {}
    for row in rows:
        key = (row.page_id, row.started_at.date())
        one = one_check(row.verdict, row.error_class, row.elapsed_seconds, row.wire_bytes)
        found[key] = found[key] + one if key in found else one
    return found


def figures_of_prices(rows: Iterable[Any]) -> dict[PriceKey, PriceFigures]:
    """The figures of price checks by product, day, currency and variant."""
    found: dict[PriceKey, PriceFigures] = {}
    for row in rows:
        variant = (row.variant or "")[:VARIANT_CHARACTERS]
        key = (row.product_id, row.scraped_at.date(), row.currency or "", variant)
        # A repeat is already counted by the check that it repeats.
        price = row.price if row.is_believed and not row.is_repeat else None
        is_in_stock = Availability(row.availability).is_buyable
        one = one_price(row.scraped_at, price, is_in_stock=is_in_stock)
        found[key] = found[key] + one if key in found else one
    return found


async def counted_already(session: AsyncSession) -> Callable[[UUID, UUID], bool]:
    """Whether an attempt, by its id and its page's, is counted, as `is_counted` says in SQL."""
    row = await session.scalar(counted_row)
    if row is None:
        return lambda one, page_id: False
    begins, ends = row.from_id, row.to_id
    further, through = row.next_id or ends, row.page_id or UUID(int=0)
    return lambda one, page_id: begins <= one < (further if page_id <= through else ends)


async def add_check_days(session: AsyncSession, rows: Sequence[Any]) -> None:
    """Add dropped attempts to the figures of their days, in the transaction that drops them."""
    added = figures_of_attempts(rows)

    def whole(day: CheckDay | None, key: CheckKey) -> dict[str, Any]:
        return _check_columns(added[key] if day is None else check_figures(day) + added[key])

    await _add(session, CheckDay, CheckDay.page_id, added, whole)


async def add_price_days(session: AsyncSession, rows: Sequence[Any]) -> None:
    """Add dropped price checks to the figures of their days, in the same transaction."""
    added = figures_of_prices(rows)

    def whole(day: PriceDay | None, key: PriceKey) -> dict[str, Any]:
        return _price_columns(added[key] if day is None else price_figures(day) + added[key])

    await _add(session, PriceDay, PriceDay.product_id, added, whole)


async def _add(
    session: AsyncSession,
    table: type[_Day],
    owner: Any,
    keys: Collection[_Key],
    whole: Callable[[_Day | None, _Key], dict[str, Any]],
) -> None:
    """Write the whole figures of days: into their rows, which are locked, or into new ones."""
    left = sorted(keys)
    for _ in range(_TRIES):
        if not left:
            break
        stored = await _locked(session, table, owner, left)
        await _write(session, table, [
            {**_names(table, key), **whole(stored[key], key)} for key in left if key in stored
        ])  # fmt: skip
        new = [key for key in left if key not in stored]
        made = await _make(session, table, [{**_names(table, k), **whole(None, k)} for k in new])
        # Another daemon has made the others at this moment. One that cannot be read stays as it is.
        left = [key for key in new if key not in made]


async def _locked(
    session: AsyncSession, table: type[_Day], owner: Any, keys: Sequence[Any]
) -> dict[Any, _Day]:
    """The rows of these days, and of others between them, by their keys."""
    days = [key[1] for key in keys]
    columns = [getattr(table, one.name) for one in table.__table__.primary_key.columns]
    rows = await session.scalars(
        select(table)
        .where(among(session, owner, {key[0] for key in keys}))
        .where(table.day.between(min(days), max(days)))
        .order_by(*columns)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {tuple(getattr(row, one.key) for one in columns): row for row in rows}


def check_figures(day: CheckDay) -> CheckFigures:
    """The figures in a row of `check_days`."""
    times = {int(step): count for step, count in day.times.items()}
    return CheckFigures(
        day.checks, day.changed, day.failures, day.wire_bytes, times, day.slowest_seconds
    )


def price_figures(day: PriceDay) -> PriceFigures:
    """The figures in a row of `price_days`."""
    pairs = (
        (day.lowest_at, day.lowest_price),
        (day.highest_at, day.highest_price),
        (day.last_at, day.last_price),
    )
    prices = (None if at is None or price is None else Priced(at, price) for at, price in pairs)
    return PriceFigures(day.checks, day.in_stock, *prices)


def _check_columns(one: CheckFigures) -> dict[str, Any]:
    return {
        "checks": one.checks,
        "changed": one.changed,
        "failures": dict(one.failures),
        "wire_bytes": one.wire_bytes,
        "times": {str(step): count for step, count in one.times.items()},
        "slowest_seconds": one.slowest_seconds,
    }


def _price_columns(one: PriceFigures) -> dict[str, Any]:
    columns: dict[str, Any] = {"checks": one.checks, "in_stock": one.in_stock}
    for name, priced in (("lowest", one.lowest), ("highest", one.highest), ("last", one.last)):
        columns[f"{name}_price"] = priced.price if priced else None
        columns[f"{name}_at"] = priced.at if priced else None
    return columns


def _names(table: type[CheckDay | PriceDay], key: Sequence[Any]) -> dict[str, Any]:
    return dict(zip(table.__table__.primary_key.columns.keys(), key, strict=True))


async def _make(
    session: AsyncSession, table: type[_Day], rows: Sequence[dict[str, Any]]
) -> set[Any]:
    """Insert these days but for those that are there; the keys of those that were inserted."""
    if not rows:
        return set()
    connection = await session.connection()
    made = insert_for(connection, table.__table__).on_conflict_do_nothing()
    key = table.__table__.primary_key.columns
    return {tuple(row) for row in await connection.execute(made.returning(*key), rows)}


async def _write(
    session: AsyncSession, table: type[CheckDay | PriceDay], values: list[dict[str, Any]]
) -> None:
    if not values:
        return
    keys = table.__table__.primary_key.columns
    where = [column == bindparam(f"key_{column.name}") for column in keys]
    rows = [{f"key_{k}" if k in keys else k: v for k, v in value.items()} for value in values]
    connection = await session.connection()
    sets: dict[str, Any] = {
        name: bindparam(name) for name in rows[0] if not name.startswith("key_")
    }
    await connection.execute(update(table.__table__).where(*where).values(sets), rows)
