"""Daemons on two servers, on whose pages something else stands each time, and who is told of it."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import asyncpg
from aiohttp import web

from daemon.store.core.migrate import upgrade
from tests.living import PATIENCE_SECONDS, Life, config, running
from tests.loopback import Site, serving
from tests.replicas import Pair

DATABASE = "failover"
_MORE = """
[notices]
gather = "0"
[[notify]]
name = "hook"
url = "{url}"
only_significant = false
secret = "0123456789abcdef"
"""
_PAGE = "<title>News</title><h1>News</h1><p>{words} of edition number {edition}.</p>"
_WORDS = (
    "The harbour opens at nine",
    "A lantern hangs in the orchard",
    "Two falcons sit on that bridge",
)
_EDITION = re.compile(r"→ “[^”]*edition number (\d+)")


@dataclass
class Told:
    """The messages of each page's edition that arrived, by their keys."""

    messages: dict[tuple[str, int], Counter[str]] = field(default_factory=dict)
    others: list[dict[str, Any]] = field(default_factory=list)  # that tell of no edition
    arrived: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def take(self, request: web.Request) -> web.Response:
        message = await request.json()
        async with self.arrived:
            if found := _EDITION.search(message["text"]):
                place = str(message["data"]["site"]), int(found[1])
                self.messages.setdefault(place, Counter())[message["id"]] += 1
            else:
                self.others.append(message)
            self.arrived.notify_all()
        return web.Response()

    async def until(self, count: int) -> None:
        """As soon as so many editions were told of."""
        async with asyncio.timeout(PATIENCE_SECONDS), self.arrived:
            await self.arrived.wait_for(lambda: len(self.messages) >= count)


@dataclass(frozen=True)
class Figures:
    """What became of all editions so far."""

    lost: int
    doubled: int
    sent_again: int  # with the same key
    false_alerts: int


@dataclass
class Scene:
    """All of it."""

    pair: Pair
    site: Site
    told: Told
    lives: list[Life]
    paths: list[str]
    edition: int = 0
    primary: int = 0

    def move_on(self) -> None:
        """Give every page another edition."""
        self.edition += 1
        for path in self.paths:
            words = _WORDS[self.edition % len(_WORDS)]
            self.site.bodies[path] = _PAGE.format(words=words, edition=self.edition)

    async def until_told(self) -> None:
        """As soon as each page's last edition was told of."""
        await self.told.until(self.edition * len(self.paths))

    async def kill(self) -> None:
        """End the primary as a power cut does."""
        await asyncio.to_thread(self.pair.do, "kill", self.primary)

    async def freeze(self) -> None:
        """Stop the primary as a hung disk does: its connections stay, and nothing answers."""
        await asyncio.to_thread(self.pair.do, "freeze", self.primary)

    async def promote(self) -> None:
        """Make the standby the primary."""
        self.primary = 1 - self.primary
        await asyncio.to_thread(self.pair.do, "promote", self.primary)

    async def until_at_work(self, since: int) -> None:
        """As soon as a check was stored after so many."""
        await self.lives[0].until_all(self.lives[1:], lambda: self.worked() > since)

    async def until_recovered(self) -> None:
        """As soon as all have said that each outage is over."""
        await self.lives[0].until_all(
            self.lives[1:],
            lambda: self._said("database_in_trouble") == self._said("database_recovered"),
        )

    async def rejoin(self) -> None:
        """Bring the dead server back, as the standby."""
        await asyncio.to_thread(self.pair.rejoin, 1 - self.primary)

    def events(self, *names: str) -> list[str]:
        """These events, as all have said them."""
        return [
            str(line["event"])
            for life in self.lives
            for line in life.said
            if line.get("event") in names
        ]

    def _said(self, name: str) -> int:
        return len(self.events(name))

    def worked(self) -> int:
        """How many checks were stored."""
        return len(self.events("checked", "changed"))

    async def figures(self) -> Figures:
        """What was lost and doubled, by what is stored and by the messages that came."""
        lost = doubled = 0
        for pairs in (await self._changes()).values():
            lost += max(0, self.edition - len(pairs))
            doubled += max(0, len(pairs) - self.edition)
            lost += sum(one[1] != other[0] for one, other in pairwise(pairs))
        messages = self.told.messages
        lost += self.edition * len(self.paths) - len(messages)
        doubled += sum(len(keys) - 1 for keys in messages.values())
        again = sum(keys.total() - len(keys) for keys in messages.values())
        failed = self.events("check_failed", "outcome_not_storable", "outcome_broken")
        return Figures(lost, doubled, again, len(self.told.others) + len(failed))

    async def _changes(self) -> dict[str, list[tuple[str, str]]]:
        """The stored changes of each page, as pairs of states."""
        rows = await self._rows(
            "SELECT s.name, u.before_snapshot_id, u.after_snapshot_id FROM content_updates u"
            " JOIN monitored_sites s ON s.id = u.site_id ORDER BY u.detected_at, u.id"
        )
        found: dict[str, list[tuple[str, str]]] = {path: [] for path in self.paths}
        for name, before, after in rows:
            found[str(name)].append((str(before), str(after)))
        return found

    async def _rows(self, query: str) -> list[tuple[object, ...]]:
        folder = self.pair.folders[self.primary]
        connection = await asyncpg.connect(host=folder, user="postgres", database=DATABASE)
        try:
            return [tuple(row) for row in await connection.fetch(query)]
        finally:
            await connection.close()


@asynccontextmanager
async def failing_over(
    pair: Pair, folder: Path, pages: int, daemons: int = 1
) -> AsyncIterator[Scene]:
    """Daemons that have seen the first edition of all pages."""
    url, told, paths = pair.url(DATABASE), Told(), [f"/{number}" for number in range(pages)]
    hosts = [f"127.0.0.{number + 2}" for number in range(pages)]
    connection = await asyncpg.connect(host=pair.folders[0], user="postgres", database="postgres")
    await connection.execute(f"CREATE DATABASE {DATABASE}")
    await connection.close()
    await asyncio.to_thread(upgrade, url)
    async with AsyncExitStack() as stack:
        site = await stack.enter_async_context(serving(*hosts))
        address = await stack.enter_async_context(_hook(told))
        scene = Scene(pair, site, told, [], paths, edition=-1)
        scene.move_on()
        urls = [
            site.url(path).replace("127.0.0.1", host)
            for path, host in zip(paths, hosts, strict=True)
        ]
        text = config(*zip(paths, urls, strict=True)).replace("127.0.0.1/32", "127.0.0.0/8")
        (folder / "config.toml").write_text(text + _MORE.format(url=address))
        for _ in range(daemons):
            beside = scene.lives[0] if scene.lives else None
            scene.lives.append(await stack.enter_async_context(running(folder, url, beside)))
        await scene.lives[0].until_all(scene.lives[1:], lambda: _seen(scene) == set(paths))
        yield scene


def _seen(scene: Scene) -> set[str]:
    said = [line for life in scene.lives for line in life.said]
    return {str(line["site"]) for line in said if line.get("event") == "checked"}


@asynccontextmanager
async def _hook(told: Told) -> AsyncIterator[str]:
    """Where messages arrive, on loopback."""
    app = web.Application()
    app.router.add_post("/hook", told.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}/hook"
    finally:
        await runner.cleanup()
