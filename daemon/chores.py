"""The daemon's own figures, and the chores that its ticks call for."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from daemon.app import App, Parts, lease_of
from daemon.errors import DamagedError, GoneError, StoreError
from daemon.log import get_logger
from daemon.memory import give_back
from daemon.model import Outcome
from daemon.own_faults import OwnFaults
from daemon.pinging import Pinger
from daemon.removals import Removals
from daemon.sandbox.pool import WAYS_TO_END
from daemon.store import notices, pages, runs, shards, space
from daemon.store.clock import STEP_SECONDS
from daemon.store.inspection import inspect
from daemon.store.mending import mend_future
from daemon.store.notices import Settled
from daemon.store.pending import Spending, count_pending
from daemon.store.rows import ASIDE
from daemon.store.tidying import Kind, Tidying
from daemon.store.wanted import end_vain_waits
from daemon.supervise import Supervisor
from daemon.system import disk
from daemon.web.health import Health, State, worst
from daemon.web.metrics import Metrics, Queue
from daemon.worker import log_outcome

log = get_logger(__name__)

_STALE_TICK_SECONDS = 10.0
_SURVEY_SECONDS = 300.0
_LATELY_SECONDS = 900.0
_LONG_READER = "something has been reading for long, such as a backup or an open sqlite3"


class Daemon:
    """The daemon's own figures, and the chores that APScheduler's ticks call for."""

    def __init__(
        self,
        health: Health,
        metrics: Metrics,
        heard: Callable[[Outcome], None],
        say: Callable[[str], None],
    ) -> None:
        """`heard` is given every outcome, `say` one line of how it goes, now and then."""
        self.health = health
        self.metrics = metrics
        self.supervisor = Supervisor(metrics.broken)
        self._own_faults = OwnFaults(self._report_own_faults)
        self.pinger = Pinger(health, metrics)
        self.removals = Removals(partial(health.report, "removals"))
        self._heard = heard
        self._say = say
        self._ticked_at = time.monotonic()
        self._tidying: Tidying | None = None
        self._scales: space.Scales | None = None
        self._surveyed_at = float("-inf")
        self._cut_off_at = self._lost_at = float("-inf")
        self._is_in_trouble = False
        metrics.store.begin(space.TABLES, tuple(Kind))
        self._is_mended = False  # a clock may have been set while nobody looked

    def told(self, outcome: Outcome) -> None:
        """Log and count what was written."""
        log_outcome(outcome)
        self._own_faults.heard(outcome)
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
        if outcome.cut_off:
            self.metrics.cut_off()
            self._cut_off_at = time.monotonic()
        self._heard(outcome)

    def lost(self) -> None:
        """A result was dropped: its page had gone to another daemon."""
        self.metrics.lease_lost()
        self._lost_at = time.monotonic()

    def dispatched(self) -> None:
        """The dispatcher has come round."""
        self.health.beat("dispatch")

    def listen(self, parts: Parts) -> None:
        """Hear of what these parts do."""
        self.metrics.notices.channels([one.name for one in parts.config.notify])
        self.metrics.sandbox.begin(WAYS_TO_END)
        parts.sandbox.heard = self.metrics.read
        parts.sandbox.lives = self.metrics.sandbox
        parts.sender.heard = self._noticed
        if parts.analyst is not None:
            parts.analyst.heard = self._analysed

    def _noticed(self, done: Settled) -> None:
        outcome = "failed" if done.status == "pending" else done.status
        self.metrics.notices.tried(done.claimed.channel, outcome)

    def _analysed(self, outcome: str, spent: Spending) -> None:
        self.metrics.model.asked(outcome, spent.tokens, spent.cost_micros / 1e6)

    def trouble(self, trouble: StoreError | None) -> None:
        """The database is in trouble, or out of it again."""
        is_new = trouble is not None and not self._is_in_trouble
        self._is_in_trouble = trouble is not None
        self.metrics.store.trouble(is_in_trouble=self._is_in_trouble, is_new=is_new)
        state = State.OK if trouble is None else State.DEGRADED
        if isinstance(trouble, GoneError | DamagedError):  # it does not pass by itself
            state = State.FAILING
        self.health.report("database", state, "answers" if trouble is None else str(trouble))

    def makes_progress(self) -> bool:
        """Whether the scheduler has come round lately; the database has no say in it."""
        return time.monotonic() - self._ticked_at < _STALE_TICK_SECONDS

    def tick(self, app: App) -> None:
        """Once a second: look for due pages."""
        self._ticked_at = time.monotonic()
        self.metrics.in_flight(app.worker.under_way)
        self.metrics.waiting(Queue.RESULTS, app.writer.waiting)
        self.metrics.waiting(Queue.DOCUMENTS, app.parts.sandbox.waiting)
        self.metrics.sandbox.alive(app.count_workers())
        self.metrics.ready(is_ready=worst(self.health.components()) is not State.FAILING)
        app.worker.tick()
        app.parts.tick()

    async def give_memory_back(self, _app: App) -> None:
        """Keep no more memory than is in use."""
        give_back()

    async def measure(self, app: App) -> None:
        """Tell health and metrics what only the database and the disk know."""
        async with app.database.reading() as session:
            due, late_seconds = await pages.due_figures(session)
            waiting = await notices.count_waiting(session)
            unanalysed = await count_pending(session)
            self.metrics.daemons(await shards.count_daemons(session))
        self.metrics.waiting(Queue.NOTICES, waiting)
        self.metrics.waiting(Queue.ANALYSES, unanalysed)
        self._report_channels(app.parts.sender.failing())
        self._report_line(app.worker.is_line_down)
        self.report_checks(app.worker.late())
        self._own_faults.look(app.clock())
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
        state = State.DEGRADED if broken else State.OK
        self.health.report("tasks", state, told or "all of them run")

    def report_checks(self, late: int) -> None:
        """Say whether checks end in time; `late` of them have not."""
        lately = time.monotonic() - _LATELY_SECONDS
        told = [f"{late} are long past their deadline"] if late else []
        told += ["a deadline came before all of a page was judged"] * (self._cut_off_at > lately)
        told += ["a page went to another daemon in the midst of one"] * (self._lost_at > lately)
        state = State.DEGRADED if told else State.OK
        self.health.report("checks", state, "; ".join(told) or "end in time")

    def _report_own_faults(self, told: str) -> None:
        state = State.DEGRADED if told else State.OK
        self.health.report("faults", state, told or "no check ends in ours again and again")

    def _report_rows(self) -> None:
        aside = ASIDE.tables()
        told = ", ".join(f"{number} of {table}" for table, number in sorted(aside.items()))
        state = State.DEGRADED if aside else State.OK
        reason = f"garbled, left out and named in the log: {told}" if aside else "all fit"
        self.health.report("rows", state, reason)

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
            app.troubles.wrote()

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
        await inspect(app.database)
        async with app.database.writing() as session:
            await runs.bury_silent(session)
            await end_vain_waits(session, app.config)
        if self._tidying is None:
            self._tidying = Tidying(app.database)
        is_complete = False
        while not is_complete:
            done = await self._tidying.round(app.config.retention, app.clock())
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
