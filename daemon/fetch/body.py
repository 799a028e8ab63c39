"""Reads a body piece by piece: decoded, counted on the wire and in memory, and hashed."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Self

from daemon.fetch.connection.connector import CertifiedResponse
from daemon.fetch.connection.pacing import Pacer
from daemon.fetch.decode import STEP_BYTES, Decoder, decoder_for
from daemon.fetch.faults import Progress
from daemon.model.errors import FetchError
from daemon.model.status import ErrorClass

READABLE = frozenset({200, 203})  # statuses that carry the requested content
HASH_BYTES = 16
LARGE_BYTES = 1024 * 1024  # above this a body needs one of the few slots for large bodies

FREE_BYTES = 64 * 1024  # decoded or hashed without waiting for a turn

Wait = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Body:
    """A whole body with its hash, or as much of it as was requested."""

    content: bytes
    hash: str

    @classmethod
    def empty(cls) -> Self:
        """No bytes, and their hash."""
        return cls(b"", hashlib.blake2b(digest_size=HASH_BYTES).hexdigest())


class _Sink:
    """Collects decoded pieces, and raises when they are too many."""

    def __init__(self, limit: int, *, cut: bool) -> None:
        self.limit = limit
        self.is_full = False
        self._cut = cut
        self._pieces: list[bytes] = []
        self.size = 0

    def take(self, piece: bytes) -> None:
        self.size += len(piece)
        if self.size > self.limit:
            if not self._cut:
                raise _too_large(self.limit)
            piece = piece[: self.limit - self.size]
            self.is_full = True
        self._pieces.append(piece)

    def content(self) -> bytes:
        return self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)


async def read_body(
    answer: CertifiedResponse,
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
    await _pour(answer, decoder, sink, progress, grow)
    if decoder is not None and not sink.is_full and not decoder.is_complete():
        raise FetchError(ErrorClass.TRUNCATED, "the compressed body ended before it was complete")
    content = sink.content()
    return Body(content, await _hash(content, answer.pacer))


async def _pour(
    answer: CertifiedResponse,
    decoder: Decoder | None,
    sink: _Sink,
    progress: Progress,
    grow: Wait | None,
) -> None:
    since_pause = 0
    while piece := await answer.content.readany():
        progress.wire_bytes += len(piece)
        for decoded in decoder.feed(piece) if decoder else (piece,):
            sink.take(decoded)
            if sink.is_full:
                return
            if grow is not None and sink.size > LARGE_BYTES:
                await grow()
                grow = None
            since_pause += len(decoded) or len(piece)
            if since_pause >= FREE_BYTES:
                since_pause = 0
                await answer.pacer.share()  # readany() returns at once while data is waiting


async def _hash(content: bytes, pacer: Pacer) -> str:
    """The hash of a whole body, computed at its end so that a rejected body costs none."""
    found = hashlib.blake2b(digest_size=HASH_BYTES)
    view = memoryview(content)
    for start in range(0, len(content), STEP_BYTES):
        if start:
            await pacer.share()
        found.update(view[start : start + STEP_BYTES])
    return found.hexdigest()


def _too_large(limit: int) -> FetchError:
    return FetchError(ErrorClass.TOO_LARGE, f"the body is larger than {limit} bytes")
