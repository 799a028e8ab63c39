"""Keeps the index by which changes are found, where that is switched on, and says how far it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from daemon.display.times import stamp
from daemon.logs.logger import get_logger
from daemon.model.viewer import DAEMON
from daemon.monitoring.health import ComponentState
from daemon.runtime.app import App
from daemon.store.core.database import Database
from daemon.store.search.finding import Findable, what_is_findable
from daemon.store.search.keeping import STEP_SECONDS, IndexKeeper

log = get_logger(__name__)

INDEX_EVERY_SECONDS = 5.0


class Indexing:
    """Brings the index forward every few seconds, or drops it once.

    Shape: `report` is called with how far it is.
    """

    def __init__(self, report: Callable[[ComponentState, str], None]) -> None:
        self._report = report
        self._keeper: IndexKeeper | None = None
        self._is_dropped = False
        self._was_complete = False

    async def step(self, app: App) -> None:
        """Compare changes with the index for some seconds; one daemon of several does.

        Errors: StoreError; a later step tries again.
        """
        if not app.share.does_chores:
            return
        if app.config.web.search_changes:
            await self.keep(app.database, app.clock())
        elif not self._is_dropped:
            await self.drop(app.database)

    async def keep(self, database: Database, now: datetime, seconds: float = STEP_SECONDS) -> None:
        """Bring the index forward, and report how far it is."""
        if self._keeper is None:
            self._keeper = IndexKeeper(database)
        await self._keeper.step(now, seconds)
        async with database.reading() as session:
            self._tell(await what_is_findable(session, database, DAEMON))

    async def drop(self, database: Database) -> None:
        """Drop the index of a time when it was switched on."""
        if await IndexKeeper(database).drop():
            log.info("search_index_dropped")
        self._is_dropped = True

    def _tell(self, findable: Findable) -> None:
        told = "all changes can be found" if findable.is_all else "no change can be found yet"
        if findable.since is not None:
            told = f"changes since {stamp(findable.since)} can be found, older ones are added"
        self._report(ComponentState.OK, told)
        if findable.is_all and not self._was_complete:
            log.info("search_index_complete")
        self._was_complete = findable.is_all
