"""Connects what a page asks for: guarded by address, metered by bytes, its own ports only.

Each connection is one that the browser opened to its proxy, handed over as it is. TLS stays between
the browser and the server (CONNECT, RFC 9110 §9.3.6); a request without TLS is passed on with its
target in origin form and closed after one answer (RFC 9112 §3.2.2, §9.6).
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from daemon.browser.racing import until_first
from daemon.model.errors import FetchError, UrlError
from daemon.model.status import ErrorClass
from daemon.url import parse_url

Opened = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Connect = Callable[[str, int], Awaitable[Opened]]

_MOST_HEAD_BYTES = 64 * 1024
_PIECE_BYTES = 64 * 1024
_USUAL_PORTS = frozenset({80, 443})
_HEAD_SECONDS = 10.0
_OWN_HEADERS = frozenset({"proxy-connection", "proxy-authorization", "connection", "keep-alive"})
_DIALECTS = frozenset({"HTTP/1.0", "HTTP/1.1"})


@dataclass(slots=True)
class Meter:
    """What a page asked of the network. Units: `wire_bytes` that came."""

    most_bytes: int
    wire_bytes: int = 0
    connections: int = 0
    refused: int = 0
    faults: dict[str, FetchError] = field(default_factory=dict)  # the last of each host

    @property
    def is_spent(self) -> bool:
        return self.wire_bytes >= self.most_bytes


class _MisuseError(Exception):
    """A request that no browser sends to a proxy."""


class PageProxy:
    """The way out of one page."""

    def __init__(self, connect: Connect, own_port: int, most_bytes: int) -> None:
        self._connect = connect
        self._ports = _USUAL_PORTS | {own_port}
        self.meter = Meter(most_bytes)

    async def serve(self, line: socket.socket) -> None:
        """Serve one connection of the browser, which is closed at the end."""
        self.meter.connections += 1
        line.setblocking(False)
        try:
            reader, writer = await asyncio.open_connection(sock=line, limit=_MOST_HEAD_BYTES)
        except OSError:  # the page has closed it already
            line.close()
            return
        try:
            await self._serve(reader, writer)
        except (OSError, EOFError, asyncio.LimitOverrunError, _MisuseError):
            pass  # of this one connection: the page sees that it ended
        finally:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(_HEAD_SECONDS):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        method, target, version = _request_line(head)
        is_tunnel = method == "CONNECT"
        host, port = _authority(target) if is_tunnel else _authority_of_url(target)
        try:
            far_reader, far_writer = await self._open(host, port)
        except FetchError as exc:
            self.meter.refused += exc.error_class is ErrorClass.BLOCKED
            self.meter.faults[host] = exc
            if is_tunnel:  # else an answer of ours would be taken for the page
                writer.write(_refusal(exc))
                await writer.drain()
            return
        try:
            if is_tunnel:
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                await self._both((reader, writer), (far_reader, far_writer))
            else:
                far_writer.write(_in_origin_form(head, method, target, version))
                await until_first(_pass(reader, far_writer), self._answer(far_reader, writer))
        finally:
            far_writer.transport.abort()

    async def _open(self, host: str, port: int) -> Opened:
        if port not in self._ports:
            raise FetchError(
                ErrorClass.BLOCKED, f"port {port} is not the page's own, nor 80 or 443"
            )
        if self.meter.is_spent:
            raise FetchError(
                ErrorClass.TOO_LARGE, "the page has had all the bytes that it may have"
            )
        return await self._connect(host, port)

    async def _both(self, near: Opened, far: Opened) -> None:
        await until_first(_pass(near[0], far[1]), _pass(far[0], near[1], self._count))

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass one answer on, and say that the connection ends with it."""
        try:
            head = await _answer_head(reader)
            self._count(len(head))
        except (OSError, EOFError, asyncio.LimitOverrunError):
            return  # the server gave none: the page sees that the connection ended
        writer.write(_closing(head))
        await _pass(reader, writer, self._count)

    def _count(self, size: int) -> None:
        self.meter.wire_bytes += size
        if self.meter.is_spent:
            raise EOFError


async def _answer_head(reader: asyncio.StreamReader) -> str:
    """The head of an answer, without those before it that only announce one (RFC 9110 §15.2)."""
    while True:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        if head[9:10] != "1":
            return head


async def _pass(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    count: Callable[[int], None] | None = None,
) -> None:
    """Pass bytes on until one side ends."""
    try:
        while piece := await reader.read(_PIECE_BYTES):
            if count is not None:
                count(len(piece))
            writer.write(piece)
            await writer.drain()
    except (OSError, EOFError):
        return


def _request_line(head: str) -> tuple[str, str, str]:
    words = head.partition("\r\n")[0].split(" ")
    if len(words) != 3 or words[2] not in _DIALECTS:
        raise _MisuseError
    return words[0], words[1], words[2]


def _authority(target: str) -> tuple[str, int]:
    host, _, port = target.rpartition(":")
    if not host or not (port.isascii() and port.isdigit()):
        raise _MisuseError
    return host.strip("[]").lower(), int(port)


def _authority_of_url(target: str) -> tuple[str, int]:
    try:
        parts = urlsplit(parse_url(target))
    except UrlError as exc:
        raise _MisuseError from exc
    if parts.scheme != "http" or not parts.hostname:
        raise _MisuseError
    return parts.hostname, parts.port or 80


def _in_origin_form(head: str, method: str, target: str, version: str) -> bytes:
    parts = urlsplit(target)
    path = parts.path or "/"
    asked = f"{path}?{parts.query}" if parts.query else path
    return _with_headers(f"{method} {asked} {version}", head)


def _closing(head: str) -> bytes:
    return _with_headers(head.partition("\r\n")[0], head)


def _with_headers(first: str, head: str) -> bytes:
    """The head with another first line, and the word that the connection ends."""
    lines = head.removesuffix("\r\n\r\n").split("\r\n")[1:]
    kept = [line for line in lines if line.partition(":")[0].strip().lower() not in _OWN_HEADERS]
    return "\r\n".join((first, *kept, "Connection: close", "", "")).encode("latin-1")


def _refusal(fault: FetchError) -> bytes:
    status = "403 Forbidden" if fault.error_class is ErrorClass.BLOCKED else "502 Bad Gateway"
    return f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()
