"""Rests after browsers that did not last, so that none is started for each page for ever."""

from __future__ import annotations

import time
from collections.abc import Callable

from daemon.browser.messages import with_next_try

_FIRST_SECONDS = 2.0  # after two in a row; twice as long after each further one
_MOST_SECONDS = 300.0


class Rest:
    """Counts browsers in a row that did not start, or ended by themselves without one page.

    Shape: `reason` is why no browser is there; empty where one may be started.
    Units: the clock is monotonic.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures = 0
        self._until = 0.0
        self.reason = ""

    @property
    def fault(self) -> str:
        """The reason, and when another browser is tried."""
        return with_next_try(self.reason, self.seconds_left) if self.reason else ""

    @property
    def seconds_left(self) -> float:
        """How long none is started yet."""
        return max(0.0, self._until - self._clock())

    @property
    def is_on(self) -> bool:
        """Whether none is to be started yet."""
        return self.seconds_left > 0

    def failed(self, reason: str) -> float:
        """One did not last; how long none is started now, in seconds."""
        self._failures += 1
        self.reason = reason
        doublings = min(self._failures - 2, 20)
        seconds = min(_FIRST_SECONDS * 2**doublings, _MOST_SECONDS) if doublings >= 0 else 0.0
        self._until = self._clock() + seconds
        return seconds

    def may_end(self) -> None:
        """One has shown a blank page: pages may be tried, but the next to fail waits longer."""
        self.reason = ""

    def worked(self) -> None:
        """One has shown a page."""
        self._failures, self._until, self.reason = 0, 0.0, ""
