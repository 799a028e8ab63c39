"""Serves a web site on loopback whose pages advance from revision to revision."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from hashlib import blake2b

from aiohttp import web
from aiohttp.typedefs import Handler

from daemon.demo.noise import noise
from daemon.demo.script import PAGE_FILES, PlannedChange, Script, framed, load, read
from daemon.model.site import Rules

_LOGIN = "/login"
_RETRY_SECONDS = "1"
_ROBOTS = "User-agent: *\nDisallow: /admin/\n"


@dataclass(frozen=True, slots=True)
class DemoPage:
    """One page of the site, as a user would configure it, and its planned changes."""

    name: str
    url: str
    site_type: str
    rules: Rules
    changes: tuple[PlannedChange, ...]
    target_price: Decimal | None = None


class DemoSite:
    """The pages and their clock.

    Units: the clock is monotonic; each page advances once in every interval.
    """

    def __init__(
        self,
        scripts: Iterable[Script],
        interval_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.base_url = ""
        self._scripts = {script.path: script for script in scripts}
        self._places = {path: place for place, path in enumerate(self._scripts)}
        self._interval_seconds = interval_seconds
        self._clock = clock
        self._started = clock()
        self._answers: Counter[str] = Counter()

    def url(self, path: str) -> str:
        """The address of a path on this site."""
        return self.base_url + path

    @property
    def pages(self) -> tuple[DemoPage, ...]:
        """The pages worth watching."""
        return tuple(
            DemoPage(
                name=script.name,
                url=self.url(path),
                site_type=script.site_type,
                rules=script.rules,
                changes=script.changes,
                target_price=script.target_price,
            )
            for path, script in self._scripts.items()
        )

    @property
    def total_seconds(self) -> float:
        """The time after which every page is at its last revision."""
        longest = max(len(script.changes) for script in self._scripts.values())
        return (longest + 1) * self._interval_seconds

    def revision(self, path: str) -> int:
        """The present revision of this page."""
        # Each page changes at its own time within the interval, or all would change at once.
        delay = self._interval_seconds * self._places[path] / len(self._places)
        return self._scripts[path].revision(self._interval_seconds, self._elapsed() - delay)

    def application(self) -> web.Application:
        """The site as an application."""
        app = web.Application(middlewares=[self._count])
        app.on_response_prepare.append(self._add_session)
        app.router.add_get("/", self._index)
        app.router.add_get("/robots.txt", self._robots)
        app.router.add_get(_LOGIN, self._login)
        for path in self._scripts:
            app.router.add_get(path, self._page)
        return app

    @web.middleware
    async def _count(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self._answers[request.path] += 1
        return await handler(request)

    async def _page(self, request: web.Request) -> web.Response:
        script = self._scripts[request.path]
        revision = self.revision(request.path)
        trouble = script.trouble(revision)
        if trouble == "login":
            raise web.HTTPFound(f"{_LOGIN}?next={request.path}")
        if trouble == "outage":
            return self._outage(request)
        tag = _etag(script, revision) if script.is_validated else None
        headers = {"ETag": tag} if tag else {}
        if tag and request.headers.get("If-None-Match") == tag:
            return web.Response(status=304, headers=headers)
        text = script.render(revision, self._noise(request))
        headers["Content-Type"] = script.content_type
        return web.Response(body=text.encode(), headers=headers)

    async def _login(self, request: web.Request) -> web.Response:
        return self._framed(request, "Log in", read("login.html"))

    async def _index(self, request: web.Request) -> web.Response:
        links = (f'<li><a href="{page.url}">{page.name}</a></li>' for page in self.pages)
        return self._framed(request, "All pages", f"<ul>{''.join(links)}</ul>\n")

    async def _robots(self, _request: web.Request) -> web.Response:
        return web.Response(text=_ROBOTS)

    def _outage(self, request: web.Request) -> web.Response:
        answer = self._framed(request, "Service unavailable", read("outage.html"))
        answer.set_status(503)
        answer.headers["Retry-After"] = _RETRY_SECONDS
        return answer

    def _framed(self, request: web.Request, title: str, body: str) -> web.Response:
        text = framed("Demonstration", title, body, self._noise(request))
        return web.Response(text=text, content_type="text/html")

    async def _add_session(self, request: web.Request, response: web.StreamResponse) -> None:
        session = self._noise(request)["session"]
        response.headers["Set-Cookie"] = f"sid={session}; Path=/; HttpOnly"

    def _noise(self, request: web.Request) -> dict[str, str]:
        return noise(request.path, self._answers[request.path], self._elapsed())

    def _elapsed(self) -> float:
        return self._clock() - self._started


@asynccontextmanager
async def demo_site(
    interval_seconds: float, clock: Callable[[], float] = time.monotonic
) -> AsyncIterator[DemoSite]:
    """Serve the site on a free port of loopback.

    Units: every page advances once in each interval.
    """
    site = DemoSite([load(name) for name in PAGE_FILES], interval_seconds, clock)
    runner = web.AppRunner(site.application(), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        site.base_url = f"http://{host}:{port}"
        yield site
    finally:
        await runner.cleanup()


def _etag(script: Script, revision: int) -> str:
    # Weak: the noise differs although the content does not.
    return f'W/"{blake2b(f"{script.path} {revision}".encode(), digest_size=8).hexdigest()}"'
