"""How long a claim takes as the table of pages grows, on SQLite and on PostgreSQL.

    python benchmarks/claims.py [--pages 10000,100000,1000000] [--claims 60] [--only sqlite]

Makes pages in a throwaway database, a tenth of them on one host, and claims 96 at a time, as the
daemon does: when every page is due; when one in a hundred is; and, on PostgreSQL, as one of two
daemons, also behind all the due pages of that host, which is the other's. Prints a table in
Markdown: median milliseconds of a claim, and the CPU milliseconds that one takes, with those of the
server, which other work on the machine falsifies less; each also as a multiple of the smallest
table's.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from statistics import median
from uuid import UUID

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sqlalchemy import text, update

from daemon.store.core.database import Database
from daemon.store.core.engine import open_engine
from daemon.store.core.migrate import upgrade
from daemon.store.queue import pages, runs, shards
from daemon.store.queue.shards import SHARDS, shard_of
from daemon.store.tables import HostShard
from tests import postgres

AT_ONCE = 96
LEASE = timedelta(minutes=2)
LARGE_HOST = "large.example"
COLUMNS = """INSERT INTO pages (id, request_key, method, url, headers, renderer, host, is_active,
    check_frequency, next_check_at, lease_token, failure_streak)"""
HOST = "CASE WHEN n % 10 = 0 THEN 'large.example' ELSE 'host' || (n % 50000) || '.example' END"
FILL = {
    "postgresql": f"""{COLUMNS}
        SELECT gen_random_uuid(), md5(n::text), 'GET', 'https://a.example/' || n, '{{}}', 'http',
            {HOST}, true, 'daily', now(), 0, 0 FROM generate_series(1, :count) AS n""",
    "sqlite": f"""WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers
            WHERE n < :count) {COLUMNS}
        SELECT lower(hex(randomblob(16))), printf('%032x', n), 'GET', 'https://a.example/' || n,
            '{{}}', 'http', {HOST}, 1, 'daily', '', 0, 0 FROM numbers""",
}
# A page that nobody subscribes to is not claimed.
_AT = "'2026-01-01 00:00:00.000000'"
SUBSCRIBE = (
    f"""INSERT INTO users (id, email, username, preferences, created_at)
        VALUES ('local', 'local@localhost', 'local', '{{}}', {_AT})""",
    f"""INSERT INTO monitored_sites
            (id, name, url, owner_id, page_id, rules, created_at, updated_at)
        SELECT id, url, url, 'local', id, '{{}}', {_AT}, {_AT} FROM pages""",
)
# When pages are due, in seconds from now, by their place n in the order of the table.
SPREAD = {
    "postgresql": "statement_timestamp() + make_interval(secs => {seconds})",
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f000', 'now', ({seconds}) || ' seconds')",
}
NUMBER = {
    "postgresql": "CAST(substr(url, 19) AS bigint)",
    "sqlite": "CAST(substr(url, 19) AS integer)",
}
CASES: dict[str, str] = {
    "all due": "-1000000 + {n} % 999983",
    "1 % due": "CASE WHEN {n} % 100 = 7 THEN -1000 ELSE 86400 END + ({n} % 977)",
    "one of two daemons": "-1000000 + {n} % 999983",
    "behind another's host": "-1000000 + {n} % 999983 - CASE WHEN host = 'large.example'"
    " THEN 2000000 ELSE 0 END",
}


class Table:
    """A database with so many pages, and a run that claims them."""

    def __init__(self, url: str, count: int) -> None:
        self.database = Database(open_engine(url, pool_size=1, statement_timeout_seconds=3600))
        self.kind = self.database.engine.dialect.name
        self.count = count

    async def fill(self) -> UUID:
        async with self.database.writing() as session:
            await session.execute(text(FILL[self.kind]), {"count": self.count})
            for statement in SUBSCRIBE:
                await session.execute(text(statement))
            return await runs.begin_run(session, "run")

    async def arrange(self, case: str, run_id: UUID) -> bool:
        """Make pages due as the case wants it; whether claims are within a share."""
        seconds = CASES[case].format(n=NUMBER[self.kind])
        due = SPREAD[self.kind].format(seconds=seconds)
        values = "leased_by = NULL, leased_until = NULL"
        async with self.database.writing() as session:
            await session.execute(text(f"UPDATE pages SET next_check_at = {due}, {values}"))
        await self._tidy()
        if not self.database.is_shared:
            return False
        await self._share(run_id, is_alone="daemon" not in case and "another" not in case)
        return True

    async def _tidy(self) -> None:
        """What the database does by itself in the time that a measurement does not have."""
        engine = self.database.engine.execution_options(isolation_level="AUTOCOMMIT")
        if self.kind == "postgresql":
            async with engine.connect() as connection:
                await connection.execute(text("VACUUM ANALYZE pages, monitored_sites"))
        else:
            async with self.database.writing() as session:
                await session.execute(text("ANALYZE"))

    async def _share(self, run_id: UUID, *, is_alone: bool) -> None:
        other = shard_of(LARGE_HOST)
        mine = [n for n in range(SHARDS) if is_alone or (n != other and n % 2 != other % 2)]
        async with self.database.writing() as session:
            await shards.make_shards(session)
            await session.execute(update(HostShard).values(leased_by=None))
            wanted = HostShard.shard.in_(mine)
            await session.execute(update(HostShard).where(wanted).values(leased_by=run_id))

    async def claim(self, run_id: UUID, *, in_share: bool) -> float:
        began = time.perf_counter()
        async with self.database.writing() as session:
            found = await pages.claim_due(session, pages.Claimant(run_id, LEASE, in_share), AT_ONCE)
        took = time.perf_counter() - began
        if not found:
            raise SystemExit("there was nothing to claim: fewer --claims, or more --pages")
        return took * 1000


async def cpu_seconds(database: Database) -> float:
    """The CPU time until now of this process, and of the server's that works for it."""
    if not database.is_shared:
        return time.process_time()
    async with database.reading() as session:
        pid = await session.scalar(text("SELECT pg_backend_pid()"))
    told = await asyncio.to_thread(Path(f"/proc/{pid}/stat").read_text)
    user, system = told.rpartition(")")[2].split()[11:13]
    return time.process_time() + (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


async def measure(url: str, count: int, claims: int) -> dict[str, tuple[float, float]]:
    """Median milliseconds of a claim in each case, and its CPU milliseconds."""
    table = Table(url, count)
    run_id, found = await table.fill(), {}
    for case in list(CASES)[: 4 if table.database.is_shared else 2]:
        in_share = await table.arrange(case, run_id)
        # A tenth of what is due at the most: the smaller table must not run dry.
        most = max(count // (100 if case == "1 % due" else 1) // AT_ONCE // 3, 1)
        began = await cpu_seconds(table.database)
        times = [await table.claim(run_id, in_share=in_share) for _ in range(min(claims, most))]
        took = await cpu_seconds(table.database) - began
        found[case] = median(times), took * 1000 / len(times)
    await table.database.close()
    return found


@contextmanager
def sqlite_urls() -> Iterator[Callable[[int], str]]:
    with tempfile.TemporaryDirectory(prefix="changelogger-claims-") as folder:
        yield lambda count: f"sqlite+aiosqlite:///{folder}/{count}.db"


@contextmanager
def postgres_urls() -> Iterator[Callable[[int], str]]:
    with postgres.running() as folder:

        def url(count: int) -> str:
            asyncio.run(_create(folder, f"pages_{count}"))
            return postgres.database_url(folder, f"pages_{count}")

        yield url


async def _create(folder: str, name: str) -> None:
    import asyncpg

    connection = await asyncpg.connect(host=folder, user="postgres", database="postgres")
    try:
        await connection.execute(f"CREATE DATABASE {name}")
    finally:
        await connection.close()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--pages", default="10000,100000,1000000")
    parser.add_argument("--claims", type=int, default=60)
    parser.add_argument("--only", choices=("sqlite", "postgresql"))
    given = parser.parse_args()
    print("| database | case | pages | median ms of a claim | × | CPU ms | × |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: |")
    for kind, urls in (("sqlite", sqlite_urls), ("postgresql", postgres_urls)):
        if given.only not in (None, kind):
            continue
        first: dict[str, tuple[float, float]] = {}
        with urls() as url_of:
            for count in map(int, given.pages.split(",")):
                url = url_of(count)
                upgrade(url)
                found = asyncio.run(measure(url, count, given.claims))
                first = first or found
                for case, taken in found.items():
                    told = " | ".join(
                        f"{ms:.1f} | {ms / least:.2f}"
                        for ms, least in zip(taken, first[case], strict=True)
                    )
                    print(f"| {kind} | {case} | {count:,} | {told} |", flush=True)


if __name__ == "__main__":
    main()
