"""The best case: what one writes by hand for pages that are known to be harmless.

    python benchmarks/best_case.py URLS STATES.db --concurrency 100

It downloads as fast as aiohttp can, takes text with the fastest parser that is installed, and
commits in groups through SQLAlchemy: one state of each page, compressed. The same bytes are not
read again. No safety, no politeness, no history, no judgement. Prints the URLs that changed.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import zlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
from resiliparse.parse.html import HTMLTree
from sqlalchemy import (
    Column,
    Connection,
    DateTime,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    bindparam,
    event,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

try:
    from isal import isal_zlib
    from uvloop import new_event_loop
except ImportError:
    from asyncio import new_event_loop
else:
    aiohttp.set_zlib_backend(isal_zlib)

_UNSEEN = "head, script, style, noscript, template, svg, iframe"
_GROUP = 200

_tables = MetaData()
_pages = Table(
    "pages",
    _tables,
    Column("id", Integer, primary_key=True),
    Column("url", String, unique=True, nullable=False),
    Column("body_hash", String),
    Column("text_hash", String),
    Column("text", LargeBinary),
    Column("checked_at", DateTime(timezone=True)),
    Column("changed_at", DateTime(timezone=True)),
)
_checks = Table(
    "checks",
    _tables,
    Column("id", Integer, primary_key=True),
    Column("page_id", Integer, nullable=False),
    Column("checked_at", DateTime(timezone=True), nullable=False),
    Column("has_changed", Integer, nullable=False),
)
_AT = _pages.c.id == bindparam("page_id")
_SEEN = update(_pages).where(_AT).values(body_hash=bindparam("body"), checked_at=bindparam("now"))
_READ = _SEEN.values(text_hash=bindparam("hash"), text=bindparam("packed"))
_CHANGED = update(_pages).where(_AT).values(changed_at=bindparam("now"))


class Known(NamedTuple):
    """What the last round left of a page."""

    page_id: int
    body_hash: str | None
    text_hash: str | None


def text_of(body: bytes) -> str:
    """The words of a page without those that nobody sees."""
    tree = HTMLTree.parse(body.decode("utf-8", "replace"))
    if tree.body is None:
        return ""
    for element in tree.body.query_selector_all(_UNSEEN).values():
        element.decompose()
    return " ".join(tree.body.text.split())


def _hash(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()


class States:
    """The last state of each page, committed in groups."""

    def __init__(self, engine: AsyncEngine, known: dict[str, Known]) -> None:
        self._engine, self._known = engine, known
        self._waiting: list[dict[str, Any]] = []
        self._lock = asyncio.Lock()
        self.changed: list[str] = []

    async def see(self, url: str, body: bytes) -> None:
        """Compare a page with its last state."""
        page_id, body_hash, text_hash = self._known[url]
        row = {"page_id": page_id, "body": _hash(body), "now": datetime.now(UTC), "changed": 0}
        if row["body"] != body_hash:
            text = text_of(body).encode()
            row["hash"] = _hash(text)
            if row["hash"] != text_hash:
                row["packed"] = zlib.compress(text, 3)
                row["changed"] = int(text_hash is not None)
        if row["changed"]:
            self.changed.append(url)
        self._waiting.append(row)
        if len(self._waiting) == _GROUP:
            await self.commit()

    async def commit(self) -> None:
        """Write what was seen since the last time."""
        rows, self._waiting = self._waiting, []
        statements = [
            (insert(_checks), [_check(row) for row in rows]),
            (_SEEN, [row for row in rows if "packed" not in row]),
            (_READ, [row for row in rows if "packed" in row]),
            (_CHANGED, [row for row in rows if row["changed"]]),
        ]
        async with self._lock, self._engine.begin() as connection:
            for statement, some in statements:
                if some:
                    await connection.execute(statement, some)


def _check(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "page_id": row["page_id"],
        "checked_at": row["now"],
        "has_changed": row["changed"],
    }


def _open(engine: AsyncEngine) -> None:
    @event.listens_for(engine.sync_engine, "connect")
    def _set(connection: Any, _record: object) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")


def _known_pages(connection: Connection, urls: Sequence[str]) -> dict[str, Known]:
    _tables.create_all(connection)
    columns = select(_pages.c.url, _pages.c.id, _pages.c.body_hash, _pages.c.text_hash)
    old = {url for url, *_ in connection.execute(columns)}
    if new := [{"url": url} for url in urls if url not in old]:
        connection.execute(insert(_pages), new)
    return {url: Known(*rest) for url, *rest in connection.execute(columns)}


async def _work(session: aiohttp.ClientSession, waiting: Iterator[str], states: States) -> None:
    for url in waiting:
        async with session.get(url) as response:
            response.raise_for_status()
            await states.see(url, await response.read())


async def check(urls: Sequence[str], file: str, concurrency: int) -> list[str]:
    """Check all once; the URLs of the pages that changed since the last time."""
    engine = create_async_engine(f"sqlite+aiosqlite:///{file}")
    _open(engine)
    async with engine.begin() as connection:
        states = States(engine, await connection.run_sync(_known_pages, urls))
    connector = aiohttp.TCPConnector(limit=concurrency)
    waiting = iter(urls)
    async with aiohttp.ClientSession(connector=connector) as session, asyncio.TaskGroup() as group:
        for _ in range(concurrency):
            group.create_task(_work(session, waiting, states))
    await states.commit()
    await engine.dispose()
    return states.changed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("urls", type=Path)
    parser.add_argument("states")
    parser.add_argument("--concurrency", type=int, default=100)
    given = parser.parse_args()
    urls = given.urls.read_text().split()
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        print("\n".join(runner.run(check(urls, given.states, given.concurrency))))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
