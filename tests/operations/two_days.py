"""What was read for each of two owners at what is theirs alone: checks, states, prices, alerts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select

from daemon.packing import pack
from daemon.store import tables
from daemon.store.tables.ids import new_id
from tests.making import PAST, add_rows
from tests.operations.two_owners import OWNERS, TwoOwners

NOW = PAST + timedelta(days=1)
TEXT = pack(b"Tea is served at four.")


@dataclass(frozen=True)
class Day:
    """What is one owner's alone, and the page of it."""

    owner_id: str
    site_id: UUID
    page_id: UUID
    product_id: UUID


async def have_two_days(two: TwoOwners) -> dict[str, Day]:
    """A check, a day of checks, a state, a price with its alert and a day of prices for each."""
    await two.set_all(tables.MonitoredSite, created_at=PAST - timedelta(days=9), rated_noise=1)
    await add_rows(
        two.database,
        tables.Content(hash=TEXT.hash, codec="zstd", size_bytes=TEXT.size_bytes, data=TEXT.data),
    )
    days = {name: await _day(two, name) for name in OWNERS}
    for day in days.values():
        await add_rows(two.database, *_rows(day))
    return days


async def _day(two: TwoOwners, owner_id: str) -> Day:
    site, product, own = tables.MonitoredSite, tables.Product, f"{owner_id}'s own"
    async with two.database.reading() as session:
        ids = await session.execute(select(site.id, site.page_id).where(site.name == own))
        site_id, page_id = ids.one()
        assert page_id is not None
        goods = await session.scalars(select(product.product_id).where(product.name == own))
        return Day(owner_id, site_id, page_id, goods.one())


def _rows(day: Day) -> list[tables.Base]:
    checked = tables.PriceCheck(
        price_check_id=new_id(), product_id=day.product_id, price=Decimal(20), currency="EUR",
        scraped_at=PAST, is_believed=True, availability="in_stock",
    )  # fmt: skip
    return [
        checked,
        tables.PriceAlert(
            alert_id=new_id(), price_check_id=checked.price_check_id, alert_type="price_drop",
        ),
        tables.PriceDay(
            product_id=day.product_id, day=PAST.date(), currency="EUR", variant="", checks=1,
            in_stock=1, lowest_price=Decimal(20), lowest_at=PAST,
        ),
        tables.Attempt(
            page_id=day.page_id, started_at=PAST, elapsed_seconds=0.1, verdict="unchanged"
        ),
        tables.CheckDay(
            page_id=day.page_id, day=PAST.date() - timedelta(days=1), checks=1, changed=0,
            failures={}, wire_bytes=1, times={}, slowest_seconds=0.1,
        ),
        tables.Snapshot(
            id=new_id(), site_id=day.site_id, text_hash=TEXT.hash, source_hash=TEXT.hash,
            kind="html", extractor="html/1", content_type="text/html", charset="utf-8",
            url="https://site.example/", first_seen_at=PAST, last_seen_at=PAST,
        ),
    ]  # fmt: skip
