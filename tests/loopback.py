"""A small well-behaved site on loopback, and the tools of a check pointed at it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiohttp import web

from daemon.browser.renderer import Renderer
from daemon.config import FetchConfig
from daemon.fetch.client import Fetcher
from daemon.pipeline.context import CheckContext, fetch_with
from daemon.pipeline.recalling import Recall
from daemon.sandbox.pool import Sandbox
from daemon.schedule.next_check import ScheduleLimits
from daemon.store.core.database import Database

SETTINGS = FetchConfig(
    allow_networks=("127.0.0.1/32",),
    delay_seconds=0,
    respect_robots=False,
    total_timeout_seconds=20,
)


@dataclass(slots=True)
class Site:
    """What each path answers now, and how often each was asked for."""

    origin: str = ""
    bodies: dict[str, str] = field(default_factory=dict)
    living: dict[str, Callable[[int], str]] = field(default_factory=dict)  # by which answer it is
    content_type: str = "text/html"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    redirects: dict[str, tuple[int, str]] = field(default_factory=dict)  # status and target
    is_validated: bool = False  # gives ETags, and 304 for them
    asked: Counter[str] = field(default_factory=Counter)
    agents: set[str] = field(default_factory=set)  # the User-Agents that were seen
    arrived: asyncio.Event = field(default_factory=asyncio.Event)  # set by any request
    held: asyncio.Event | None = None  # paths under /slow answer when this is set
    wait_seconds: Callable[[], float] | None = None  # before each answer

    def url(self, path: str = "/page") -> str:
        return self.origin + path

    @property
    def host(self) -> str:
        return self.origin.removeprefix("http://")

    async def asked_each(self, paths: Collection[str], times: int) -> None:
        """Wait until each of these was asked for so often."""
        while any(self.asked[path] < times for path in paths):
            self.arrived.clear()
            await self.arrived.wait()

    async def answer(self, request: web.Request) -> web.Response:
        path = request.path
        self.asked[path] += 1
        self.agents.add(request.headers.get("User-Agent", ""))
        self.arrived.set()
        if path.startswith("/slow") and self.held is not None:
            await self.held.wait()
        if self.wait_seconds is not None:
            await asyncio.sleep(self.wait_seconds())
        if path in self.redirects:
            status, target = self.redirects[path]
            return web.Response(status=status, headers={"Location": target})
        text = self.bodies.get(path)
        if path in self.living:
            text = self.living[path](self.asked[path])
        if text is None:
            return web.Response(status=404)
        tag = f'"{hash(text)}"'
        headers = self.headers | ({"ETag": tag} if self.is_validated else {})
        if self.is_validated and request.headers.get("If-None-Match") == tag:
            return web.Response(status=304, headers=headers)
        return web.Response(
            status=self.status, text=text, content_type=self.content_type, headers=headers
        )


@asynccontextmanager
async def serving(*addresses: str, **bodies: str) -> AsyncIterator[Site]:
    """The site, with these bodies by path; on more addresses than one it is several hosts."""
    site = Site(bodies={f"/{path}": text for path, text in bodies.items()})
    app = web.Application()
    app.router.add_get("/{path:.*}", site.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        site.origin = f"http://{host}:{port}"
        for other in addresses:
            await web.TCPSite(runner, other, port).start()
        yield site
    finally:
        await runner.cleanup()


class Clock:
    """A clock that a test moves on."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now

    def move(self, by: timedelta) -> None:
        self.now += by


async def no_pause(_seconds: float) -> None:
    """A moment between two fetches that tests do not wait for."""


@asynccontextmanager
async def tools_for(
    database: Database,
    sandbox: Sandbox,
    clock: Clock | None = None,
    settings: FetchConfig = SETTINGS,
    browser: Path | None = None,
) -> AsyncIterator[tuple[Fetcher, CheckContext]]:
    """The real tools: only the clock is the test's, and there is no chance in it."""
    async with Fetcher(settings) as fetcher:
        limits, renderer = ScheduleLimits(jitter=0.0), Renderer(fetcher, browser)
        parts = (fetcher.throttle.slot, fetch_with(fetcher, renderer), sandbox, database)
        recall = Recall(database, window_seconds=0.0)
        more = (limits, clock or Clock(), lambda: 0.0, recall)
        context = CheckContext(*parts, *more, pause=no_pause)
        yield (
            fetcher,
            replace(
                context,
                render=lambda page: renderer.render(page.request),
                browser=renderer.state,
                limits_of_rendering=replace(limits, minimum_interval=timedelta(minutes=15)),
            ),
        )
