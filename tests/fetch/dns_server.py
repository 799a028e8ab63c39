"""A small DNS server on loopback: honest answers, garbled ones, and none at all."""

from __future__ import annotations

import asyncio
import struct
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

ADDRESS = bytes((127, 0, 0, 1))
_TYPE_A = 1
_ANSWER = 0x8180  # a response, recursion desired and available
_NO_SUCH_NAME = 3


class Server(asyncio.DatagramProtocol):
    """Answers every name with 127.0.0.1, those that are asked to be garbled with noise.

    Shape: what is `held` waits for `release`, so that it is under way while others are answered.
    """

    def __init__(self) -> None:
        self.garbled: set[str] = set()
        self.missing: set[str] = set()
        self.held: set[str] = set()
        self.asked: Counter[str] = Counter()
        self.port = 0
        self._waiting: list[tuple[bytes, tuple[str, int]]] = []
        self._arrivals = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        name = _name(data)
        self.asked[name] += 1
        self._arrivals.set()
        if name in self.held:
            self._waiting.append((data, addr))
        elif name in self.garbled:
            self._transport.sendto(data[:2] + b"\x81\x80" + b"\xff" * 40, addr)
        elif name in self.missing:
            self._transport.sendto(_refusal(data), addr)
        else:
            self._transport.sendto(_answer(data), addr)

    def release(self) -> None:
        """Answer what was held, and hold nothing any more."""
        self.held.clear()
        waiting, self._waiting = self._waiting, []
        for data, addr in waiting:
            self.datagram_received(data, addr)

    async def was_asked(self, name: str, times: int = 1) -> None:
        """Wait until this name was asked for so often."""
        while self.asked[name] < times:
            self._arrivals.clear()
            await self._arrivals.wait()


@asynccontextmanager
async def dns_server() -> AsyncIterator[Server]:
    """Such a server, on a free port."""
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(Server, ("127.0.0.1", 0))
    try:
        yield server
    finally:
        transport.close()


def _name(query: bytes) -> str:
    labels, at = [], 12
    while size := query[at]:
        labels.append(query[at + 1 : at + 1 + size].decode("latin-1"))
        at += size + 1
    return ".".join(labels).lower()


def _refusal(query: bytes) -> bytes:
    """The question again, and that there is no such name."""
    return query[:2] + struct.pack(">5H", _ANSWER | _NO_SUCH_NAME, 1, 0, 0, 0) + _question(query)


def _question(query: bytes) -> bytes:
    return query[12 : query.index(b"\0", 12) + 5]


def _answer(query: bytes) -> bytes:
    """The question again, with an address where an IPv4 one was asked for."""
    question = _question(query)
    is_v4 = struct.unpack(">H", question[-4:-2])[0] == _TYPE_A
    head = query[:2] + struct.pack(">5H", _ANSWER, 1, int(is_v4), 0, 0)
    record = b"\xc0\x0c" + struct.pack(">HHIH", _TYPE_A, 1, 60, 4) + ADDRESS
    return head + question + (record if is_v4 else b"")
