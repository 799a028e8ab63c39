"""Runs a round of retention over all kinds of old rows, by the operator's settings."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol, TypeAlias

from daemon.store.core.database import Database
from daemon.store.retention import ages as retention
from daemon.store.retention.attempts import drop_attempts
from daemon.store.retention.batching import Sweep
from daemon.store.retention.people import drop_audit, drop_ended_logins
from daemon.store.retention.quota import drop_beyond_quota
from daemon.store.retention.space import reclaim

ROUND_SECONDS = 300.0
_GRACE = timedelta(days=1)  # for what a check in progress may be about to write
_FORGOTTEN = timedelta(days=30)
_ANY, _NEVER = timedelta(microseconds=1), timedelta(0)


class RetentionKind(StrEnum):
    """The kinds of data that are dropped."""

    ATTEMPTS = "attempts"
    PRICE_REPEATS = "price_repeats"
    PRICE_CHECKS = "price_checks"
    PRICE_SOURCES = "price_sources"
    PRICE_ALERTS = "price_alerts"
    UPDATES = "updates"
    NOTICES = "notices"
    RUNS = "runs"
    REMOVED = "removed"
    PAGES = "pages"
    HOSTS = "hosts"
    DAYS = "days"
    SNAPSHOTS = "snapshots"
    OVER_QUOTA = "over_quota"
    CONTENTS = "contents"
    LOGINS = "logins"
    AUDIT = "audit"


class RetentionSettings(Protocol):
    """How long each kind of data is kept, and how much of a site; zero means no limit."""

    @property
    def snapshots(self) -> timedelta: ...
    @property
    def snapshots_per_site(self) -> int: ...
    @property
    def site_bytes(self) -> int: ...
    @property
    def attempts(self) -> timedelta: ...
    @property
    def prices(self) -> timedelta: ...
    @property
    def trends(self) -> timedelta: ...
    @property
    def updates(self) -> timedelta: ...
    @property
    def notices(self) -> timedelta: ...
    @property
    def removed(self) -> timedelta: ...
    @property
    def audit(self) -> timedelta: ...


@dataclass(frozen=True, slots=True)
class RetentionRound:
    """The results of a round, its duration, and its longest transaction.

    Shape: `is_complete` unless its time was too short for all old rows.
    """

    rows: Mapping[RetentionKind, int]
    is_complete: bool
    freed_pages: int
    seconds: float
    slowest_seconds: float


Drop: TypeAlias = Callable[[Sweep], Awaitable[int]]
_DropBefore: TypeAlias = Callable[[Sweep, datetime], Awaitable[int]]


class RetentionRounds:
    """Runs rounds over all kinds, each within a time limit.

    Shape: kinds that a round has no time for come first in the next.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._places: dict[str, Any] = {}
        self._first = RetentionKind.UPDATES

    async def round(
        self, kept: RetentionSettings, now: datetime, seconds: float = ROUND_SECONDS
    ) -> RetentionRound:
        """Drop old rows, and return their space.

        Errors: StoreError; rows dropped until then stay dropped.
        """
        began = time.monotonic()
        sweep = Sweep(self._database, seconds, self._places)
        kinds = list(_drops(kept, now).items())
        start = next((i for i, (kind, _) in enumerate(kinds) if kind == self._first), 0)
        dropped: dict[RetentionKind, int] = {}
        for kind, drop in kinds[start:] + kinds[:start]:
            self._first = kind
            if sweep.is_over():
                break
            dropped[kind] = await drop(sweep)
        else:
            self._first = RetentionKind.UPDATES
        is_complete = not sweep.is_over()
        freed_pages = await reclaim(self._database)
        return RetentionRound(
            dropped, is_complete, freed_pages, time.monotonic() - began, sweep.slowest_seconds
        )


def _drops(kept: RetentionSettings, now: datetime) -> dict[RetentionKind, Drop]:
    """What to drop, with referring rows before those that they refer to."""
    by_age: dict[RetentionKind, tuple[timedelta, _DropBefore]] = {
        RetentionKind.UPDATES: (kept.updates, retention.drop_updates),
        RetentionKind.PRICE_ALERTS: (kept.updates, retention.drop_price_alerts),
        RetentionKind.NOTICES: (kept.notices, retention.drop_notices),
        RetentionKind.ATTEMPTS: (kept.attempts, _attempts_at(now)),
        RetentionKind.PRICE_REPEATS: (kept.attempts, retention.drop_price_repeats),
        RetentionKind.PRICE_CHECKS: (kept.prices, retention.drop_price_checks),
        RetentionKind.PRICE_SOURCES: (kept.snapshots, retention.drop_price_sources),
        RetentionKind.RUNS: (kept.attempts, retention.drop_runs),
        RetentionKind.REMOVED: (kept.removed, retention.drop_removed),
        RetentionKind.PAGES: (_ANY, lambda sweep, _: retention.drop_pages(sweep)),
        RetentionKind.HOSTS: (_FORGOTTEN, retention.drop_hosts),
        RetentionKind.DAYS: (kept.trends, lambda sweep, at: retention.drop_days(sweep, at.date())),
        RetentionKind.SNAPSHOTS: (
            kept.snapshots,
            lambda sweep, at: retention.drop_snapshots(sweep, at, kept.snapshots_per_site),
        ),
        RetentionKind.OVER_QUOTA: (
            _ANY if kept.site_bytes else _NEVER,
            lambda sweep, at: drop_beyond_quota(sweep, at, kept.site_bytes),
        ),
        RetentionKind.CONTENTS: (_GRACE, retention.drop_contents),
        RetentionKind.LOGINS: (_ANY, drop_ended_logins),
        RetentionKind.AUDIT: (kept.audit, drop_audit),
    }
    return {kind: _at(now - age, drop) for kind, (age, drop) in by_age.items() if age}


def _attempts_at(now: datetime) -> _DropBefore:
    return lambda sweep, before: drop_attempts(sweep, before, now - _GRACE)


def _at(before: datetime, drop: _DropBefore) -> Drop:
    return lambda sweep: drop(sweep, before)
