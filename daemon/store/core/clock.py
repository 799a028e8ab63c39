"""The database's clock, extrapolated by this machine's between readings: one time for all."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from daemon.store.core.database import Database
from daemon.store.tables.types import db_now

STEP_SECONDS = 5.0  # no answer takes this long; a larger difference means that the clock was set
# Runs while the machine sleeps, as the database's clock does; not on every system.
_SINCE_BOOT = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def seconds_since_boot() -> float:
    """This machine's monotonic clock, which cannot be set."""
    return time.clock_gettime(_SINCE_BOOT)


class StoreClock:
    """The database's time: the same for every daemon, whatever its machine's date.

    Shape: aware UTC instants. This machine's date counts only until the first reading.
    """

    def __init__(self, steady: Callable[[], float] = seconds_since_boot) -> None:
        self._steady = steady
        self._read_at = steady()
        self._reading: datetime | None = None
        self._step = 0.0  # by how much it was set since the last `read`

    def __call__(self) -> datetime:
        if self._reading is None:
            return datetime.now(UTC)
        return self._reading + timedelta(seconds=self._steady() - self._read_at)

    async def read(self, database: Database) -> float:
        """Read the database's time; returns by how many seconds it was set since the last reading.

        Errors: StoreError; then the clock goes on from the last reading.
        """
        async with database.reading() as session:
            _ = await session.connection()  # connect first, so that its time does not count
            asked_at = self._steady()
            reading = (await session.scalars(select(db_now()))).one()
        if self._reading is not None:
            self._step += self._ahead(reading, asked_at)
        self._reading, self._read_at = reading, asked_at
        step, self._step = self._step, 0.0
        return step

    def hear(self, reading: datetime) -> None:
        """Take a reading from other work; it counts only if it differs by more than a step."""
        now = self._steady()
        ahead = self._ahead(reading, now)
        if abs(ahead) > STEP_SECONDS:
            self._step += ahead
            self._reading, self._read_at = reading, now

    def _ahead(self, reading: datetime, at: float) -> float:
        """How far a reading at this monotonic instant is ahead of the expected time."""
        expected = self() + timedelta(seconds=at - self._steady())
        return (reading - expected).total_seconds()
