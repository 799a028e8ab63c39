"""The daemon's own metrics, and the maintenance that its ticks trigger."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from daemon.config import Config
from daemon.logs.logger import get_logger
from daemon.monitoring.health import ComponentState, Health, worst
from daemon.monitoring.metrics import Metrics, Queue
from daemon.pipeline.context import lease_of
from daemon.runtime.app import App
from daemon.runtime.chores.backups import BACKUP_EVERY_SECONDS, Backups
from daemon.runtime.chores.browser_watch import BROWSER_EVERY_SECONDS, BrowserWatch
from daemon.runtime.chores.heartbeat_watch import (
    HEARTBEAT_WATCH_EVERY_SECONDS,
    HeartbeatWatch,
)
from daemon.runtime.chores.indexing import INDEX_EVERY_SECONDS, Indexing
from daemon.runtime.chores.partitioning import PARTITION_EVERY_SECONDS, Partitioning
from daemon.runtime.chores.replica_watch import REPLICA_EVERY_SECONDS, ReplicaWatch
from daemon.runtime.chores.schema_watch import SCHEMA_EVERY_SECONDS, SchemaWatch
from daemon.runtime.listeners import HealthObserver, MetricsObserver
from daemon.runtime.observer import Observer, Observers
from daemon.runtime.pinging import PING_EVERY_SECONDS, Pinger
from daemon.runtime.removals import Removals
from daemon.runtime.scheduler import Chore, Every
from daemon.runtime.supervisor import Supervisor
from daemon.runtime.worker import OutcomeLog
from daemon.sandbox.pool import WAYS_TO_END
from daemon.store.catalogue.reconcile import end_vain_waits
from daemon.store.core.clock import STEP_SECONDS
from daemon.store.core.inspection import inspect
from daemon.store.core.json_columns import ASIDE
from daemon.store.queue import notices, overdue, runs, shards
from daemon.store.queue.awaiting_llm import count_pending
from daemon.store.queue.clock_repair import mend_future
from daemon.store.retention import space
from daemon.store.retention.change_owners import fill_change_owners
from daemon.store.retention.run import RetentionKind, RetentionRounds
from daemon.store.views.accepted_delays import unkept_delays
from daemon.system.memory import give_back
from daemon.system.process import disk
from daemon.wording import duration

log = get_logger(__name__)

_STALE_TICK_SECONDS = 10.0
_SURVEY_SECONDS = 300.0
_LONG_READER = "something has been reading for long, such as a backup or an open sqlite3"


class Daemon:
    """Measures the daemon, and does the maintenance that APScheduler's ticks trigger."""

    def __init__(
        self,
        health: Health,
        metrics: Metrics,
        say: Callable[[str], None],
        *others: Observer,
    ) -> None:
        """`say` is called with a status line now and then; `others` are further observers."""
        self.health = health
        self.metrics = metrics
        self.listener = HealthObserver(health)
        self.browser = BrowserWatch(partial(health.report, "browser"), metrics.browser)
        self.observer = Observers(
            OutcomeLog(), MetricsObserver(metrics), self.listener, self.browser, *others
        )
        self.supervisor = Supervisor(self.observer.on_task_broken)
        self.pinger = Pinger(health, metrics)
        self.removals = Removals(partial(health.report, "removals"))
        self.backups = Backups(partial(health.report, "backups"), metrics.store)
        self.schema = SchemaWatch(partial(health.report, "schema"))
        self.replica = ReplicaWatch(partial(health.report, "replica"), metrics.store)
        self.heartbeat_watch = HeartbeatWatch()
        self.indexing = Indexing(partial(health.report, "search"))
        self.partitioning = Partitioning(partial(health.report, "partitions"))
        self._say = say
        self._ticked_at = time.monotonic()
        self._tidying: RetentionRounds | None = None
        self._scales: space.Scales | None = None
        self._surveyed_at = float("-inf")
        metrics.store.begin(space.TABLES, tuple(RetentionKind))
        metrics.sandbox.begin(WAYS_TO_END)
        self._unkept: set[str] = set()  # names, each said once
        self._is_mended = False  # the clock may have been set while it did not run

    def show_channels(self, config: Config) -> None:
        """Keep metric series for exactly the channels of this configuration."""
        self.metrics.notices.channels([one.name for one in config.notify])

    def makes_progress(self) -> bool:
        """Whether the scheduler has run lately, regardless of the database."""
        return time.monotonic() - self._ticked_at < _STALE_TICK_SECONDS

    def tick(self, app: App) -> None:
        """Show what is under way, once a second."""
        self._ticked_at = time.monotonic()
        self.metrics.in_flight(app.worker.under_way)
        self.metrics.waiting(Queue.RESULTS, app.writer.waiting)
        self.metrics.waiting(Queue.DOCUMENTS, app.components.context.sandbox.waiting)
        self.metrics.sandbox.alive(app.count_workers())
        self.metrics.ready(is_ready=worst(self.health.components()) is not ComponentState.FAILING)

    def chores(self, app: App) -> list[Chore]:
        """The periodic work, each with its own trigger."""
        # On a shared database other daemons rely on this one's heartbeats.
        beat = 2 if app.database.is_shared else 10
        return [
            Chore("measure", partial(self.measure, app), Every(10, first=0)),
            Chore("heartbeat", partial(self.heartbeat, app), Every(beat)),
            Chore(
                "heartbeat watch",
                partial(self.heartbeat_watch.step, app),
                Every(HEARTBEAT_WATCH_EVERY_SECONDS),
            ),
            Chore("clock", partial(self.read_clock, app), Every(10, first=0)),
            Chore("survey", partial(self.survey, app), Every(60, first=0)),
            Chore("schema", partial(self.schema.step, app), Every(SCHEMA_EVERY_SECONDS)),
            Chore(
                "browser", partial(self.browser.step, app), Every(BROWSER_EVERY_SECONDS, first=1)
            ),
            Chore("replica", partial(self.replica.step, app), Every(REPLICA_EVERY_SECONDS)),
            Chore("memory", partial(self.give_memory_back, app), Every(600)),
            Chore("removals", partial(self.removals.step, app), Every(5)),
            Chore("change owners", partial(self.fill_change_owners, app), Every(3600, first=20)),
            Chore("search", partial(self.indexing.step, app), Every(INDEX_EVERY_SECONDS)),
            Chore(
                "partitions",
                partial(self.partitioning.step, app),
                Every(PARTITION_EVERY_SECONDS, first=0),
            ),
            Chore("backup", partial(self.backups.step, app), Every(BACKUP_EVERY_SECONDS, first=5)),
            Chore("ping", partial(self.pinger.step, app), Every(PING_EVERY_SECONDS, first=2)),
            Chore("tidy", partial(self.tidy, app), Every(3600, first=random.uniform(60, 600))),
        ]

    async def give_memory_back(self, _app: App) -> None:
        """Return unused memory to the system."""
        give_back()

    async def measure(self, app: App) -> None:
        """Measure the database and the disk for health and metrics."""
        async with app.database.reading() as session:
            due, late_seconds = await overdue.due_figures(session)
            waiting = await notices.count_waiting(session)
            unanalysed = await count_pending(session)
            self.metrics.daemons(await shards.count_daemons(session))
        self.metrics.waiting(Queue.NOTICES, waiting)
        self.metrics.waiting(Queue.ANALYSES, unanalysed)
        self._report_channels(app.components.sender.failing())
        self._report_line(app.worker.is_line_down)
        self.listener.report_checks(app.worker.late())
        self.listener.own_faults.look(app.clock())
        self.health.overdue(late_seconds)
        self.metrics.due(due, late_seconds)
        self._report_tasks(self.supervisor.broken_lately())
        self._report_rows()
        free = disk(app.database.path or Path.cwd()).free_bytes
        self.health.disk(free)
        self.metrics.disk(free)
        state = worst(self.health.components())
        self._say(f"{state}: {app.worker.under_way} checks under way, {due} pages due")

    def _report_tasks(self, broken: Mapping[str, str]) -> None:
        told = "; ".join(f"{name} broke ({reason})" for name, reason in sorted(broken.items()))
        state = ComponentState.DEGRADED if broken else ComponentState.OK
        self.health.report("tasks", state, told or "all of them run")

    def _report_rows(self) -> None:
        aside = ASIDE.tables()
        told = ", ".join(f"{number} of {table}" for table, number in sorted(aside.items()))
        state = ComponentState.DEGRADED if aside else ComponentState.OK
        reason = f"garbled, left out and named in the log: {told}" if aside else "all fit"
        self.health.report("rows", state, reason)

    def _report_line(self, is_down: bool) -> None:
        state = ComponentState.DEGRADED if is_down else ComponentState.OK
        reason = "several hosts vanished together, and none answers" if is_down else "hosts answer"
        self.health.report("network", state, reason)

    def _report_channels(self, failing: Mapping[str, int]) -> None:
        names = ", ".join(f"{name} ({count} times)" for name, count in sorted(failing.items()))
        state = ComponentState.DEGRADED if failing else ComponentState.OK
        self.health.report("notices", state, f"not taken by {names}" if failing else "are taken")

    async def heartbeat(self, app: App) -> None:
        """Record that this run is alive, and keep its share of the hosts."""
        await app.share.step()
        self.heartbeat_watch.beat()
        self.metrics.store.beat()
        if not app.writer.is_in_trouble:
            app.troubles.wrote()

    async def read_clock(self, app: App) -> None:
        """Read the database's clock, and repair what was scheduled by a wrong one."""
        step = await app.clock.read(app.database)
        if abs(step) > STEP_SECONDS:
            log.warning("clock_was_set", by_seconds=round(step))
        if step < -STEP_SECONDS or not self._is_mended:
            mended = await mend_future(app.database, lease_of(app.config))
            self._is_mended = True
            if mended:
                log.warning("brought_back_from_the_future", rows=mended)

    async def tidy(self, app: App) -> None:
        """Apply the retention settings."""
        if not app.share.does_chores:
            return
        await inspect(app.database)
        await self.note_delays(app)
        async with app.database.writing() as session:
            await runs.bury_silent(session)
            if not app.config.analysis.is_on:
                await end_vain_waits(session)
        if self._tidying is None:
            self._tidying = RetentionRounds(app.database)
        is_complete = False
        while not is_complete:
            done = await self._tidying.round(app.config.retention, app.clock())
            is_complete = done.is_complete
            self.metrics.store.dropped(done.rows)
            self.metrics.store.retention_round(done.seconds, done.slowest_seconds)
            if any(done.rows.values()):
                log.info("old_rows_dropped", **{kind: n for kind, n in done.rows.items() if n})

    async def fill_change_owners(self, app: App) -> None:
        """Give changes that have none their owner, so that lists need not ask their sites."""
        if app.share.does_chores and (filled := await fill_change_owners(app.database)):
            log.info("change_owners_filled", changes=filled)

    async def note_delays(self, app: App) -> None:
        """Say once of each site and product that its accepted delay cannot be kept."""
        bounds = app.config.schedule.minimum_interval, app.config.fetch.delay_seconds
        async with app.database.reading() as session:
            unkept = await unkept_delays(session, *bounds)
        for one in unkept:
            if one.name not in self._unkept:
                facts = {"detect_within": one.detect_within, "host": one.host, "pages": one.pages}
                turn = duration(one.turn.total_seconds())
                log.warning("delay_not_kept", site=one.name, turn=turn, **facts)
        self._unkept = {one.name for one in unkept}

    async def survey(self, app: App) -> None:
        """Keep SQLite's WAL short, and measure the database's size."""
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
