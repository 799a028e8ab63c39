"""Proxies on loopback: a real one for HTTP and SOCKS5, and one that says whatever a test wants."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import pproxy  # type: ignore[import-untyped]  # it ships no types
from pydantic import SecretStr

from daemon.config.proxies import ProxyConfig

USER, PASSWORD = "ada", "s3cr3t-pass"


@dataclass
class Proxy:
    """A running proxy: where it listens, and what it was asked to connect to."""

    port: int
    asked: list[str] = field(default_factory=list)

    def config(self, scheme: str = "http", *, login: bool = True, **more: object) -> ProxyConfig:
        login_keys = {"username": USER, "password": SecretStr(PASSWORD)} if login else {}
        url = SecretStr(f"{scheme}://127.0.0.1:{self.port}")
        return ProxyConfig.model_validate({"name": "office", "url": url, **login_keys, **more})

    def heard(self, line: str) -> None:
        if " -> " in line:
            self.asked.append(line.rpartition(" -> ")[2].split()[0])


@asynccontextmanager
async def proxying(scheme: str = "http", *, login: bool = True) -> AsyncIterator[Proxy]:
    """A real proxy, which wants a password unless told otherwise."""
    proxy = Proxy(0)
    known = f"/#{USER}:{PASSWORD}" if login else ""
    server = pproxy.Server(f"{scheme}://127.0.0.1:0{known}")
    started = await server.start_server({"rserver": [], "verbose": proxy.heard, "authtime": -1})
    proxy.port = started.sockets[0].getsockname()[1]
    before = set(asyncio.all_tasks())
    try:
        yield proxy
    finally:
        started.close()
        for task in left_by(started, before):
            task.cancel()
        await started.wait_closed()


def left_by(_server: object, before: set[asyncio.Task[object]]) -> Iterator[asyncio.Task[object]]:
    """The proxy's own tasks, which end by themselves only when both ends close."""
    for task in asyncio.all_tasks() - before:
        if "pproxy" in str(task.get_coro()):
            yield task


@asynccontextmanager
async def saying(*answers: bytes) -> AsyncIterator[Proxy]:
    """A server that gives these answers, one for each message that it gets, and then closes."""
    proxy = Proxy(0)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            asked = await reader.read(4096)
            proxy.asked.append(asked.decode("latin-1"))
            writer.write(answer)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        await server.wait_closed()


@asynccontextmanager
async def behind_tls(proxy: Proxy, tls: ssl.SSLContext) -> AsyncIterator[Proxy]:
    """The same proxy, to be spoken to over TLS."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        async with asyncio.TaskGroup() as both:
            both.create_task(_pass_on(reader, far_writer))
            both.create_task(_pass_on(far_reader, writer))

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    try:
        yield Proxy(server.sockets[0].getsockname()[1], proxy.asked)
    finally:
        server.close()
        await server.wait_closed()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await reader.read(65536):
            writer.write(piece)
            await writer.drain()
    writer.close()
