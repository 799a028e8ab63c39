"""Supervises permanent tasks: one that breaks is reported, and restarted after a pause."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from daemon.backoff import Backoff
from daemon.logs.logger import get_logger

log = get_logger(__name__)

_BACKOFF = Backoff(1.0, 60.0)
_LATELY_SECONDS = 300.0  # how long a break is shown, and makes the next pause longer


@dataclass(frozen=True, slots=True)
class Break:
    """When a task broke last, why, and how often in a row."""

    at: float
    reason: str
    times: int


class Supervisor:
    """Keeps tasks running, and remembers which of them broke lately.

    Shape: `counted` is called with the name of a task each time it breaks.
    """

    def __init__(
        self,
        counted: Callable[[str], None] = lambda name: None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._counted = counted
        self._clock = clock
        self._sleep = sleep
        self._breaks: dict[str, Break] = {}

    def broken_lately(self) -> Mapping[str, str]:
        """The tasks that broke within the last five minutes, with why."""
        now = self._clock()
        return {n: b.reason for n, b in self._breaks.items() if now - b.at < _LATELY_SECONDS}

    async def keep(
        self,
        name: str,
        work: Callable[[], Awaitable[None]],
        is_over: Callable[[], bool] = lambda: False,
    ) -> None:
        """Run this work for ever, or until it `is_over`, restarting it when it breaks.

        Errors: none but cancellation.
        """
        while not is_over():
            try:
                await work()
                if is_over():
                    return
                reason = "it ended by itself"
            # The bulkhead: one broken task must neither end the daemon nor disappear silently.
            except Exception as exc:
                log.exception("task_broken", task=name)
                reason = f"{type(exc).__name__}: {exc}"
            await self._sleep(self._noted(name, reason))

    def _noted(self, name: str, reason: str) -> float:
        """Record a break and return the pause after it: twice as long as the last."""
        known, now = self._breaks.get(name), self._clock()
        times = known.times + 1 if known and now - known.at < _LATELY_SECONDS else 1
        self._breaks[name] = Break(now, reason, times)
        self._counted(name)
        return _BACKOFF.wait_seconds(times)
