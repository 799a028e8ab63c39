"""Finds or makes the pages that owners subscribe to, at the shortest frequency asked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, insert, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from daemon.model.request import Request
from daemon.schedule.next_check import Frequency, parse_frequency
from daemon.store.core.advisory_lock import take_turn
from daemon.store.core.chunks import chunks
from daemon.store.core.requests import columns_of, request_key
from daemon.store.tables import MonitoredSite, Page, Product
from daemon.store.tables.ids import new_id

_PAGE = Page.__table__


class Subscription(Protocol):
    """What a site and a product have in common: a request, and how often to make it."""

    @property
    def request(self) -> Request: ...
    @property
    def host(self) -> str: ...
    @property
    def check_frequency(self) -> str: ...
    @property
    def time_zone(self) -> str | None: ...


async def pages_for(
    session: AsyncSession, specs: Sequence[Subscription], now: datetime
) -> dict[str, UUID]:
    """The page of each request, by its key; missing ones are made, due at once."""
    await take_turn(session)
    by_key = {request_key(spec.request): spec for spec in specs}
    pages: dict[str, UUID] = {}
    for keys in chunks(list(by_key)):
        rows = await session.execute(
            select(Page.request_key, Page.id).where(Page.request_key.in_(keys))
        )
        pages |= {row.request_key: row.id for row in rows}
    missing = {key: new_id() for key in by_key if key not in pages}
    if missing:
        connection = await session.connection()
        await connection.execute(
            insert(_PAGE), [_page_row(by_key[key], key, missing[key], now) for key in missing]
        )
    return pages | missing


def _page_row(spec: Subscription, key: str, page_id: UUID, now: datetime) -> dict[str, Any]:
    return {
        "id": page_id,
        "request_key": key,
        **columns_of(spec.request),
        "host": spec.host,
        "check_frequency": spec.check_frequency,
        "time_zone": spec.time_zone,
        "next_check_at": now,
    }


async def change_owned(
    session: AsyncSession,
    key: InstrumentedAttribute[UUID],
    ids: Sequence[UUID],
    values: Mapping[str, Any],
    now: datetime,
    where: ColumnElement[bool] | None = None,
) -> None:
    """Set these values of sites or products, given by their ids, and refresh their pages."""
    condition = true() if where is None else where
    pages: set[UUID | None] = set()
    for some in chunks(ids):
        pages |= set(
            await session.scalars(
                update(key.class_)
                .where(key.in_(some), condition)
                .values(**values)
                .returning(key.class_.page_id)
                .execution_options(synchronize_session=False)
            )
        )
    await refresh_pages(session, pages, now)


async def refresh_pages(session: AsyncSession, page_ids: set[UUID | None], now: datetime) -> None:
    """Set each page to the shortest frequency that its owners ask for, or deactivate it."""
    ids = sorted(page_id for page_id in page_ids if isinstance(page_id, UUID))
    rows = []
    for chunk in chunks(ids):
        asked = await _frequencies(session, chunk)
        rows += [_schedule_row(page_id, asked[page_id], now) for page_id in chunk]
    if not rows:
        return
    table = _PAGE
    connection = await session.connection()
    await connection.execute(
        update(table)
        .where(
            table.c.id == bindparam("page_id"),
            or_(
                table.c.is_active != bindparam("active"),
                table.c.check_frequency != bindparam("frequency"),
                table.c.time_zone.is_distinct_from(bindparam("zone")),
            ),
        )
        .values(
            is_active=bindparam("active"),
            check_frequency=bindparam("frequency"),
            time_zone=bindparam("zone"),
            next_check_at=bindparam("at"),
        ),
        rows,
    )


async def look_soon(session: AsyncSession, page_ids: Sequence[UUID], now: datetime) -> None:
    """Make pages with new subscribers due now."""
    for ids in chunks(page_ids):
        await session.execute(
            update(Page)
            .where(Page.id.in_(ids), Page.is_active, Page.next_check_at > now)
            .values(next_check_at=now)
            .execution_options(synchronize_session=False)
        )


async def _frequencies(
    session: AsyncSession, page_ids: Sequence[UUID]
) -> defaultdict[UUID, list[Frequency]]:
    asked: defaultdict[UUID, list[Frequency]] = defaultdict(list)
    for owned in (MonitoredSite, Product):
        rows = await session.execute(
            select(owned.page_id, owned.check_frequency, owned.time_zone).where(
                owned.page_id.in_(page_ids), owned.is_active, owned.deleted_at.is_(None)
            )
        )
        for row in rows:
            asked[row.page_id].append(parse_frequency(row.check_frequency, row.time_zone))
    return asked


def _schedule_row(page_id: UUID, asked: list[Frequency], now: datetime) -> dict[str, Any]:
    shortest = min(asked, key=lambda f: f.interval, default=parse_frequency("daily"))
    return {
        "page_id": page_id,
        "active": bool(asked),
        "frequency": shortest.text,
        "zone": shortest.zone.key if shortest.zone else None,
        "at": now,
    }
