"""The way out of a page: what it may ask for, and what becomes of anything else."""

from __future__ import annotations

import asyncio
import os
import socket

import pytest

from daemon.browser.channel import Channel, ChannelError
from daemon.browser.messages import CONNECTION, RENDER
from daemon.browser.proxy import Opened, PageProxy
from daemon.browser.renderer import stream_of
from daemon.fetch.client import Fetcher
from daemon.model.errors import FetchError
from daemon.model.status import ErrorClass
from tests.rendering.conftest import SETTINGS

_ANSWER = b"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nX-A: b\r\nContent-Length: 2\r\n\r\nhi"


class Far:
    """A server that notes what it is sent, and answers the same to everything."""

    def __init__(self, answer: bytes = _ANSWER) -> None:
        self.answer = answer
        self.heard = b""
        self.asked: list[tuple[str, int]] = []
        self._servers: list[asyncio.Server] = []

    async def connect(self, host: str, port: int) -> Opened:
        self.asked.append((host, port))
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self._servers.append(server)
        return await asyncio.open_connection(*server.sockets[0].getsockname()[:2])

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.heard += await reader.read(1000)
        writer.write(self.answer)
        writer.close()

    def close(self) -> None:
        for server in self._servers:
            server.close()


async def asked(proxy: PageProxy, request: bytes) -> bytes:
    """All that the proxy answers to one connection of a browser."""
    near, theirs = socket.socketpair()
    near.setblocking(False)
    reader, writer = await asyncio.open_connection(sock=near)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(proxy.serve(theirs))
        writer.write(request)
        try:
            answer = await reader.read()
        except ConnectionError:
            answer = b""
        writer.transport.abort()
    return answer


async def test_a_request_without_tls_goes_on_in_origin_form_and_ends_with_its_answer() -> None:
    far = Far()
    proxy = PageProxy(far.connect, 8080, 1_000_000)
    answer = await asked(
        proxy,
        b"GET http://example.org:8080/a?b=c HTTP/1.1\r\nHost: example.org:8080\r\n"
        b"Proxy-Connection: keep-alive\r\nX-Own: 1\r\n\r\n",
    )
    far.close()
    assert far.asked == [("example.org", 8080)]
    assert far.heard == (
        b"GET /a?b=c HTTP/1.1\r\nHost: example.org:8080\r\nX-Own: 1\r\nConnection: close\r\n\r\n"
    )
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head == b"HTTP/1.1 200 OK\r\nX-A: b\r\nContent-Length: 2\r\nConnection: close"
    assert body == b"hi"
    assert proxy.meter.wire_bytes >= len(_ANSWER) - 24


async def test_a_tunnel_passes_bytes_as_they_are() -> None:
    far = Far(b"\x00\x01raw")
    proxy = PageProxy(far.connect, 443, 1_000_000)
    near, theirs = socket.socketpair()
    near.setblocking(False)
    reader, writer = await asyncio.open_connection(sock=near)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(proxy.serve(theirs))
        writer.write(b"CONNECT [2001:db8::1]:443 HTTP/1.1\r\nHost: x\r\n\r\n")
        established = await reader.readuntil(b"\r\n\r\n")
        writer.write(b"hello")
        rest = await reader.read()
        writer.transport.abort()
    far.close()
    assert established.startswith(b"HTTP/1.1 200 ")
    assert (rest, far.heard, far.asked) == (b"\x00\x01raw", b"hello", [("2001:db8::1", 443)])


@pytest.mark.parametrize(
    "request_line",
    [
        "GET /relative HTTP/1.1",
        "GET ftp://example.org/ HTTP/1.1",
        "GET http://user:secret@example.org/ HTTP/1.1",
        "GET https://example.org/ HTTP/1.1",
        "GET http://exa mple.org/ HTTP/1.1",
        "CONNECT example.org HTTP/1.1",
        "CONNECT example.org:http HTTP/1.1",
        "CONNECT example.org:443 HTTP/2",
        "nonsense",
        "X" * 70_000,
    ],
)
async def test_what_no_browser_asks_of_a_proxy_ends_the_connection(request_line: str) -> None:
    far = Far()
    answer = await asked(
        PageProxy(far.connect, 443, 1000), f"{request_line}\r\nHost: x\r\n\r\n".encode()
    )
    assert (answer, far.asked) == (b"", [])


async def test_ports_of_other_programs_are_closed_to_a_page() -> None:
    far = Far()
    proxy = PageProxy(far.connect, 8443, 1_000_000)
    for port in (22, 25, 5432, 8080):
        answer = await asked(proxy, f"CONNECT example.org:{port} HTTP/1.1\r\n\r\n".encode())
        assert answer.startswith(b"HTTP/1.1 403 ")
    assert far.asked == []
    assert proxy.meter.refused == 4


async def test_a_page_gets_so_many_bytes_and_no_more() -> None:
    far = Far(_ANSWER + b"x" * 100_000)
    proxy = PageProxy(far.connect, 80, 50_000)
    request = b"GET http://example.org/ HTTP/1.1\r\nHost: example.org\r\n\r\n"
    assert len(await asked(proxy, request)) < 100_000
    assert await asked(proxy, request) == b""
    far.close()
    assert len(far.asked) == 1
    assert proxy.meter.faults["example.org"].error_class is ErrorClass.TOO_LARGE


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\n", b"x" * 100_000])
async def test_a_server_without_an_answer_ends_its_own_connection_alone(answer: bytes) -> None:
    far = Far(answer)
    proxy = PageProxy(far.connect, 80, 1_000_000)
    request = b"GET http://example.org/ HTTP/1.1\r\nHost: example.org\r\n\r\n"
    assert await asked(proxy, request) == b""
    far.answer = _ANSWER
    assert (await asked(proxy, request)).endswith(b"hi")
    far.close()


async def test_only_connections_are_taken_for_such() -> None:
    reading, writing = os.pipe()
    with pytest.raises(ChannelError, match="no connection"):
        stream_of(reading)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(reading)
    os.close(writing)


@pytest.mark.parametrize("host", ["10.0.0.1", "::1", "localhost", "127.1", "2130706433", "0.0.0.0"])
async def test_addresses_are_judged_as_those_of_a_fetch(host: str) -> None:
    settings = SETTINGS.model_copy(update={"allow_networks": ()})
    async with Fetcher(settings) as fetcher:
        with pytest.raises(FetchError) as failed:
            await fetcher.connect(host, 80, "")
    assert failed.value.error_class in (ErrorClass.BLOCKED, ErrorClass.DNS)


async def test_frames_bring_bytes_and_open_files_in_order() -> None:
    ours, theirs = socket.socketpair()
    reading, writing = os.pipe()
    async with (
        Channel(ours, carrying=CONNECTION, most_bytes=1_000_000) as one,
        Channel(theirs, carrying=CONNECTION, most_bytes=1_000_000) as other,
        asyncio.TaskGroup() as tasks,
    ):
        tasks.create_task(_send(one, writing))
        frames = [await other.receive() for _ in range(3)]
    os.close(writing)
    assert [len(frame.payload) for frame in frames] == [600_000, 0, 3]
    assert frames[1].file is not None
    os.write(frames[1].file, b"through")
    os.close(frames[1].file)
    assert os.read(reading, 10) == b"through"
    os.close(reading)


async def _send(channel: Channel, file: int) -> None:
    await channel.send(RENDER, b"x" * 600_000)
    await channel.send_file(file)
    await channel.send(RENDER, b"end")


async def test_a_conversation_that_breaks_the_form_is_over() -> None:
    ours, theirs = socket.socketpair()
    async with Channel(theirs, carrying=CONNECTION, most_bytes=10) as channel:
        ours.sendall(b"\x01\x00\x00\x00\x0b")
        with pytest.raises(ChannelError, match="11 bytes"):
            await channel.receive()
    ours.close()
    ours, theirs = socket.socketpair()
    async with Channel(theirs, carrying=CONNECTION, most_bytes=10) as channel:
        ours.sendall(bytes((CONNECTION, 0, 0, 0, 0)))
        with pytest.raises(ChannelError, match="should bring an open file"):
            await channel.receive()
        ours.close()
        with pytest.raises(EOFError):
            await channel.receive()
