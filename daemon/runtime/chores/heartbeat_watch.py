"""Looks why the database does not take the signs of life of this daemon, and says it."""

from __future__ import annotations

import time

from daemon.runtime.app import App

HEARTBEAT_WATCH_EVERY_SECONDS = 5.0
_LATE_SECONDS = 6.0  # some heartbeats


class HeartbeatWatch:
    """Notices that no heartbeat was written for a while, where they are written often."""

    def __init__(self) -> None:
        self._beat_at = time.monotonic()

    def beat(self) -> None:
        """Record that a heartbeat was written."""
        self._beat_at = time.monotonic()

    async def step(self, app: App) -> None:
        """Look once: what waits for a server that is gone is ended, and begins anew elsewhere.

        Errors: StoreError with the reason, which is reported as any of the database's.
        """
        if app.database.is_shared and time.monotonic() - self._beat_at > _LATE_SECONDS:
            await app.database.examine()
