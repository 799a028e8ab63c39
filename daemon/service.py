"""The life of the daemon: open, announce, work until told to stop, close in reverse."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC
from functools import partial
from pathlib import Path

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from daemon import __version__
from daemon.app import App, lease_of, open_app, writing
from daemon.config import Config
from daemon.errors import StoreError
from daemon.log import get_logger
from daemon.model import Outcome
from daemon.sandbox.pool import WAYS_TO_END
from daemon.store import notices, pages, runs, shards, space
from daemon.store.clock import STEP_SECONDS
from daemon.store.database import file_of
from daemon.store.mending import mend_future
from daemon.store.notices import Settled
from daemon.store.pending import Spending, count_pending, skip_pending
from daemon.store.tidying import Kind, Tidying
from daemon.store.wanted import sync
from daemon.supervise import Supervisor
from daemon.system import ServiceManager, disk, hold_lock, keep_watchdog, ping_seconds
from daemon.ticks import Every, keep_in_time
from daemon.web.health import Health, State, worst
from daemon.web.lag import watch_loop_lag
from daemon.web.metrics import Metrics, Queue
from daemon.web.server import serve
from daemon.worker import log_outcome

log = get_logger(__name__)

_DAY_SECONDS = 86_400.0
_STALE_TICK_SECONDS = 10.0
_SURVEY_SECONDS = 300.0
_LONG_READER = "something has been reading for long, such as a backup or an open sqlite3"
_FIRST_SITE = "add one: `changelogger sites add URL`, or a [[site]] table in config.toml"


class Daemon:
    """The daemon's own figures, and the chores that APScheduler's ticks call for."""

    def __init__(
        self, config: Config, health: Health, metrics: Metrics, heard: Callable[[Outcome], None]
    ) -> None:
        self.config = config
        self.health = health
        self.metrics = metrics
        self.supervisor = Supervisor(metrics.broken)
        self._heard = heard
        self._ticked_at = time.monotonic()
        self._tidying: Tidying | None = None
        self._scales: space.Scales | None = None
        self._surveyed_at = float("-inf")
        self._is_in_trouble = False
        metrics.store.begin(space.TABLES, tuple(Kind))
        metrics.sandbox.begin(WAYS_TO_END)
        metrics.notices.channels([one.name for one in config.notify])
        self._is_mended = False  # a clock may have been set while nobody looked

    def told(self, outcome: Outcome) -> None:
        """Log and count what was written."""
        log_outcome(outcome)
        self.metrics.checked(outcome.verdict, outcome.error_class)
        received = outcome.response.wire_bytes if outcome.response else outcome.wire_bytes
        seconds = outcome.response.elapsed_seconds if outcome.response else outcome.elapsed_seconds
        self.metrics.fetched(seconds, received)
        for one in outcome.sites:
            if one.update is not None and one.update.finding.change_type is not None:
                self.metrics.changed(one.update.finding.change_type)
        for found in outcome.products:
            if found.check is not None:
                self.metrics.priced(is_believed=found.check.is_believed)
            for alert in found.alerts:
                self.metrics.alerted(alert.kind)
        self._heard(outcome)

    def dispatched(self) -> None:
        """The dispatcher has come round."""
        self.health.beat("dispatch")

    def listen(self, app: App) -> None:
        """Hear of what the parts do."""
        app.writer.heard = self.metrics.store.committed
        app.sandbox.heard = self.metrics.read
        app.sender.heard = self._noticed
        if app.analyst is not None:
            app.analyst.heard = self._analysed

    def _noticed(self, done: Settled) -> None:
        outcome = "failed" if done.status == "pending" else done.status
        self.metrics.notices.tried(done.claimed.channel, outcome)

    def _analysed(self, outcome: str, spent: Spending) -> None:
        self.metrics.model.asked(outcome, spent.tokens, spent.cost_micros / 1e6)

    def trouble(self, reason: str | None) -> None:
        """The database is in trouble, or out of it again."""
        is_new = reason is not None and not self._is_in_trouble
        self._is_in_trouble = reason is not None
        self.metrics.store.trouble(is_in_trouble=self._is_in_trouble, is_new=is_new)
        state = State.OK if reason is None else State.DEGRADED
        self.health.report("database", state, reason or "answers")

    def makes_progress(self) -> bool:
        """Whether the scheduler has come round lately; the database has no say in it."""
        return time.monotonic() - self._ticked_at < _STALE_TICK_SECONDS

    def tick(self, app: App) -> None:
        """Once a second: look for due pages."""
        self._ticked_at = time.monotonic()
        self.metrics.in_flight(app.worker.under_way)
        self.metrics.waiting(Queue.RESULTS, app.writer.waiting)
        self.metrics.waiting(Queue.DOCUMENTS, app.sandbox.waiting)
        sandbox = app.sandbox
        self.metrics.sandbox.counted(sandbox.processes, sandbox.started, sandbox.ended)
        self.metrics.ready(is_ready=worst(self.health.components()) is not State.FAILING)
        app.worker.tick()
        app.sender.tick()
        if app.analyst is not None:
            app.analyst.tick()

    async def measure(self, app: App) -> None:
        """Tell health and metrics what only the database and the disk know."""
        async with app.database.reading() as session:
            due, late_seconds = await pages.due_figures(session)
            waiting = await notices.count_waiting(session)
            unanalysed = await count_pending(session)
            self.metrics.daemons(await shards.count_daemons(session))
        self.metrics.waiting(Queue.NOTICES, waiting)
        self.metrics.waiting(Queue.ANALYSES, unanalysed)
        self._report_channels(app.sender.failing())
        self._report_line(app.worker.is_line_down)
        self.health.overdue(late_seconds)
        self.metrics.due(due, late_seconds)
        self._report_tasks(self.supervisor.broken_lately())
        free = disk(file_of(self.config.database.dsn) or Path.cwd()).free_bytes
        self.health.disk(free)
        self.metrics.disk(free)

    def _report_tasks(self, broken: Mapping[str, str]) -> None:
        told = "; ".join(f"{name} broke ({reason})" for name, reason in sorted(broken.items()))
        state = State.DEGRADED if broken else State.OK
        self.health.report("tasks", state, told or "all of them run")

    def _report_line(self, is_down: bool) -> None:
        state = State.DEGRADED if is_down else State.OK
        reason = "several hosts vanished together, and none answers" if is_down else "hosts answer"
        self.health.report("network", state, reason)

    def _report_channels(self, failing: Mapping[str, int]) -> None:
        names = ", ".join(f"{name} ({count} times)" for name, count in sorted(failing.items()))
        state = State.DEGRADED if failing else State.OK
        self.health.report("notices", state, f"not taken by {names}" if failing else "are taken")

    async def heartbeat(self, app: App) -> None:
        """Say that this run is alive, and keep its share of the hosts."""
        await app.share.step()
        self.metrics.store.beat()
        if not app.writer.is_in_trouble:
            self.trouble(None)

    async def read_clock(self, app: App) -> None:
        """Ask the database what the time is, and make up for what was done under a wrong one."""
        step = await app.clock.read(app.database)
        if abs(step) > STEP_SECONDS:
            log.warning("clock_was_set", by_seconds=round(step))
        if step < -STEP_SECONDS or not self._is_mended:
            mended = await mend_future(app.database, lease_of(app.config))
            self._is_mended = True
            if mended:
                log.warning("brought_back_from_the_future", rows=mended)

    async def tidy(self, app: App) -> None:
        """Drop what the operator does not want to keep any longer."""
        if not app.share.does_chores:
            return
        async with app.database.writing() as session:
            await runs.bury_silent(session)
        if self._tidying is None:
            self._tidying = Tidying(app.database)
        is_complete = False
        while not is_complete:
            done = await self._tidying.round(self.config.retention, app.clock())
            is_complete = done.is_complete
            self.metrics.store.dropped(done.rows)
            self.metrics.store.tidied(done.seconds, done.slowest_seconds)
            if any(done.rows.values()):
                log.info("old_rows_dropped", **{kind: n for kind, n in done.rows.items() if n})

    async def survey(self, app: App) -> None:
        """Keep SQLite's log short, and tell how much room the database takes."""
        wal_bytes = await space.checkpoint(app.database)
        self.metrics.store.wal(wal_bytes)
        if wal_bytes > space.WAL_BYTES:
            log.warning("wal_held_back", wal_bytes=wal_bytes, hint=_LONG_READER)
        if time.monotonic() - self._surveyed_at < _SURVEY_SECONDS:
            return
        if self._scales is None:
            self._scales = space.Scales(app.database)
        size = await self._scales.measure()
        self.metrics.store.size(size.total_bytes, size.free_bytes)
        for name, table in size.tables.items():
            self.metrics.store.table(name, table.rows, table.size_bytes)
        self._surveyed_at = time.monotonic()


async def run(
    config: Config,
    environ: Mapping[str, str],
    clean: Callable[[str], str],
    heard: Callable[[Outcome], None] = lambda outcome: None,
) -> None:
    """Run until cancelled; `clean` keeps secrets out of what the endpoint shows.

    Shape:  `heard` is given every outcome once it is stored.
    Errors: ConfigError, StoreError, SchemaError, LockedError: before anything was announced.
    """
    manager = ServiceManager.of(environ)
    daemon = Daemon(config, Health(clean=clean), Metrics(__version__), heard)
    async with contextlib.AsyncExitStack() as stack:
        path = file_of(config.database.dsn)
        if path is not None:
            stack.enter_context(hold_lock(path))
        if config.health.enabled:
            address = await stack.enter_async_context(_endpoint(config, daemon))
            log.info("endpoint_open", address=address)
        app = await stack.enter_async_context(
            open_app(config, "run", daemon.told, daemon.dispatched, daemon.trouble)
        )
        daemon.trouble(None)
        daemon.listen(app)
        await _prepare(app)
        stack.callback(log.info, "stopped")
        _outlive_hangups(stack)
        stack.callback(manager.stopping)
        keep = daemon.supervisor.keep
        async with _ticking(daemon, app), writing(app, keep), asyncio.TaskGroup() as group:
            for name, work in _loops(daemon, app, manager, environ):
                group.create_task(keep(name, work), name=name)
            manager.ready()
            log.info("started", version=__version__, sites=(count := await _count(app)))
            if not count:
                log.info("nothing_to_watch", hint=_FIRST_SITE)


def _loops(
    daemon: Daemon, app: App, manager: ServiceManager, environ: Mapping[str, str]
) -> Iterator[tuple[str, Callable[[], Awaitable[None]]]]:
    """What the daemon does all the time, by name."""
    yield "worker", app.worker.serve
    yield "sender", app.sender.serve
    if app.analyst is not None:
        yield "analyst", app.analyst.serve
    yield "loop lag", partial(watch_loop_lag, daemon.metrics.lag, daemon.health.lag)
    if every := ping_seconds(environ, os.getpid()):
        yield "watchdog", partial(keep_watchdog, manager, every, daemon.makes_progress)


def _outlive_hangups(stack: contextlib.AsyncExitStack) -> None:
    """A terminal that goes away, or a stray reload, must not end the daemon."""
    loop = asyncio.get_running_loop()
    hint = "restart to read the configuration again"
    loop.add_signal_handler(signal.SIGHUP, lambda: log.warning("hangup_ignored", hint=hint))
    stack.callback(loop.remove_signal_handler, signal.SIGHUP)


def _endpoint(config: Config, daemon: Daemon) -> contextlib.AbstractAsyncContextManager[str]:
    section = config.health
    return serve(
        daemon.health,
        daemon.metrics,
        host=section.host,
        port=section.port,
        allowed_hosts=section.allowed_hosts,
    )


async def _prepare(app: App) -> None:
    """Make the configuration so, remember hosts, and spread what became overdue meanwhile."""
    await sync(app.config, app.database, app.clock())
    was_orderly = True
    async with app.database.writing() as session:
        now = app.clock()
        if not app.database.is_shared:
            # We hold the file's lock: who came before us is dead, however it ended.
            was_orderly = not await runs.bury_dead(session, app.run_id)
        if app.analyst is None:
            # Another daemon on this database may have one: only what nobody looks at is ended.
            await skip_pending(session, _DAY_SECONDS, "no model is configured any more")
        spread = 0
        if await shards.count_daemons(session) <= 1:
            spread = await pages.spread_overdue(
                session, now, app.config.schedule.catch_up, app.config.fetch.concurrency
            )
    if spread:
        log.info("overdue_spread", pages=spread, over=str(app.config.schedule.catch_up))
    await app.share.begin(was_orderly=was_orderly)


async def _count(app: App) -> int:
    async with app.database.reading() as session:
        return await pages.count_active(session)


@dataclass(slots=True)
class _Chore:
    """Work that a tick calls for and a task of its own does: ticks end in milliseconds."""

    name: str
    work: Callable[[App], Awaitable[None]]
    trigger: Every
    is_called: asyncio.Event = field(default_factory=asyncio.Event)

    async def ring(self) -> None:
        self.is_called.set()

    async def serve(self, app: App) -> None:
        while True:
            await self.is_called.wait()
            self.is_called.clear()
            try:
                await self.work(app)
            except StoreError as exc:
                log.warning("chore_failed", chore=self.name, reason=str(exc))


@contextlib.asynccontextmanager
async def _ticking(daemon: Daemon, app: App) -> AsyncIterator[None]:
    """APScheduler as the clock of the daemon, for as long as the body runs."""

    async def tick() -> None:
        daemon.tick(app)

    # Others wait for the beats of this daemon on a database that it shares.
    beat = 2 if app.database.is_shared else 10
    chores = [
        _Chore("measure", daemon.measure, Every(10, first=0)),
        _Chore("heartbeat", daemon.heartbeat, Every(beat)),
        _Chore("clock", daemon.read_clock, Every(10, first=0)),
        _Chore("survey", daemon.survey, Every(60, first=0)),
        _Chore("tidy", daemon.tidy, Every(3600, first=random.uniform(60, 600))),
    ]
    scheduler = AsyncIOScheduler(
        timezone=UTC,
        # The default grace of one second would drop ticks of a busy loop without a word.
        job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
    )
    scheduler.add_job(tick, Every(1, first=0))
    for chore in chores:
        scheduler.add_job(chore.ring, chore.trigger)
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(
                daemon.supervisor.keep(chore.name, partial(chore.serve, app)), name=chore.name
            )
            for chore in chores
        ]
        scheduler.start()
        in_time = partial(keep_in_time, scheduler)
        tasks.append(group.create_task(daemon.supervisor.keep("ticks", in_time), name="ticks"))
        try:
            yield
        finally:
            scheduler.shutdown(wait=False)
            for task in tasks:
                task.cancel()
