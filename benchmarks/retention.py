"""What dropping old rows costs: whole partitions of attempts, and other rows one by one.

    python benchmarks/retention.py [--pages 30000] [--days 28] [--rows 20000] [--only sqlite]

On both databases, drops so many rows of each large table one by one, attempts among them. Then, on
PostgreSQL, fills a database with an attempt of each page on each day, in partitions of a week;
counts those of the weeks that are past, as the daemon does a day after each, and drops them.
Prints tables in Markdown: CPU microseconds for each row, with those of the server, and those of
this process in the longest transaction, for which others may have to wait.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sqlalchemy import func, insert, select, text

from benchmarks.claims import cpu_seconds, postgres_urls, sqlite_urls
from daemon.store.core.database import Database
from daemon.store.core.engine import open_engine
from daemon.store.core.migrate import upgrade
from daemon.store.retention import ages, partitions
from daemon.store.retention.attempts import drop_attempts
from daemon.store.retention.batching import Sweep
from daemon.store.tables import (
    Attempt,
    Content,
    ContentUpdate,
    MonitoredSite,
    Notice,
    Page,
    PriceCheck,
    Product,
    Snapshot,
    User,
)
from daemon.store.tables.ids import first_id, new_id

DAY, WEEK = timedelta(days=1), timedelta(days=7)
MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
AT_ONCE = 1000
PAGES = """INSERT INTO pages (id, request_key, method, url, headers, renderer, host,
    check_frequency, next_check_at) SELECT gen_random_uuid(), md5(CAST(n AS text)), 'GET',
    'https://a.example/' || n, '{}', 'http', 'a.example', 'daily', now()
    FROM generate_series(1, :count) AS n"""
ATTEMPTS = """INSERT INTO attempts (id, page_id, started_at, elapsed_seconds, verdict, wire_bytes,
    body_bytes) SELECT CAST(lpad(to_hex(CAST(extract(epoch FROM at) * 1000 AS bigint)), 12, '0')
        || substr(md5(CAST(id AS text) || at), 1, 20) AS uuid),
    id, at, 0.1 + random(), 'unchanged', 1000, 5000
    FROM (SELECT id, CAST(:day AS timestamptz) + random() * interval '1 day' AS at FROM pages) AS p
    ORDER BY at"""


class Bench:
    """A database that is filled, and what work on it costs."""

    def __init__(self, url: str) -> None:
        self.database = Database(open_engine(url, pool_size=1, statement_timeout_seconds=3600))
        self.slowest_ms = 0.0

    async def cost(self, work: Callable[[Sweep], Awaitable[Any]]) -> tuple[float, Any]:
        """The CPU seconds of a sweep that does not pause, and its result."""

        async def goes_on(_seconds: float) -> None:
            pass

        # By CPU time, so that other work on the machine makes no smaller batches.
        sweep = Sweep(self.database, clock=time.process_time, rest=goes_on)
        began = await cpu_seconds(self.database)
        result = await work(sweep)
        self.slowest_ms = sweep.slowest_seconds * 1000
        return await cpu_seconds(self.database) - began, result

    async def execute(self, statement: str, **values: Any) -> None:
        async with self.database.writing() as session:
            await session.execute(text(statement), values)

    async def tidy(self) -> None:
        """What a server does by itself in the time that a measurement does not have."""
        if self.database.is_shared:
            async with self.database.bare() as connection:
                await connection.execute(text("VACUUM ANALYZE"))


async def whole(bench: Bench, pages: int, days: int) -> None:
    """Partitions that are counted, and then dropped."""
    await bench.execute(PAGES, count=pages)
    for week in range(-(-days // 7)):
        await partitions.make_ahead(bench.database, MONDAY + week * WEEK, WEEK)
    for day in range(days):
        await bench.execute(ATTEMPTS, day=MONDAY + day * DAY)
    await bench.tidy()
    end, rows = MONDAY + days * DAY, pages * days
    counted, _ = await bench.cost(lambda sweep: drop_attempts(sweep, MONDAY, settled=end))
    slowest = bench.slowest_ms
    began = time.perf_counter()
    dropped, _ = await bench.cost(lambda sweep: drop_attempts(sweep, end))
    took = time.perf_counter() - began
    async with bench.database.reading() as session:
        left = await session.scalar(select(func.count()).select_from(Attempt))
    print(f"\n{rows:,} attempts of {pages:,} pages in {days} days; {left:,} are left:\n")
    print("| step | CPU s | µs a row | longest transaction, CPU ms |\n| --- | ---: | ---: | ---: |")
    each = counted / rows * 1e6
    print(f"| counting, a week at a time | {counted:.1f} | {each:.1f} | {slowest:.0f} |")
    each = dropped / rows * 1e6
    print(f"| dropping, {took:.2f} s in all | {dropped:.2f} | {each:.2f} | |")


async def fill(bench: Bench, rows: int) -> None:
    """So many old rows of each large table, of a hundred sites and products."""
    async with bench.database.writing() as session:
        await session.execute(insert(User), [{"id": "local", "email": "local@localhost"}])
        pages = [_page(n) for n in range(100)]
        await session.execute(insert(Page), pages)
        sites = [{"id": new_id(), "name": one["url"], "url": one["url"], "owner_id": "local",
                  "page_id": one["id"]} for one in pages]  # fmt: skip
        await session.execute(insert(MonitoredSite), sites)
        products = [{"product_id": new_id(), "name": one["url"], "url": one["url"],
                     "owner_id": "local", "page_id": one["id"]} for one in pages]  # fmt: skip
        await session.execute(insert(Product), products)
    for begins in range(0, rows, AT_ONCE):
        async with bench.database.writing() as session:
            for table, row in ROWS.items():
                values = [
                    row(
                        n,
                        pages[n % 100]["id"],
                        sites[n % 100]["id"],
                        products[n % 100]["product_id"],
                    )
                    for n in range(begins, min(begins + AT_ONCE, rows))
                ]
                await session.execute(insert(table), values)
    await bench.tidy()


def _page(n: int) -> dict[str, Any]:
    url = f"https://b.example/{n}"
    return {"id": new_id(), "request_key": f"{n:032}", "url": url, "host": "b.example"}


def _at(n: int) -> datetime:
    """Some minutes after the last: a row of each page and product in each hour and a half."""
    return MONDAY - 300 * DAY + n * timedelta(minutes=1)


def _id(n: int) -> UUID:
    return UUID(int=first_id(_at(n)).int | new_id().int & (1 << 80) - 1)


ROWS: dict[Any, Callable[[int, UUID, UUID, UUID], dict[str, Any]]] = {
    Attempt: lambda n, page, site, product: {
        "id": _id(n), "page_id": page, "started_at": _at(n), "elapsed_seconds": 0.3,
        "verdict": "unchanged",
    },
    PriceCheck: lambda n, page, site, product: {
        "price_check_id": _id(n), "product_id": product, "scraped_at": _at(n),
        "price": Decimal(n % 90 + 1), "currency": "EUR",
        "availability": "in_stock", "is_believed": True,
    },
    Content: lambda n, page, site, product: {
        "hash": f"{n:032x}", "codec": "zstd", "size_bytes": 900, "data": os.urandom(900),
        "created_at": _at(n),
    },
    Snapshot: lambda n, page, site, product: {
        "id": _id(n), "site_id": site, "text_hash": f"{n:032x}", "kind": "html",
        "extractor": "html/1", "url": "https://b.example/", "first_seen_at": _at(n),
        "last_seen_at": _at(n),
    },
    ContentUpdate: lambda n, page, site, product: {
        "id": _id(n), "site_id": site, "detected_at": _at(n), "raw_content": "x" * 300,
        "after_snapshot_id": None,
    },
    Notice: lambda n, page, site, product: {
        "id": _id(n), "idempotency_key": f"{n}", "kind": "update", "user_id": "local",
        "channel": "mail", "status": "sent", "created_at": _at(n),
    },
}  # fmt: skip
DROPS: dict[str, Callable[[Sweep], Awaitable[int]]] = {
    "attempts, row by row": lambda sweep: drop_attempts(sweep, MONDAY),
    "price checks": lambda sweep: ages.drop_price_checks(sweep, MONDAY),
    "changes": lambda sweep: ages.drop_updates(sweep, MONDAY),
    "notices": lambda sweep: ages.drop_notices(sweep, MONDAY),
    "snapshots": lambda sweep: ages.drop_snapshots(sweep, MONDAY, 1),
    "contents": lambda sweep: ages.drop_contents(sweep, MONDAY),
}


async def by_row(kind: str, url: str, rows: int) -> None:
    """Rows of each large table that go one by one."""
    bench = Bench(url)
    await fill(bench, rows)
    for name, drop in DROPS.items():
        seconds, dropped = await bench.cost(drop)
        each = seconds / max(dropped, 1) * 1e6
        print(
            f"| {kind} | {name} | {dropped:,} | {each:.0f} | {bench.slowest_ms:.0f} |", flush=True
        )
    await bench.database.close()


async def partitioned(url: str, pages: int, days: int) -> None:
    bench = Bench(url)
    await whole(bench, pages, days)
    await bench.database.close()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--pages", type=int, default=30_000)
    parser.add_argument("--days", type=int, default=28)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--only", choices=("sqlite", "postgresql"))
    given = parser.parse_args()
    print("| database | rows | dropped | CPU µs a row | longest transaction, CPU ms |")
    print("| --- | --- | ---: | ---: | ---: |")
    for kind, urls in (("sqlite", sqlite_urls), ("postgresql", postgres_urls)):
        if given.only in (None, kind):
            with urls() as url_of:
                small = url_of(1)
                upgrade(small)
                asyncio.run(by_row(kind, small, given.rows))
                if kind == "postgresql" and given.pages:
                    large = url_of(2)
                    upgrade(large)
                    asyncio.run(partitioned(large, given.pages, given.days))


if __name__ == "__main__":
    main()
