"""The pace of a host, on a clock that the tests turn."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest

from daemon.fetch.politeness.throttle import (
    MAX_CRAWL_DELAY_SECONDS,
    MAX_PAUSE_SECONDS,
    HostThrottle,
)
from daemon.model.errors import ThrottledError
from daemon.model.host import HostMemory

HOST = "example.com"


@dataclass
class Clock:
    """Time that passes only when somebody waits for it."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        until = self.now + seconds
        await asyncio.sleep(0)
        self.now = max(self.now, until)


def throttle(
    clock: Clock, delay: float = 1.0, per_host: int = 2, max_hosts: int = 100
) -> HostThrottle:
    return HostThrottle(per_host, delay, clock, clock.sleep, lambda: 0.0, max_hosts)


async def starts(pace: HostThrottle, clock: Clock, count: int, host: str = HOST) -> list[float]:
    """When each of so many quick requests to one host starts."""
    begun: list[float] = []

    async def one() -> None:
        async with pace.slot(host):
            begun.append(clock() - 1000)

    async with asyncio.TaskGroup() as group:
        for _ in range(count):
            group.create_task(one())
    return begun


async def test_requests_to_one_host_are_spaced() -> None:
    clock = Clock()
    assert await starts(throttle(clock), clock, 4) == [0, 1, 2, 3]


async def test_a_delay_of_zero_spaces_nothing() -> None:
    clock = Clock()
    assert await starts(throttle(clock, delay=0), clock, 4) == [0, 0, 0, 0]


async def test_jitter_only_lengthens_the_delay() -> None:
    clock = Clock()
    pace = HostThrottle(2, 1.0, clock, clock.sleep, lambda: 1.0)
    assert await starts(pace, clock, 3) == pytest.approx([0, 1.1, 2.2])


async def test_a_crawl_delay_lengthens_the_spacing_and_is_clamped() -> None:
    clock = Clock()
    pace = throttle(clock)
    pace.set_crawl_delay(HOST, 1e9)
    assert await starts(pace, clock, 2) == [0, 60]


async def test_another_host_does_not_wait() -> None:
    clock = Clock()
    pace = throttle(clock)
    await starts(pace, clock, 1)
    assert pace.wait_seconds(HOST) == 1
    assert pace.wait_seconds("other.example") == 0


async def test_no_more_than_per_host_run_at_once() -> None:
    clock = Clock()
    pace = throttle(clock, delay=0)
    third_ran = False
    async with asyncio.TaskGroup() as group, pace.slot(HOST):

        async def third() -> None:
            nonlocal third_ran
            async with pace.slot(HOST):
                third_ran = True

        async with pace.slot(HOST):
            assert pace.wait_seconds(HOST) > 0
            group.create_task(third())
            for _ in range(10):
                await asyncio.sleep(0)
            assert not third_ran
    assert third_ran


async def test_a_pause_holds_every_request_and_is_never_shortened() -> None:
    clock = Clock()
    pace = throttle(clock)
    pace.pause(HOST, 100)
    pace.pause(HOST, 10)
    assert pace.wait_seconds(HOST) == 100
    assert await starts(pace, clock, 3) == [100, 101, 102]


async def test_a_turn_that_comes_too_late_is_not_waited_for() -> None:
    clock = Clock()
    pace = throttle(clock)
    pace.patience_seconds = 5.0
    pace.pause(HOST, 5)
    assert await starts(pace, clock, 1) == [5]
    pace.pause(HOST, 60)
    with pytest.raises(ThrottledError) as caught:
        await starts_alone(pace)
    assert (caught.value.host, caught.value.wait_seconds) == (HOST, 60)
    assert clock() == 1005


async def test_a_pause_that_comes_while_others_stand_in_line_sends_them_away() -> None:
    clock = Clock()
    pace = throttle(clock, per_host=1)
    pace.patience_seconds = 5.0
    sent_away: list[float] = []

    async def stand_in_line() -> None:
        try:
            await starts_alone(pace)
        except ThrottledError as exc:
            sent_away.append(exc.wait_seconds)

    async with asyncio.TaskGroup() as group, pace.slot(HOST):
        for _ in range(3):
            group.create_task(stand_in_line())
        await asyncio.sleep(0)
        pace.pause(HOST, 100)
    assert sent_away == [100, 100, 100]
    assert clock() == 1000


async def starts_alone(pace: HostThrottle) -> None:
    async with pace.slot(HOST):
        pass


async def test_those_who_are_about_to_come_are_waited_for_too() -> None:
    clock = Clock()
    pace = throttle(clock)
    assert [pace.wait_seconds(HOST, ahead) for ahead in range(3)] == [0, 1, 2]
    await starts(pace, clock, 1)
    assert [pace.wait_seconds(HOST, ahead) for ahead in range(3)] == [1, 2, 3]
    assert pace.horizon(HOST, 3) == 4


async def test_a_pause_is_at_most_a_day() -> None:
    clock = Clock()
    pace = throttle(clock)
    pace.pause(HOST, 1e12)
    assert pace.wait_seconds(HOST) == 86400


async def test_a_cancelled_wait_gives_its_place_back() -> None:
    clock = Clock()
    pace = HostThrottle(1, 1.0, clock, asyncio.sleep, lambda: 0.0)
    pace.pause(HOST, 1000)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0), pace.slot(HOST):
            raise AssertionError("a paused host was asked")
    clock.now += 1000
    async with pace.slot(HOST):
        pass
    assert pace.wait_seconds(HOST) == 1


async def test_deferred_pages_come_back_one_after_another() -> None:
    clock = Clock()
    pace = throttle(clock)
    await starts(pace, clock, 1)
    given = [pace.horizon(HOST) for _ in range(4)]
    assert given == [1, 2, 3, 4]
    assert pace.wait_seconds(HOST) == 1  # deferring others does not hold up who comes now


async def test_deferrals_are_spaced_without_a_delay_too() -> None:
    pace = throttle(Clock(), delay=0)
    given = [pace.horizon(HOST) for _ in range(4)]
    assert given == sorted(set(given))
    assert given[0] > 0


async def test_a_deferral_waits_for_a_pause() -> None:
    pace = throttle(Clock())
    pace.pause(HOST, 500)
    assert pace.horizon(HOST) == 500


async def test_a_snapshot_carries_what_matters_over_a_restart() -> None:
    clock = Clock()
    pace = throttle(clock)
    pace.pause("paused.example", 300)
    pace.set_crawl_delay("slow.example", 7)
    await starts(pace, clock, 1, "plain.example")
    clock.now += 100
    kept = pace.snapshot()
    assert set(kept) == {
        HostMemory("paused.example", 200, 0),
        HostMemory("slow.example", 0, 7),
    }
    later = throttle(Clock(5.0))
    later.restore(kept)
    assert later.wait_seconds("paused.example") == 200
    assert later.snapshot() == kept


async def test_memory_is_bounded_and_idle_hosts_go_first() -> None:
    clock = Clock()
    pace = throttle(clock, max_hosts=10)
    pace.pause("paused.example", 1e6)
    for number in range(500):
        await starts(pace, clock, 1, f"host{number}.example")
        clock.now += 2
    assert len(pace._hosts) <= 10
    assert pace.wait_seconds("paused.example") > 0


@pytest.mark.parametrize("rubbish", [float("nan"), 1e12])
def test_what_is_remembered_of_a_host_is_bounded(rubbish: float) -> None:
    pace = throttle(Clock())
    pace.restore([HostMemory("a.example", rubbish, rubbish, rubbish)])
    assert pace.wait_seconds("a.example") <= MAX_PAUSE_SECONDS
    assert all(one.crawl_delay_seconds <= MAX_CRAWL_DELAY_SECONDS for one in pace.snapshot())
