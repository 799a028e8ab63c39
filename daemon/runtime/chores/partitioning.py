"""Keeps partitions of attempts ahead of time on PostgreSQL, and says whether now has one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from daemon.display.times import stamp
from daemon.logs.logger import get_logger
from daemon.model.errors import StoreError
from daemon.monitoring.health import ComponentState
from daemon.runtime.app import App
from daemon.store.core.database import Database
from daemon.store.retention.partitions import Standing, length_for, make_ahead, standing

log = get_logger(__name__)

PARTITION_EVERY_SECONDS = 60.0
_WITHOUT = "checks go on, and what they leave is kept in attempts_default and dropped row by row"


class Partitioning:
    """Makes partitions before their time comes; one daemon of several does.

    Shape: `report` is called with how it stands, by each.
    """

    def __init__(self, report: Callable[[ComponentState, str], None]) -> None:
        self._report = report

    async def step(self, app: App) -> None:
        """Make what is missing, and look how it stands; nothing on SQLite.

        Errors: StoreError when the database does not answer; a later step tries again.
        """
        if app.database.is_shared:
            kept = app.config.retention.attempts
            await self.keep(app.database, app.clock(), kept, makes=app.share.does_chores)

    async def keep(
        self, database: Database, now: datetime, kept: timedelta, *, makes: bool = True
    ) -> None:
        """Make partitions for attempts that are kept so long, and report."""
        reason = ""
        if makes:
            try:
                if made := await make_ahead(database, now, length_for(kept)):
                    log.info("attempts_divided", partitions=made)
            except StoreError as exc:
                reason = str(exc)
        async with database.reading() as session:
            self._report(*_told(await standing(session, now), reason))


def _told(one: Standing, reason: str) -> tuple[ComponentState, str]:
    until = "" if one.until is None else f" until {stamp(one.until)}"
    if one.is_ahead:
        return ComponentState.DEGRADED, "attempts are dated a day ahead: a daemon's clock is wrong"
    if one.has_now:
        why = f"; no later ones can be made: {reason}" if reason else ""
        return ComponentState.DEGRADED if reason else ComponentState.OK, f"are made{until}{why}"
    why = reason or "they are being made"
    return ComponentState.DEGRADED, f"attempts have none for now ({why}): {_WITHOUT}"
