"""A body read piece by piece: decoded, counted on the wire and in memory, hashed on the way."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Self

import aiohttp

from daemon.errors import FetchError
from daemon.fetch.decode import STEP_BYTES, Decoder, decoder_for
from daemon.fetch.faults import Progress
from daemon.model import ErrorClass

HASH_BYTES = 16
LARGE_BYTES = 1024 * 1024  # beyond this a body needs one of the few places for large ones

Wait = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Body:
    """A whole body with its hash, or as much of it as was asked for."""

    content: bytes
    hash: str

    @classmethod
    def empty(cls) -> Self:
        """No bytes, and their hash."""
        return cls(b"", hashlib.blake2b(digest_size=HASH_BYTES).hexdigest())


class _Sink:
    """Where decoded pieces end up; says when there are too many of them."""

    def __init__(self, limit: int, *, cut: bool) -> None:
        self.limit = limit
        self.is_full = False
        self._cut = cut
        self._pieces: list[bytes] = []
        self.size = 0
        self._hash = hashlib.blake2b(digest_size=HASH_BYTES)

    def take(self, piece: bytes) -> None:
        self.size += len(piece)
        if self.size > self.limit:
            if not self._cut:
                raise _too_large(self.limit)
            piece = piece[: self.limit - self.size]
            self.is_full = True
        self._pieces.append(piece)
        self._hash.update(piece)

    def body(self) -> Body:
        content = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        return Body(content, self._hash.hexdigest())


async def read_body(
    answer: aiohttp.ClientResponse,
    progress: Progress,
    limit: int,
    *,
    cut: bool = False,
    grow: Wait | None = None,
) -> Body:
    """The decoded body, at most `limit` bytes of it.

    Shape:  with `cut`, a longer body is cut at the limit and its rest never read. `grow` is
            awaited once, before more than LARGE_BYTES are held.
    Errors: FetchError(too_large, encoding, truncated); library errors as they are raised.
    """
    decoder = decoder_for(answer.headers.get("Content-Encoding", ""))
    length = answer.content_length or 0
    if length > limit and decoder is None and not cut:
        raise _too_large(limit)
    sink = _Sink(limit, cut=cut)
    await _pour(answer.content, decoder, sink, progress, grow)
    if decoder is not None and not sink.is_full and not decoder.is_complete():
        raise FetchError(ErrorClass.TRUNCATED, "the compressed body ended before it was complete")
    return sink.body()


async def _pour(
    stream: aiohttp.StreamReader,
    decoder: Decoder | None,
    sink: _Sink,
    progress: Progress,
    grow: Wait | None,
) -> None:
    since_pause = 0
    while piece := await stream.readany():
        progress.wire_bytes += len(piece)
        for decoded in decoder.feed(piece) if decoder else (piece,):
            sink.take(decoded)
            if sink.is_full:
                return
            if grow is not None and sink.size > LARGE_BYTES:
                await grow()
                grow = None
            since_pause += len(decoded) or len(piece)
            if since_pause >= STEP_BYTES:
                since_pause = 0
                await asyncio.sleep(0)  # readany() returns at once while data is waiting


def _too_large(limit: int) -> FetchError:
    return FetchError(ErrorClass.TOO_LARGE, f"the body is larger than {limit} bytes")
