"""Opens the pages on loopback, and keeps them open whatever else takes their port."""

from __future__ import annotations

import asyncio
import os
from asyncio import AbstractEventLoop, Task
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import StreamReader, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http import RawRequestMessage

from daemon.backoff import Backoff
from daemon.config import WebConfig
from daemon.logs.logger import get_logger
from daemon.monitoring.health import ComponentState
from daemon.monitoring.host_guard import protocol_logger
from daemon.system.process import is_in_container
from daemon.web.context import Context
from daemon.web.edge import BODY_BYTES, Edge
from daemon.web.headers import secure
from daemon.web.templating import compile_whole

log = get_logger(__name__)

_BACKLOG = 512
_SENDING_SECONDS = 10.0
_RETRY = Backoff(1.0, 60.0)
_HEADER_BYTES = 8190
_HEADERS = 64
_IDLE_SECONDS = 15.0  # without a whole request
_LINGERING_SECONDS = 2.0  # for the rest of a body that is not read, so that the answer arrives


def load() -> None:
    """Load what every page needs, in a thread: it takes a tenth of a second."""
    compile_whole("error.html")


async def keep_open(context: Context, section: WebConfig, opened: Callable[[str], None]) -> None:
    """Serve the pages until cancelled; while their port is taken, say so and try again.

    Shape: `opened` is called with their address. The checks go on in any case, and the health of
           the part `pages` says what is wrong.
    """
    for pause in _RETRY.waits():
        try:
            async with serve(context, section) as address:
                context.health.report("pages", ComponentState.OK, f"at {address}")
                log.info("pages_open", address=address, **_place(section))
                opened(address)
                await asyncio.Event().wait()
        except OSError as exc:
            where = f"{section.host}:{section.port}"
            reason = f"cannot listen on {where}: {os.strerror(exc.errno or 0).lower()}"
            context.health.report("pages", ComponentState.DEGRADED, reason)
            log.warning("pages_not_open", reason=reason, hint="set another web.port, or 0")
        await asyncio.sleep(pause)


@asynccontextmanager
async def serve(context: Context, section: WebConfig) -> AsyncIterator[str]:
    """Serve the pages where the section says; gives their URL. Port 0 takes a free one.

    Errors: OSError when the address cannot be taken.
    """
    server = _Server(Edge(context), asyncio.get_running_loop())
    runner = web.ServerRunner(server, shutdown_timeout=1.0)
    await runner.setup()
    try:
        host = section.host.strip("[]")
        await web.TCPSite(runner, host, section.port, backlog=_BACKLOG).start()
        yield _url(runner)
    finally:
        await runner.cleanup()


class _Server(web.Server):
    """Makes a connection for each client, and a request of limited size for each request."""

    def __init__(self, edge: Edge, loop: AbstractEventLoop) -> None:
        super().__init__(edge.answer, request_factory=self._request)
        self._running = loop

    def __call__(self) -> web.RequestHandler:
        return _Connection(
            self,
            loop=self._running,
            logger=protocol_logger(),
            access_log=None,  # type: ignore[arg-type] # the annotation lacks that there is none
            keepalive_timeout=_IDLE_SECONDS,
            lingering_time=_LINGERING_SECONDS,
            max_line_size=_HEADER_BYTES,
            max_field_size=_HEADER_BYTES,
            max_headers=_HEADERS,
        )

    def _request(
        self,
        message: RawRequestMessage,
        payload: StreamReader,
        protocol: web.RequestHandler,
        writer: AbstractStreamWriter,
        task: Task[None],
    ) -> web.BaseRequest:
        return web.BaseRequest(
            message, payload, protocol, writer, task, self._running, client_max_size=BODY_BYTES
        )


class _Connection(web.RequestHandler):
    """One connection; every response leaves here, also those to requests that cannot be read."""

    __slots__ = ()

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Send a response, with the headers that all have, to whom takes it in time."""
        secure(resp.headers)
        try:
            async with asyncio.timeout(_SENDING_SECONDS):
                return await super().finish_response(request, resp, start_time)
        except TimeoutError:
            if self.transport is not None:
                self.transport.abort()
            raise ConnectionResetError("the client does not read") from None

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """The response to a request that cannot be read, which repeats nothing of it."""
        super().handle_error(request, status, exc, message)
        response = web.Response(status=status, text="this request cannot be read\n")
        response.force_close()
        return response


def _place(section: WebConfig) -> Mapping[str, str]:
    """What else is to be known of the address, in the log."""
    if section.has_logins:
        hint = "`changelogger users link` lets somebody in"
        return {"public_url": section.public_url, "hint": hint}
    if is_in_container():
        return {"hint": "inside this container alone, until people log in: see docs/container.md"}
    return {}


def _url(runner: web.ServerRunner) -> str:
    address: tuple[Any, ...] = runner.addresses[0]
    name = f"[{address[0]}]" if ":" in address[0] else address[0]
    return f"http://{name}:{address[1]}"
