"""What is dear to find is kept for some seconds, and never longer than somebody acts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from daemon.web.memory.recent import FRESH, Recent
from tests.web.conftest import NOW


def finding(*values: int) -> Callable[[], Awaitable[int]]:
    left = list(values)

    async def find() -> int:
        return left.pop(0)

    return find


async def test_it_is_found_once_in_some_seconds() -> None:
    recent, find = Recent(), finding(1, 2, 3)
    almost = NOW + FRESH - timedelta(microseconds=1)
    assert [await recent.found("a", at, find) for at in (NOW, almost)] == [1, 1]
    assert await recent.found("b", NOW, find) == 2
    assert await recent.found("a", NOW + FRESH, find) == 3


async def test_a_clock_that_was_put_back_keeps_nothing() -> None:
    recent, find = Recent(), finding(1, 2)
    await recent.found("a", NOW, find)
    assert await recent.found("a", NOW - timedelta(hours=1), find) == 2


async def test_what_was_begun_before_somebody_acted_is_not_kept() -> None:
    recent, gate, begun = Recent(), asyncio.Event(), asyncio.Event()

    async def slow() -> int:
        begun.set()
        await gate.wait()
        return 1

    async with asyncio.TaskGroup() as group:
        asked = group.create_task(recent.found("a", NOW, slow))
        await begun.wait()
        recent.forget()
        gate.set()
    assert asked.result() == 1
    assert await recent.found("a", NOW, finding(2)) == 2


async def test_the_oldest_goes_where_there_is_no_room() -> None:
    recent = Recent(most=3)
    for number in range(10):
        await recent.found(number, NOW, finding(number))
    assert len(recent) == 3
    assert await recent.found(9, NOW, finding()) == 9
