"""Allows something so often in each minute, for each viewer."""

from __future__ import annotations

from collections import defaultdict, deque
from datetime import datetime, timedelta

from daemon.model.errors import TooManyError
from daemon.model.viewer import Viewer
from daemon.wording import duration

_PERIOD = timedelta(minutes=1)


class Allowance:
    """How often people may have something done that others have to bear."""

    def __init__(self, most: int, word: str, noun: str) -> None:
        self._most = most
        self._word = word
        self._noun = noun
        self._begun: defaultdict[Viewer, deque[datetime]] = defaultdict(deque)

    def take(self, viewer: Viewer, now: datetime) -> None:
        """Count one more.

        Errors: TooManyError.
        """
        begun = self._begun[viewer]
        while begun and begun[0] <= now - _PERIOD:
            begun.popleft()
        if len(begun) >= self._most:
            wait = (begun[0] + _PERIOD - now).total_seconds()
            told = f"{self._most} {self._noun} a minute are allowed: wait {duration(wait)}"
            raise TooManyError(self._word, told, wait)
        begun.append(now)
