"""A server on loopback that speaks the protocol of chat completions, well or badly."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass
class ModelServer:
    """What it answers, in order, the last for ever; and what it was asked."""

    answers: list[Any] = field(default_factory=list)  # an object to say, bytes, a status, or "slow"
    asked: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    url: str = ""
    usage: dict[str, int] | None = field(
        default_factory=lambda: {"prompt_tokens": 300, "completion_tokens": 100}
    )

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(await request.json())
        self.headers.append(dict(request.headers))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer == "slow":
            await asyncio.Event().wait()
        if isinstance(answer, int):
            return web.Response(status=answer, headers={"Retry-After": "120"})
        if isinstance(answer, bytes):
            return web.Response(body=answer, content_type="application/json")
        text = answer if isinstance(answer, str) else json.dumps(answer)
        message = {"role": "assistant", "content": text}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        shown: dict[str, Any] = {"id": "1", "object": "chat.completion", "choices": [choice]}
        return web.json_response(shown | ({"usage": self.usage} if self.usage else {}))


@asynccontextmanager
async def serving_model(*answers: Any) -> AsyncIterator[ModelServer]:
    """Such a server for as long as the block lasts."""
    server = ModelServer(list(answers))
    app = web.Application()
    app.router.add_post("/v1/chat/completions", server.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.01)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        server.url = f"http://{host}:{port}/v1"
        yield server
    finally:
        await runner.cleanup()
