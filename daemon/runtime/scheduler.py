"""Makes APScheduler tick in time even when the machine's date is changed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial

from apscheduler.executors.debug import DebugExecutor
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.schedulers.base import BaseScheduler
from apscheduler.triggers.base import BaseTrigger

from daemon.logs.logger import get_logger
from daemon.model.errors import StoreError
from daemon.runtime.loop import Keep, Loop, Work

log = get_logger(__name__)

_LOOK_SECONDS = 1.0
_STEP_SECONDS = 2.0


class Every(BaseTrigger):  # type: ignore[misc]  # the library has no types
    """Fires a number of seconds after the last time, however late that was.

    Shape: the library's own interval would step through every instant that a date set forward
           has skipped: after ten years that takes minutes, and all memory.
    """

    def __init__(self, seconds: float, first: float | None = None) -> None:
        self._every = timedelta(seconds=seconds)
        self._first = self._every if first is None else timedelta(seconds=first)

    def get_next_fire_time(self, before: datetime | None, now: datetime) -> datetime:
        """The next instant, by the present date."""
        return now + (self._first if before is None else self._every)


def make_clock() -> AsyncIOScheduler:
    """A scheduler whose jobs are plain functions that end at once.

    Shape: they run within the scheduler's own callback. As separate tasks they would be cancelled
           at shutdown, which the library reports as an error.
    """
    return AsyncIOScheduler(
        timezone=UTC,
        executors={"default": DebugExecutor()},
        # The default grace of one second would silently drop ticks of a busy loop.
        job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
    )


class Chore:
    """Work triggered by a tick and done in a task of its own, as ticks must end in milliseconds."""

    def __init__(self, name: str, work: Work, trigger: Every) -> None:
        self.name = name
        self.trigger = trigger
        self._work = work
        self._loop = Loop(self._failed)

    def ring(self) -> None:
        """It is time."""
        self._loop.wake()

    async def serve(self) -> None:
        """Do the work whenever it is time, until cancelled."""
        await self._loop.serve(self._work)

    def _failed(self, error: StoreError) -> None:
        log.warning("chore_failed", chore=self.name, reason=str(error))


@asynccontextmanager
async def ticking(
    chores: Sequence[Chore], tick: Callable[[], None], keep: Keep
) -> AsyncIterator[None]:
    """Run APScheduler as the daemon's clock while the body runs.

    Shape: `tick` is called once a second; `keep` restarts a task that breaks.
    """
    scheduler = make_clock()
    scheduler.add_job(tick, Every(1, first=0))
    for chore in chores:
        scheduler.add_job(chore.ring, chore.trigger)
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(keep(chore.name, chore.serve), name=chore.name) for chore in chores
        ]
        scheduler.start()
        in_time = partial(keep_in_time, scheduler)
        tasks.append(group.create_task(keep("ticks", in_time), name="ticks"))
        try:
            yield
        finally:
            scheduler.shutdown(wait=False)
            for task in tasks:
                task.cancel()


async def keep_in_time(scheduler: BaseScheduler) -> None:
    """Watch the machine's date for ever, and fire the next ticks at once after it is set back.

    Shape: otherwise they would wait until the date is again as late as it was.
    """
    ahead = _ahead()
    while True:
        await asyncio.sleep(_LOOK_SECONDS)
        before, ahead = ahead, _ahead()
        if ahead < before - _STEP_SECONDS:
            log.warning("date_was_set_back", by_seconds=round(before - ahead))
            hasten(scheduler)


def hasten(scheduler: BaseScheduler) -> None:
    """Fire every job of the scheduler now, and then at its usual interval."""
    for job in scheduler.get_jobs():
        job.modify(next_run_time=datetime.now(UTC))


def _ahead() -> float:
    """How far the date is ahead of the steady clock."""
    return time.time() - time.monotonic()
