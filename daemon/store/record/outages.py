"""The stored side of an outage of our own uplink: held warnings, and what seems to fail."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from sqlalchemy import Row, bindparam, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from daemon.alerting.values import EventKind, Failing, HeldFacts, TakenBack
from daemon.model.failure_history import FailureHistory
from daemon.model.outcome import Outage
from daemon.store.core.aside import whole
from daemon.store.core.chunks import chunks
from daemon.store.core.json_columns import failure_history_of
from daemon.store.record.outbox import ALARM_VALUES, FACT_COLUMNS, alarm_row, facts_of, is_held
from daemon.store.tables import MonitoredSite, Notice, Page, Product

_NOTICE, _PAGE = Notice.__table__, Page.__table__
_OWNED: tuple[tuple[bool, Any], ...] = (
    (False, MonitoredSite.__table__),
    (True, Product.__table__),
)


async def warnings_since(connection: AsyncConnection, outage: Outage) -> list[HeldFacts]:
    """The held warnings of failures, for any host, written since an outage began."""
    # Not by JSON paths: one garbled payload would fail the whole statement on SQLite.
    rows = await connection.execute(
        select(*FACT_COLUMNS).where(
            _NOTICE.c.kind == EventKind.FAILING, is_held, _NOTICE.c.created_at >= outage.since
        )
    )
    return [facts_of(row) for row in whole(rows, but="payload")]


async def failing_since(connection: AsyncConnection, outage: Outage) -> list[Failing]:
    """The sites and products of an outage's hosts that have failed since it began."""
    pages = select(_PAGE.c.id).where(_PAGE.c.host.in_(sorted(outage.hosts)))
    columns = ("owner_id", "name", "url", "failure_streak", "failing_since", "alerted")
    found: list[Failing] = []
    for is_product, table in _OWNED:
        [key] = table.primary_key.columns
        rows = await connection.execute(
            select(key.label("key"), *(table.c[name] for name in columns)).where(
                table.c.page_id.in_(pages), table.c.failing_since >= outage.since
            )
        )
        found += _failing(whole(rows, but="alerted"), is_product=is_product)
    return found


def _failing(rows: Iterator[Row[Any]], *, is_product: bool) -> Iterator[Failing]:
    for row in rows:
        yield Failing(row.key, is_product, row.owner_id, row.name, row.url, _failure_row(row))


def _failure_row(row: Row[Any]) -> FailureHistory:
    """The alarm of a row; a garbled one counts as not notified."""
    try:
        return failure_history_of(row.failure_streak, row.failing_since, row.alerted)
    except msgspec.ValidationError:
        return FailureHistory(row.failure_streak, row.failing_since)


async def take_back(connection: AsyncConnection, taken: TakenBack) -> None:
    """Delete these notices, and correct the alarms of what did not fail."""
    for ids in chunks(taken.notices):
        await connection.execute(delete(_NOTICE).where(_NOTICE.c.id.in_(ids)))
    for is_product, table in _OWNED:
        moved = [one for one in taken.failing if one.is_product is is_product]
        await _move_alarms(connection, table, moved)


async def _move_alarms(connection: AsyncConnection, table: Any, moved: Sequence[Failing]) -> None:
    if moved:
        [key] = table.primary_key.columns
        await connection.execute(
            update(table).where(key == bindparam("owned")).values(ALARM_VALUES),
            [{"owned": one.id, **alarm_row(one.failure_history)} for one in moved],
        )
