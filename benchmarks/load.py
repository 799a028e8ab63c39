"""Daemons under load: what several on one PostgreSQL check together, and what one holds for long.

    python benchmarks/load.py daemons [--pages 5000] [--counts 1,2,4]
    python benchmarks/load.py memory [--pages 400] [--checks 20000,200000] [--only sqlite]

`daemons` lets so many work on pages that all become due at one moment, once their shares are equal,
and tells how many checks a second they wrote together, what CPU a check cost them and the database,
as a ratio to the first count, and how many statements it took. How the checks a second grow says
something only with a core for each daemon, and one for the site and the database each.
`memory` lets one daemon look at each page once a second until so many checks are written, and tells
the resident size of its process and of its document workers after each count. Both print a table
in Markdown, and need the environment that `./run` or `./test` makes.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sqlalchemy import func, select, text, update

from benchmarks.checks import ROOT, Site, served
from benchmarks.usage import cpu_seconds, resident, tree
from daemon.store.core.database import Database
from daemon.store.core.engine import open_engine
from daemon.store.core.migrate import upgrade
from daemon.store.queue.runs import list_daemons
from daemon.store.queue.shards import SHARDS
from daemon.store.tables import Attempt, Page
from daemon.store.tables.types import db_now
from tests import postgres

CONFIG = """
[database]
url = "{url}"
[fetch]
allow_networks = ["127.0.0.0/8"]
respect_robots = false
delay_seconds = 0
[schedule]
minimum_interval = "1s"
catch_up = "0"
jitter = 0.0
[health]
enabled = false
[web]
enabled = false
[logging]
level = "warning"
"""
SITE = '[[site]]\nname = "{name}"\nurl = "{url}"\ncheck_frequency = "{every}"\n'
PATIENCE_SECONDS = 7200.0
LATER = 86_400.0


HEAD = """\
| daemons | checks | checks/s | ratio | ms of a check | ratio | of the server | statements for 100 |
| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"""
# What BEGIN and COMMIT are; and what this benchmark asks itself.
STATEMENTS = """SELECT coalesce(sum(calls), 0) FROM pg_stat_statements
 WHERE query !~ '^(BEGIN|COMMIT|ROLLBACK|SELECT count|SELECT 1)' AND query !~ 'pg_stat_'"""


class Cost(NamedTuple):
    """What checks took. Units: seconds, of them CPU of the daemons and of the database."""

    seconds: float
    daemons: float
    server: float
    statements: int


class Field:
    """A database, a configuration for it, and what is read of both."""

    def __init__(self, folder: Path, url: str, site: Site, every: str) -> None:
        self.url, self.folder = url, folder
        upgrade(url)
        plain = url.replace("+asyncpg", "").replace("+aiosqlite", "")
        sites = (
            SITE.format(name=number, url=address, every=every)
            for number, address in enumerate(site.urls())
        )
        (folder / "config.toml").write_text(CONFIG.format(url=plain) + "".join(sites))

    @contextmanager
    def daemon(self) -> Iterator[subprocess.Popen[bytes]]:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("CHANGELOGGER")}
        environment["PYTHONPATH"] = str(ROOT)
        command = [sys.executable, "-m", "daemon", "run"]
        with subprocess.Popen(command, cwd=self.folder, env=environment) as process:
            try:
                yield process
            finally:
                process.terminate()

    def ask(self, query: Any) -> Any:
        """One value."""

        async def work(database: Database) -> Any:
            async with database.reading() as session:
                return await session.scalar(query)

        return self.do(work)

    def do(self, work: Callable[[Database], Any]) -> Any:
        async def run() -> Any:
            database = Database(open_engine(self.url, pool_size=1))
            try:
                return await work(database)
            finally:
                await database.close()

        return asyncio.run(run())

    def has_checked(self, count: int) -> bool:
        """Whether so many checks were written."""
        return int(self.ask(select(func.count()).select_from(Attempt))) >= count

    def run(self, statement: str) -> None:
        async def work(database: Database) -> None:
            async with database.writing() as session:
                await session.execute(text(statement))

        self.do(work)

    def make_due(self, seconds: float) -> None:
        async def work(database: Database) -> None:
            async with database.writing() as session:
                await session.execute(update(Page).values(next_check_at=db_now(seconds)))

        self.do(work)

    def shares(self) -> list[int]:
        async def work(database: Database) -> list[int]:
            async with database.reading() as session:
                found = await list_daemons(session)
            return [one.shards or 0 for one in found if one.state == "alive"]

        shares: list[int] = self.do(work)
        return shares


def until(is_so: Callable[[], bool], every_seconds: float = 0.25) -> None:
    """Wait for this."""
    ends_at = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        if time.monotonic() > ends_at:
            raise SystemExit("it took too long")
        time.sleep(every_seconds)  # noqa: TID251 - another process is waited for


def daemons(options: argparse.Namespace) -> None:
    """Checks a second of so many daemons."""
    print(HEAD)
    first: Cost | None = None
    preload = {"shared_preload_libraries": "pg_stat_statements"}
    with (
        served(options.pages, options) as site,
        postgres.running(**preload) as server,
        folder() as place,
    ):
        field = Field(place, postgres.database_url(server, "postgres"), site, "1d")
        site.set("plain", 1)
        field.run("CREATE EXTENSION pg_stat_statements")
        with field.daemon():
            until(partial(field.has_checked, options.pages))
        for number, count in enumerate(map(int, options.counts.split(",")), start=1):
            site.set("nonce", 1)
            cost = together(field, count, options.pages * (number + 1), server)
            first = first or cost
            print(_row(count, options.pages, cost, first), flush=True)


def _row(count: int, pages: int, cost: Cost, first: Cost) -> str:
    rate = pages / cost.seconds
    each, server = (1000 * one / pages for one in (cost.daemons, cost.server))
    ratio = cost.daemons / first.daemons
    return (
        f"| {count} | {pages:,} | {rate:.0f} | {first.seconds / cost.seconds:.2f} | {each:.2f} "
        f"| {ratio:.2f} | {server:.2f} | {100 * cost.statements / pages:.0f} |"
    )


def together(field: Field, count: int, checks: int, server: str) -> Cost:
    """What so many daemons take for all pages, from when they are due."""
    field.make_due(LATER)
    with ExitStack() as stack:
        processes = [stack.enter_context(field.daemon()).pid for _ in range(count)]
        until(lambda: len(shares := field.shares()) == count and are_equal(shares))
        postmaster = int((Path(server) / "data" / "postmaster.pid").read_text().split()[0])
        field.run("SELECT pg_stat_statements_reset()")
        field.make_due(-1.0)
        before = [sum(map(cpu_seconds, processes)), cpu_seconds(postmaster)]
        began = time.monotonic()
        until(partial(field.has_checked, checks))
        seconds = time.monotonic() - began
        after = [sum(map(cpu_seconds, processes)), cpu_seconds(postmaster)]
        statements = int(field.ask(text(STATEMENTS)))
    used = (new - old for new, old in zip(after, before, strict=True))
    return Cost(seconds, *used, statements)


def are_equal(shares: Sequence[int]) -> bool:
    """Whether every shard is held, and no daemon has much more than another."""
    return sum(shares) == SHARDS and max(shares) - min(shares) <= len(shares)


def memory(options: argparse.Namespace) -> None:
    """Resident size after so many checks."""
    print("| database | checks | daemon MB | with its workers MB |\n| --- | ---: | ---: | ---: |")
    for kind in ("sqlite", "postgresql"):
        if options.only in (None, kind):
            with ExitStack() as stack:
                site = stack.enter_context(served(options.pages, options))
                place = stack.enter_context(folder())
                url = f"sqlite+aiosqlite:///{place}/load.db"
                if kind == "postgresql":
                    url = postgres.database_url(stack.enter_context(postgres.running()), "postgres")
                site.set("nonce", 1)
                watch(kind, Field(place, url, site, "1s"), map(int, options.checks.split(",")))


def watch(kind: str, field: Field, counts: Iterable[int]) -> None:
    """Print what a daemon holds after each of these counts of checks."""
    with field.daemon() as process:
        for wanted in counts:
            until(partial(field.has_checked, wanted), every_seconds=2)
            alone = resident(process.pid) / 2**20
            all_of_it = sum(map(resident, tree(process.pid))) / 2**20
            print(f"| {kind} | {wanted:,} | {alone:.1f} | {all_of_it:.1f} |", flush=True)


@contextmanager
def folder() -> Iterator[Path]:
    """A folder that goes again."""
    with tempfile.TemporaryDirectory(prefix="changelogger-load-") as name:
        yield Path(name)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("what", choices=("daemons", "memory"))
    parser.add_argument("--pages", type=int)
    parser.add_argument("--counts", default="1,2,4")
    parser.add_argument("--checks", default="20000,200000")
    parser.add_argument("--only", choices=("sqlite", "postgresql"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--corpus", type=Path)
    given = parser.parse_args()
    given.pages = given.pages or {"daemons": 5000, "memory": 400}[given.what]
    (daemons if given.what == "daemons" else memory)(given)


if __name__ == "__main__":
    main()
