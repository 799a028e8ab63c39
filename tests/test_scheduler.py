"""Ticks that come in time whatever becomes of the machine's date."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from apscheduler.events import EVENT_SCHEDULER_SHUTDOWN
from apscheduler.job import Job
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from daemon.runtime.scheduler import Every, hasten, make_clock

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
YEARS = timedelta(days=3650)


async def tick() -> None:
    """Nothing."""


def job(every: Every) -> Job:
    scheduler = AsyncIOScheduler(timezone=UTC)
    return scheduler.add_job(tick, every, next_run_time=NOW)


def test_the_first_time_may_come_sooner() -> None:
    assert Every(10).get_next_fire_time(None, NOW) == NOW + timedelta(seconds=10)
    assert Every(10, first=0).get_next_fire_time(None, NOW) == NOW
    assert Every(10, first=0).get_next_fire_time(NOW, NOW) == NOW + timedelta(seconds=10)


@pytest.mark.parametrize("late", [timedelta(), timedelta(hours=1), YEARS])
def test_a_date_set_forward_calls_for_one_run(late: timedelta) -> None:
    assert job(Every(1))._get_run_times(NOW + late) == [NOW]


async def test_an_end_right_behind_a_tick_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    rung: list[datetime] = []
    clock = make_clock()
    clock.add_job(lambda: rung.append(datetime.now(UTC)), Every(3600))
    over = asyncio.Event()
    clock.add_listener(lambda _event: over.set(), EVENT_SCHEDULER_SHUTDOWN)
    clock.start()
    hasten(clock)  # the tick waits for its turn of the loop, and the end for the same
    clock.shutdown(wait=False)
    await over.wait()
    await asyncio.sleep(0)  # what was cancelled says so in the next turn
    assert [record.getMessage() for record in caplog.records if record.exc_info] == []
    assert len(rung) == 1


async def test_after_a_date_set_back_every_job_comes_at_once() -> None:
    scheduler = AsyncIOScheduler(timezone=UTC)
    scheduler.start(paused=True)
    waiting = scheduler.add_job(tick, Every(1), next_run_time=datetime.now(UTC) + YEARS)
    hasten(scheduler)
    assert waiting.next_run_time <= datetime.now(UTC)
    scheduler.shutdown(wait=False)
