"""A database with many sites and changes, for what is measured on one.

    python benchmarks/many.py SQLITE_FILE [--sites 100000] [--changes 1000000]

One owner has all of them, as `tests/many.py` makes them, and has not seen the last change of every
tenth site. Every hundredth site has two states, and
the first one 100 states and 10,000 checks; every other page was checked once. A hundredth as many
products as sites have 100 prices each. `fill` does the same with any empty, migrated database.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sqlalchemy import func, insert, select, text, update

from daemon.packing import pack
from daemon.store.core.database import Database
from daemon.store.core.engine import open_engine
from daemon.store.core.migrate import upgrade
from daemon.store.tables import (
    Attempt,
    Content,
    ContentUpdate,
    MonitoredSite,
    Page,
    PriceAlert,
    PriceCheck,
    Product,
    Snapshot,
)
from daemon.store.tables.ids import first_id, new_id
from tests.many import BEGAN, change_id, detected_at, have_many, site_id

OWNER = "local"
LINES = 400
ALERT = {
    "kind": "price_drop",
    "rule": "any",
    "price": "20",
    "previous_price": "21",
    "currency": "EUR",
    "availability": "in_stock",
    "key": "1",
}
_AT_ONCE = 5000
_TEXTS = 100
_STATES = 100
_CHECKS = 10_000
_PRICES = 100


async def fill(database: Database, sites: int, changes: int) -> None:
    """Make them, with states, checks and prices, and let the database know how many there are."""
    await have_many(database, [OWNER], sites, changes)
    contents = [pack(_text(number).encode()) for number in range(_TEXTS)]
    hashes = [packed.hash for packed in contents]
    async with database.writing() as session:
        pages = list(await session.scalars(select(Page.id).order_by(Page.id)))
        stored = [
            {"hash": one.hash, "codec": "zstd", "size_bytes": one.size_bytes, "data": one.data}
            for one in contents
        ]
        await _insert(session, Content, iter(stored))
        await _insert(session, Snapshot, _states(sites, hashes))
        await _insert(session, Attempt, _checks(pages))
        products = [new_id() for _ in range(max(sites // 100, 1))]
        await _insert(session, Product, _products(products, pages))
        prices = list(_prices(products, detected_at(changes)))
        await _insert(session, PriceCheck, iter(prices))
        await _insert(session, PriceAlert, _alerts(prices))
        await _show_states(session, hashes)
        await _mark_seen(session)
    async with database.bare() as connection:
        await connection.execute(text("VACUUM ANALYZE" if database.is_shared else "ANALYZE"))


async def _insert(session: Any, table: Any, rows: Iterator[dict[str, Any]]) -> None:
    while some := list(islice(rows, _AT_ONCE)):
        await session.execute(insert(table.__table__), some)


async def _show_states(session: Any, hashes: list[str]) -> None:
    """Let the first site's first change be one of its last two states."""
    found = await session.execute(
        select(Snapshot.id)
        .where(Snapshot.site_id == site_id(0))
        .order_by(Snapshot.last_seen_at.desc())
        .limit(2)
    )
    after, before = found.scalars()
    values = {"before_snapshot_id": before, "after_snapshot_id": after}
    wanted = ContentUpdate.id == change_id(0)
    await session.execute(update(ContentUpdate).where(wanted).values(**values))
    site = update(MonitoredSite).where(MonitoredSite.id == site_id(0))
    await session.execute(site.values(text_hash=hashes[-1]))


async def _mark_seen(session: Any) -> None:
    """Leave the last change of every tenth site unseen."""
    last = select(func.max(ContentUpdate.detected_at)).scalar_subquery()
    of_site = select(func.max(ContentUpdate.detected_at)).where(
        ContentUpdate.site_id == MonitoredSite.id
    )
    changed = update(MonitoredSite).values(last_changed_at=of_site.scalar_subquery(), seen_at=last)
    await session.execute(changed)
    unseen = MonitoredSite.name.endswith("7")
    seen_at = of_site.where(ContentUpdate.detected_at < MonitoredSite.last_changed_at)
    values = {"seen_at": seen_at.scalar_subquery()}
    await session.execute(update(MonitoredSite).where(unseen).values(**values))


def _text(number: int) -> str:
    return "\n".join(
        f"Line {line} of the page, as it was in version {number if line % 40 == 0 else 0}."
        for line in range(LINES)
    )


def _states(sites: int, hashes: list[str]) -> Iterator[dict[str, Any]]:
    for site in range(0, sites, 100):
        for number in range(_STATES if site == 0 else 2):
            seen_at = detected_at(number)
            yield {
                "id": new_id(),
                "site_id": site_id(site),
                "text_hash": hashes[number],
                "source_hash": None,
                "kind": "html",
                "title": f"Title {number}",
                "extractor": "html/1",
                "url": f"https://site{site}.example/",
                "flags": [],
                "first_seen_at": seen_at,
                "last_seen_at": seen_at,
            }


def _checks(pages: list[UUID]) -> Iterator[dict[str, Any]]:
    for page_id in pages:
        for number in range(_CHECKS if page_id == pages[0] else 1):
            is_failed = number % 100 == 99
            yield {
                "id": new_id(),
                "page_id": page_id,
                "started_at": BEGAN + timedelta(hours=number),
                "elapsed_seconds": 0.2,
                "verdict": "failed" if is_failed else "unchanged",
                "error_class": "timeout" if is_failed else None,
            }


def _products(ids: list[UUID], pages: list[UUID]) -> Iterator[dict[str, Any]]:
    for number, product_id in enumerate(ids):
        yield {
            "product_id": product_id,
            "name": f"Product {number:06}",
            "url": f"https://site{number}.example/",
            "owner_id": OWNER,
            "page_id": pages[number],
            "target_price": Decimal(20) if number % 3 == 0 else None,
            "currency": "EUR",
        }


def _prices(ids: list[UUID], until: datetime) -> Iterator[dict[str, Any]]:
    for product_id in ids:
        for number in range(_PRICES):
            yield {
                "price_check_id": new_id(),
                "product_id": product_id,
                "price": Decimal(20 + number // 5 * 7 % 13),
                "currency": "EUR",
                "availability": "in_stock" if number % 10 else "out_of_stock",
                "is_repeat": number % 5 != 0,
                "scraped_at": until - timedelta(days=_PRICES - number),
                "confidence_score": 0.9,
            }


def _alerts(prices: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """One for every twentieth price."""
    for number, price in enumerate(prices[::20]):
        at = price["scraped_at"]
        yield {
            "alert_id": UUID(int=first_id(at).int | number),
            "price_check_id": price["price_check_id"],
            "alert_type": "price_drop",
            "details": ALERT,
            "created_at": at,
        }


async def make(url: str, sites: int, changes: int) -> None:
    """Fill the empty database at this URL."""
    database = Database(open_engine(url, pool_size=1, statement_timeout_seconds=3600))
    try:
        await fill(database, sites, changes)
    finally:
        await database.close()


def main() -> None:
    """Make a file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("file", type=Path)
    parser.add_argument("--sites", type=int, default=100_000)
    parser.add_argument("--changes", type=int, default=1_000_000)
    given = parser.parse_args()
    url = f"sqlite+aiosqlite:///{given.file.absolute()}"
    upgrade(url)
    asyncio.run(make(url, given.sites, given.changes))


if __name__ == "__main__":
    main()
