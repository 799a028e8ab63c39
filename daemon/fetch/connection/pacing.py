"""Shares the event loop's time: all bodies get a few milliseconds of each iteration."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from functools import partial

TURN_SECONDS = 0.005


class Pacer:
    """Limits how long all bodies together keep the event loop busy in one of its turns.

    Shape: a task that finds the turn spent queues; each turn the first in the queue goes on, with
           what is left of that turn.
    Units: `seconds` of a turn, for all who share this.
    """

    def __init__(
        self, seconds: float = TURN_SECONDS, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._seconds = seconds
        self._clock = clock
        self._ends_at: float | None = None  # of the current turn
        self._line: deque[Callable[[], None]] = deque()

    def is_spent(self) -> bool:
        """Whether the other tasks must run before there is more work on bodies."""
        now = self._clock()
        if self._ends_at is None:
            self._ends_at = now + self._seconds
            asyncio.get_running_loop().call_soon(self._next_turn)
        return now >= self._ends_at

    def later(self, work: Callable[[], None]) -> None:
        """Call this in a later turn, after those already waiting."""
        self._line.append(work)
        self.is_spent()  # so that there is a next turn

    async def share(self) -> None:
        """Wait for a later turn if this one is spent."""
        if not self.is_spent():
            return
        is_due: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.later(partial(_settle, is_due))
        await is_due

    def _next_turn(self) -> None:
        self._ends_at = None
        if self._line:
            self.is_spent()
            self._line.popleft()()


def _settle(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
