"""Tasks that break: told of, counted, begun again, and never in a hot loop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from daemon.runtime.supervisor import Supervisor


class Steady:
    """Time that passes only when somebody waits for it; the pauses, and the last of them."""

    def __init__(self, enough: int) -> None:
        self.now = 1000.0
        self.pauses: list[float] = []
        self._enough = enough

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds
        if len(self.pauses) >= self._enough:
            raise asyncio.CancelledError


async def kept(work: Callable[[], Awaitable[None]], enough: int) -> tuple[Supervisor, Steady]:
    steady = Steady(enough)
    supervisor = Supervisor(lambda name: None, steady, steady.sleep)
    with pytest.raises(asyncio.CancelledError):
        await supervisor.keep("worker", work)
    return supervisor, steady


async def broken() -> None:
    raise ValueError("a bug")


async def short() -> None:
    """Work that ends although it should not."""


async def in_a_group() -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(broken())


@pytest.mark.parametrize(
    ("work", "reason"),
    [(broken, "ValueError: a bug"), (short, "ended by itself"), (in_a_group, "ExceptionGroup")],
)
async def test_work_that_breaks_is_told_of_and_begins_again(
    work: Callable[[], Awaitable[None]], reason: str
) -> None:
    supervisor, steady = await kept(work, 9)
    assert steady.pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert reason in supervisor.broken_lately()["worker"]


async def test_a_break_long_ago_is_forgotten() -> None:
    supervisor, steady = await kept(broken, 1)
    assert supervisor.broken_lately()
    steady.now += 301
    assert not supervisor.broken_lately()


async def test_who_broke_rarely_is_begun_again_soon() -> None:
    steady = Steady(5)

    async def rarely() -> None:
        steady.now += 3600
        raise ValueError("once an hour")

    with pytest.raises(asyncio.CancelledError):
        await Supervisor(clock=steady, sleep=steady.sleep).keep("sender", rarely)
    assert steady.pauses == [1] * 5


async def test_each_break_is_counted() -> None:
    counted: list[str] = []
    steady = Steady(3)
    with pytest.raises(asyncio.CancelledError):
        await Supervisor(counted.append, steady, steady.sleep).keep("analyst", broken)
    assert counted == ["analyst"] * 3


async def test_who_is_told_to_end_ends() -> None:
    supervisor = Supervisor()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(supervisor.keep("writer", asyncio.Event().wait))  # type: ignore[arg-type]
        await asyncio.sleep(0)
        task.cancel()
    assert not supervisor.broken_lately()
