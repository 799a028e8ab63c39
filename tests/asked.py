"""A server on loopback that takes any method, and remembers what it was asked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Seen:
    """A server that tells what it was asked."""

    origin: str = ""
    requests: list[tuple[str, str, dict[str, str], str]] = field(default_factory=list)

    async def note(self, request: web.Request) -> None:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.requests.append((request.method, request.path, headers, await request.text()))


@asynccontextmanager
async def serving(answer: Handler) -> AsyncIterator[Seen]:
    seen = Seen()

    async def noted(request: web.Request) -> web.StreamResponse:
        await seen.note(request)
        return await answer(request)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", noted)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        seen.origin = f"http://{host}:{port}"
        yield seen
    finally:
        await runner.cleanup()
