"""Finds or makes the pages that owners subscribe to, at the shortest frequency asked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, and_, bindparam, case, insert, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from daemon.model.request import Request, Timing
from daemon.packing import content_hash
from daemon.schedule.next_check import frequency_of
from daemon.store.core.advisory_lock import take_turn
from daemon.store.core.chunks import chunks
from daemon.store.core.requests import columns_of, keyring_of, request_key
from daemon.store.tables import MonitoredSite, Page, Product
from daemon.store.tables.ids import new_id
from daemon.store.tables.types import Instant
from daemon.store.views.timings import timing_columns, timing_of

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
    @property
    def timing(self) -> Timing: ...


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
        keyring = keyring_of(session)
        made = [
            _page_row(by_key[key], key, missing[key], now)
            | columns_of(by_key[key].request, keyring)
            for key in missing
        ]
        await connection.execute(insert(_PAGE), made)
    return pages | missing


def _page_row(spec: Subscription, key: str, page_id: UUID, now: datetime) -> dict[str, Any]:
    return {
        "id": page_id,
        "request_key": key,
        "host": spec.host,
        "check_frequency": spec.check_frequency,
        "time_zone": spec.time_zone,
        "next_check_at": _first_look(spec.timing, now),
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
    """Set each page to the shortest frequency that its owners ask for, or deactivate it.

    Shape: a page whose owners now want other times is due at once, or when their hours begin.
    """
    ids = sorted(page_id for page_id in page_ids if isinstance(page_id, UUID))
    rows = []
    for chunk in chunks(ids):
        asked = await _timings(session, chunk)
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
                table.c.timings_hash.is_distinct_from(bindparam("timings")),
            ),
        )
        .values(
            is_active=bindparam("active"),
            check_frequency=bindparam("frequency"),
            time_zone=bindparam("zone"),
            timings_hash=bindparam("timings"),
            next_check_at=bindparam("at"),
        ),
        rows,
    )


async def look_soon(
    session: AsyncSession,
    specs: Sequence[Subscription],
    pages: Mapping[str, UUID],
    now: datetime,
) -> None:
    """Make the pages of new subscribers due now, or when their hours begin.

    Shape: a page that is being checked is due again as soon as that check has ended: it does not
           know of them. Until then the lease keeps every other claimant away.
    """
    at = bindparam("at", type_=Instant())
    is_later = _PAGE.c.next_check_at > at
    firsts = [(pages[request_key(spec.request)], _first_look(spec.timing, now)) for spec in specs]
    # One order for all writers.
    rows = [{"page_id": page_id, "at": first} for page_id, first in sorted(firsts)]
    if rows:
        connection = await session.connection()
        await connection.execute(
            update(_PAGE)
            .where(
                _PAGE.c.id == bindparam("page_id"),
                _PAGE.c.is_active,
                # One that is due already is only locked: nobody claims it without its new
                # subscribers before they are committed.
                or_(is_later, and_(_PAGE.c.next_check_at < at, at <= now)),
            )
            .values(
                next_check_at=case(
                    (or_(is_later, _PAGE.c.leased_by.is_not(None)), at),
                    else_=_PAGE.c.next_check_at,
                )
            ),
            rows,
        )


async def _timings(
    session: AsyncSession, page_ids: Sequence[UUID]
) -> defaultdict[UUID, list[Timing]]:
    asked: defaultdict[UUID, list[Timing]] = defaultdict(list)
    for owned in (MonitoredSite, Product):
        rows = await session.execute(
            select(owned.page_id, *timing_columns(owned)).where(
                owned.page_id.in_(page_ids), owned.is_active, owned.deleted_at.is_(None)
            )
        )
        for row in rows:
            asked[row.page_id].append(timing_of(row))
    return asked


def _schedule_row(page_id: UUID, asked: list[Timing], now: datetime) -> dict[str, Any]:
    timings = asked or [Timing()]
    shortest = min(map(frequency_of, timings), key=lambda f: f.interval)
    return {
        "page_id": page_id,
        "active": bool(asked),
        "frequency": shortest.text,
        "zone": shortest.zone.key if shortest.zone else None,
        "timings": _hash(timings),
        "at": min(_first_look(timing, now) for timing in timings),
    }


def _first_look(timing: Timing, now: datetime) -> datetime:
    return frequency_of(timing).opens_at(now)


def _hash(timings: Sequence[Timing]) -> str:
    """The identity of all that decides when a page is due, in whatever order."""
    plain = sorted({msgspec.json.encode(_decisive(timing)) for timing in timings})
    return content_hash(b" ".join(plain))


def _decisive(timing: Timing) -> Timing:
    """The timing without what makes no difference: the time zone of a plain interval."""
    frequency = frequency_of(timing)
    zone = frequency.zone.key if frequency.zone else None
    within = timing.detect_within if frequency.plan else None
    return replace(timing, time_zone=zone, detect_within=within)
