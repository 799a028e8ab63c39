"""Checks that end in a fault of ours again and again: told by name, until they do not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from daemon.model.outcome import Outcome, SiteOutcome
from daemon.model.page import Page
from daemon.model.request import Request
from daemon.model.site import Rules, Site
from daemon.model.status import ErrorClass, Verdict
from daemon.monitoring.health import ComponentState, Health
from daemon.monitoring.metrics import Metrics
from daemon.runtime.maintenance import Daemon
from daemon.runtime.own_faults import ENOUGH, OwnFaults
from tests.making import PAST, failed, outcome

HOUR = timedelta(hours=1)


def site(number: int, name: str) -> Site:
    return Site(UUID(int=number), name, "local", None, Rules(), "plain")


BLOG, NEWS = site(1, "Blog"), site(2, "News")
PAGE = Page(
    id=UUID(int=9), request=Request("https://a.example/"), host="a.example:443",
    check_frequency="daily", next_check_at=PAST, lease_token=1, sites=(BLOG, NEWS),
)  # fmt: skip


def broken(*sites: Site) -> Outcome:
    """A check of the page that ends in a fault of ours for these sites, and well for the rest."""
    ended = tuple(
        SiteOutcome(one, Verdict.FAILED, error_class=ErrorClass.INTERNAL, error_detail="a bug")
        if one in sites
        else SiteOutcome(one, Verdict.UNCHANGED)
        for one in PAGE.sites
    )
    return outcome(PAGE, Verdict.UNCHANGED, sites=ended)


def test_one_site_of_a_page_is_told_of_from_the_third_time_on_until_it_works() -> None:
    told: list[str] = []
    faults = OwnFaults(told.append)
    for _ in range(ENOUGH + 1):
        faults.heard(broken(BLOG))
    assert told[: ENOUGH - 1] == [""] * (ENOUGH - 1)
    assert told[ENOUGH - 1] == ("checks end in a fault of ours: Blog (3 times in a row: a bug)")
    assert "Blog (4 times in a row" in told[-1]
    faults.heard(broken())
    assert told[-1] == ""


def test_a_page_that_fails_as_a_whole_names_all_its_sites() -> None:
    told: list[str] = []
    faults = OwnFaults(told.append)
    for _ in range(ENOUGH):
        faults.heard(failed(PAGE, ErrorClass.INTERNAL))
    assert "Blog (3 times" in told[-1]
    assert "News (3 times" in told[-1]


def test_what_is_not_checked_any_more_is_forgotten() -> None:
    told: list[str] = []
    faults = OwnFaults(told.append)
    last = replace(broken(NEWS), next_check_at=PAST + HOUR)
    for _ in range(ENOUGH):
        faults.heard(last)
    faults.look(PAST + HOUR)
    assert "News" in told[-1]
    faults.look(PAST + 3 * HOUR)
    assert told[-1] == ""


def test_the_sites_own_troubles_are_none_of_ours() -> None:
    told: list[str] = []
    faults = OwnFaults(told.append)
    for error_class in (ErrorClass.INTERNAL, ErrorClass.TIMEOUT) * 5:
        faults.heard(failed(PAGE, error_class))
    assert set(told) == {""}


def test_health_names_them_and_is_well_again() -> None:
    daemon = Daemon(Health(), Metrics("0"), lambda line: None)
    for _ in range(ENOUGH):
        daemon.observer.on_checked(broken(BLOG))
    part = daemon.health.components()["faults"]
    assert part.state is ComponentState.DEGRADED
    assert "Blog (3 times in a row: a bug)" in part.reason
    daemon.observer.on_checked(broken())
    assert daemon.health.components()["faults"].state is ComponentState.OK
