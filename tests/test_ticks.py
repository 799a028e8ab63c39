"""Ticks that come in time whatever becomes of the machine's date."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from apscheduler.job import Job
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from daemon.ticks import Every, hasten

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


async def test_after_a_date_set_back_every_job_comes_at_once() -> None:
    scheduler = AsyncIOScheduler(timezone=UTC)
    scheduler.start(paused=True)
    waiting = scheduler.add_job(tick, Every(1), next_run_time=datetime.now(UTC) + YEARS)
    hasten(scheduler)
    assert waiting.next_run_time <= datetime.now(UTC)
    scheduler.shutdown(wait=False)
