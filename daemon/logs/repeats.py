"""Limits repeated log messages, and counts those held back."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple


class LineKind(NamedTuple):
    """What makes two log lines the same message; site None stands for all sites."""

    logger: str
    level: int
    event: str
    site: str | None = None


class RepeatedLine(NamedTuple):
    """A message held back, and how often."""

    kind: LineKind
    times: int


@dataclass(slots=True)
class _Window:
    ends_at: float
    passed: int = 0
    held: int = 0


class RepeatLimit:
    """Passes the first few of a message in each window and counts the rest.

    Shape: two limits, one for a message of one site, one for a message of all sites together;
           so neither a broken page nor a network outage fills the disk.
    Units: instants are seconds of a monotonic clock.
    """

    def __init__(
        self,
        *,
        per_site: int = 5,
        per_event: int = 120,
        window_seconds: float = 60.0,
        kinds: int = 2048,
    ) -> None:
        self._per_site = per_site
        self._per_event = per_event
        self._window_seconds = window_seconds
        self._kinds = kinds
        self._windows: OrderedDict[LineKind, _Window] = OrderedDict()
        self._evicted: list[RepeatedLine] = []

    def admits(self, kind: LineKind, now: float) -> bool:
        """Whether this message may be written now; if not, it is counted."""
        everywhere = self._window(kind._replace(site=None), now)
        here = self._window(kind, now) if kind.site is not None else everywhere
        limit = self._per_event if kind.site is None else self._per_site
        if everywhere.passed >= self._per_event:
            everywhere.held += 1
            return False
        if here.passed >= limit:
            here.held += 1
            return False
        everywhere.passed += 1
        here.passed += here is not everywhere
        return True

    def ended(self, now: float) -> Iterator[RepeatedLine]:
        """The messages held back in expired windows, each once."""
        evicted, self._evicted = self._evicted, []
        yield from evicted
        # All windows are equally long, so the oldest ends first.
        while self._windows:
            kind, window = next(iter(self._windows.items()))
            if window.ends_at > now:
                return
            del self._windows[kind]
            if window.held:
                yield RepeatedLine(kind, window.held)

    def _window(self, kind: LineKind, now: float) -> _Window:
        window = self._windows.get(kind)
        if window is None:
            window = self._windows[kind] = _Window(now + self._window_seconds)
            self._evict()
        return window

    def _evict(self) -> None:
        while len(self._windows) > self._kinds:
            kind, window = self._windows.popitem(last=False)
            if window.held:
                self._evicted.append(RepeatedLine(kind, window.held))
