"""Receivers on loopback: a webhook that verifies, and may fail, stall, refuse or hang up."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

SECRET = "a secret of the receiver"


@dataclass
class Sink:
    """What a receiver was sent, and how it behaves: a status, "hang", or "drop" after reading."""

    behave: Callable[[int], int | str] = lambda number: 200
    got: list[dict[str, Any]] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    headers: list[Any] = field(default_factory=list)
    asked: int = 0
    retry_after: str | None = None
    url: str = ""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.asked += 1
        how = self.behave(self.asked)
        self.headers.append(request.headers)
        self.got.append(json.loads(body))
        assert is_signed(request.headers, body)
        if how == "hang":
            await asyncio.Event().wait()
        key = request.headers["Idempotency-Key"]
        if how == "drop":  # it took the message, and nobody learns of it
            self.taken.append(key)
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        assert isinstance(how, int)
        if how < 300:
            self.taken.append(key)
        headers = {"Retry-After": self.retry_after} if self.retry_after else {}
        if 300 <= how < 400:
            headers["Location"] = self.url
        return web.Response(status=how, headers=headers)


def is_signed(headers: Any, body: bytes) -> bool:
    """Whether the sender knows the secret, as a receiver finds out."""
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(SECRET.encode(), signed, hashlib.sha256).digest())
    return hmac.compare_digest(headers["webhook-signature"], "v1," + expected.decode())


@asynccontextmanager
async def receiving(sink: Sink) -> AsyncIterator[Sink]:
    """The sink behind a URL on loopback."""
    app = web.Application()
    app.router.add_post("/hook", sink.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    try:
        server = web.TCPSite(runner, "127.0.0.1", 0)
        await server.start()
        port = runner.addresses[0][1]
        sink.url = f"http://127.0.0.1:{port}/hook"
        yield sink
    finally:
        await runner.cleanup()
