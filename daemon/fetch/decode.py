"""Undoes content codings in small steps of bounded size."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Protocol

import brotli  # type: ignore[import-untyped]  # it ships no types

from daemon.model.errors import FetchError
from daemon.model.status import ErrorClass

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

try:  # the extra `speed`: takes less than half the time
    from isal import isal_zlib as zlib
except ModuleNotFoundError:
    import zlib  # type: ignore[no-redef]  # the same interface

STEP_BYTES = 256 * 1024  # the most output of one step
MAX_CODINGS = 2
MAX_MEMBERS = 1000  # each tiny gzip member costs far more than its bytes
ZSTD_WINDOW_LOG = 23  # 8 MiB, the most that RFC 9659 lets a server ask for
_NAMELESS = frozenset({"", "identity", "none", "utf-8", "binary"})  # seen in the wild, no coding


class Decoder(Protocol):
    """One content coding being undone."""

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """Decoded pieces of at most about STEP_BYTES each."""

    def is_complete(self) -> bool:
        """Whether the coding's own end was seen, or nothing was fed at all."""


class _Zlib:
    """gzip of any number of members, and deflate with or without its header."""

    def __init__(self, window_bits: int) -> None:
        self._window_bits = window_bits
        self._inflate = zlib.decompressobj(window_bits)
        self._members = 1
        self._started = self._ignoring = False

    def feed(self, piece: bytes) -> Iterator[bytes]:
        if not self._started:
            self._start(piece)
        while piece and not self._ignoring:
            if self._inflate.eof:
                self._next_member(piece)
                continue
            yield self._inflate.decompress(piece, STEP_BYTES)
            piece = self._inflate.unused_data or self._inflate.unconsumed_tail

    def is_complete(self) -> bool:
        return self._inflate.eof or not self._started

    def _start(self, piece: bytes) -> None:
        self._started = True
        # Many servers send «deflate» without the zlib header that RFC 9110 asks for.
        if self._window_bits == zlib.MAX_WBITS and piece[0] & 0x0F != 8:
            self._inflate = zlib.decompressobj(-zlib.MAX_WBITS)

    def _next_member(self, piece: bytes) -> None:
        # Anything after the last member is padding, which browsers ignore as well.
        if self._window_bits <= zlib.MAX_WBITS or piece[0] != 0x1F:
            self._ignoring = True
            return
        self._members += 1
        if self._members > MAX_MEMBERS:
            raise FetchError(ErrorClass.ENCODING, f"more than {MAX_MEMBERS} gzip members")
        self._inflate = zlib.decompressobj(self._window_bits)


class _Brotli:
    # The library's limit is where its buffer stops growing: up to twice as much comes out.
    _STEP_BYTES = STEP_BYTES // 2

    def __init__(self) -> None:
        self._decompressor = brotli.Decompressor()
        self._started = False

    def feed(self, piece: bytes) -> Iterator[bytes]:
        self._started = True
        if self._decompressor.is_finished():
            return
        decoded = self._process(piece)
        yield decoded
        # A full step may have left output behind even when all input was taken.
        while len(decoded) >= self._STEP_BYTES or not self._decompressor.can_accept_more_data():
            decoded = self._process(b"")
            yield decoded

    def is_complete(self) -> bool:
        return not self._started or bool(self._decompressor.is_finished())

    def _process(self, piece: bytes) -> bytes:
        decoded: bytes = self._decompressor.process(piece, output_buffer_limit=self._STEP_BYTES)
        return decoded


class _Zstd:
    def __init__(self) -> None:
        self._decompressor = _zstd_decompressor()
        self._frames = 1
        self._started = False

    def feed(self, piece: bytes) -> Iterator[bytes]:
        self._started = True
        while True:
            if self._decompressor.eof:
                piece = self._decompressor.unused_data or piece
                if not piece:
                    return
                self._next_frame()
            yield self._decompressor.decompress(piece, STEP_BYTES)
            piece = b""
            if self._decompressor.needs_input and not self._decompressor.eof:
                return
            if self._decompressor.eof and not self._decompressor.unused_data:
                return

    def is_complete(self) -> bool:
        return not self._started or self._decompressor.eof

    def _next_frame(self) -> None:
        self._frames += 1
        if self._frames > MAX_MEMBERS:
            raise FetchError(ErrorClass.ENCODING, f"more than {MAX_MEMBERS} zstd frames")
        self._decompressor = _zstd_decompressor()


def _zstd_decompressor() -> zstd.ZstdDecompressor:
    limits: dict[int, int] = {zstd.DecompressionParameter.window_log_max: ZSTD_WINDOW_LOG}
    return zstd.ZstdDecompressor(options=limits)


class _Decoders:
    """Two codings, the outer one undone first."""

    def __init__(self, outer: Decoder, inner: Decoder) -> None:
        self._outer = outer
        self._inner = inner

    def feed(self, piece: bytes) -> Iterator[bytes]:
        for middle in self._outer.feed(piece):
            if middle:
                yield from self._inner.feed(middle)
            yield b""  # lets the caller count and yield when the inner coding gives nothing

    def is_complete(self) -> bool:
        return self._outer.is_complete() and self._inner.is_complete()


_DECODERS: dict[str, Callable[[], Decoder]] = {
    "gzip": lambda: _Zlib(zlib.MAX_WBITS | 16),
    "x-gzip": lambda: _Zlib(zlib.MAX_WBITS | 16),
    "deflate": lambda: _Zlib(zlib.MAX_WBITS),
    "br": _Brotli,
    "zstd": _Zstd,
}
DECODE_ERRORS: tuple[type[Exception], ...] = (
    zlib.error,  # type: ignore[assignment]  # one library's stub calls it an instance
    brotli.error,
    zstd.ZstdError,
    EOFError,
)


def decoder_for(content_encoding: str) -> Decoder | None:
    """What undoes a Content-Encoding header; None when the body is as it is.

    Errors: FetchError(encoding) for an unknown coding or more than two of them.
    """
    if not content_encoding:
        return None
    decoders = [_DECODERS[name]() for name in reversed(_codings(content_encoding))]
    return _Decoders(*decoders) if len(decoders) == MAX_CODINGS else next(iter(decoders), None)


def _codings(content_encoding: str) -> list[str]:
    named = (name.strip().lower() for name in content_encoding.split(","))
    codings = [name for name in named if name not in _NAMELESS]
    if len(codings) > MAX_CODINGS:
        raise FetchError(ErrorClass.ENCODING, f"{len(codings)} content codings on top of another")
    unknown = [name for name in codings if name not in _DECODERS]
    if unknown:
        raise FetchError(ErrorClass.ENCODING, f"unknown content coding «{unknown[0][:40]}»")
    return codings
