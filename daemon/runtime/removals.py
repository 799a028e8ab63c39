"""Removes what the configuration lacks, after announcing it and a grace period."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta

from daemon.config import Config
from daemon.logs.logger import get_logger
from daemon.model.errors import ConfigError
from daemon.model.viewer import DAEMON
from daemon.monitoring.health import ComponentState
from daemon.operations.installation.configuration import Removing, apply
from daemon.runtime.app import App
from daemon.wording import listed

log = get_logger(__name__)

_NAMED = 10
_HINT = (
    "if the file is not the right one, start with the right one: nothing is lost; "
    "removed by mistake, they have their history again once they are put back"
)


class Removals:
    """Synchronises the database with the configuration, with a grace period for removals.

    Shape: `report` is called with the state whenever it changes. What is missing at a start, or
           everything when an edit leaves nothing to watch, stays for `retention.removal_grace`.
           Runs one at a time: removals follow the configuration adopted last.
    """

    def __init__(
        self,
        report: Callable[[ComponentState, str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._report = report
        self._clock = clock
        self._due_at: float | None = None
        self._missing: tuple[str, ...] = ()
        self._wanted: Config | None = None
        self._one_at_a_time = asyncio.Lock()

    async def begin(self, app: App) -> None:
        """Synchronise at the start, after unobserved edits of the file.

        Errors: ConfigError, StoreError.
        """
        async with self._one_at_a_time:
            await self._sync(app, app.config, Removing.LATER)

    async def follow(self, app: App, config: Config) -> None:
        """Synchronise with an edit; announced removals keep their deadline.

        Errors: ConfigError, StoreError.
        """
        async with self._one_at_a_time:
            is_open = self._due_at is not None
            await self._sync(app, config, Removing.LATER if is_open else Removing.UNLESS_ALL)

    async def step(self, app: App) -> None:
        """Remove what was announced, once its grace period is over.

        Errors: StoreError when the database fails; a later step tries again.
        """
        async with self._one_at_a_time:
            if self._due_at is None or self._clock() < self._due_at:
                return
            try:
                # An edit may be stored already while its parts are not yet in use.
                await self._sync(app, self._wanted or app.config, Removing.NOW)
            except ConfigError as exc:
                log.warning("removal_refused", reason=exc.brief())
                self._settle()

    async def _sync(self, app: App, config: Config, removing: Removing) -> None:
        grace = config.retention.removal_grace
        how = removing if grace else Removing.NOW
        synced = await apply(app.database, DAEMON, config, app.clock(), how)
        self._wanted = config
        if not synced.missing:
            self._settle()
        elif synced.missing != self._missing or self._due_at is None:
            self._announce(app, synced.missing, grace)

    def _settle(self) -> None:
        self._due_at, self._missing = None, ()
        self._report(ComponentState.OK, "none is to come")

    def _announce(self, app: App, missing: tuple[str, ...], grace: timedelta) -> None:
        if self._due_at is None:
            self._due_at = self._clock() + grace.total_seconds()
        self._missing = missing
        left = timedelta(seconds=max(0.0, self._due_at - self._clock()))
        at = f"{app.clock() + left:%Y-%m-%d %H:%M} UTC"
        log.warning(
            "removal_announced",
            count=len(missing),
            names=list(missing[:_NAMED]),
            at=at,
            hint=_HINT,
        )
        reason = (
            f"{len(missing)} that the configuration lacks go at {at}: {listed(missing, _NAMED)}"
        )
        self._report(ComponentState.DEGRADED, reason)
