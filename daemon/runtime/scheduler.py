"""Ticks that come in time whatever becomes of the machine's date: APScheduler goes by it."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta

from apscheduler.executors.debug import DebugExecutor
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.schedulers.base import BaseScheduler
from apscheduler.triggers.base import BaseTrigger

from daemon.logs.logger import get_logger

log = get_logger(__name__)

_LOOK_SECONDS = 1.0
_STEP_SECONDS = 2.0


class Every(BaseTrigger):  # type: ignore[misc]  # the library has no types
    """So many seconds after the last time, however late that was.

    Shape: the library's own interval would go through every instant that a date set forward has
           left out: after a step of ten years that takes minutes, and all memory.
    """

    def __init__(self, seconds: float, first: float | None = None) -> None:
        self._every = timedelta(seconds=seconds)
        self._first = self._every if first is None else timedelta(seconds=first)

    def get_next_fire_time(self, before: datetime | None, now: datetime) -> datetime:
        """The next instant, by the date as it is now."""
        return now + (self._first if before is None else self._every)


def make_clock() -> AsyncIOScheduler:
    """A scheduler whose jobs are plain functions that end at once.

    Shape: they run within its own turn of the loop. As tasks of their own they would be cancelled
           where the end comes between their turns, and the library takes that for an error.
    """
    return AsyncIOScheduler(
        timezone=UTC,
        executors={"default": DebugExecutor()},
        # The default grace of one second would drop ticks of a busy loop without a word.
        job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
    )


async def keep_in_time(scheduler: BaseScheduler) -> None:
    """Let the next ticks come at once after the machine's date was set back, for ever.

    Shape: by the date alone they would wait until it is again as late as it was.
    """
    ahead = _ahead()
    while True:
        await asyncio.sleep(_LOOK_SECONDS)
        before, ahead = ahead, _ahead()
        if ahead < before - _STEP_SECONDS:
            log.warning("date_was_set_back", by_seconds=round(before - ahead))
            hasten(scheduler)


def hasten(scheduler: BaseScheduler) -> None:
    """Let every job of the scheduler come now, and then as often as ever."""
    for job in scheduler.get_jobs():
        job.modify(next_run_time=datetime.now(UTC))


def _ahead() -> float:
    """How far the date is ahead of the steady clock."""
    return time.time() - time.monotonic()
