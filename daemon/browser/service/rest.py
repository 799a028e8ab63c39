"""Rests after browsers that did not last, so that none is started for each page for ever."""

from __future__ import annotations

import time
from collections.abc import Callable

from daemon.wording import duration

_FIRST_SECONDS = 2.0  # after two in a row; twice as long after each further one
_MOST_SECONDS = 300.0


class Rest:
    """Counts browsers in a row that did not start, or ended by themselves without one page.

    Units: the clock is monotonic.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures = 0
        self._reason = ""
        self._until = 0.0

    @property
    def fault(self) -> str:
        """Why no browser is there, and when the next is tried; empty where one may be started."""
        left = self._until - self._clock()
        if not self._failures:
            return ""
        when = f"in {duration(left)}" if left > 0 else "with the next page"
        return f"{self._reason}; another is tried {when}"

    @property
    def is_on(self) -> bool:
        """Whether none is to be started yet."""
        return self._clock() < self._until

    def failed(self, reason: str) -> float:
        """One did not last; how long none is started now, in seconds."""
        self._failures += 1
        self._reason = reason
        doublings = min(self._failures - 2, 20)
        seconds = min(_FIRST_SECONDS * 2**doublings, _MOST_SECONDS) if doublings >= 0 else 0.0
        self._until = self._clock() + seconds
        return seconds

    def worked(self) -> None:
        """One has shown a page."""
        self._failures, self._until = 0, 0.0
