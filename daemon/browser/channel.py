"""Frames over a socket of this machine, some of which carry an open connection.

The process of the browser has no network. Each connection that a page opens is accepted there and
handed over as an open file (SCM_RIGHTS, unix(7)) to the one that asked for the page, which guards,
meters and connects it. So no bytes are copied twice, and nobody has to find the way back.
"""

from __future__ import annotations

import array
import asyncio
import contextlib
import os
import socket
import struct
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

_HEADER = struct.Struct("!BI")  # of each frame: its type, and how many bytes follow
_FILE = array.array("i", [0]).itemsize
_MOST_FILES_AT_ONCE = 16
_PIECE_BYTES = 256 * 1024


class ChannelError(Exception):
    """The other side does not keep to the form of frames, or sends more than agreed."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One message: its type, its bytes, and the file that came with it, which is the reader's."""

    kind: int
    payload: bytes
    file: int | None = None


class Channel:
    """One conversation. Use it as `async with`; one reader and any number of writers.

    Shape: `carrying` is the type of the frames that bring an open file; `most_bytes` is the
           largest frame that is read.
    """

    def __init__(self, line: socket.socket, *, carrying: int, most_bytes: int) -> None:
        line.setblocking(False)
        self._line = line
        self._carrying = carrying
        self._most_bytes = most_bytes
        self._received = bytearray()
        self._files: deque[int] = deque()
        self._writing = asyncio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the conversation, and close the files that nobody took."""
        self._line.close()
        while self._files:
            os.close(self._files.popleft())

    async def send(self, kind: int, payload: bytes = b"") -> None:
        """Send a frame.

        Errors: OSError when the other side is gone.
        """
        loop = asyncio.get_running_loop()
        async with self._writing:
            await loop.sock_sendall(self._line, _HEADER.pack(kind, len(payload)) + payload)

    async def send_file(self, file: int) -> None:
        """Send an open file, which stays open here, too.

        Errors: OSError when the other side is gone.
        """
        head = _HEADER.pack(self._carrying, 0)
        async with self._writing:
            while True:
                try:
                    sent = socket.send_fds(self._line, [head], [file])
                    break
                except BlockingIOError:
                    await self._until_writable()
            # The file went with the first byte; the rest of so short a head rarely waits.
            await asyncio.get_running_loop().sock_sendall(self._line, head[sent:])

    async def receive(self) -> Frame:
        """The next frame.

        Errors: EOFError when the other side has closed; ChannelError; OSError.
        """
        kind, length = _HEADER.unpack(await self._take(_HEADER.size))
        if length > self._most_bytes:
            raise ChannelError(
                f"a frame of {length:,} bytes, where {self._most_bytes:,} is the most"
            )
        payload = await self._take(length)
        if kind != self._carrying:
            return Frame(kind, payload)
        if not self._files:
            raise ChannelError("a frame that should bring an open file, and does not")
        return Frame(kind, payload, self._files.popleft())

    async def _take(self, count: int) -> bytes:
        while len(self._received) < count:
            await self._read_more(count - len(self._received))
        taken = bytes(self._received[:count])
        del self._received[:count]
        return taken

    async def _read_more(self, wanted: int) -> None:
        room = socket.CMSG_SPACE(_MOST_FILES_AT_ONCE * _FILE)
        while True:
            try:
                data, extra, flags, _ = self._line.recvmsg(
                    min(max(wanted, _HEADER.size), _PIECE_BYTES), room, socket.MSG_CMSG_CLOEXEC
                )
                break
            except BlockingIOError:
                await self._until_readable()
        self._keep_files(extra)
        if flags & socket.MSG_CTRUNC:
            raise ChannelError("more open files at once than agreed")
        if not data:
            raise EOFError
        self._received += data

    def _keep_files(self, extra: list[tuple[int, int, bytes]]) -> None:
        for level, kind, data in extra:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                files = array.array("i")
                files.frombytes(data[: len(data) - len(data) % _FILE])
                self._files.extend(files)

    async def _until_readable(self) -> None:
        loop = asyncio.get_running_loop()
        await _once(loop.add_reader, loop.remove_reader, self._line)

    async def _until_writable(self) -> None:
        loop = asyncio.get_running_loop()
        await _once(loop.add_writer, loop.remove_writer, self._line)


async def _once(
    watch: Callable[..., None], leave: Callable[..., bool], line: socket.socket
) -> None:
    ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def mark() -> None:
        if not ready.done():
            ready.set_result(None)

    watch(line, mark)
    try:
        await ready
    finally:
        with contextlib.suppress(ValueError, OSError):  # it was closed meanwhile
            leave(line)
