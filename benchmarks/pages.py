"""What the pages for people cost on many sites and changes, on SQLite and on PostgreSQL.

    python benchmarks/pages.py [--sites 100000] [--changes 1000000] [--only sqlite] [--opens 30]
                               [--file FILE_OF_MANY]

Fills a throwaway database as `benchmarks/many.py` does, or takes a file that it made, serves the
pages from it, and opens each of them from another process. Prints a table in Markdown: statements
beside those of the head, which are counted once in five seconds; rows that they read (PostgreSQL
counts them); KB of HTML; CPU ms of the process that serves, and as a multiple of what the same
bytes cost from a string by the same aiohttp; the longest CPU ms for which the event loop was held,
by the first opening and by the others; tables that a plan reads in whole or sorts.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import sys
import tempfile
import time
import zlib
from asyncio import events
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from aiohttp import web
from sqlalchemy import select

from benchmarks.many import OWNER, make
from daemon.config import Config, WebConfig
from daemon.config.sections import DocumentsConfig
from daemon.monitoring.health import Health
from daemon.monitoring.metrics import Metrics
from daemon.operations.backtest import Backtests
from daemon.operations.comparing import Comparer
from daemon.operations.trying import Tries
from daemon.sandbox.pool import Sandbox
from daemon.store.core.database import Database
from daemon.store.core.migrate import upgrade
from daemon.store.core.opening import open_database, open_for_readers
from daemon.store.tables import Product, Snapshot
from daemon.system.memory import end_loading
from daemon.web.asset_files import assets
from daemon.web.context import Context
from daemon.web.pages.api.table import PREFIX
from daemon.web.routes import ROUTES
from daemon.web.server import serve
from tests import postgres
from tests.making import Statements
from tests.many import change_id, detected_at, site_id
from tests.plans import sorts, whole_tables

LARGE = 10_000  # rows that a plan reads or sorts, beyond the one that says there are more
WITHOUT_ROWS = (
    ".atom",
    "/original",
    "/picture",
    "/failure",
    "/source",
    "/at",
    "/notifications/{id}",
    "/links/{token}",
    "/{destination}",
    "/destinations/{id}",
)
TURNED = ("/sites", "/changes", "/products")
FILTERED = (
    "/sites?state=failing",
    "/sites?state=unseen",
    "/sites?tag=fifth",
    "/sites?tag=rare",
    "/sites?q=site9",
    "/sites?q=nothing+like+it",
    "/sites?sort=changed",
    "/sites?sort=checked",
    "/sites?sort=next",
    "/changes?unseen=1",
    "/changes?significant=1",
    "/changes?severity=critical",
    "/changes?tag=fifth",
    "/changes?category=none",
    "/products?state=at_target",
    "/products?q=nothing",
)
HEADS = ("page", "statements", "rows read", "KB", "CPU ms", "x string", "first held", "held")


@dataclass
class Cost:
    """What opening one page took."""

    statements: int
    rows: int | None
    size: int
    cpu_ms: float
    string_ms: float
    first_held_ms: float
    held_ms: float
    plans: list[str]

    def cells(self) -> list[str]:
        rows = "–" if self.rows is None else f"{self.rows:,}"
        size, times = f"{self.size / 1000:.1f}", f"{self.cpu_ms / self.string_ms:.0f}"
        held = (f"{one:.1f}" for one in (self.first_held_ms, self.held_ms))
        return [str(self.statements), rows, size, f"{self.cpu_ms:.2f}", times, *held]


class Holds:
    """The longest CPU time for which one step held the event loop."""

    def __init__(self) -> None:
        self.longest = 0.0
        self._run = events.Handle._run

    def __enter__(self) -> Holds:
        run, note = self._run, self._note

        def timed(handle: events.Handle) -> None:
            began = time.thread_time()
            run(handle)
            note(time.thread_time() - began)

        events.Handle._run = timed  # type: ignore[method-assign]
        return self

    def __exit__(self, *_: object) -> None:
        events.Handle._run = self._run  # type: ignore[method-assign]

    def _note(self, seconds: float) -> None:
        self.longest = max(self.longest, seconds)


def get(url: str, path: str, count: int) -> tuple[int, bytes]:
    """Open a page so many times; the last status and body."""
    connection = HTTPConnection(urlsplit(url).netloc, timeout=60)
    answer = (0, b"")
    for _ in range(count):
        connection.request("GET", path)
        response = connection.getresponse()
        answer = (response.status, response.read())
    connection.close()
    return answer


class Opener:
    """Opens pages from another process, and tells what that cost this one."""

    def __init__(self, pool: ProcessPoolExecutor, context: Context, url: str) -> None:
        self.pool, self.context, self.url = pool, context, url

    async def get(self, url: str, path: str, count: int = 1) -> tuple[int, bytes]:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.pool, get, url, path, count)

    async def body(self, path: str) -> bytes:
        status, body = await self.get(self.url, path)
        if status not in (200, 303):
            print(f"{path}: {status}", file=sys.stderr)
        return body

    async def cost(self, path: str, opens: int) -> Cost:
        """What this page costs, opened for the first time and then so often again."""
        with Holds() as first, Statements(self.context.reading.engine) as sent:
            body = await self.body(path)
        with Holds() as holds:
            cpu_ms = await self._cpu_ms(self.url, path, opens)
        async with from_string(body) as plain:
            await self.get(plain, "/", opens)
            string_ms = await self._cpu_ms(plain, "/", opens * 10)
        rows, plans = await examine(self.context.reading, asked(sent))
        held = first.longest * 1000, holds.longest * 1000
        return Cost(len(asked(sent)), rows, len(body), cpu_ms, string_ms, *held, plans)

    async def _cpu_ms(self, url: str, path: str, count: int) -> float:
        began = time.process_time()
        await self.get(url, path, count)
        return (time.process_time() - began) * 1000 / count


@asynccontextmanager
async def from_string(body: bytes) -> AsyncIterator[str]:
    """The same bytes, served with nothing to do."""

    async def answer(_: web.BaseRequest) -> web.Response:
        return web.Response(body=body, content_type="text/html")

    runner = web.ServerRunner(web.Server(answer))
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def asked(sent: Statements) -> list[tuple[str, Any]]:
    """The queries, without what begins and settles a session."""
    pairs = zip(sent.sent, sent.values, strict=True)
    return [(one, values) for one, values in pairs if one.startswith(("SELECT", "WITH"))]


async def examine(
    database: Database, queries: Sequence[tuple[str, Any]]
) -> tuple[int | None, list[str]]:
    """How many rows these read, if the database counts them, and what they should not do."""
    rows, found = 0, list[str]()
    async with database.reading() as session:
        connection = await session.connection()
        for statement, values in queries:
            if database.is_shared:
                told = f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}"
                plan = (await connection.exec_driver_sql(told, values)).scalar()
                [top] = json.loads(plan) if isinstance(plan, str) else plan
                for node in nodes(top["Plan"]):
                    rows += read_by(node)
                    found += objections(node)
            else:
                found += await whole_tables(connection, statement, values)
                found += await sorts(connection, statement, values)
    return rows if database.is_shared else None, found


def nodes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from nodes(part)


def read_by(node: Mapping[str, Any]) -> int:
    """The rows of a table that a step of a plan looks at."""
    if "Relation Name" not in node:
        return 0
    removed = sum(node.get(f"Rows Removed by {why}", 0) for why in ("Filter", "Index Recheck"))
    return round((node["Actual Rows"] + removed) * node["Actual Loops"])


def objections(node: Mapping[str, Any]) -> Iterator[str]:
    kind = node["Node Type"]
    if kind == "Seq Scan" and read_by(node) > LARGE + 1:
        yield f"reads all of {node['Relation Name']}"
    if kind.endswith("Sort"):
        sorted_rows = sum(part["Actual Rows"] * part["Actual Loops"] for part in node["Plans"])
        if sorted_rows > LARGE + 1:
            yield f"sorts {sorted_rows:,.0f} rows"


async def paths(database: Database) -> list[str]:
    """Every address of a page; of a file that `fill` has no rows for there is none."""
    async with database.reading() as session:
        product = await session.scalar(select(Product.product_id).limit(1))
        newest = Snapshot.last_seen_at.desc()
        of_site = select(Snapshot.id).where(Snapshot.site_id == site_id(0)).order_by(newest)
        after, before = (await session.scalars(of_site.limit(2))).all()
    parts = {"name": assets()["app.css"].path.removeprefix("/assets/")}
    parts |= {"host": "site0.example:443", "token": "none", "provider": "none"}
    parts |= {"before": str(before), "after": str(after), "state": str(after)}
    parts["date"] = f"{detected_at(50):%Y-%m-%dT%H:%M:%SZ}"
    ids = {
        "users": OWNER,
        "sites": site_id(0),
        "changes": change_id(0),
        "states": after,
        "products": product,
    }
    found = []
    for route in ROUTES:
        if route.method == "GET" and not route.path.endswith(WITHOUT_ROWS):
            query = f"?before={before}&after={after}" if route.path == "/compare" else ""
            id_ = ids.get(route.path.removeprefix(PREFIX).split("/")[1])
            found.append(route.path.format(id=id_, **parts) + query)
    return found


async def second_pages(opener: Opener) -> AsyncIterator[str]:
    """The second page of each list."""
    for path in TURNED:
        text = (await opener.body(path)).decode()
        if (at := text.find(f'href="{path}?after=')) >= 0:
            yield text[at + 6 : text.index('"', at + 6)].replace("&amp;", "&")


async def measure(url: str, changes: int, opens: int) -> None:
    """Print what each page costs on this database."""
    settings = {"database": {"url": url, "pool_size": 2}, "web": {"requests_per_second": 0}}
    config = Config.model_validate(settings).settled(())
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        async with (
            open_database(config.database) as database,
            open_for_readers(config.database) as reading,
            Sandbox(DocumentsConfig(workers=1)) as sandbox,
        ):
            known = Context(
                config=lambda: config,
                reading=reading,
                database=database,
                health=Health(),
                metrics=Metrics("0"),
                clock=partial(detected_at, changes),
                comparer=Comparer(lambda: sandbox),
                tries=Tries(lambda: None),
                backtests=Backtests(lambda: None),
            )
            async with serve(known, WebConfig(port=0)) as address:
                opener = Opener(pool, known, address)
                end_loading()  # as the daemon does
                with Statements(reading.engine) as sent:
                    await opener.body("/health")
                print(f"\nhead and /health: {len(asked(sent))} statements")
                print(f"| {' | '.join(HEADS)} | plans |\n| --- |{' ---: |' * 7} --- |")
                turned = [path async for path in second_pages(opener)]
                for path in (*await paths(database), *turned, *FILTERED):
                    cost = await opener.cost(path, opens)
                    cells = [shortened(path), *cost.cells(), "; ".join(cost.plans)]
                    print(f"| {' | '.join(cells)} |", flush=True)


def shortened(path: str) -> str:
    """An address without what is different every time."""
    parts = ("…" if len(part) > 30 else part for part in path.partition("?")[0].split("/"))
    query = path.partition("?")[2]
    name, _, value = query.partition("=")
    shown = f"?{name}=…" if len(value) > 30 else f"?{query}" if query else ""
    return f"`{'/'.join(parts)}{shown}`"


@contextmanager
def databases(given: argparse.Namespace) -> Iterator[Iterator[tuple[str, str]]]:
    """Filled databases, by kind."""

    def made(stack: ExitStack) -> Iterator[tuple[str, str]]:
        if given.only in (None, "sqlite"):
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="changelogger-pages-"))
            url = f"sqlite+aiosqlite:///{given.file or Path(folder) / 'many.db'}"
            yield "SQLite", url if given.file else filled(url, given)
        if given.only in (None, "postgresql"):
            server = stack.enter_context(postgres.running())
            yield "PostgreSQL", filled(postgres.database_url(server, "postgres"), given)

    with ExitStack() as stack:
        yield made(stack)


def filled(url: str, given: argparse.Namespace) -> str:
    upgrade(url)
    asyncio.run(make(url, given.sites, given.changes))
    return url


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--sites", type=int, default=100_000)
    parser.add_argument("--changes", type=int, default=1_000_000)
    parser.add_argument("--opens", type=int, default=30)
    parser.add_argument("--only", choices=("sqlite", "postgresql"))
    parser.add_argument("--file", type=Path, help="an SQLite file of so many sites and changes")
    given = parser.parse_args()
    for name in ("app.css", "app.js"):
        body = assets()[name].body
        print(f"{name}: {len(body):,} bytes, {len(zlib.compress(body, 9)):,} compressed")
    with databases(given) as made:
        for kind, url in made:
            print(f"\n{kind}, {given.sites:,} sites, {given.changes:,} changes", flush=True)
            asyncio.run(measure(url, given.changes, given.opens))


if __name__ == "__main__":
    main()
