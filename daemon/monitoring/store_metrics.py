"""The metrics of the database and of the document workers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from daemon.monitoring.series import WORK_BUCKETS, Series

_GROUP_BUCKETS = (1, 2, 5, 10, 20, 50, 100, 200)


_Word = TypeVar("_Word", bound=str)


class StoreFigures:
    """How results are written and retained, and the space that they take.

    Shape: the names of tables and kinds are those of the program, never of a site.
    """

    def __init__(self, series: Series) -> None:
        self._seconds = series.histogram(
            "store_seconds", "Time to commit one group of outcomes.", WORK_BUCKETS
        )
        self._group = series.histogram(
            "store_group_outcomes", "Outcomes that were committed together.", _GROUP_BUCKETS
        )
        self._trouble = series.counter("database_trouble", "Times that the database fell ill.")
        self._in_trouble = series.gauge("database_in_trouble", "1 while results cannot be written.")
        self._heartbeat = series.gauge(
            "heartbeat_timestamp_seconds", "When the daemon last wrote its sign of life."
        )
        self._dropped = series.counter(
            "retention_rows", "Rows dropped for their age or their room.", "kind"
        )
        self._round = series.gauge("retention_seconds", "How long the last round of tidying took.")
        self._round_at = series.gauge(
            "retention_timestamp_seconds", "When the last round of tidying ended."
        )
        self._slowest = series.gauge(
            "retention_lock_seconds", "The longest transaction of the last round of tidying."
        )
        self._rows = series.gauge("table_rows", "Rows of a table, estimated.", "table")
        self._table = series.gauge("table_bytes", "Room of a table and its indexes.", "table")
        self._total = series.gauge("database_bytes", "Room of the whole database.")
        self._free = series.gauge("database_free_bytes", "Room inside an SQLite file to be reused.")
        self._wal = series.gauge("database_wal_bytes", "SQLite's log that is not emptied yet.")
        self._replica = series.gauge("replica_read", "1 while lists are read from the standby.")
        self._replica_bytes = series.gauge(
            "replica_lag_bytes", "Write-ahead log that the standby has not replayed yet."
        )
        self._replica_seconds = series.gauge(
            "replica_lag_seconds", "How old what the standby shows is."
        )

        self._backups = series.counter("backups", "Backups that were tried, by outcome.", "outcome")
        self._backup_at = series.gauge(
            "backup_timestamp_seconds", "When the newest backup was made; 0 without one."
        )
        self._backup_bytes = series.gauge("backup_bytes", "Room of the newest backup.")

    def begin(self, tables: tuple[str, ...], kinds: tuple[str, ...]) -> None:
        """Let every series exist from the start."""
        for outcome in ("made", "failed"):
            self._backups.labels(outcome)
        for table in tables:
            self.table(table, 0, 0)
        self.dropped(dict.fromkeys(kinds, 0))

    def committed(self, outcomes: int, seconds: float) -> None:
        """Record a group of outcomes that was committed or rejected."""
        self._group.observe(outcomes)
        self._seconds.observe(seconds)

    def trouble(self, *, is_in_trouble: bool, is_new: bool) -> None:
        """Record that the database fails, or works again."""
        self._in_trouble.set(is_in_trouble)
        self._trouble.inc(is_new)

    def beat(self) -> None:
        """Record that the heartbeat was written."""
        self._heartbeat.set_to_current_time()

    def dropped(self, rows: Mapping[_Word, int]) -> None:
        """Count dropped rows, by kind."""
        for kind, count in rows.items():
            self._dropped.labels(kind).inc(count)

    def retention_round(self, seconds: float, slowest_seconds: float) -> None:
        """Record a finished round of retention."""
        self._round.set(seconds)
        self._slowest.set(slowest_seconds)
        self._round_at.set_to_current_time()

    def table(self, name: str, rows: int, size_bytes: int) -> None:
        """Set the rows and the size of a table."""
        self._rows.labels(name).set(rows)
        self._table.labels(name).set(size_bytes)

    def size(self, total_bytes: int, free_bytes: int) -> None:
        """Set the size of the database and its free space."""
        self._total.set(total_bytes)
        self._free.set(free_bytes)

    def backed_up(self, *, is_made: bool) -> None:
        """Count a backup that was tried."""
        self._backups.labels("made" if is_made else "failed").inc()

    def newest_backup(self, at_seconds: float, size_bytes: int) -> None:
        """Set when the newest backup was made, and its size."""
        self._backup_at.set(at_seconds)
        self._backup_bytes.set(size_bytes)

    def replica(self, lag_bytes: int, lag_seconds: float, *, is_read: bool) -> None:
        """Set how far the standby is behind, and whether lists are read from it."""
        self._replica.set(is_read)
        self._replica_bytes.set(lag_bytes)
        self._replica_seconds.set(lag_seconds)

    def wal(self, size_bytes: int) -> None:
        """Set the size of SQLite's WAL."""
        self._wal.set(size_bytes)


class SandboxFigures:
    """The document worker processes."""

    def __init__(self, series: Series) -> None:
        self._workers = series.gauge("sandbox_workers", "Document workers that are alive.")
        self._started = series.counter("sandbox_workers_started", "Document workers started.")
        self._ended = series.counter(
            "sandbox_workers_ended", "Document workers that ended, by how.", "how"
        )

    def begin(self, ways: tuple[str, ...]) -> None:
        """Let every series exist from the start."""
        for how in ways:
            self._ended.labels(how)

    def alive(self, workers: int) -> None:
        """Set the number of workers."""
        self._workers.set(workers)

    def began(self) -> None:
        """Count a started worker."""
        self._started.inc()

    def ended(self, how: str) -> None:
        """Count an ended worker."""
        self._ended.labels(how).inc()
