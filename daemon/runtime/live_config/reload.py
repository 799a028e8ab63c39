"""Applies an edited configuration to the running daemon, whole or not at all."""

from __future__ import annotations

import time
from collections.abc import Callable

from daemon.backoff import Backoff
from daemon.config import Config
from daemon.logs.logger import get_logger
from daemon.model.errors import ConfigError, StoreError
from daemon.model.viewer import DAEMON
from daemon.monitoring.health import ComponentState
from daemon.operations.installation.configuration import refuse_unfit
from daemon.runtime.app import App, Components
from daemon.runtime.live_config.template_check import refuse_untellable, tell_doubts
from daemon.runtime.live_config.watcher import Edits
from daemon.runtime.maintenance import Daemon
from daemon.system.process import ServiceManager

log = get_logger(__name__)

OWNED = ("owners", "site_types", "groups", "sites", "products")  # stored in the database
FIXED = ("database", "health", "web")  # opened and closed with the daemon
READ_WHEN_USED = ("retention", "logging")
_BACKOFF = Backoff(1.0, 30.0)  # an outage of the database may last for hours


def differing(before: Config, after: Config) -> tuple[str, ...]:
    """The sections of the configuration that differ, by their names."""
    names = type(before).model_fields
    return tuple(name for name in names if getattr(before, name) != getattr(after, name))


class Following:
    """Applies the edits of the daemon's configuration, each whole or not at all.

    Shape: `begin` starts new parts; the old ones finish what they have begun.
    """

    def __init__(
        self,
        edits: Edits,
        daemon: Daemon,
        app: App,
        manager: ServiceManager,
        begin: Callable[[App, Components], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._edits = edits
        self._daemon = daemon
        self._app = app
        self._manager = manager
        self._begin = begin
        self._clock = clock
        self._wanted: Config | None = None
        self._failures = 0  # to apply the wanted configuration
        self._next_try_at = 0.0
        self._is_doubt_told = False  # for the current configuration
        self._report(ComponentState.OK, "is in force")

    async def step(self, _app: App) -> None:
        """Read a complete edit and apply it, or retry one that could not be applied before.

        Errors: StoreError when the database fails; a later step tries again.
        """
        if self._edits.look():
            self._failures, self._next_try_at = 0, 0.0
            self._manager.reloading()
            try:
                await self._read()
                await self._apply()
            finally:
                self._manager.ready()
        else:
            await self._apply()
        await self._tell_doubts()

    async def _read(self) -> None:
        try:
            wanted = await self._edits.read()
        except ConfigError as exc:
            self._refuse(exc)
            return
        try:
            if wanted is not None and wanted.notify != self._app.config.notify:
                await refuse_untellable(wanted)
        except ConfigError as exc:
            self._refuse(self._edits.placed(exc))
            return
        self._wanted = wanted or self._wanted

    def _refuse(self, error: ConfigError) -> None:
        """Reject a faulty edit, and drop any earlier one still to be applied."""
        self._wanted = None
        reason = error.brief()
        log.error("config_refused", faults=len(error.faults), reason=reason)
        self._daemon.metrics.config_reloaded(ok=False)
        self._report(ComponentState.DEGRADED, f"the last good one is in force: {reason}")

    async def _apply(self) -> None:
        if self._wanted is None or self._clock() < self._next_try_at:
            return
        before, wanted = self._app.config, self._wanted
        names = differing(before, wanted)
        health = wanted.health.listening_as(before.health)
        config = wanted.model_copy(
            update={"database": before.database, "health": health, "web": before.web}
        )
        fixed = [name for name in FIXED if getattr(config, name) != getattr(wanted, name)]
        try:
            await self._put_in_force(config, names)
        except StoreError as exc:
            self._put_off()
            self._report(ComponentState.DEGRADED, f"an edit waits for the database: {exc}")
            raise
        except ConfigError as exc:
            self._refuse(self._edits.placed(exc))
            return
        self._wanted = None
        self._daemon.health.clean_with(self._edits.settle(config))
        self._daemon.metrics.config_reloaded(ok=True)
        log.info("config_applied", changed=list(names), needs_restart=fixed)
        if fixed:
            sections = " and ".join(f"[{name}]" for name in fixed)
            self._report(
                ComponentState.DEGRADED, f"in force but for {sections}: restart the daemon"
            )
        else:
            self._report(ComponentState.OK, "is in force")
        self._is_doubt_told = False

    async def _tell_doubts(self) -> None:
        """Log once what is probably unintended in the current configuration."""
        if not self._is_doubt_told:
            await tell_doubts(self._app.config, self._app.database, self._edits.placed)
            self._is_doubt_told = True

    def _put_off(self) -> None:
        """Schedule a retry, later each time."""
        self._failures += 1
        self._next_try_at = self._clock() + _BACKOFF.wait_seconds(self._failures)

    async def _put_in_force(self, config: Config, names: tuple[str, ...]) -> None:
        app, known = self._app, {*OWNED, *FIXED, *READ_WHEN_USED}
        if known.issuperset(names):
            await self._daemon.removals.follow(app, config)
            app.config = config
            return
        old = app.components
        # The database first: it may be unreachable, and parts cost processes and sockets.
        await refuse_unfit(app.database, DAEMON, config)
        async with app.replacing(config) as components:
            await self._daemon.removals.follow(app, config)
            self._daemon.show_channels(config)
        self._begin(app, components)
        old.stop()

    def _report(self, state: ComponentState, reason: str) -> None:
        self._daemon.health.report("configuration", state, reason)
