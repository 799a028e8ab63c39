"""What the daemon tells of its checks as a whole."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from daemon.model.outcome import Outcome, SiteOutcome
from daemon.model.page import Page
from daemon.model.request import Request
from daemon.model.site import Rules, Site
from daemon.model.status import ErrorClass, Verdict
from daemon.monitoring.health import Component, ComponentState, Health
from daemon.monitoring.metrics import Metrics
from daemon.runtime.maintenance import Daemon
from tests.monitoring.test_metrics import series

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SITE = Site(UUID(int=2), "Blog", "local", None, Rules(), "plain")
PAGE = Page(UUID(int=1), Request("https://a.example/"), "a.example:443", "daily", NOW, 1)


@pytest.fixture
def daemon() -> Daemon:
    return Daemon(Health(), Metrics("0"), lambda line: None)


def told(daemon: Daemon, late: int = 0) -> Component:
    daemon.listener.report_checks(late)
    return daemon.health.components()["checks"]


def outcome(error_class: ErrorClass | None) -> Outcome:
    one = SiteOutcome(SITE, Verdict.FAILED, error_class=error_class)
    return Outcome(PAGE, Verdict.FAILED, NOW, 1.0, NOW, sites=(one,), error_class=error_class)


def test_checks_that_end_in_time_are_well(daemon: Daemon) -> None:
    daemon.observer.on_checked(outcome(ErrorClass.PARSE))
    assert told(daemon) == Component(ComponentState.OK, "end in time")


def test_a_deadline_is_counted_and_a_reason_to_look(daemon: Daemon) -> None:
    daemon.observer.on_checked(outcome(ErrorClass.DEADLINE))
    component = told(daemon)
    assert component.state is ComponentState.DEGRADED
    assert "deadline" in component.reason
    assert series(daemon.metrics)["changelogger_checks_cut_off_total"] == 1


def test_a_lost_lease_is_counted_and_a_reason_to_look(daemon: Daemon) -> None:
    daemon.observer.on_lease_lost()
    assert told(daemon).state is ComponentState.DEGRADED
    assert series(daemon.metrics)["changelogger_leases_lost_total"] == 1


def test_checks_that_do_not_end_are_a_reason_to_look(daemon: Daemon) -> None:
    component = told(daemon, late=3)
    assert component.state is ComponentState.DEGRADED
    assert component.reason.startswith("3 ")
    assert told(daemon).state is ComponentState.OK
