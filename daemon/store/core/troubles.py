"""Tracks the errors of the database and logs when they begin, continue and end."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from daemon.logs.logger import get_logger
from daemon.model.errors import DamagedError, GoneError, StoreError

log = get_logger(__name__)

_REMIND_SECONDS = 300.0
_QUIET_SECONDS = 10.0  # some tasks may succeed while others still fail


class Troubles:
    """Whether the database fails, for all parts of this process that use it.

    Shape: `heard` is called with every error, and with None when it is over: once a write has
           succeeded, and no error has occurred for a while.
    Units: the clock is monotonic.
    """

    def __init__(
        self,
        heard: Callable[[StoreError | None], None] = lambda trouble: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._heard = heard
        self._clock = clock
        self._began_at: float | None = None
        self._told_at = self._met_at = 0.0
        self._well_since: float | None = None
        self._told: set[type[StoreError]] = set()  # of those that the operator must fix
        self.to_be_mended: StoreError | None = None  # the last of these, until resolved

    def met(self, trouble: StoreError) -> None:
        """Record an error; it is logged when it is new, or worse, or lasts."""
        now, is_new = self._clock(), self._began_at is None
        if self._began_at is None:
            self._began_at = self._told_at = now
        self._met_at, self._well_since = now, None
        facts = {"reason": str(trouble), "seconds": round(now - self._began_at)}
        lasts = isinstance(trouble, GoneError | DamagedError)
        if lasts:
            self.to_be_mended = trouble
        if lasts and type(trouble) not in self._told:
            self._told.add(type(trouble))
            _tell_lasting(trouble, facts)
        elif is_new or now - self._told_at >= _REMIND_SECONDS:
            self._told_at = now
            log.warning("database_in_trouble", **facts)
        else:
            log.debug("database_still_in_trouble", **facts)
        self._heard(trouble)

    def wrote(self) -> None:
        """Record a successful write."""
        if self._began_at is None:
            return
        now = self._clock()
        self._well_since = self._well_since or now
        if now - self._met_at < _QUIET_SECONDS:
            return
        log.warning("database_recovered", seconds=round(self._well_since - self._began_at))
        self._began_at = self.to_be_mended = None
        self._told.clear()
        self._heard(None)


def _tell_lasting(trouble: StoreError, facts: Mapping[str, object]) -> None:
    """Log that the operator must act, and how."""
    if isinstance(trouble, GoneError):
        log.critical("database_gone", **facts)
    else:
        log.critical("database_damaged", **facts)
