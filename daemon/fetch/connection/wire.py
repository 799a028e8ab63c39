"""A connection that counts its bytes, and how many were body, and enforces limits on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.helpers import set_exception

from daemon.fetch.connection.pacing import Pacer

# In chunks of one byte a piece of this size takes the parser milliseconds.
PIECE_BYTES = 4 * 1024
MAX_EXCESS_FRAMING_BYTES = 64 * 1024


class OversizeError(aiohttp.ClientError):
    """A response used more bytes on the wire, or for its headers, than allowed."""


class FramingError(aiohttp.ClientError):
    """A response is mostly framing: tiny chunks, chunk extensions or trailers."""


@dataclass(frozen=True, slots=True)
class WireLimits:
    """The most bytes for one response, body and framing together, and for its headers."""

    wire_bytes: int
    header_bytes: int


class MeteredHandler(ResponseHandler):
    """A connection that counts incoming bytes, and parses them in pieces as the loop has time.

    What the parser swallows never reaches the body (chunk extensions, chunk framing, interim
    answers, trailers), so this is the only place where it can be bounded.
    """

    def __init__(self, loop: Any, limits: WireLimits, pacer: Pacer) -> None:
        super().__init__(loop)
        self._limits = limits
        self.pacer = pacer
        self._unparsed = b""
        self._at = 0  # everything before this was given to the parser
        self._is_in_line = False
        self._received_bytes = 0
        self._head_bytes = 0
        self._has_head = False
        self._is_chunked = False

    @property
    def should_close(self) -> bool:
        """Whether the next request needs another connection."""
        return self._waiting_bytes > 0 or super().should_close

    @property
    def _waiting_bytes(self) -> int:
        return len(self._unparsed) - self._at

    def set_response_params(self, **params: Any) -> None:
        self._received_bytes = 0
        self._head_bytes = 0
        self._has_head = False
        self._is_chunked = False
        super().set_response_params(**params)

    def feed_data(self, data: Any, size: int = 0) -> None:
        self._has_head = self._has_head or data[0].code >= 200
        self._is_chunked = self._is_chunked or bool(data[0].chunked)
        super().feed_data(data, size)

    def data_received(self, data: bytes) -> None:
        if data:
            self._received_bytes += len(data)
            self._unparsed = self._unparsed[self._at :] + data
            self._at = 0
        else:  # the reader has made room: the parser's backlog comes first
            self._give(data)
        if self._received_bytes > self._limits.wire_bytes:
            self._refuse(OversizeError(f"more than {self._limits.wire_bytes} bytes on the wire"))
        elif not self._is_in_line:
            self._parse()

    def connection_lost(self, exc: BaseException | None) -> None:
        while self._waiting_bytes and self._exception is None:
            self._give_piece()
        self._forget()
        super().connection_lost(exc)

    def close(self) -> None:
        self._forget()
        super().close()

    def abort(self) -> None:
        self._forget()
        super().abort()

    def _parse(self) -> None:
        """Give the parser piece after piece, as long as there is time and room."""
        while self._waiting_bytes and not self._reading_paused:
            if self._is_costly and self.pacer.is_spent():
                self._is_in_line = True
                self.pacer.later(self._parse_in_turn)
                break
            self._give_piece()
        if self._waiting_bytes:
            if not self._buffer_paused:
                self._pause_reading_for_buffer()
        elif self._buffer_paused and not self._tail:
            self._resume_reading_for_buffer()

    def _parse_in_turn(self) -> None:
        """Parse at least one piece, so that even short turns make progress."""
        self._is_in_line = False
        if self._waiting_bytes and not self._reading_paused:
            self._give_piece()
        self._parse()

    @property
    def _is_costly(self) -> bool:
        """Whether parsing more may take long: never for short responses and whole bodies."""
        return self._is_chunked and self._parsed_bytes - self._head_bytes >= PIECE_BYTES

    def _give_piece(self) -> None:
        is_cheap = self._has_head and not self._is_chunked
        size = self._waiting_bytes if is_cheap else PIECE_BYTES
        piece = self._unparsed[self._at : self._at + size]
        self._at += len(piece)
        self._give(piece)

    def _give(self, piece: bytes) -> None:
        if self._exception is not None:
            return
        had_head = self._has_head
        super().data_received(piece)
        if (error := self.exception()) is not None:
            self._end(aiohttp.ClientPayloadError(str(error)), error)
        elif not self._has_head:
            if self._parsed_bytes > self._limits.header_bytes:
                self._refuse(
                    OversizeError(f"more than {self._limits.header_bytes} bytes of headers")
                )
        elif not had_head:
            self._head_bytes = self._parsed_bytes - self._body_bytes
        elif not self._reading_paused:  # else the parser may hold back what it was given
            self._weigh()

    def _weigh(self) -> None:
        body = self._body_bytes
        framing = self._parsed_bytes - self._head_bytes - body
        if framing - body > MAX_EXCESS_FRAMING_BYTES:
            self._refuse(FramingError(f"{framing} bytes of it for {body} bytes of body"))

    @property
    def _parsed_bytes(self) -> int:
        return self._received_bytes - self._waiting_bytes

    @property
    def _body_bytes(self) -> int:
        return 0 if self._payload is None else self._payload.total_bytes

    def _refuse(self, error: aiohttp.ClientError) -> None:
        self.set_exception(error)
        self._end(error, error)
        if self.transport is not None:
            self.transport.abort()

    def _end(self, error: aiohttp.ClientError, cause: BaseException) -> None:
        """Pass the error to the body's reader: the library tells only those awaiting a head."""
        self._forget()
        self._parser = None  # it would report an incomplete body, which is not the cause
        if self._payload is not None and not self._payload.is_eof():
            set_exception(self._payload, error, cause)

    def _forget(self) -> None:
        self._unparsed, self._at = b"", 0
