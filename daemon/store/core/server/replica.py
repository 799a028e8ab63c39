"""A standby server that lists are read from: whether it will do, and how far it is behind."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from daemon.model.errors import StoreError
from daemon.store.core.database import Database
from daemon.wording import duration

_SAMPLES = 2_000  # of the primary's position: an hour of them
# A position is the number of bytes of the write-ahead log before it.
_WHERE = text(
    "SELECT pg_is_in_recovery() AS is_standby, CAST(CASE WHEN pg_is_in_recovery()"
    " THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END - '0/0' AS bigint) AS position,"
    " (SELECT CAST(system_identifier AS text) FROM pg_control_system()) AS system,"
    " (SELECT CAST(oid AS bigint) FROM pg_database WHERE datname = current_database()) AS database,"
    " to_regclass('alembic_version') IS NOT NULL AS has_schema"
)
_REVISION = text("SELECT max(version_num) FROM alembic_version")
_WRITTEN = text("SELECT CAST(pg_current_wal_lsn() - '0/0' AS bigint)")


@dataclass(frozen=True, slots=True)
class Lag:
    """How far a standby is behind its primary."""

    size_bytes: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class _Server:
    """What a server says of itself. Shape: without a `revision` it has no schema of ours."""

    is_standby: bool
    position: int
    system: str
    database: int
    revision: str | None


class Replica:
    """The standby of a primary, and up to where it was known to have followed it.

    Shape: `reason` says why it is not read from; "" when it is. `database` is the standby's, for
           readers. What it has is only known to grow: between two looks it may have more.
    """

    def __init__(
        self,
        primary: Database,
        database: Database,
        longest_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`longest_seconds` is how far it may be behind; the clock is monotonic."""
        self.database = database
        self.reason = "it was not asked yet"
        self.lag = Lag()
        self._primary = primary
        self._longest_seconds = longest_seconds
        self._clock = clock
        self._position = 0
        self._has_caught_up = False
        self._ours: _Server | None = None
        # When the primary was where; the first is the newest that the standby has as well.
        self._samples: deque[tuple[float, int]] = deque(maxlen=_SAMPLES)

    def has(self, position: int) -> bool:
        """Whether it is to be read from by who must see all before this position."""
        return not self.reason and position <= self._position

    def fail(self, trouble: StoreError) -> None:
        """Read from it no more until the next look, as it has failed somebody."""
        self.reason = f"it does not answer: {trouble}"

    async def look(self) -> None:
        """Measure how far it is behind, and judge whether it will do.

        Errors: none: while the primary does not answer, the standby is judged by what is known.
        """
        try:
            self._ours = await _server(self._primary)
            self._samples.append((self._clock(), self._ours.position))
        except StoreError:
            pass
        try:
            theirs = await _server(self.database)
        except StoreError as exc:
            self.fail(exc)
            return
        if not theirs.is_standby:
            await self.database.close()  # it may be promoted, and another of its hosts may follow
        self._measure(theirs.position)
        self.reason = self._unfit(theirs)

    def _measure(self, position: int) -> None:
        self._position = position
        while len(self._samples) > 1 and self._samples[1][1] <= position:
            self._samples.popleft()
        if not self._samples:
            return
        (at, known), (_, newest) = self._samples[0], self._samples[-1]
        is_whole = newest <= position
        # Of one that has not even the oldest sample no more is known than this.
        seconds = 0.0 if is_whole else self._clock() - at
        self.lag = Lag(max(0, newest - position), seconds)
        self._has_caught_up = known <= position

    def _unfit(self, theirs: _Server) -> str:
        ours = self._ours
        if ours is None:
            return "the primary does not answer, so that nothing is known of it"
        if theirs.system != ours.system:
            return "read_url leads to a server that is no copy of the one of url"
        if theirs.database != ours.database:
            return "read_url leads to another database of the server than url"
        if not theirs.is_standby:
            return "read_url leads to no standby: that server takes writes itself"
        if theirs.revision != ours.revision:
            return f"its schema is at {theirs.revision}, and that of url at {ours.revision}"
        if self.lag.seconds > self._longest_seconds:
            return f"it is {duration(self.lag.seconds)} behind"
        return "" if self._has_caught_up else "it is behind, and not known yet how far"


async def written_up_to(database: Database) -> int:
    """The position up to which a primary has written, with all that was committed before.

    Errors: StoreError.
    """
    async with database.reading() as session:
        return int(await session.scalar(_WRITTEN) or 0)


async def _server(database: Database) -> _Server:
    async with database.reading() as session:
        row: Any = (await session.execute(_WHERE)).one()
        revision = await session.scalar(_REVISION) if row.has_schema else None
    return _Server(row.is_standby, int(row.position), row.system, int(row.database), revision)
