"""What it costs to find changes by their words, on SQLite and on PostgreSQL.

    python benchmarks/search.py [--changes 100000] [--only sqlite]

Fills a throwaway database with changes of a big and a small owner, each with a title and a summary
of fifteen words, as often as words of a language are, and builds the index. Prints two tables in
Markdown: bytes for each change, and the time that the index takes for each as a multiple of that
in which the change itself is inserted; then milliseconds for a page of each kind of search, the
best of five.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import accumulate
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sqlalchemy import bindparam, text, update

from daemon.model.viewer import DAEMON, Viewer
from daemon.operations.lists.search import find_changes, query_of
from daemon.store.core.database import Database
from daemon.store.core.engine import open_engine
from daemon.store.core.migrate import upgrade
from daemon.store.search.keeping import IndexKeeper
from daemon.store.tables import ContentUpdate, MonitoredSite
from daemon.store.views.lists.selection import ChangesWanted
from tests import postgres
from tests.many import change_id, have_many

SITES = 5000
BIG, SMALL = Viewer("big"), Viewer("owner7")
_AT_ONCE = 5000
_TIMES = 5


def vocabulary(number: int = 50_000) -> list[str]:
    """Made-up words, the most frequent first."""
    made = random.Random(1)
    letters = "abcdefghijklmnopqrstuvwxyz"
    return ["".join(made.choices(letters, k=made.randint(3, 9))) for _ in range(number)]


def summaries(changes: int) -> Iterator[dict[str, Any]]:
    """A summary for each change."""
    made, known = random.Random(2), vocabulary()
    weights = list(accumulate(1 / (rank + 3) for rank in range(len(known))))
    for number in range(changes):
        words = " ".join(made.choices(known, cum_weights=weights, k=13))
        rare = " needle" if number % (changes // 3) == 7 else ""
        yield {"key": change_id(number), "told": f"Added change {words}{rare}"}


async def fill(database: Database, changes: int) -> float:
    """Make the changes; the seconds in which they were inserted."""
    owners = ["big", *(f"owner{number}" for number in range(99))]
    began = time.monotonic()
    await have_many(database, owners, SITES, changes)
    seconds = time.monotonic() - began
    async with database.writing() as session:  # nearly all are of the big owner
        for table in (MonitoredSite, ContentUpdate):
            is_others = table.owner_id != SMALL.user_id
            await session.execute(update(table).where(is_others).values(owner_id=BIG.user_id))
    set_ = update(ContentUpdate.__table__).where(ContentUpdate.id == bindparam("key"))
    rows = list(summaries(changes))
    async with database.writing() as session:
        connection = await session.connection()
        for start in range(0, changes, _AT_ONCE):
            told = set_.values(summary=bindparam("told"))
            await connection.execute(told, rows[start : start + _AT_ONCE])
    async with database.bare() as connection:
        await connection.execute(text("VACUUM ANALYZE" if database.is_shared else "VACUUM"))
    return seconds


async def size_of(database: Database) -> int:
    """The bytes of the whole database."""
    async with database.bare() as connection:
        if database.is_shared:
            return int(await connection.scalar(text("SELECT pg_database_size(current_database())")))
        await connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
        pages = await connection.scalar(text("PRAGMA page_count"))
        free = await connection.scalar(text("PRAGMA freelist_count"))
        size = await connection.scalar(text("PRAGMA page_size"))
        return int((pages - free) * size)


async def build(database: Database) -> float:
    """Build the index; the seconds of work, without the pauses for others."""
    keeper = IndexKeeper(database)
    began = time.monotonic()
    await keeper.step(datetime.now(UTC), seconds=86_400)
    return (time.monotonic() - began) / 2  # it pauses as long as it works


async def ask(database: Database, words: str, viewer: Viewer) -> tuple[float, int]:
    """The best time for a page, in milliseconds, and how many changes are on it."""
    query, best, shown = query_of("q", words), float("inf"), 0
    for _ in range(_TIMES):
        began = time.perf_counter()
        found = await find_changes(database, viewer, query, ChangesWanted())
        best, shown = min(best, time.perf_counter() - began), len(found.page.items)
    return best * 1000, shown


async def measure(url: str, changes: int) -> None:
    """Fill, build, and ask."""
    database = Database(open_engine(url, statement_timeout_seconds=3600))
    try:
        inserted = await fill(database, changes)
        before = await size_of(database)
        built = await build(database)
        async with database.bare() as connection:
            if database.is_shared:
                await connection.execute(text("VACUUM ANALYZE change_words"))
        grown = await size_of(database) - before
        print("| bytes a change | of the database | time, of inserting the change |")
        print("| --- | --- | --- |")
        share, times = grown / before, built / inserted
        print(f"| {grown / changes:.0f} | {share:.0%} | {times:.1f} x |\n")
        readers = Database(open_engine(url, reads_only=True))  # as pages have them
        print("| search | whose | found | ms |\n| --- | --- | --- | --- |")
        first, second = vocabulary()[:2]
        for words in (
            "needle", "added ", "added change ", f"{first} {second} ", '"change added"',
            f'"{second} {first}"', "ad", f"{first[:3]}", f"added -{first}", f"needle {first[:2]}",
            "nothing such",
        ):  # fmt: skip
            for viewer, whose in ((DAEMON, "all"), (BIG, "big"), (SMALL, "small")):
                took, shown = await ask(readers, words, viewer)
                print(f"| `{words}` | {whose} | {shown} | {took:.1f} |", flush=True)
        await readers.close()
    finally:
        await database.close()


@contextmanager
def databases(only: str) -> Iterator[list[str]]:
    """The addresses of empty databases."""
    with tempfile.TemporaryDirectory() as folder:
        urls = [f"sqlite+aiosqlite:///{folder}/search.db"] if only != "postgresql" else []
        if only == "sqlite":
            yield urls
            return
        with postgres.running() as server:
            yield [*urls, postgres.database_url(server, "postgres")]


def main() -> None:
    """Measure both."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--changes", type=int, default=100_000)
    parser.add_argument("--only", choices=("sqlite", "postgresql"), default="")
    given = parser.parse_args()
    with databases(given.only) as urls:
        for url in urls:
            print(f"\n## {url.partition(':')[0].partition('+')[0]}\n")
            upgrade(url)
            asyncio.run(measure(url, given.changes))


if __name__ == "__main__":
    main()
