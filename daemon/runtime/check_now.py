"""Checks that somebody asked for now: these pages, or all of them, and then an end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from daemon.fetch.politeness.throttle import Manners
from daemon.model.errors import CheckError, ThrottledError
from daemon.model.outcome import Outcome
from daemon.model.page import Page
from daemon.model.status import ErrorClass
from daemon.pipeline.check import check, conclude
from daemon.pipeline.context import Tools
from daemon.pipeline.readers import Found
from daemon.runtime.app import App, lease_of, writing
from daemon.sandbox.pool import BrokenJobError
from daemon.store.catalogue.dry_run import pages_to_look_at
from daemon.store.queue import pages
from daemon.store.queue.unchecked import Unchecked, count_unchecked, find_unchecked
from daemon.store.record.hosts import load_hosts

_LOOK_AGAIN_SECONDS = 1.0
_UNREADABLE = "the rows of its sites and products cannot be read: see row_set_aside in the log"
_HELD = "another process is checking it"
_LOOKS_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class Left:
    """A page that was not checked, why, and in how many seconds it can be.

    Shape: one that `is_held` is being checked by another process; one that `is_unreadable` has
           nobody left who reads it, for their rows were set aside.
    """

    page: Page
    reason: str
    wait_seconds: float
    is_held: bool = False
    is_unreadable: bool = False


async def check_these(app: App, page_ids: Sequence[UUID]) -> list[Left]:
    """Check these pages now, due or not; those that were not, for their hosts or for others."""
    since = app.clock()
    await _recall_hosts(app)
    async with app.database.writing() as session:
        claimed = await pages.claim_these(session, app.run_id, page_ids, lease_of(app.config))
    async with _at_work(app) as checks:
        app.worker.start(checks, claimed)
    return await _left(app, since, page_ids)


async def check_all(app: App, started: Callable[[int], None] = lambda total: None) -> list[Left]:
    """Check every active page once, whatever its schedule; `started` hears how many there are.

    Shape: those that were not checked, because their hosts are not to be asked for longer than
           there is patience for, or another process holds them.
    """
    since = app.clock()
    await _recall_hosts(app)
    async with app.database.writing() as session:
        await pages.make_all_due(session)
        started(await count_unchecked(session, since))
    async with _at_work(app) as checks:
        while (wait := await _claim_more(app, checks, since)) is not None:
            await app.worker.rest(wait)
    return await _left(app, since)


async def _recall_hosts(app: App) -> None:
    """Leave those alone who asked another process for it."""
    async with app.database.reading() as session:
        app.manners.restore(await load_hosts(session))


async def _left(app: App, since: datetime, page_ids: Sequence[UUID] | None = None) -> list[Left]:
    async with app.database.reading() as session:
        unchecked = await find_unchecked(session, since, page_ids)
        found = await pages_to_look_at(session, [one.page_id for one in unchecked])
    by_id = {page.id: page for page in found}
    return [_left_over(app, by_id[one.page_id], one) for one in unchecked if one.page_id in by_id]


def _left_over(app: App, page: Page, one: Unchecked) -> Left:
    if not page.names:
        return Left(page, _UNREADABLE, one.wait_seconds, is_unreadable=True)
    return Left(page, _reason(app, one), one.wait_seconds, one.is_held)


def _reason(app: App, one: Unchecked) -> str:
    return _HELD if one.is_held else app.manners.why(one.host)


@asynccontextmanager
async def _at_work(app: App) -> AsyncIterator[asyncio.TaskGroup]:
    """Where checks run, with their writer and their leases kept, until the last of them ends."""
    async with writing(app), asyncio.TaskGroup() as keeping:
        leases = keeping.create_task(app.worker.keep_leases(), name="leases")
        try:
            async with asyncio.TaskGroup() as checks:
                yield checks
        finally:
            leases.cancel()


async def _claim_more(app: App, checks: asyncio.TaskGroup, since: datetime) -> float | None:
    """Start what is due; how long to wait before asking again, or None when that is all."""
    if await app.worker.dispatch(checks, since) or app.worker.under_way:
        return _LOOK_AGAIN_SECONDS
    async with app.database.reading() as session:
        first = await find_unchecked(session, since, limit=1)
    if not first or first[0].wait_seconds > app.manners.patience_seconds:
        return None
    [one] = first
    app.manners.waits(one.host, one.wait_seconds, _reason(app, one))
    return min(one.wait_seconds, _LOOK_AGAIN_SECONDS)


async def look(
    tools: Tools,
    manners: Manners,
    wanted: Sequence[Page],
    told: Callable[[Outcome], None],
) -> list[Left]:
    """Check these pages as they are, and store nothing: nobody is claimed, nothing is moved.

    Shape: those that were not checked, as their hosts are not to be asked for too long.
    """
    rest = iter(wanted)
    left: list[Left] = []

    async def work() -> None:
        for page in rest:
            try:
                told(await _looked(page, tools))
            except ThrottledError as exc:
                left.append(Left(page, manners.why(page.host), exc.wait_seconds))

    async with asyncio.TaskGroup() as group:
        for _ in range(min(len(wanted), _LOOKS_AT_ONCE)):
            group.create_task(work(), name="look")
    return left


async def _looked(page: Page, tools: Tools) -> Outcome:
    try:
        return await check(page, tools)
    except BrokenJobError as exc:
        fault = CheckError(ErrorClass.INTERNAL, str(exc).strip().splitlines()[-1])
        return conclude(page, tools.clock(), None, Found(page), fault)
