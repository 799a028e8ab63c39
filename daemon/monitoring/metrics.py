"""The daemon's Prometheus metrics: counts and durations of what happens.

No label contains a site, a URL or a text: the number of series is fixed before the first check.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import StrEnum

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

from daemon.model.change import ChangeType
from daemon.model.product import AlertKind
from daemon.model.status import ErrorClass, Verdict
from daemon.monitoring.browser_metrics import BrowserFigures
from daemon.monitoring.notice_metrics import ModelFigures, NoticeFigures
from daemon.monitoring.series import WORK_BUCKETS, Series
from daemon.monitoring.store_metrics import SandboxFigures, StoreFigures

_FETCH_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_FOR_MACHINES = (
    *("timestamp_seconds", "_info", "_ready", "_successful", "_in_trouble", "lock_seconds"),
    *("table_rows", "table_bytes", "workers_started", "workers_ended"),
    *("replica_read", "lag_bytes", "lag_seconds"),  # health says it in words
)
_RENDERED_FOR_SECONDS = 1.0  # more frequent scrapes get the same text


class Queue(StrEnum):
    """Where work waits inside the daemon."""

    DOCUMENTS = "documents"  # fetched, waiting to be read
    RESULTS = "results"  # checked, waiting to be stored
    ANALYSES = "analyses"
    NOTICES = "notices"


class Ping(StrEnum):
    """The result of a ping."""

    WELL = "well"
    FAIL = "fail"  # accepted, too: a ping that the daemon is not ready
    UNANSWERED = "unanswered"


def _is_for_machines(metric: Counter | Gauge) -> bool:
    """Whether a metric means nothing to a person who reads it once."""
    [family] = metric.describe()
    return family.name.endswith(_FOR_MACHINES)


class Metrics:
    """The daemon's counts, in a registry of their own.

    Units: seconds and bytes.
    """

    def __init__(self, version: str, clock: Callable[[], float] = time.monotonic) -> None:
        # They would double the number of series. The library's function has no types.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        self._clock = clock
        self._rendered = b""
        self._rendered_at = float("-inf")
        ProcessCollector(registry=self.registry)
        series = Series(self.registry)
        says = "Always 1; the label says which version runs."
        series.gauge("build_info", says, "version").labels(version).set(1)
        self._count_outcomes(series)
        self._time_steps(series)
        self._gauge_load(series)
        self.store = StoreFigures(series)
        self.sandbox = SandboxFigures(series)
        self.notices = NoticeFigures(series)
        self.model = ModelFigures(series)
        self.browser = BrowserFigures(series)
        self._for_people = [one for one in series.plain if not _is_for_machines(one)]

    def checked(self, verdict: Verdict, error_class: ErrorClass | None = None) -> None:
        """Count a finished check."""
        self._checks[verdict].inc()
        if error_class is not None:
            self._failures[error_class].inc()

    def cut_off(self) -> None:
        """Count a check that reached its deadline before all its subscribers were served."""
        self._cut_off.inc()

    def lease_lost(self) -> None:
        """Count a result dropped because another daemon had taken its page over."""
        self._leases_lost.inc()

    def changed(self, change_type: ChangeType) -> None:
        """Count a recorded change."""
        self._changes[change_type].inc()

    def fetched(self, seconds: float | None, wire_bytes: int = 0) -> None:
        """Count a finished request, with or without a response; one by a browser has no time."""
        if seconds is not None:
            self._fetch_seconds.observe(seconds)
        self._fetched_bytes.inc(wire_bytes)

    def read(self, seconds: float) -> None:
        """Record the time of reading, comparing and grading a document."""
        self._document_seconds.observe(seconds)

    def priced(self, *, is_believed: bool) -> None:
        """Count a stored price check."""
        self._price_checks[is_believed].inc()

    def alerted(self, kind: AlertKind) -> None:
        """Count a stored price alert."""
        self._price_alerts[kind].inc()

    def lag(self, seconds: float) -> None:
        """Record a sample of the event loop's lag."""
        self._loop_lag_seconds.observe(seconds)

    def broken(self, task: str) -> None:
        """Count a break of one of the daemon's tasks."""
        self._breaks.labels(task).inc()

    def in_flight(self, checks: int) -> None:
        """Set the number of checks in progress."""
        self._in_flight.set(checks)

    def due(self, pages: int, overdue_seconds: float) -> None:
        """Set the number of due pages, and how long the oldest has waited."""
        self._due_pages.set(pages)
        self._overdue_seconds.set(overdue_seconds)

    def pinged(self, outcome: Ping) -> None:
        """Count a ping by its result."""
        self._pings[outcome].inc()

    def waiting(self, queue: Queue, length: int) -> None:
        """Set the length of an internal queue."""
        self._queues[queue].set(length)

    def daemons(self, count: int) -> None:
        """Set the number of daemons on this database, including this one."""
        self._daemons.set(count)

    def disk(self, free_bytes: int) -> None:
        """Set the free space on the database's disk."""
        self._disk_free_bytes.set(free_bytes)

    def ready(self, *, is_ready: bool) -> None:
        """Set whether the daemon is ready, as `/readyz` reports it."""
        self._is_ready.set(is_ready)

    def summary(self) -> dict[str, float | dict[str, float]]:
        """The counters and gauges, without histograms; those with a label by its value."""
        figures: dict[str, float | dict[str, float]] = {}
        for metric in self._for_people:
            for family in metric.collect():
                if not family.samples:  # no channel yet
                    continue
                name = family.samples[0].name.removeprefix("changelogger_")
                by_label = {" ".join(one.labels.values()): one.value for one in family.samples}
                figures[name] = by_label if family.samples[0].labels else by_label[""]
        return figures

    def render(self) -> bytes:
        """The exposition text for Prometheus, at most a second old."""
        now = self._clock()
        if now - self._rendered_at >= _RENDERED_FOR_SECONDS:
            self._rendered = generate_latest(self.registry)
            self._rendered_at = now
        return self._rendered

    def config_reloaded(self, ok: bool) -> None:
        """Count an edit of the configuration, applied or rejected."""
        self._config_ok.set(ok)
        if ok:
            self._config_at.set_to_current_time()

    def _count_outcomes(self, series: Series) -> None:
        checks = series.counter("checks", "Checks that ended, by verdict.", "verdict")
        failures = series.counter(
            "check_failures", "Checks that failed, by what went wrong.", "error_class"
        )
        changes = series.counter(
            "changes", "Changes recorded, by how much they matter.", "change_type"
        )
        self._cut_off = series.counter(
            "checks_cut_off", "Checks whose deadline came before all of the page was judged."
        )
        self._leases_lost = series.counter(
            "leases_lost", "Results dropped, because another daemon had the page."
        )
        prices = series.counter("price_checks", "Price checks stored.", "is_believed")
        alerts = series.counter("price_alerts", "Price alerts stored.", "alert_type")
        # Every series exists from the start, so that the first event counts as an increase.
        self._checks = {verdict: checks.labels(verdict) for verdict in Verdict}
        self._failures = {error: failures.labels(error) for error in ErrorClass}
        self._changes = {change: changes.labels(change) for change in ChangeType}
        self._price_checks = {yes: prices.labels(str(yes).lower()) for yes in (True, False)}
        self._price_alerts = {kind: alerts.labels(kind) for kind in AlertKind}
        pings = series.counter("pings", "Signs of life sent to health.ping_url.", "outcome")
        self._pings = {outcome: pings.labels(outcome) for outcome in Ping}
        self._fetched_bytes = series.counter("fetched_bytes", "Bytes received from sites.")
        # Only tasks that broke have a series; there are a dozen names at the most.
        self._breaks = series.counter(
            "task_breaks", "Times that a task of the daemon broke, and began again.", "task"
        )

    def _time_steps(self, series: Series) -> None:
        self._fetch_seconds = series.histogram(
            "fetch_seconds", "Time of one request, redirects included.", _FETCH_BUCKETS
        )
        self._document_seconds = series.histogram(
            "document_seconds", "Time to read, compare and grade one document.", WORK_BUCKETS
        )
        self._loop_lag_seconds = series.histogram(
            "loop_lag_seconds", "How late the event loop came round.", WORK_BUCKETS
        )

    def _gauge_load(self, series: Series) -> None:
        self._in_flight = series.gauge("in_flight", "Checks under way.")
        self._due_pages = series.gauge("due_pages", "Pages that are due and not yet claimed.")
        self._overdue_seconds = series.gauge("overdue_seconds", "How long the oldest page waits.")
        self._disk_free_bytes = series.gauge("disk_free_bytes", "Room where the database grows.")
        self._daemons = series.gauge("daemons", "Daemons that live on this database.")
        queues = series.gauge("queue_length", "Work that waits inside the daemon.", "queue")
        self._queues = {queue: queues.labels(queue) for queue in Queue}
        self._is_ready = series.gauge("ready", "1 unless a part of the daemon is failing.")
        self._config_ok = series.gauge(
            "config_last_reload_successful", "1 unless the last edit was refused."
        )
        self._config_at = series.gauge(
            "config_last_reload_success_timestamp_seconds", "When the configuration was last read."
        )
        self.config_reloaded(ok=True)
