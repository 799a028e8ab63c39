"""A semaphore that can be resized while in use."""

from __future__ import annotations

import asyncio


class Slots:
    """Lets at most `count` holders in at once; others wait. Use it as `async with`.

    Shape: shrinking evicts no holder: surplus slots vanish as they are released.
    """

    def __init__(self, count: int) -> None:
        self._free = asyncio.Semaphore(count)
        self._count = count
        self._owed = 0  # slots still held that will not be given out again

    async def __aenter__(self) -> None:
        await self._free.acquire()
        while self._owed:
            self._owed -= 1
            await self._free.acquire()

    async def __aexit__(self, *_: object) -> None:
        if self._owed:
            self._owed -= 1
        else:
            self._free.release()

    def resize(self, count: int) -> None:
        """Change the number of slots, to at least one."""
        more, self._count = count - self._count, count
        self._owed -= more
        while self._owed < 0:
            self._owed += 1
            self._free.release()
