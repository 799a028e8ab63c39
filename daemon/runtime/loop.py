"""The wake-up loop of the daemon's parts: work until nothing is left, then rest."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeAlias

from daemon.model.errors import StoreError

Work: TypeAlias = Callable[[], Awaitable[None]]
Keep: TypeAlias = Callable[[str, Work], Coroutine[Any, Any, None]]


class Loop:
    """Takes steps while they find work, and rests until it is woken.

    Shape:  a step does one unit of work and returns how much it found; after 0 the loop rests.
    Errors: a database error ends a round of steps, not the loop; `on_error` is called with those
            that are not transient, as the database reports the others. All else ends the loop.
    """

    def __init__(self, on_error: Callable[[StoreError], None]) -> None:
        self._on_error = on_error
        self._wake = asyncio.Event()
        self._is_stopping = False

    @property
    def is_stopping(self) -> bool:
        """Whether it must start nothing new."""
        return self._is_stopping

    def wake(self) -> None:
        """Wake the loop, as there may be work."""
        self._wake.set()

    def stop(self) -> None:
        """Start nothing new: `serve` returns when the current step has ended."""
        self._is_stopping = True
        self._wake.set()

    async def rest(self, seconds: float | None = None) -> None:
        """Wait until woken, at most this long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        self._wake.clear()

    async def serve(
        self,
        step: Callable[[], Awaitable[int | None]],
        longest_rest_seconds: Callable[[], float | None] = lambda: None,
    ) -> None:
        """Alternate between rest and steps, until cancelled or stopped."""
        while not self._is_stopping:
            await self.rest(longest_rest_seconds())
            await self._work(step)

    async def _work(self, step: Callable[[], Awaitable[int | None]]) -> None:
        while not self._is_stopping and await self.attempt(step):
            pass

    async def attempt(self, step: Callable[[], Awaitable[int | None]]) -> int:
        """Take one step and return how much it found: 0 when a database error ends it."""
        try:
            return await step() or 0
        except StoreError as exc:
            if not exc.is_transient:
                self._on_error(exc)
            return 0
