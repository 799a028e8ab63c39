"""The database's clock, carried on by this machine's between two readings: one time for all."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from daemon.store.core.database import Database
from daemon.store.tables.types import db_now

STEP_SECONDS = 5.0  # no answer takes so long; what differs by more was set
# Goes on while the machine sleeps, as the database's clock does; not every system has it.
_SINCE_BOOT = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def seconds_since_boot() -> float:
    """This machine's steady clock, which nobody sets."""
    return time.clock_gettime(_SINCE_BOOT)


class StoreClock:
    """What the time is by the database: the same for every daemon, whatever its machine believes.

    Shape: aware UTC instants. This machine's date counts only until the first reading.
    """

    def __init__(self, steady: Callable[[], float] = seconds_since_boot) -> None:
        self._steady = steady
        self._read_at = steady()
        self._reading: datetime | None = None
        self._step = 0.0  # by what it was set since somebody last asked

    def __call__(self) -> datetime:
        if self._reading is None:
            return datetime.now(UTC)
        return self._reading + timedelta(seconds=self._steady() - self._read_at)

    async def read(self, database: Database) -> float:
        """Ask the database; by how many seconds it was set since the last reading, 0 at the first.

        Errors: StoreError; then the clock goes on from the last reading.
        """
        async with database.reading() as session:
            _ = await session.connection()  # connecting takes its time, which is not the answer's
            asked_at = self._steady()
            reading = (await session.scalars(select(db_now()))).one()
        if self._reading is not None:
            self._step += self._ahead(reading, asked_at)
        self._reading, self._read_at = reading, asked_at
        step, self._step = self._step, 0.0
        return step

    def hear(self, reading: datetime) -> None:
        """What the database said beside other work; counts where it differs as only a step does."""
        now = self._steady()
        ahead = self._ahead(reading, now)
        if abs(ahead) > STEP_SECONDS:
            self._step += ahead
            self._reading, self._read_at = reading, now

    def _ahead(self, reading: datetime, at: float) -> float:
        """How far a reading at this steady instant is ahead of what was expected then."""
        expected = self() + timedelta(seconds=at - self._steady())
        return (reading - expected).total_seconds()
