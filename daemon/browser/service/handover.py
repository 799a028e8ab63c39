"""The only way out of the browser: each of its connections is handed to the daemon."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Coroutine
from typing import Any, Self

from daemon.browser.channel import Channel

Spawn = Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]

_WAITING = 128


class Handover:
    """A proxy's address for one page, whose connections go to the daemon as they are.

    Use it as `async with`. Each page has a port of its own, so the daemon knows whose they are.
    """

    def __init__(self, channel: Channel, spawn: Spawn) -> None:
        self._channel = channel
        self._spawn = spawn
        self._line = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._serving: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._line.setblocking(False)
        self._line.bind(("127.0.0.1", 0))
        self._line.listen(_WAITING)
        self._serving = self._spawn(self._serve())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._serving is not None:
            self._serving.cancel()
            await asyncio.wait([self._serving])
        self._line.close()

    @property
    def address(self) -> str:
        """The proxy as a browser is told of it."""
        return f"http://127.0.0.1:{self._line.getsockname()[1]}"

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        with contextlib.suppress(OSError):  # the caller has left: so does the page
            while True:
                line, _ = await loop.sock_accept(self._line)
                with line:
                    await self._channel.send_file(line.fileno())
