"""Reaches the browser's process, and says why where that cannot be."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from daemon.browser.channel import Channel, ChannelError
from daemon.browser.messages import CONNECTION, MOST_ANSWER_BYTES
from daemon.model.errors import FetchError
from daemon.model.status import ErrorClass
from daemon.wording import duration

_CONNECT_SECONDS = 5.0


@asynccontextmanager
async def conversation(path: Path, seconds: float) -> AsyncIterator[Channel]:
    """A line to the browser's process.

    Errors: FetchError of the class `browser`, for what the block meets as well.
    """
    try:
        async with asyncio.timeout(seconds), await _open(path) as line:
            yield line
    except TimeoutError as exc:
        said = f"the browser gave no answer within {duration(seconds)}"
        raise FetchError(ErrorClass.BROWSER, said) from exc
    except (OSError, EOFError, ChannelError, msgspec.DecodeError) as exc:
        words = str(exc) or "it closed the connection"
        said = f"the browser's process left the conversation: {words}"
        raise FetchError(ErrorClass.BROWSER, said) from exc


async def _open(path: Path) -> Channel:
    line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    line.setblocking(False)
    try:
        async with asyncio.timeout(_CONNECT_SECONDS):
            await asyncio.get_running_loop().sock_connect(line, str(path))
    except (OSError, TimeoutError) as exc:
        line.close()
        reason = getattr(exc, "strerror", None) or "it does not answer"
        raise FetchError(
            ErrorClass.BROWSER,
            f"the browser's process cannot be reached at {path} ({reason}): is "
            "`changelogger browser` running?",
        ) from exc
    return Channel(line, carrying=CONNECTION, most_bytes=MOST_ANSWER_BYTES)
