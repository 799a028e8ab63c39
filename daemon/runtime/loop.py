"""The loop of every part that works when it is woken: step by step, with rests between."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from daemon.model.errors import StoreError


class Loop:
    """Takes steps while they find something to do, and rests until it is woken.

    Shape:  a step does one unit of work and says how much it found; after none the loop rests.
    Errors: database trouble ends a round of steps, not the loop; `on_error` is called with what
            does not pass by itself, the rest the database has told of. All else ends the loop.
    """

    def __init__(self, on_error: Callable[[StoreError], None]) -> None:
        self._on_error = on_error
        self._wake = asyncio.Event()
        self._is_stopping = False

    @property
    def is_stopping(self) -> bool:
        """Whether nothing more is to be begun."""
        return self._is_stopping

    def wake(self) -> None:
        """There may be something to do."""
        self._wake.set()

    def stop(self) -> None:
        """Begin nothing more: `serve` returns when the step under way has ended."""
        self._is_stopping = True
        self._wake.set()

    async def rest(self, seconds: float | None = None) -> None:
        """Wait until woken, but no longer than this."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        self._wake.clear()

    async def serve(
        self,
        step: Callable[[], Awaitable[int | None]],
        longest_rest_seconds: Callable[[], float | None] = lambda: None,
    ) -> None:
        """Rest and take steps in turn, until cancelled or told to stop."""
        while not self._is_stopping:
            await self.rest(longest_rest_seconds())
            await self._work(step)

    async def _work(self, step: Callable[[], Awaitable[int | None]]) -> None:
        while not self._is_stopping and await self.attempt(step):
            pass

    async def attempt(self, step: Callable[[], Awaitable[int | None]]) -> int:
        """How much one step finds: nothing, when trouble with the database ends it."""
        try:
            return await step() or 0
        except StoreError as exc:
            if not exc.is_passing:
                self._on_error(exc)
            return 0
