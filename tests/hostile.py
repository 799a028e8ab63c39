"""A loopback server that misbehaves on purpose: behaviours by name, and a site to run them."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import socket
import ssl
import struct
import sys
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field

import brotli  # type: ignore[import-untyped]  # it ships no types

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PAGE = b"<html><head><title>News</title></head><body><p>Nothing happened today.</p></body></html>"
POISON = b"POISON"
BLOCK = b"x" * 65536


@dataclass
class Exchange:
    """One request being answered, raw."""

    site: Site
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    path: str
    headers: Mapping[str, str]

    async def send(self, *pieces: bytes) -> None:
        """Write and count; raises ConnectionError once the client is gone."""
        for piece in pieces:
            self.writer.write(piece)
            await self.writer.drain()
            await asyncio.sleep(0)  # drain() returns at once while the kernel still takes bytes
            self.site.sent_bytes += len(piece)
            self.site.sent_something.set()

    async def drip(self, piece: bytes, seconds: float = 0.05) -> None:
        """Send the same piece again and again, slower than any read timeout would notice."""
        while not await self.gone(seconds):
            await self.send(piece)

    async def flood(self, piece: bytes) -> None:
        """Send the same piece as fast as it is taken, without end."""
        while True:
            await self.send(piece)

    async def gone(self, seconds: float | None = None) -> bool:
        """Wait until the client closes, at most so long; whether it did."""
        try:
            async with asyncio.timeout(seconds):
                while await self.reader.read(65536):
                    pass
        except TimeoutError:
            return False
        return True

    def reset(self) -> None:
        """Close with RST instead of FIN."""
        raw = self.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


Behaviour = Callable[[Exchange], Awaitable[None]]


@dataclass
class Site:
    """A running server: where it is, what it was asked, and how much it sent."""

    behave: Behaviour
    routes: dict[str, Behaviour] = field(default_factory=dict)
    answers_at_once: bool = False
    origin: str = ""
    sent_bytes: int = 0
    connections: int = 0
    open_now: int = 0
    most_open: int = 0
    sent_something: asyncio.Event = field(default_factory=asyncio.Event)
    somebody_left: asyncio.Event = field(default_factory=asyncio.Event)
    asked: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _stopping: bool = False

    @property
    def paths(self) -> list[str]:
        """The paths that were asked for, in order."""
        return [path for path, _ in self.asked]

    def url(self, path: str = "/") -> str:
        """The address of a path on this site."""
        return self.origin + path

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until either side has had enough."""
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        self.open_now += 1
        self.most_open = max(self.most_open, self.open_now)
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
                await self._answer_all(reader, writer)
        except asyncio.CancelledError:
            if not self._stopping:
                raise
        finally:
            self.open_now -= 1
            self.somebody_left.set()
            self._tasks.discard(task)
            writer.close()

    async def _answer_all(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.answers_at_once:
            await self.behave(Exchange(self, reader, writer, "", {}))
        while not writer.is_closing():
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            first, *lines = head.splitlines()
            pairs = (line.partition(":") for line in lines if line)
            headers = {name.lower(): value.strip() for name, _, value in pairs}
            path = first.split(" ")[1]
            self.asked.append((path, headers))
            behave = self.routes.get(path.partition("?")[0], self.behave)
            await behave(Exchange(self, reader, writer, path, headers))

    async def stop(self) -> None:
        """End every connection that is still open."""
        self._stopping = True
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        for task in tasks:
            await task


@contextlib.asynccontextmanager
async def running(
    behave: Behaviour,
    *,
    host: str = "127.0.0.1",
    tls: ssl.SSLContext | None = None,
    routes: Mapping[str, Behaviour] | None = None,
    answers_at_once: bool = False,
) -> AsyncIterator[Site]:
    """A site that behaves so on every path, except where `routes` say otherwise.

    With `answers_at_once` it behaves so as soon as somebody connects, whatever is asked.
    """
    site = Site(behave, dict(routes or {}), answers_at_once)
    server = await asyncio.start_server(site.serve, host, 0, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    name = f"[{host}]" if ":" in host else host
    site.origin = f"{'https' if tls else 'http'}://{name}:{port}"
    try:
        yield site
    finally:
        server.close()
        await site.stop()
        await server.wait_closed()


def says(answer: bytes, *, then: str = "close") -> Behaviour:
    """Answer with exactly these bytes, then close, hang, reset, or keep the connection."""

    async def behave(exchange: Exchange) -> None:
        await exchange.send(answer)
        if then == "hang":
            await exchange.gone()
        elif then == "reset":
            exchange.reset()
        if then != "keep":
            exchange.writer.close()

    return behave


def page(
    body: bytes = PAGE, status: str = "200 OK", headers: Mapping[str, str] | None = None
) -> Behaviour:
    """A complete, well-formed answer on a connection that stays open."""
    return says(answer(body, status, headers), then="keep")


def answer(
    body: bytes = PAGE, status: str = "200 OK", headers: Mapping[str, str] | None = None
) -> bytes:
    """The bytes of a complete, well-formed answer."""
    given = {"Content-Type": "text/html; charset=utf-8", **(headers or {})}
    given.setdefault("Content-Length", str(len(body)))
    lines = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode("latin-1") + body


def redirect(location: bytes | str, status: str = "302 Found") -> Behaviour:
    """A redirect to there, as raw as the location is."""
    target = location.encode() if isinstance(location, str) else location
    return says(
        b"HTTP/1.1 "
        + status.encode()
        + b"\r\nLocation: "
        + target
        + b"\r\nContent-Length: 0\r\n\r\n",
        then="keep",
    )


def encoded(coding: str, wire: bytes) -> Behaviour:
    """A body that is sent under this Content-Encoding as it is."""
    return page(wire, headers={"Content-Encoding": coding})


def deflated(data: bytes) -> bytes:
    """A raw deflate stream, without the zlib header."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def gzip_bomb(megabytes: int) -> bytes:
    """Zeros, a thousandth of their size on the wire."""
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    zeros = bytes(1024 * 1024)
    return b"".join(packer.compress(zeros) for _ in range(megabytes)) + packer.flush()


def zstd_frame(data: bytes) -> bytes:
    """One zstd frame."""
    return zstd.compress(data)


def zstd_wide_window() -> bytes:
    """A zstd frame that asks for a window of 128 MiB."""
    packer = zstd.ZstdCompressor(options={int(zstd.CompressionParameter.window_log): 27})
    return packer.compress(PAGE) + packer.flush()


def chunks(*pieces: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    """A chunked answer."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head + b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + end


def _length(value: bytes) -> Behaviour:
    return says(b"HTTP/1.1 200 OK\r\nContent-Length: " + value + b"\r\n\r\n" + PAGE)


_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
_CHUNKED = _HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


async def never_answers(exchange: Exchange) -> None:
    await exchange.gone()


async def drips_headers(exchange: Exchange) -> None:
    await exchange.send(_HEAD)
    await exchange.drip(b"X-A: b\r\n")


async def drips_body(exchange: Exchange) -> None:
    await exchange.send(_HEAD, b"\r\n")
    await exchange.drip(b"<p>")


async def drips_chunks(exchange: Exchange) -> None:
    await exchange.send(_CHUNKED)
    await exchange.drip(b"1\r\nx\r\n")


async def sends_interim_answers(exchange: Exchange) -> None:
    await exchange.flood(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 100)


async def drips_interim_answers(exchange: Exchange) -> None:
    await exchange.drip(b"HTTP/1.1 102 Processing\r\n\r\n")


async def endless_body(exchange: Exchange) -> None:
    await exchange.send(_HEAD, b"\r\n")
    await exchange.flood(BLOCK)


async def endless_chunks(exchange: Exchange) -> None:
    await exchange.send(_CHUNKED)
    await exchange.flood(b"10000\r\n" + BLOCK + b"\r\n")


async def tiny_chunks(exchange: Exchange) -> None:
    await exchange.send(_CHUNKED)
    await exchange.flood(b"1\r\nx\r\n" * 8192)


async def small_chunks(exchange: Exchange) -> None:
    await exchange.send(_CHUNKED)
    await exchange.flood(b"6\r\nsix by\r\n" * 8192)


async def chunks_with_extensions(exchange: Exchange) -> None:
    await exchange.send(_CHUNKED)
    await exchange.flood(b"1;name=value\r\nx\r\n" * 4096)


async def endless_chunk_extension(exchange: Exchange) -> None:
    await exchange.send(_CHUNKED, b"1;")
    await exchange.flood(BLOCK)


async def endless_trailers(exchange: Exchange) -> None:
    await exchange.send(_CHUNKED, b"1\r\nx\r\n0\r\n")
    await exchange.flood(b"X-Trailer: y\r\n" * 4096)


async def endless_trailer_line(exchange: Exchange) -> None:
    await exchange.send(_CHUNKED, b"1\r\nx\r\n0\r\nX-Trailer: ")
    await exchange.flood(BLOCK)


async def endless_headers(exchange: Exchange) -> None:
    await exchange.send(_HEAD)
    await exchange.flood(b"X-A: b\r\n" * 4096)


async def endless_header_line(exchange: Exchange) -> None:
    await exchange.send(_HEAD, b"X-A: ")
    await exchange.flood(BLOCK)


async def endless_status_line(exchange: Exchange) -> None:
    await exchange.send(b"HTTP/1.1 200 ")
    await exchange.flood(BLOCK)


async def endless_gzip(exchange: Exchange) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    await exchange.send(_HEAD, b"Content-Encoding: gzip\r\n\r\n")
    while True:
        await exchange.send(packer.compress(BLOCK * 64) + packer.flush(zlib.Z_SYNC_FLUSH))


async def endless_redirect_body(exchange: Exchange) -> None:
    await exchange.send(b"HTTP/1.1 302 Found\r\nLocation: /here\r\n\r\n")
    await exchange.flood(BLOCK)


async def redirects_on_and_on(exchange: Exchange) -> None:
    number = int(exchange.path.rpartition("=")[2] or 0) if "=" in exchange.path else 0
    await redirect(f"/next?n={number + 1}")(exchange)


async def redirects_with_cookies(exchange: Exchange) -> None:
    number = len(exchange.site.asked)
    await says(
        b"HTTP/1.1 302 Found\r\nLocation: /\r\nSet-Cookie: n=%d\r\nContent-Length: 0\r\n\r\n"
        % number,
        then="keep",
    )(exchange)


async def pushes_a_second_answer(exchange: Exchange) -> None:
    await exchange.send(answer() + answer(POISON))


async def resets_at_once(exchange: Exchange) -> None:
    exchange.reset()


TIMEOUTS: dict[str, Behaviour] = {
    "never answers": never_answers,
    "drips headers": drips_headers,
    "drips a body": drips_body,
    "drips chunks": drips_chunks,
    "drips interim answers": drips_interim_answers,
    "hangs in the headers": says(_HEAD, then="hang"),
    "hangs in the body": says(_HEAD + b"Content-Length: 9999\r\n\r\n" + PAGE, then="hang"),
    "hangs in a chunk": says(_CHUNKED + b"40\r\nabc", then="hang"),
    "hangs in a gzip body": says(
        _HEAD + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(PAGE)[:20], then="hang"
    ),
    "streams events": says(_HEAD + b"\r\ndata: 1\n\n", then="hang"),
}

ENDLESS: dict[str, Behaviour] = {
    "endless body": endless_body,
    "endless chunks": endless_chunks,
    "tiny chunks": tiny_chunks,
    "small chunks": small_chunks,
    "chunks with extensions": chunks_with_extensions,
    "endless chunk extension": endless_chunk_extension,
    "endless trailers": endless_trailers,
    "endless trailer line": endless_trailer_line,
    "endless headers": endless_headers,
    "endless header line": endless_header_line,
    "endless status line": endless_status_line,
    "endless interim answers": sends_interim_answers,
    "endless gzip": endless_gzip,
}

BOMBS: dict[str, Callable[[], Behaviour]] = {
    "gzip": lambda: encoded("gzip", gzip_bomb(200)),
    "deflate": lambda: encoded("deflate", zlib.compress(bytes(100 * 1024 * 1024), 9)),
    "br": lambda: encoded("br", brotli.compress(bytes(100 * 1024 * 1024), quality=5)),
    "zstd": lambda: encoded("zstd", zstd.compress(bytes(100 * 1024 * 1024))),
    "gzip in gzip": lambda: encoded("gzip, gzip", gzip.compress(gzip_bomb(200))),
    "gzip in br": lambda: encoded("gzip, br", brotli.compress(gzip_bomb(200), quality=5)),
}

TRUNCATED: dict[str, Behaviour] = {
    "length too long": _length(b"%d" % (len(PAGE) + 1)),
    "length far too long": _length(b"100000"),
    "no last chunk": says(chunks(PAGE, end=b"")),
    "half a chunk": says(_CHUNKED + b"40\r\nabc"),
    "reset in the body": says(_HEAD + b"Content-Length: 9999\r\n\r\n" + PAGE, then="reset"),
    "half a gzip stream": encoded("gzip", gzip.compress(PAGE)[:-12]),
    "half a deflate stream": encoded("deflate", zlib.compress(PAGE)[:-8]),
    "half a brotli stream": encoded("br", brotli.compress(PAGE)[:-4]),
    "half a zstd frame": encoded("zstd", zstd.compress(PAGE)[:-4]),
}

BROKEN_CODINGS: dict[str, Behaviour] = {
    "not gzip": encoded("gzip", PAGE),
    "not brotli": encoded("br", b"\xff" * 64),
    "not zstd": encoded("zstd", PAGE),
    "not deflate": encoded("deflate", b"\xff" * 64),
    "wrong gzip checksum": encoded("gzip", gzip.compress(PAGE)[:-8] + bytes(8)),
    "zstd window of 128 MiB": encoded("zstd", zstd_wide_window()),
    "unknown coding": encoded("compress", PAGE),
    "three codings": encoded("gzip, gzip, gzip", PAGE),
    "two hundred codings": encoded(", ".join(["gzip"] * 200), PAGE),
    "tiny gzip members": encoded("gzip", gzip.compress(b"") * 5000),
}

NOT_HTTP: dict[str, Behaviour] = {
    "closes at once": says(b""),
    "resets at once": resets_at_once,
    "HTTP/0.9": says(PAGE),
    "SSH": says(b"SSH-2.0-OpenSSH_9.9\r\n"),
    "SMTP": says(b"220 mail.example.com ESMTP\r\n"),
    "Redis": says(b"-ERR unknown command 'GET'\r\n"),
    "binary": says(bytes(range(256)) * 4),
    "half a status line": says(b"HTTP/1."),
    "half the headers": says(_HEAD + b"Content-Le"),
    "status 99": says(b"HTTP/1.1 99 Odd\r\nContent-Length: 0\r\n\r\n"),
    "status 777": says(b"HTTP/1.1 777 Odd\r\nContent-Length: 0\r\n\r\n"),
    "status 9999": says(b"HTTP/1.1 9999 Odd\r\nContent-Length: 0\r\n\r\n"),
    "status in words": says(b"HTTP/1.1 abc Odd\r\nContent-Length: 0\r\n\r\n"),
    "switches protocols": says(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n"),
    "304 unasked": page(b"", "304 Not Modified"),
    "206 unasked": page(PAGE, "206 Partial Content"),
    "202": page(PAGE, "202 Accepted"),
    "length negative": _length(b"-5"),
    "length in words": _length(b"many"),
    "length beyond 64 bits": _length(b"9" * 30),
    "length twice": says(_HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n" + PAGE),
    "length and chunks": says(
        _HEAD + b"Content-Length: 5\r\n" + _CHUNKED[len(_HEAD) :] + b"0\r\n\r\n"
    ),
    "NUL in a header": says(_HEAD + b"X-A: \x00\r\nContent-Length: 0\r\n\r\n"),
    "chunk size in words": says(_CHUNKED + b"zz\r\nabc\r\n"),
    "chunk size too small": says(_CHUNKED + b"2\r\nabcdef\r\n0\r\n\r\n"),
    "chunk size beyond 64 bits": says(_CHUNKED + b"f" * 30 + b"\r\nabc\r\n"),
}

BAD_REDIRECTS: dict[str, Behaviour] = {
    "without a location": says(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n", then="keep"),
    "to nowhere": redirect(""),
    "to garbage": redirect("http://[half/"),
    "to no host": redirect("http:///x"),
    "to a bad port": redirect("http://127.0.0.1:99999/"),
    "to bytes that are no text": redirect(b"/\xff\xfe"),
    "to 60 kB": redirect("/" + "a" * 60_000),
    "to itself": redirect("/"),
    "on and on": redirects_on_and_on,
    "with new cookies": redirects_with_cookies,
    "300": page(b"", "300 Multiple Choices"),
    "305": page(b"", "305 Use Proxy"),
}

FORBIDDEN_TARGETS = (
    *("file:///etc/passwd", "FILE:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/"),
    *("data:text/html,hello", "javascript:alert(1)", "ws://127.0.0.1/", "about:blank"),
    *("http:\\\\127.0.0.1\\", "\\\\127.0.0.1\\x", "http://user:hunter2@127.0.0.1/"),
    *("http://10.0.0.1/", "http://169.254.169.254/latest/meta-data/", "//192.168.0.1/"),
    *("http://[::ffff:10.0.0.1]/", "http://[64:ff9b::a00:1]/", "http://[fe80::1]/"),
    *("http://0x7f000001/", "http://2130706433/", "http://0177.0.0.1/", "http://127.1/"),
    *("http://0/", "http://[::ffff:10.0.0.1%25eth0]/", "http://127.0.0.%31/"),
)
