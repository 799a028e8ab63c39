"""Checks that somebody asked for now: these pages, or all of them, and then an end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from daemon.app import App, lease_of, utc_now, writing
from daemon.store import pages

_LOOK_AGAIN_SECONDS = 1.0


async def check_these(app: App, page_ids: Sequence[UUID]) -> int:
    """Check these pages now, due or not; how many nobody else was checking already."""
    async with app.database.writing() as session:
        claimed = await pages.claim_these(session, app.run_id, page_ids, lease_of(app.config))
    async with writing(app), asyncio.TaskGroup() as checks:
        app.worker.start(checks, claimed)
    return len(claimed)


async def check_all(app: App, started: Callable[[int], None] = lambda total: None) -> None:
    """Check every active page once, whatever its schedule; `started` hears how many there are."""
    since = utc_now()
    async with app.database.writing() as session:
        await pages.make_all_due(session)
        started(await pages.count_unchecked(session, since))
    async with writing(app), asyncio.TaskGroup() as checks:
        while (wait := await _claim_more(app, checks, since)) is not None:
            await app.worker.rest(wait)


async def _claim_more(app: App, checks: asyncio.TaskGroup, since: datetime) -> float | None:
    """Start what is due; how long to wait before asking again, or None when nothing is left."""
    if await app.worker.dispatch(checks) or app.worker.under_way:
        return _LOOK_AGAIN_SECONDS
    async with app.database.reading() as session:
        wait = await pages.next_unchecked(session, since)
    return None if wait is None else min(wait, _LOOK_AGAIN_SECONDS)
