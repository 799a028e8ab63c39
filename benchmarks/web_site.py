"""A site on loopback that costs next to nothing: one process, bodies compressed beforehand.

    python -m benchmarks.web_site --pages 1000 --seed 1 [--corpus DIR]

Prints its port, serves page N at /p/N of any address in 127.0.0.0/8, and ends when its standard
input closes. GET /set/MODE/ROUND chooses what the pages say from now on; GET /stats counts.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import socket
import struct
import sys
import zlib
from pathlib import Path

from benchmarks.web_pages import Page, generated, sentence, stored, version_of

TEMPLATES = 250  # pages that differ in more than their own sentence
MODES = ("plain", "nonce")
_GZIP_HEADER = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
_OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nVary: Accept-Encoding\r\n"


class Body:
    """A page, deflated in pieces, so that what is put between them costs no compression."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.head, self.tail = _deflated(page.head), _deflated(page.tail)
        self.end = _deflated(page.end, zlib.Z_FINISH)

    def gzip(self, own: bytes, token: bytes, checksum: int) -> bytes:
        """The whole as one gzip member; `checksum` is that of all before the token."""
        checksum = zlib.crc32(self.page.end, zlib.crc32(token, checksum))
        size = sum(map(len, (*self.page, own, token)))
        pieces = (self.head, _verbatim(own), self.tail, _verbatim(token), self.end)
        return _GZIP_HEADER + b"".join(pieces) + struct.pack("<II", checksum, size)


def _deflated(data: bytes, flush: int = zlib.Z_FULL_FLUSH) -> bytes:
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush(flush)


def _verbatim(data: bytes) -> bytes:
    """RFC 1951 §3.2.4: a block that is stored as it is."""
    return struct.pack("<BHH", 0, len(data), len(data) ^ 0xFFFF) + data if data else b""


class Site:
    def __init__(self, seed: int, count: int, pages: list[Page]) -> None:
        self.seed, self.count = seed, count
        self.bodies = [Body(page) for page in pages]
        self.own: dict[tuple[int, int], tuple[bytes, int]] = {}
        self.set("plain", 1)

    def set(self, mode: str, round_number: int) -> None:
        self.mode = mode
        self.versions = version_of(self.seed, self.count, round_number)
        self.requests = 0

    def answer(self, path: bytes, *, gzip: bool) -> bytes:
        word, _, rest = path.strip(b"/").partition(b"/")
        if word == b"p" and rest.isdigit() and int(rest) < self.count:
            return self.page(int(rest), gzip=gzip)
        if word == b"set":
            mode, _, number = rest.decode().partition("/")
            self.set(mode, int(number))
        elif word != b"stats":
            return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
        used = resource.getrusage(resource.RUSAGE_SELF)
        body = json.dumps({"requests": self.requests, "cpu": used.ru_utime + used.ru_stime})
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body.encode())

    def page(self, number: int, *, gzip: bool) -> bytes:
        self.requests += 1
        body = self.bodies[number % len(self.bodies)]
        own, checksum = self.own_part(number, body.page)
        token = b"<script>window.__token='%s'</script>" % os.urandom(12).hex().encode()
        token = token if self.mode == "nonce" else b""
        if gzip:
            data = body.gzip(own, token, checksum)
            return _OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(data) + data
        data = body.page.head + own + body.page.tail + token + body.page.end
        return _OK + b"Content-Length: %d\r\n\r\n" % len(data) + data

    def own_part(self, number: int, page: Page) -> tuple[bytes, int]:
        version = self.versions[number]
        known = self.own.get((number, version))
        if known is None:
            own = b"<p>%s</p>" % sentence(self.seed, number, version).encode()
            checksum = zlib.crc32(page.tail, zlib.crc32(own, zlib.crc32(page.head)))
            known = self.own[number, version] = own, checksum
        return known


class Http(asyncio.Protocol):
    def __init__(self, site: Site) -> None:
        self.site, self.received = site, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.received += data
        while b"\r\n\r\n" in self.received:
            head, _, self.received = self.received.partition(b"\r\n\r\n")
            path = head.split(b" ", 2)[1]
            head = head.lower()
            self.transport.write(self.site.answer(path, gzip=b"gzip" in head))
            if b"\r\nconnection: close" in head:
                self.transport.close()


def listening() -> socket.socket:
    """A socket for every loopback address and no other."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo\0")
    listener.bind(("0.0.0.0", 0))
    listener.listen(1024)
    return listener


async def serve(site: Site) -> None:
    loop = asyncio.get_running_loop()
    closed = asyncio.Event()
    with listening() as listener:
        server = await loop.create_server(lambda: Http(site), sock=listener, backlog=1024)
        async with server:
            print(listener.getsockname()[1], flush=True)
            loop.add_reader(sys.stdin.fileno(), closed.set)
            await closed.wait()
            loop.remove_reader(sys.stdin.fileno())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pages", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--corpus", type=Path)
    options = parser.parse_args()
    count = min(options.pages, TEMPLATES)
    if options.corpus is None:
        pages = generated(options.seed, count)
    else:
        pages = stored(options.corpus, options.pages)
    if not pages:
        parser.error(f"{options.corpus} holds no page that can be served")
    asyncio.run(serve(Site(options.seed, options.pages, pages)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
