"""Drops old rows by kind and age, in small batches that never hold a lock for long."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, TypeAlias, cast
from uuid import UUID

from sqlalchemy import CursorResult, Delete, Select, and_, delete, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from daemon.store.core.chunks import among
from daemon.store.queue.pages import is_free
from daemon.store.record.daily_rollups import (
    PRICE_COLUMNS,
    add_price_days,
)
from daemon.store.retention.batching import (
    FOUND_AT_ONCE,
    Search,
    Sweep,
    Work,
    free_of_others,
    in_order,
    in_steps,
)
from daemon.store.tables import (
    CONTENT_USES,
    Attempt,
    CheckDay,
    Content,
    ContentUpdate,
    Host,
    MonitoredSite,
    Notice,
    Page,
    PriceAlert,
    PriceCheck,
    PriceDay,
    PriceSource,
    Product,
    Run,
    Snapshot,
)
from daemon.store.tables.ids import first_id
from daemon.store.tables.types import db_now

_Column: TypeAlias = InstrumentedAttribute[Any]
_Parts: TypeAlias = Sequence[tuple[_Column, _Column]]

_SITES_AT_ONCE = 200
_NOTICE_DONE = ("sent", "dead", "dropped")
is_referred = exists().where(
    or_(
        ContentUpdate.before_snapshot_id == Snapshot.id,
        ContentUpdate.after_snapshot_id == Snapshot.id,
    )
)
is_current = exists().where(
    MonitoredSite.id == Snapshot.site_id, MonitoredSite.text_hash == Snapshot.text_hash
)
_told_of_update = exists().where(
    Notice.content_update_id == ContentUpdate.id, Notice.status.not_in(_NOTICE_DONE)
)
_told_of_alert = exists().where(
    Notice.price_alert_id == PriceAlert.alert_id, Notice.status.not_in(_NOTICE_DONE)
)
_alerted = exists().where(PriceAlert.price_check_id == PriceCheck.price_check_id)
is_needed = or_(*(exists().where(use == Content.hash) for use in CONTENT_USES))
_wanted = or_(
    exists().where(MonitoredSite.page_id == Page.id), exists().where(Product.page_id == Page.id)
)


async def drop_price_checks(sweep: Sweep, before: datetime) -> int:
    """Drop price checks before an instant, once their days count them; how many.

    Shape: a check that an alert refers to stays as long as the alert.
    """
    return await _drop_prices(sweep, before, PriceCheck.scraped_at < before, ~_alerted)


async def drop_price_repeats(sweep: Sweep, before: datetime) -> int:
    """Drop price checks before an instant that only repeat the one before them; how many.

    Shape: the remaining checks still show what a product cost, and for how long.
    """
    return await _drop_prices(sweep, before, PriceCheck.scraped_at < before, PriceCheck.is_repeat)


async def _drop_prices(sweep: Sweep, before: datetime, *free: Any) -> int:
    key = PriceCheck.price_check_id

    async def work(session: AsyncSession, batch: Sequence[UUID]) -> int:
        mine = await free_of_others(session, key, batch)
        gone = _quietly(delete(PriceCheck).where(among(session, key, mine), *free))
        rows = (await session.execute(gone.returning(*PRICE_COLUMNS))).all()
        await add_price_days(session, rows)
        return len(rows)

    return await sweep.through(in_order(key, key < first_id(before), *free), work)


async def drop_price_sources(sweep: Sweep, before: datetime) -> int:
    """Drop the documents of price checks before an instant; the checks stay; how many."""
    key = PriceSource.price_check_id
    return await _drop(sweep, key, key < first_id(before), PriceSource.created_at < before)


async def drop_updates(sweep: Sweep, before: datetime) -> int:
    """Drop content updates that were detected before an instant; how many.

    Shape: with their analyses and notices; not before those notices are settled.
    """
    old = (ContentUpdate.id < first_id(before), ContentUpdate.detected_at < before)
    return await _drop(sweep, ContentUpdate.id, *old, ~_told_of_update)


async def drop_price_alerts(sweep: Sweep, before: datetime) -> int:
    """Drop price alerts before an instant, with their notices once settled; how many."""
    old = (PriceAlert.alert_id < first_id(before), PriceAlert.created_at < before)
    return await _drop(sweep, PriceAlert.alert_id, *old, ~_told_of_alert)


async def drop_notices(sweep: Sweep, before: datetime) -> int:
    """Drop notices that were settled before an instant, in any way; how many."""
    old = (Notice.id < first_id(before), Notice.created_at < before)
    return await _drop(sweep, Notice.id, *old, Notice.status.in_(_NOTICE_DONE))


async def drop_runs(sweep: Sweep, before: datetime) -> int:
    """Drop runs that ended, or had their last heartbeat, before an instant; how many."""
    ended = func.coalesce(Run.ended_at, Run.heartbeat_at) < before
    return await _drop(sweep, Run.id, Run.id < first_id(before), ended)


async def drop_hosts(sweep: Sweep, before: datetime) -> int:
    """Forget hosts not seen since an instant; how many."""
    rests = or_(Host.paused_until.is_(None), Host.paused_until < db_now())
    return await _drop(sweep, Host.host, Host.updated_at < before, rests)


async def drop_days(sweep: Sweep, before: date) -> int:
    """Drop the daily figures of days before this one; how many."""
    dropped = 0
    for table, owner in ((CheckDay, CheckDay.page_id), (PriceDay, PriceDay.product_id)):
        async with sweep.database.reading() as session:
            days = (
                await session.scalars(
                    select(table.day).where(table.day < before).distinct().order_by(table.day)
                )
            ).all()
        for day in days:
            dropped += await _drop(sweep, owner, table.day == day)
    return dropped


async def drop_snapshots(sweep: Sweep, before: datetime, keep_per_site: int) -> int:
    """Drop unreferenced states that are old and too many; how many.

    Shape: the newest of a site stay at any age, and recent ones in any number. The current
           state of a site, and those of its updates, always stay.
    """
    free = (~is_referred, ~is_current)

    def beyond(sites: Any) -> Select[Any]:
        place = (
            func.row_number()
            .over(partition_by=Snapshot.site_id, order_by=Snapshot.last_seen_at.desc())
            .label("place")
        )
        states = select(Snapshot.id, Snapshot.last_seen_at, place).where(
            Snapshot.site_id.in_(select(MonitoredSite.id).where(sites))
        )
        ranked = states.subquery()
        is_beyond = and_(ranked.c.place > keep_per_site, ranked.c.last_seen_at < before)
        chosen = select(ranked.c.id).where(is_beyond)
        return select(Snapshot.id).where(Snapshot.id.in_(chosen), *free)

    search = in_steps(MonitoredSite.id, beyond, _SITES_AT_ONCE)
    return await sweep.through(search, _dropping(Snapshot.id, *free), "sites")


async def drop_contents(sweep: Sweep, before: datetime) -> int:
    """Drop contents that no snapshot and no price check refers to any more; how many.

    Units: only those stored before an instant, so that none is taken from a check in progress.
    """

    # Their age is stored after the bytes, so it is only read for unreferenced rows.
    def unneeded(here: Any) -> Select[Any]:
        return select(Content.hash).where(here, ~is_needed)

    work = _dropping(Content.hash, ~is_needed, Content.created_at < before)
    return await sweep.through(in_steps(Content.hash, unneeded), work, "contents")


async def drop_pages(sweep: Sweep) -> int:
    """Drop pages without sites and products, with everything of theirs; how many."""

    def unwanted(here: Any) -> Select[Any]:
        return select(Page.id).where(here, ~_wanted, is_free)

    parts = ((Attempt.id, Attempt.page_id),)
    search = in_steps(Page.id, unwanted)
    return await _drop_whole(sweep, search, Page.id, (~_wanted, is_free), parts)


async def drop_removed(sweep: Sweep, before: datetime) -> int:
    """Drop sites and products removed before an instant, with everything of theirs; how many."""
    site, product = MonitoredSite.id, Product.product_id
    of_site = ((ContentUpdate.id, ContentUpdate.site_id), (Snapshot.id, Snapshot.site_id))
    of_product = ((PriceCheck.price_check_id, PriceCheck.product_id),)
    dropped = 0
    for key, removed_at, parts in (
        (site, MonitoredSite.deleted_at, of_site),
        (product, Product.deleted_at, of_product),
    ):
        free = (removed_at < before,)
        dropped += await _drop_whole(sweep, in_order(key, *free), key, free, parts)
    return dropped


async def _drop_whole(
    sweep: Sweep, search: Search[Any], key: _Column, free: Sequence[Any], parts: _Parts
) -> int:
    """Drop rows after their parts, which go first and in batches, as a cascade is unbounded."""
    dropped, after = 0, None
    while not sweep.is_over():
        async with sweep.database.reading() as session:
            found, after = await search(session, after, FOUND_AT_ONCE)
        for one in found:
            # An object restored meanwhile keeps its remaining parts.
            is_free = exists().where(key == one, *free)
            for part, owner in parts:
                await _drop_part(sweep, part, owner == one, is_free)
            dropped += await sweep.each([one], _dropping(key, *free))
        if after is None:
            break
    return dropped


async def _drop_part(sweep: Sweep, key: _Column, of_one: Any, is_free: Any) -> None:
    """Drop all rows of one parent, found by its index, so in no order."""
    dropped = 1
    while dropped and not sweep.is_over():
        async with sweep.database.reading() as session:
            found = (await session.scalars(select(key).where(of_one).limit(FOUND_AT_ONCE))).all()
        dropped = await sweep.each(found, _dropping(key, is_free))


async def _drop(sweep: Sweep, key: _Column, *free: Any) -> int:
    return await sweep.through(in_order(key, *free), _dropping(key, *free))


def _dropping(key: _Column, *free: Any) -> Work[Any]:
    """Drop those of a batch that may still be dropped when it is their turn."""

    async def work(session: AsyncSession, batch: Sequence[Any]) -> int:
        mine = await free_of_others(session, key, batch)
        gone = delete(key.class_).where(among(session, key, mine), *free)
        done = await session.execute(_quietly(gone))
        return cast(CursorResult[Any], done).rowcount

    return work


def _quietly(statement: Delete) -> Delete:
    return statement.execution_options(synchronize_session=False)
