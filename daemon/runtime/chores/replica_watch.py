"""Watches the standby that lists are read from, for as long as pages are open."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from daemon.config import DatabaseConfig
from daemon.logs.logger import get_logger
from daemon.monitoring.health import ComponentState
from daemon.monitoring.store_metrics import StoreFigures
from daemon.runtime.app import App
from daemon.store.core.database import Database
from daemon.store.core.opening import open_for_readers
from daemon.store.core.server.replica import Replica
from daemon.wording import byte_size, duration

log = get_logger(__name__)

REPLICA_EVERY_SECONDS = 2.0


class ReplicaWatch:
    """Looks at the standby again and again, and says whether it is read from."""

    def __init__(
        self, report: Callable[[ComponentState, str], None], figures: StoreFigures
    ) -> None:
        self._report = report
        self._figures = figures
        self._replica: Replica | None = None
        self._told: str | None = None

    @asynccontextmanager
    async def opened(
        self, section: DatabaseConfig, primary: Database
    ) -> AsyncIterator[Replica | None]:
        """The standby of the configuration, if there is one, watched while the block lasts."""
        if section.replica is None:
            yield None
            return
        async with open_for_readers(section.replica) as database:
            self._replica = Replica(primary, database, section.read_lag_seconds)
            try:
                await self._look(self._replica)
                yield self._replica
            finally:
                self._replica = None

    async def step(self, _app: App) -> None:
        """Look once, where there is one."""
        if self._replica is not None:
            await self._look(self._replica)

    async def _look(self, replica: Replica) -> None:
        await replica.look()
        lag, reason = replica.lag, replica.reason
        self._figures.replica(lag.size_bytes, lag.seconds, is_read=not reason)
        if reason:
            self._report(ComponentState.DEGRADED, f"{reason}; lists are read from the primary")
        else:
            behind = f"is {duration(lag.seconds)} and {byte_size(lag.size_bytes)} behind"
            told = behind if lag.size_bytes else "has all"
            self._report(ComponentState.OK, f"lists are read from it, which {told}")
        kind = _kind(reason)
        if reason and kind != self._told:
            log.warning("replica_left_out", reason=reason)
        elif not reason and self._told != "":
            log.info("replica_read")
        self._told = kind


def _kind(reason: str) -> str:
    """A reason without what changes while it lasts: it is logged once."""
    return "behind" if "behind" in reason else reason
