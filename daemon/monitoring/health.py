"""Tracks the health of the daemon's parts by their reports, heartbeats and measurements.

Everything is in memory, so that a response is always fast, whatever the state of the database, the
network or the load.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from daemon.wording import byte_size, duration

_COMPONENTS = 32  # callers with made-up names must not grow this without limit
_REASON_CHARACTERS = 300


class ComponentState(StrEnum):
    """The state of a part of the daemon, best first."""

    OK = "ok"
    DEGRADED = "degraded"  # works, but needs attention
    FAILING = "failing"


_SEVERITY = {state: place for place, state in enumerate(ComponentState)}


@dataclass(frozen=True, slots=True)
class Component:
    """One part's state, with the reason in words."""

    state: ComponentState
    reason: str


@dataclass(frozen=True, slots=True)
class HealthLimits:
    """The values from which a part is degraded or failing.

    Shape: smaller values are worse when `failing` is below `degraded`.
    """

    degraded: float
    failing: float

    def judge(self, value: float) -> ComponentState:
        """The state for this value."""
        sign = 1 if self.failing >= self.degraded else -1
        if sign * value >= sign * self.failing:
            return ComponentState.FAILING
        return (
            ComponentState.DEGRADED if sign * value >= sign * self.degraded else ComponentState.OK
        )


@dataclass(frozen=True, slots=True)
class Expectations:
    """The limits of normal operation.

    Units: seconds since the last dispatch, of loop lag, and that the oldest due page has waited;
           bytes free on the disk.
    """

    dispatch_seconds: HealthLimits = HealthLimits(degraded=10, failing=60)
    loop_lag_seconds: HealthLimits = HealthLimits(degraded=0.5, failing=5)
    overdue_seconds: HealthLimits = HealthLimits(degraded=600, failing=21_600)
    disk_free_bytes: HealthLimits = HealthLimits(degraded=512 * 2**20, failing=64 * 2**20)


class Health:
    """The health of the daemon, fed by its parts and read by the endpoint.

    Shape: `clean` is applied to every reason, to mask secrets.
    Units: the clock is monotonic.
    """

    def __init__(
        self,
        expectations: Expectations | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        clean: Callable[[str], str] = str,
    ) -> None:
        self._expected = expectations or Expectations()
        self._clock = clock
        self._clean = clean
        self._started = clock()
        self._beats: dict[str, float] = {}
        self._loop_lag_seconds: float | None = None
        self._overdue_seconds: float | None = None
        self._disk_free_bytes: int | None = None
        self._reports = {"database": Component(ComponentState.FAILING, "not opened yet")}

    def clean_with(self, clean: Callable[[str], str]) -> None:
        """Mask other secrets in the reasons from now on."""
        self._clean = clean

    def report(self, component: str, state: ComponentState, reason: str = "") -> None:
        """Report the state of a part; the last report counts."""
        if component in self._reports or len(self._reports) < _COMPONENTS:
            self._reports[component] = Component(state, _cut(self._clean(reason)))

    def beat(self, component: str) -> None:
        """Record a heartbeat of a part."""
        if component in self._beats or len(self._beats) < _COMPONENTS:
            self._beats[component] = self._clock()

    def lag(self, seconds: float) -> None:
        """Record the worst recent lag of the event loop."""
        self._loop_lag_seconds = seconds

    def overdue(self, seconds: float) -> None:
        """Record how long the oldest due page has waited; 0 when none waits."""
        self._overdue_seconds = seconds

    def disk(self, free_bytes: int) -> None:
        """Record the free space on the database's disk."""
        self._disk_free_bytes = free_bytes

    def age_seconds(self, component: str) -> float | None:
        """The time since a part's last beat; None before the first."""
        beat_at = self._beats.get(component)
        return None if beat_at is None else max(0.0, self._clock() - beat_at)

    @property
    def uptime_seconds(self) -> float:
        return self._clock() - self._started

    def components(self) -> dict[str, Component]:
        """Every part, the worst first, by name among equals."""
        parts = {
            **self._reports,
            "dispatch": self._dispatch(),
            "event_loop": self._event_loop(),
            "overdue": self._overdue(),
            "disk": self._disk(),
        }
        ordered = sorted(parts.items(), key=lambda part: (-_SEVERITY[part[1].state], part[0]))
        return dict(ordered)

    def _dispatch(self) -> Component:
        age = self.age_seconds("dispatch")
        if age is None:
            return Component(ComponentState.FAILING, "no dispatch yet")
        state = self._expected.dispatch_seconds.judge(age)
        return Component(state, f"the last dispatch was {duration(age)} ago")

    def _event_loop(self) -> Component:
        lag = self._loop_lag_seconds
        if lag is None:
            return Component(ComponentState.OK, "not measured yet")
        state = self._expected.loop_lag_seconds.judge(lag)
        return Component(state, f"the event loop was lately late by {duration(lag)} at most")

    def _overdue(self) -> Component:
        waits = self._overdue_seconds
        if waits is None:
            return Component(ComponentState.OK, "not measured yet")
        state = self._expected.overdue_seconds.judge(waits)
        return Component(
            state, f"the oldest due page waits {duration(waits)}" if waits > 0 else "no page waits"
        )

    def _disk(self) -> Component:
        free = self._disk_free_bytes
        if free is None:
            return Component(ComponentState.OK, "not measured yet")
        return Component(self._expected.disk_free_bytes.judge(free), f"{byte_size(free)} free")


def worst(components: Mapping[str, Component]) -> ComponentState:
    """The state of the whole: that of its worst part."""
    states = (component.state for component in components.values())
    return max(states, key=_SEVERITY.__getitem__, default=ComponentState.OK)


def _cut(reason: str) -> str:
    """The reason, cut with an ellipsis when too long."""
    is_long = len(reason) > _REASON_CHARACTERS
    return f"{reason[: _REASON_CHARACTERS - 1]}…" if is_long else reason
