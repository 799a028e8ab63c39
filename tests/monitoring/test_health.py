from __future__ import annotations

import pytest

from daemon.monitoring.health import (
    Component,
    ComponentState,
    Expectations,
    Health,
    HealthLimits,
    worst,
)


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def running(clock: Clock) -> Health:
    health = Health(clock=clock)
    health.report("database", ComponentState.OK, "sqlite")
    health.beat("dispatch")
    health.lag(0.001)
    health.overdue(0)
    health.disk(50 * 2**30)
    return health


def test_a_daemon_that_has_done_nothing_yet_is_failing() -> None:
    components = Health().components()
    assert worst(components) is ComponentState.FAILING
    assert components["database"] == Component(ComponentState.FAILING, "not opened yet")
    assert components["dispatch"] == Component(ComponentState.FAILING, "no dispatch yet")
    assert components["disk"] == Component(ComponentState.OK, "not measured yet")


def test_a_daemon_at_work_is_ok_and_every_part_says_why() -> None:
    components = running(Clock()).components()
    assert worst(components) is ComponentState.OK
    assert set(components) == {"database", "dispatch", "event_loop", "overdue", "disk"}
    assert all(component.reason for component in components.values())


@pytest.mark.parametrize(
    ("seconds", "state", "reason"),
    [
        (0.4, ComponentState.OK, "the last dispatch was 400 ms ago"),
        (10, ComponentState.DEGRADED, "the last dispatch was 10 s ago"),
        (7_000, ComponentState.FAILING, "the last dispatch was 1 h 57 min ago"),
        (90_000, ComponentState.FAILING, "the last dispatch was 1 d 1 h ago"),
    ],
)
def test_a_dispatch_that_does_not_come_round_is_seen(
    seconds: float, state: ComponentState, reason: str
) -> None:
    clock = Clock()
    health = running(clock)
    clock.now += seconds
    assert health.components()["dispatch"] == Component(state, reason)


@pytest.mark.parametrize(
    ("part", "value", "state"),
    [
        ("lag", 0.1, ComponentState.OK),
        ("lag", 0.7, ComponentState.DEGRADED),
        ("lag", 9, ComponentState.FAILING),
        ("overdue", 30, ComponentState.OK),
        ("overdue", 601, ComponentState.DEGRADED),
        ("overdue", 86_400, ComponentState.FAILING),
        ("disk", 2**34, ComponentState.OK),
        ("disk", 2**28, ComponentState.DEGRADED),
        ("disk", 0, ComponentState.FAILING),
    ],
)
def test_a_measurement_beyond_its_limit_is_seen(
    part: str, value: int, state: ComponentState
) -> None:
    health = running(Clock())
    getattr(health, part)(value)
    assert worst(health.components()) is state


def test_the_worst_part_comes_first() -> None:
    health = running(Clock())
    health.report(
        "config", ComponentState.DEGRADED, "config.toml:3: unknown key; the last good one runs"
    )
    health.report("database", ComponentState.FAILING, "locked")
    assert list(health.components())[:2] == ["database", "config"]


def test_what_is_normal_can_be_told() -> None:
    clock = Clock()
    health = Health(Expectations(dispatch_seconds=HealthLimits(1, 2)), clock=clock)
    health.beat("dispatch")
    clock.now += 3
    assert health.components()["dispatch"].state is ComponentState.FAILING
    assert health.age_seconds("dispatch") == 3
    assert health.age_seconds("retention") is None
    assert health.uptime_seconds == 3


def test_made_up_names_do_not_grow_it_without_end() -> None:
    health = Health()
    for number in range(1000):
        health.report(f"part {number}", ComponentState.OK)
        health.beat(f"part {number}")
    assert len(health.components()) < 50


def test_reasons_are_cleaned_and_cut() -> None:
    health = Health(clean=lambda text: text.replace("hunter2", "***"))
    health.report("database", ComponentState.FAILING, "hunter2 " + "x" * 1000)
    reason = health.components()["database"].reason
    assert reason.startswith("*** x")
    assert len(reason) == 300
    assert reason.endswith("…")


def test_nothing_is_ok() -> None:
    assert worst({}) is ComponentState.OK
