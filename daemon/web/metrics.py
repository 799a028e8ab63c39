"""What happened in the daemon in; out come counts and durations in Prometheus' words.

No label ever holds a site, a URL or a text: the number of series is fixed before the first check.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import StrEnum

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

from daemon.model import ChangeType, ErrorClass, Verdict

_FETCH_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_WORK_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 10.0)
_RENDERED_FOR_SECONDS = 1.0  # asking more often costs nothing more


class Queue(StrEnum):
    """Where work waits inside the daemon."""

    DOCUMENTS = "documents"  # fetched, waiting to be read
    RESULTS = "results"  # checked, waiting to be stored
    ANALYSES = "analyses"
    NOTICES = "notices"


class Metrics:
    """The daemon's counts, in a registry of their own.

    Units: seconds and bytes.
    """

    def __init__(self, version: str, clock: Callable[[], float] = time.monotonic) -> None:
        # They would double the number of series. The library's function carries no types.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        self._clock = clock
        self._rendered = b""
        self._rendered_at = float("-inf")
        ProcessCollector(registry=self.registry)
        self._gauge("build", "Always 1; the label says which version runs.", "version").labels(
            version
        ).set(1)
        self._count_outcomes()
        self._time_steps()
        self._gauge_load()

    def checked(self, verdict: Verdict, error_class: ErrorClass | None = None) -> None:
        """A check has ended."""
        self._checks[verdict].inc()
        if error_class is not None:
            self._failures[error_class].inc()

    def changed(self, change_type: ChangeType) -> None:
        """A change was recorded."""
        self._changes[change_type].inc()

    def fetched(self, seconds: float, wire_bytes: int = 0) -> None:
        """A request has ended, with or without an answer."""
        self._fetch_seconds.observe(seconds)
        self._fetched_bytes.inc(wire_bytes)

    def read(self, seconds: float) -> None:
        """A document was read, compared and graded."""
        self._document_seconds.observe(seconds)

    def stored(self, seconds: float) -> None:
        """A group of outcomes was committed, or was refused."""
        self._store_seconds.observe(seconds)

    def lag(self, seconds: float) -> None:
        """The event loop came round this much later than asked."""
        self._loop_lag_seconds.observe(seconds)

    def broken(self, task: str) -> None:
        """One of the daemon's own tasks broke, and begins again."""
        self._breaks.labels(task).inc()

    def in_flight(self, checks: int) -> None:
        """How many checks are under way."""
        self._in_flight.set(checks)

    def due(self, pages: int, overdue_seconds: float) -> None:
        """How many pages are due, and how long the oldest has waited."""
        self._due_pages.set(pages)
        self._overdue_seconds.set(overdue_seconds)

    def waiting(self, queue: Queue, length: int) -> None:
        """How much waits in one of our queues."""
        self._queues[queue].set(length)

    def daemons(self, count: int) -> None:
        """How many daemons live on this database, this one among them."""
        self._daemons.set(count)

    def disk(self, free_bytes: int) -> None:
        """How much room there is where the database grows."""
        self._disk_free_bytes.set(free_bytes)

    def summary(self) -> dict[str, float | dict[str, float]]:
        """The counts and gauges, without the distributions; those with a label by its value."""
        figures: dict[str, float | dict[str, float]] = {}
        for metric in self._plain:
            for family in metric.collect():
                name = family.samples[0].name.removeprefix("changelogger_")
                by_label = {"".join(one.labels.values()): one.value for one in family.samples}
                figures[name] = by_label if family.samples[0].labels else by_label[""]
        return figures

    def render(self) -> bytes:
        """The text that Prometheus reads, at most a second old."""
        now = self._clock()
        if now - self._rendered_at >= _RENDERED_FOR_SECONDS:
            self._rendered = generate_latest(self.registry)
            self._rendered_at = now
        return self._rendered

    def _count_outcomes(self) -> None:
        checks = self._counter("checks", "Checks that ended, by verdict.", "verdict")
        failures = self._counter(
            "check_failures", "Checks that failed, by what went wrong.", "error_class"
        )
        changes = self._counter(
            "changes", "Changes recorded, by how much they matter.", "change_type"
        )
        # Every series exists from the start, so that the first event is seen as an increase.
        self._checks = {verdict: checks.labels(verdict) for verdict in Verdict}
        self._failures = {error: failures.labels(error) for error in ErrorClass}
        self._changes = {change: changes.labels(change) for change in ChangeType}
        self._fetched_bytes = self._counter("fetched_bytes", "Bytes received from sites.")
        # Only tasks that broke have a series; there are a dozen names at the most.
        self._breaks = self._counter(
            "task_breaks", "Times that a task of the daemon broke, and began again.", "task"
        )
        self._counters = (checks, failures, changes, self._fetched_bytes)

    def _time_steps(self) -> None:
        self._fetch_seconds = self._histogram(
            "fetch_seconds", "Time of one request, redirects included.", _FETCH_BUCKETS
        )
        self._document_seconds = self._histogram(
            "document_seconds", "Time to read, compare and grade one document.", _WORK_BUCKETS
        )
        self._store_seconds = self._histogram(
            "store_seconds", "Time to commit one group of outcomes.", _WORK_BUCKETS
        )
        self._loop_lag_seconds = self._histogram(
            "loop_lag_seconds", "How late the event loop came round.", _WORK_BUCKETS
        )

    def _gauge_load(self) -> None:
        self._in_flight = self._gauge("in_flight", "Checks under way.")
        self._due_pages = self._gauge("due_pages", "Pages that are due and not yet claimed.")
        self._overdue_seconds = self._gauge("overdue_seconds", "How long the oldest page waits.")
        self._disk_free_bytes = self._gauge("disk_free_bytes", "Room where the database grows.")
        self._daemons = self._gauge("daemons", "Daemons that live on this database.")
        queues = self._gauge("queue_length", "Work that waits inside the daemon.", "queue")
        self._queues = {queue: queues.labels(queue) for queue in Queue}
        gauges = (
            self._in_flight,
            self._due_pages,
            self._overdue_seconds,
            self._daemons,
            queues,
        )
        self._plain: tuple[Counter | Gauge, ...] = (*self._counters, *gauges)

    def _counter(self, name: str, says: str, *labels: str) -> Counter:
        return Counter(f"changelogger_{name}", says, labels, registry=self.registry)

    def _gauge(self, name: str, says: str, *labels: str) -> Gauge:
        return Gauge(f"changelogger_{name}", says, labels, registry=self.registry)

    def _histogram(self, name: str, says: str, buckets: tuple[float, ...]) -> Histogram:
        return Histogram(f"changelogger_{name}", says, registry=self.registry, buckets=buckets)
