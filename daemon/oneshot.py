"""Checks that somebody asked for now: these pages, or all of them, and then an end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import UUID

from daemon.app import App, lease_of, writing
from daemon.errors import CheckError
from daemon.model import ErrorClass, Outcome, Page
from daemon.pipeline import check, conclude
from daemon.readers import Found
from daemon.sandbox.pool import BrokenJobError
from daemon.store import pages
from daemon.tools import Tools

_LOOK_AGAIN_SECONDS = 1.0
_PATIENCE_SECONDS = 30.0  # longer than this nobody waits at a terminal
_LOOKS_AT_ONCE = 64


async def check_these(app: App, page_ids: Sequence[UUID]) -> int:
    """Check these pages now, due or not; how many nobody else was checking already."""
    async with app.database.writing() as session:
        claimed = await pages.claim_these(session, app.run_id, page_ids, lease_of(app.config))
    async with _at_work(app) as checks:
        app.worker.start(checks, claimed)
    return len(claimed)


async def check_all(app: App, started: Callable[[int], None] = lambda total: None) -> int:
    """Check every active page once, whatever its schedule; `started` hears how many there are.

    Shape: how many were left to the daemon, because their hosts want none of it for a while, or
           somebody else holds them.
    """
    since = app.clock()
    async with app.database.writing() as session:
        await pages.make_all_due(session)
        started(await pages.count_unchecked(session, since))
    async with _at_work(app) as checks:
        while (wait := await _claim_more(app, checks, since)) is not None:
            await app.worker.rest(wait)
    async with app.database.reading() as session:
        return await pages.count_unchecked(session, since)


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
        wait = await pages.next_unchecked(session, since)
    if wait is None or wait > _PATIENCE_SECONDS:
        return None
    return min(wait, _LOOK_AGAIN_SECONDS)


async def look(tools: Tools, wanted: Sequence[Page], told: Callable[[Outcome], None]) -> None:
    """Check these pages as they are, and store nothing: nobody is claimed, nothing is moved."""
    rest = iter(wanted)

    async def work() -> None:
        for page in rest:
            told(await _looked(page, tools))

    async with asyncio.TaskGroup() as group:
        for _ in range(min(len(wanted), _LOOKS_AT_ONCE)):
            group.create_task(work(), name="look")


async def _looked(page: Page, tools: Tools) -> Outcome:
    try:
        return await check(page, tools)
    except BrokenJobError as exc:
        fault = CheckError(ErrorClass.INTERNAL, str(exc).strip().splitlines()[-1])
        return conclude(page, tools.clock(), None, Found(page), fault)
