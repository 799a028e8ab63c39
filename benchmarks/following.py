"""Follows changes through the interface for programs, while daemons are killed and started anew.

    python -m benchmarks.following [--seconds 3600] [--seed 1] [--only sqlite]

Pages of a site on loopback say something else every few seconds; some answer so slowly that a check
is under way when its daemon dies. A script asks `/api/v1/changes/new?cursor=` of either of two
daemons on one PostgreSQL, and another one of a daemon on SQLite. Each daemon is ended at random,
every second time by SIGKILL. In the end, what was followed is held against what is stored: nothing
may be missing, nothing may have come twice. Prints a table in Markdown; the exit code is 1 when
something is. Needs the environment that `./run` or `./test` makes.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from random import Random
from signal import SIGKILL, SIGTERM
from typing import Any
from uuid import UUID

import aiohttp
from aiohttp import web
from sqlalchemy import select

from benchmarks.web_pages import sentence
from daemon.model.viewer import Actor, Scope, Viewer
from daemon.operations.people import tokens
from daemon.store.core.database import Database
from daemon.store.core.engine import open_engine
from daemon.store.core.migrate import upgrade
from daemon.store.tables import ContentUpdate
from tests import postgres
from tests.living import Life, running

CONFIG = """
[fetch]
allow_networks = ["127.0.0.0/8"]
delay_seconds = 0
respect_robots = false
[documents]
workers = 1
[schedule]
minimum_interval = "1s"
catch_up = "0"
jitter = 0.0
[health]
enabled = false
[web]
port = 0
[logging]
format = "json"
"""
SITE = '[[site]]\nname = "{number}"\nurl = "{url}"\ncheck_frequency = "8s"\n'
PAGES, HOSTS = 12, 6  # each host is one daemon's
MOVES_SECONDS = 12.0  # between two things that a page says
SLOWEST_SECONDS = 6.0
LIVES_SECONDS = (15.0, 75.0)  # a daemon, until it is ended
ASKS_SECONDS = 2.0
QUIET_SECONDS = 45.0  # longer than what a dead daemon began is kept for it
FORGETS = 0.02  # of the answers: the script is killed before it has dealt with them
OWNER = "local"
HEAD = """\
| database | stored | followed | missing | twice | SIGKILL | SIGTERM | asked | unanswered \
| forgotten | median s late | most |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"""


class Site:
    """Pages that say something else all the time, on addresses of their own."""

    def __init__(self, random: Random) -> None:
        self.urls: list[str] = []
        self._random = random
        self._began_at = self._ended_at = math.inf

    async def answer(self, request: web.Request) -> web.Response:
        number = int(request.path.removeprefix("/"))
        if number % 3 == 0:
            await asyncio.sleep(self._random.uniform(0, SLOWEST_SECONDS))
        return web.Response(text=self._page(number), content_type="text/html")

    def begin(self) -> None:
        """Say something else from now on."""
        self._began_at = time.monotonic()

    def end(self) -> None:
        """Say the same from now on."""
        self._ended_at = time.monotonic()

    def _page(self, number: int) -> str:
        moved = max(0.0, min(time.monotonic(), self._ended_at) - self._began_at)
        version = int(moved / MOVES_SECONDS)
        said = "".join(f"<p>{sentence(1, number, one)}" for one in (-1, version))
        return f"<!doctype html><title>Page {number}</title><main><h1>Page {number}</h1>{said}"


@asynccontextmanager
async def served(random: Random) -> AsyncIterator[Site]:
    site = Site(random)
    app = web.Application()
    app.router.add_get("/{number}", site.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        port = 0
        for host in range(2, HOSTS + 2):
            await web.TCPSite(runner, f"127.0.0.{host}", port).start()
            port = runner.addresses[0][1]
        site.urls = [f"http://127.0.0.{2 + one % HOSTS}:{port}/{one}" for one in range(PAGES)]
        yield site
    finally:
        await runner.cleanup()


@dataclass
class Script:
    """Follows through whichever daemon answers, as a program of a user does."""

    random: Random
    token: str = ""
    cursor: str = ""
    given: Counter[UUID] = field(default_factory=Counter)
    late_seconds: list[float] = field(default_factory=list)
    asked: int = 0
    unanswered: int = 0
    forgotten: int = 0

    async def ask(self, client: aiohttp.ClientSession, address: str) -> bool:
        """Take what is new since the last time; whether there is more."""
        headers = {"Authorization": f"Bearer {self.token}"}
        query = {"cursor": self.cursor, "limit": "5"} if self.cursor else {}
        self.asked += 1
        try:
            path = f"{address}/api/v1/changes/new"
            async with client.get(path, params=query, headers=headers) as answer:
                told = await answer.json(content_type=None)
                if answer.status != HTTPStatus.SERVICE_UNAVAILABLE:
                    answer.raise_for_status()
                is_told = answer.ok
        except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, TimeoutError):
            is_told = False
        if not is_told:
            self.unanswered += 1
            return False
        if self.cursor and self.random.random() < FORGETS:  # killed before it has dealt with it
            self.forgotten += 1
            return True
        self._take(told)
        return bool(told["is_more"])

    def _take(self, told: Any) -> None:
        now = datetime.now(UTC)
        for item in told["items"]:
            self.given[UUID(item["id"])] += 1
            began_at = datetime.fromisoformat(item["detected_at"])
            self.late_seconds.append((now - began_at).total_seconds())
        self.cursor = told["next"]


@dataclass(eq=False)
class Fleet:
    """The daemons on one database, each of which is ended again and again."""

    name: str
    url: str
    folder: Path
    random: Random
    script: Script
    addresses: dict[int, str] = field(default_factory=dict)
    ended: Counter[str] = field(default_factory=Counter)
    is_quiet: asyncio.Event = field(default_factory=asyncio.Event)
    is_over: asyncio.Event = field(default_factory=asyncio.Event)

    @asynccontextmanager
    async def database(self) -> AsyncIterator[Database]:
        database = Database(open_engine(self.url, pool_size=1))
        try:
            yield database
        finally:
            await database.close()

    async def live(self, number: int) -> None:
        """Keep a daemon running, and end it at random until there is to be quiet."""
        while not self.is_over.is_set():
            async with running(self.folder, self.url) as life:
                self.addresses[number] = (await life.until("pages_open"))["address"]
                try:
                    async with asyncio.timeout(self.random.uniform(*LIVES_SECONDS)):
                        await self.is_quiet.wait()
                except TimeoutError:
                    await self._end(life, number)
                else:
                    await self.is_over.wait()
                    await life.stop()

    async def _end(self, life: Life, number: int) -> None:
        kind = self.random.choice((SIGKILL, SIGTERM))
        self.ended[kind.name] += 1
        life.tell(kind)
        await life.end()
        del self.addresses[number]

    async def begin(self, client: aiohttp.ClientSession) -> None:
        """Let the script in, and give it its first cursor."""
        while not self.script.cursor:
            await asyncio.sleep(ASKS_SECONDS)
            if self.addresses and not self.script.token:
                self.script.token = await self._token()
            if self.addresses:
                await self.script.ask(client, self._address())

    async def follow(self, client: aiohttp.ClientSession) -> None:
        """Ask again and again, until all is over and nothing more comes."""
        is_more = False
        while is_more or not self.is_over.is_set():
            if not is_more:
                await asyncio.sleep(ASKS_SECONDS)
            is_more = bool(self.addresses) and await self.script.ask(client, self._address())

    def _address(self) -> str:
        return self.random.choice(list(self.addresses.values()))

    async def _token(self) -> str:
        async with self.database() as database:
            actor, now = Actor(Viewer(OWNER)), datetime.now(UTC)
            return await tokens.make(database, actor, "script", [Scope.READ], None, now)

    async def row(self) -> tuple[str, int]:
        """The line of the table, and how much is wrong."""
        async with self.database() as database, database.reading() as session:
            stored = set(await session.scalars(select(ContentUpdate.id)))
        given = self.script.given
        missing, strange = len(stored - given.keys()), len(given.keys() - stored)
        doubled = sum(1 for count in given.values() if count > 1)
        late = sorted(self.script.late_seconds) or [0.0]
        told = (
            self.name, f"{len(stored):,}", f"{len(given):,}", missing, doubled,
            self.ended["SIGKILL"], self.ended["SIGTERM"], f"{self.script.asked:,}",
            self.script.unanswered, self.script.forgotten,
            f"{late[len(late) // 2]:.0f}", f"{late[-1]:.0f}",
        )  # fmt: skip
        return f"| {' | '.join(map(str, told))} |", missing + strange + doubled + (not stored)


async def follow_all(fleets: dict[Fleet, int], site: Site, seconds: float) -> None:
    """Let daemons live and die and scripts follow, for so long and until what began has ended."""
    client = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(20))
    async with client, asyncio.TaskGroup() as group:
        for fleet, count in fleets.items():
            for number in range(count):
                group.create_task(fleet.live(number))
        for fleet in fleets:
            await fleet.begin(client)
            group.create_task(fleet.follow(client))
        site.begin()
        await asyncio.sleep(seconds)
        site.end()
        for fleet in fleets:
            fleet.is_quiet.set()
        await asyncio.sleep(QUIET_SECONDS)
        for fleet in fleets:
            fleet.is_over.set()


@asynccontextmanager
async def databases(only: str | None, folder: Path) -> AsyncIterator[list[tuple[str, str, int]]]:
    """The names and addresses of the databases, and how many daemons are on each."""
    with ExitStack() as stack:
        found = []
        if only != "postgresql":
            found.append(("SQLite", f"sqlite+aiosqlite:///{folder}/following.db", 1))
        if only != "sqlite":
            server = stack.enter_context(postgres.running())
            found.append(("PostgreSQL", postgres.database_url(server, "postgres"), 2))
        yield found


def configured(folder: Path, site: Site) -> Path:
    """The folder, with a configuration for these pages."""
    sites = (SITE.format(number=number, url=url) for number, url in enumerate(site.urls))
    (folder / "config.toml").write_text(CONFIG + "".join(sites), encoding="utf-8")
    return folder


async def measure(given: argparse.Namespace, folder: Path) -> int:
    """Follow, and print the table; how much is wrong."""
    random, wrong = Random(given.seed), 0
    async with databases(given.only, folder) as found, served(random) as site:
        fleets = {}
        for kind, url, count in found:
            await asyncio.to_thread(upgrade, url)
            fleets[Fleet(kind, url, configured(folder, site), random, Script(random))] = count
        await follow_all(fleets, site, given.seconds)
        print(HEAD)
        for fleet in fleets:
            line, faults = await fleet.row()
            print(line)
            wrong += faults
    return wrong


def main() -> int:
    """Follow for as long as is asked, and say what was missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=3600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=("sqlite", "postgresql"))
    with tempfile.TemporaryDirectory(prefix="changelogger-following-") as name:
        return 1 if asyncio.run(measure(parser.parse_args(), Path(name))) else 0


if __name__ == "__main__":
    raise SystemExit(main())
