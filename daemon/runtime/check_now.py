"""Checks given pages, or all of them, now, and then ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from daemon.config import Config
from daemon.fetch.politeness.throttle import HostThrottle
from daemon.model.errors import ThrottledError
from daemon.model.host import HostMemory
from daemon.model.outcome import Outcome
from daemon.model.page import Page
from daemon.model.viewer import DAEMON
from daemon.pipeline.check import checked
from daemon.pipeline.context import CheckContext, lease_of, open_context
from daemon.pipeline.explaining import PageExplained, explain
from daemon.runtime.app import App, Clock, open_app, writing
from daemon.runtime.observer import Observer
from daemon.store.catalogue.dry_run import pages_to_look_at
from daemon.store.core.database import Database
from daemon.store.core.opening import database_of, is_missing, open_database
from daemon.store.queue import pages
from daemon.store.queue.unchecked import Unchecked, count_unchecked, find_unchecked
from daemon.store.record.hosts import load_hosts

_LOOK_AGAIN_SECONDS = 1.0
_UNREADABLE = "the rows of its sites and products cannot be read: see row_set_aside in the log"
_HELD = "another process is checking it"
_LOOKS_AT_ONCE = 64

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Left:
    """A page that was not checked, why, and in how many seconds it can be.

    Shape: one that `is_held` is being checked by another process; one that `is_unreadable` has no
           subscribers left, as their rows were set aside.
    """

    page: Page
    reason: str
    wait_seconds: float
    is_held: bool = False
    is_unreadable: bool = False


@dataclass(frozen=True, slots=True)
class CheckNow:
    """Runs requested checks: opens everything that they need, and closes it afterwards.

    Shape: a host is waited for up to the patience; each method returns what was not checked.
    """

    config: Config
    observer: Observer
    patience_seconds: float
    clock: Clock

    async def check(
        self, page_ids: Sequence[UUID] | None, started: Callable[[int], None]
    ) -> list[Left]:
        """Check these pages, or None for all; the outcomes are stored, and sent to the observer.

        Errors: StoreError.
        """
        if page_ids is not None and not page_ids:
            return []
        async with open_app(self.config, "check", self.observer, self.patience_seconds) as app:
            if page_ids is None:
                return await check_all(app, started)
            return await check_these(app, page_ids)

    async def look_at(self, wanted: Sequence[Page]) -> list[Left]:
        """Check these pages against what is stored, if anything, and store nothing.

        Errors: StoreError.
        """
        if not wanted or is_missing(self.config.database):
            return await self.read_once(wanted, self.observer.on_checked)
        async with open_database(self.config.database) as database:
            hosts = await _known_hosts(database)
            return await self._look(database, wanted, hosts, self.observer.on_checked, checked)

    async def read_once(
        self, wanted: Sequence[Page], told: Callable[[Outcome], None]
    ) -> list[Left]:
        """Check pages of which nothing is stored; needs no database."""
        if not wanted:
            return []
        database = database_of(self.config.database)
        try:
            return await self._look(database, wanted, (), told, checked)
        finally:
            await database.close()

    async def explain(
        self, wanted: Sequence[Page], told: Callable[[PageExplained], None]
    ) -> list[Left]:
        """Explain how pages are read; nothing of it is stored or compared.

        Errors: StoreError.
        """
        if not wanted:
            return []
        database = database_of(self.config.database)
        try:
            hosts = [] if is_missing(self.config.database) else await _known_hosts(database)
            return await self._look(database, wanted, hosts, told, explain)
        finally:
            await database.close()

    async def _look(
        self,
        database: Database,
        wanted: Sequence[Page],
        hosts: Iterable[HostMemory],
        told: Callable[[_T], None],
        looked: Callable[[Page, CheckContext], Awaitable[_T]],
    ) -> list[Left]:
        pace = self.config.fetch, self.patience_seconds
        throttle = HostThrottle.from_config(*pace, self.observer.on_waiting)
        throttle.restore(hosts)
        async with open_context(
            self.config, database, self.clock, throttle, self.observer
        ) as context:
            return await look(context, throttle, wanted, told, looked)


async def _known_hosts(database: Database) -> Sequence[HostMemory]:
    async with database.reading() as session:
        return await load_hosts(session)


async def check_these(app: App, page_ids: Sequence[UUID]) -> list[Left]:
    """Check these pages now, due or not; returns those left out, with the reason."""
    since = app.clock()
    await _recall_hosts(app)
    async with app.database.writing() as session:
        claimed = await pages.claim_these(session, app.run_id, page_ids, lease_of(app.config))
    async with _at_work(app) as checks:
        # By hand a page is asked for, whatever its last check came to.
        app.worker.start(checks, [replace(page, error_class=None) for page in claimed])
    return await _left(app, since, page_ids)


async def check_all(app: App, started: Callable[[int], None] = lambda total: None) -> list[Left]:
    """Check every active page once, whatever its schedule; `started` is called with their number.

    Shape: returns those not checked, because their hosts need too long a wait or another
           process holds them.
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
    """Restore the pauses that hosts asked of another process."""
    async with app.database.reading() as session:
        app.throttle.restore(await load_hosts(session))


async def _left(app: App, since: datetime, page_ids: Sequence[UUID] | None = None) -> list[Left]:
    async with app.database.reading() as session:
        unchecked = await find_unchecked(session, since, page_ids)
        found = await pages_to_look_at(session, DAEMON, [one.page_id for one in unchecked])
    by_id = {page.id: page for page in found}
    return [_left_over(app, by_id[one.page_id], one) for one in unchecked if one.page_id in by_id]


def _left_over(app: App, page: Page, one: Unchecked) -> Left:
    if not page.names:
        return Left(page, _UNREADABLE, one.wait_seconds, is_unreadable=True)
    return Left(page, _reason(app, one), one.wait_seconds, one.is_held)


def _reason(app: App, one: Unchecked) -> str:
    return _HELD if one.is_held else app.throttle.why(one.host)


@asynccontextmanager
async def _at_work(app: App) -> AsyncIterator[asyncio.TaskGroup]:
    """Run checks, their writer and the renewal of leases until the last check ends."""
    async with writing(app), asyncio.TaskGroup() as keeping:
        leases = keeping.create_task(app.worker.keep_leases(), name="leases")
        try:
            async with asyncio.TaskGroup() as checks:
                yield checks
        finally:
            leases.cancel()


async def _claim_more(app: App, checks: asyncio.TaskGroup, since: datetime) -> float | None:
    """Start what is due; returns how long to wait before the next claim, or None at the end."""
    if await app.worker.dispatch(checks, since) or app.worker.under_way:
        return _LOOK_AGAIN_SECONDS
    async with app.database.reading() as session:
        first = await find_unchecked(session, since, limit=1)
    if not first or first[0].wait_seconds > app.throttle.patience_seconds:
        return None
    [one] = first
    app.throttle.waits(one.host, one.wait_seconds, _reason(app, one))
    return min(one.wait_seconds, _LOOK_AGAIN_SECONDS)


async def look(
    context: CheckContext,
    throttle: HostThrottle,
    wanted: Sequence[Page],
    told: Callable[[_T], None],
    looked: Callable[[Page, CheckContext], Awaitable[_T]],
) -> list[Left]:
    """Check or explain these pages without claiming them or storing anything.

    Shape: returns those not checked, because their hosts need too long a wait.
    """
    rest = iter(wanted)
    left: list[Left] = []

    async def work() -> None:
        for page in rest:
            try:
                told(await looked(page, context))
            except ThrottledError as exc:
                left.append(Left(page, throttle.why(page.host), exc.wait_seconds))

    async with asyncio.TaskGroup() as group:
        for _ in range(min(len(wanted), _LOOKS_AT_ONCE)):
            group.create_task(work(), name="look")
    return left
