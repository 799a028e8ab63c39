"""A semaphore whose count the operator may change while it is used."""

from __future__ import annotations

import asyncio


class Slots:
    """So many may be inside at once; whoever comes later waits. Use it as `async with`.

    Shape: when there are to be fewer, nobody is thrown out: slots go as they come free.
    """

    def __init__(self, count: int) -> None:
        self._free = asyncio.Semaphore(count)
        self._count = count
        self._owed = 0  # slots that exist still and are not to be given again

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
        """From now on so many, at least one."""
        more, self._count = count - self._count, count
        self._owed -= more
        while self._owed < 0:
            self._owed += 1
            self._free.release()
