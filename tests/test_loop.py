"""The loop of every part that works when it is woken: steps, rests, stops and errors."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from daemon.model.errors import StoreError
from daemon.runtime.loop import Loop
from tests.living import PATIENCE_SECONDS


class Work:
    """Steps that find what was put before them, and say when there was nothing left."""

    def __init__(self, *found: int | BaseException) -> None:
        self.found = list(found)
        self.steps = 0
        self.errors: list[StoreError] = []
        self.rests = asyncio.Event()
        self.loop = Loop(self.errors.append)
        self.on_step: Callable[[], None] = lambda: None

    async def step(self) -> int:
        self.steps += 1
        self.on_step()
        found = self.found.pop(0) if self.found else 0
        if not self.found:
            self.rests.set()
        if isinstance(found, BaseException):
            raise found
        return found

    @asynccontextmanager
    async def served(self) -> AsyncIterator[None]:
        """The loop at work for as long as the block lasts."""
        async with asyncio.timeout(PATIENCE_SECONDS), asyncio.TaskGroup() as group:
            task = group.create_task(self.loop.serve(self.step))
            yield
            task.cancel()


async def test_one_call_is_enough_for_all_that_is_found() -> None:
    work = Work(1, 3, 0)
    async with work.served():
        work.loop.wake()
        await work.rests.wait()
    assert work.steps == 3


async def test_nothing_is_done_before_the_first_call() -> None:
    work = Work()
    async with work.served():
        for _ in range(5):
            await asyncio.sleep(0)
    assert work.steps == 0


async def test_a_call_in_the_midst_of_a_step_is_not_missed() -> None:
    work = Work(0, 0)
    work.on_step = lambda: work.loop.wake() if work.steps == 1 else None
    async with work.served():
        work.loop.wake()
        await work.rests.wait()
    assert work.steps == 2


async def test_it_comes_by_itself_where_its_rest_is_bounded() -> None:
    work = Work(0, 0)
    async with asyncio.timeout(PATIENCE_SECONDS), asyncio.TaskGroup() as group:
        task = group.create_task(work.loop.serve(work.step, lambda: 0.0))
        await work.rests.wait()
        task.cancel()
    assert work.steps >= 2


async def test_who_is_told_to_stop_ends_the_step_and_begins_none() -> None:
    work = Work(1, 1, 1)
    work.on_step = work.loop.stop
    work.loop.wake()
    async with asyncio.timeout(PATIENCE_SECONDS):
        await work.loop.serve(work.step)
    assert (work.steps, work.loop.is_stopping) == (1, True)


async def test_who_is_told_to_stop_while_at_rest_begins_nothing() -> None:
    work = Work(1)
    async with asyncio.timeout(PATIENCE_SECONDS), asyncio.TaskGroup() as group:
        group.create_task(work.loop.serve(work.step))
        await asyncio.sleep(0)  # it rests now
        work.loop.stop()
    assert work.steps == 0


@pytest.mark.parametrize("is_transient", [True, False])
async def test_trouble_of_the_database_ends_a_round_and_not_the_loop(is_transient: bool) -> None:
    work = Work(StoreError("locked", is_transient=is_transient), 0)
    first = asyncio.Event()
    work.on_step = first.set
    async with work.served():
        work.loop.wake()
        await first.wait()
        work.loop.wake()
        await work.rests.wait()
    assert work.steps == 2
    assert [str(one) for one in work.errors] == ([] if is_transient else ["locked"])


async def test_an_attempt_in_trouble_finds_nothing() -> None:
    work = Work(3, StoreError("full"))
    assert [await work.loop.attempt(work.step) for _ in range(2)] == [3, 0]
    assert [str(one) for one in work.errors] == ["full"]


async def test_a_bug_ends_the_loop_and_a_later_one_goes_on() -> None:
    work = Work(ValueError("a bug"), 0)
    work.loop.wake()
    with pytest.raises(ValueError, match="a bug"):
        await work.loop.serve(work.step)
    async with work.served():
        work.loop.wake()
        await work.rests.wait()
    assert (work.steps, work.errors) == (2, [])


async def test_a_cancelled_step_ends_the_loop_at_once() -> None:
    work = Work(asyncio.CancelledError(), 1)
    work.loop.wake()
    with pytest.raises(asyncio.CancelledError):
        await work.loop.serve(work.step)
    assert work.steps == 1
