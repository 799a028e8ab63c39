"""What an attempt leaves to tell: changes, failures in a row, recoveries, and silence."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from daemon.alerting.events import events_of, owners_concerned
from daemon.alerting.matching import drafts
from daemon.alerting.values import Route
from daemon.model.change import Change, Hunk
from daemon.model.failure_history import FailureHistory
from daemon.model.outcome import Move, Outage, Outcome, SiteOutcome
from daemon.model.page import Page
from daemon.model.request import Request
from daemon.model.site import Rules, Site
from daemon.model.status import ErrorClass, Verdict
from daemon.store.tables.ids import new_id
from tests.alerting.things import route
from tests.making import PAST, changed, failed, finding, outcome, update

PLACE = route().target
ROUTES = {"local": [route()]}
NOW = PAST + timedelta(hours=1)  # when these attempts begin


def site(**more: Any) -> Site:
    return Site(new_id(), "Blog", "local", "blog", Rules(), "plain", **more)


def page(*sites: Site) -> Page:
    request = Request("https://site.example/blog")
    return Page(new_id(), request, "site.example:443", "daily", PAST, 1, sites=sites or (site(),))


def run(attempts: list[tuple[Any, timedelta]], *routes: Route) -> list[str]:
    """The kinds told by these attempts in a row; each is a maker of an outcome and its time."""
    one, told = site(), []
    for make, after in attempts:
        done: Outcome = replace(make(page(one)), started_at=PAST + after)
        found = events_of(done, {"local": routes or (route(),)})
        told.append(",".join(event.kind for event in found.events))
        [one] = found.sites or [one]
    return told


def fine(where: Page) -> Outcome:
    sites = tuple(SiteOutcome(one, Verdict.UNCHANGED) for one in where.sites)
    return outcome(where, sites=sites)


def ours(where: Page) -> Outcome:
    return failed(where, ErrorClass.STORE)


def by_proxy(where: Page) -> Outcome:
    return failed(where, ErrorClass.PROXY)


def test_a_proxy_that_is_down_is_told_as_it_would_stay_unnoticed():
    assert run(hours(by_proxy, by_proxy, by_proxy, fine)) == ["", "", "failing", "recovered"]
    assert by_proxy(page()).is_failure is False


def hours(*makers: Any) -> list[tuple[Any, timedelta]]:
    return [(make, timedelta(hours=i)) for i, make in enumerate(makers)]


def test_the_third_failure_in_a_row_is_told_once_and_the_recovery_once():
    told = run(hours(failed, failed, failed, failed, fine, fine))
    assert told == ["", "", "failing", "", "recovered", ""]


def test_failures_that_end_before_are_not_told():
    assert run(hours(failed, failed, fine, failed, failed, fine)) == [""] * 6


def test_our_own_trouble_neither_counts_nor_ends_a_row():
    assert run(hours(ours, ours, ours, ours)) == [""] * 4
    assert run(hours(failed, failed, ours, failed)) == ["", "", "", "failing"]


OUTAGE = Outage(frozenset({"a.example:443"}), PAST)


def test_failures_while_our_line_is_down_do_not_count():
    def cut_off(where: Page) -> Outcome:
        return replace(failed(where, ErrorClass.CONNECT), outage=OUTAGE)

    assert run(hours(cut_off, cut_off, cut_off, cut_off)) == [""] * 4


def test_a_reminder_comes_when_it_is_time():
    days = [(failed, timedelta(days=i, hours=i)) for i in range(5)]
    assert run(days) == ["", "", "failing", "failing", "failing"]
    assert run(days, route(remind_seconds=0)) == ["", "", "failing", "", ""]


def test_each_place_hears_after_as_many_failures_as_it_asks_for():
    quick, patient = route(failures=1), route(name="hook", target="t2", failures=4)
    told = run(hours(failed, failed, failed, failed, failed, fine), quick, patient)
    assert told == ["failing", "", "", "failing", "", "recovered"]


def test_only_who_heard_of_the_trouble_hears_that_it_is_over():
    routes = {"local": [route(failures=1), route(name="hook", target="t2", failures=4)]}
    one = page()
    [after] = events_of(failed(one), routes).sites
    [event] = events_of(fine(page(after)), routes).events
    assert [draft.channel for draft in drafts([event], routes)] == ["mail"]


def test_every_failure_notice_has_an_identity_of_its_own():
    since = PAST - timedelta(days=3)
    first = site(failure_history=FailureHistory(2, since))
    second = replace(
        first, failure_history=FailureHistory(5, since, {PLACE: PAST - timedelta(days=2)})
    )
    found = [events_of(failed(page(one)), ROUTES).events[0] for one in (first, second)]
    assert found[0].id != found[1].id
    assert [one.facts["is_reminder"] for one in found] == [False, True]


def test_a_recovery_says_how_long_it_took():
    one = site(
        failure_history=FailureHistory(
            7, NOW - timedelta(hours=5), {PLACE: NOW - timedelta(hours=4)}
        )
    )
    [event] = events_of(fine(page(one)), ROUTES).events
    assert event.facts["outage_seconds"] == 5 * 3600


def test_a_rule_that_fails_one_site_leaves_the_other_alone():
    broken = site(failure_history=FailureHistory(2, PAST))
    good = site()
    done = outcome(
        page(broken, good),
        sites=(
            SiteOutcome(broken, Verdict.FAILED, error_class=ErrorClass.SELECTOR, error_detail="x"),
            SiteOutcome(good, Verdict.UNCHANGED),
        ),
    )
    found = events_of(done, ROUTES)
    assert [event.facts["error_class"] for event in found.events] == ["selector"]
    assert [one.id for one in found.sites] == [broken.id]


def test_a_muted_site_tells_nothing_but_counts():
    muted = site(muted_until=NOW + timedelta(days=1), failure_history=FailureHistory(2, PAST))
    found = events_of(failed(page(muted)), ROUTES)
    assert found.events == ()
    assert [one.failure_history for one in found.sites] == [FailureHistory(3, PAST)]
    assert events_of(changed(page(muted), "one", "two"), ROUTES).events == ()


@pytest.mark.parametrize(
    ("notify_on", "told"), [("significant", [False]), ("every", [True]), ("none", [])]
)
def test_a_site_says_of_which_changes_it_tells(notify_on: str, told: list[bool]):
    one = replace(site(), rules=Rules(notify_on=notify_on))
    events = events_of(changed(page(one), "one", "two"), ROUTES).events
    assert [event.is_asked_for for event in events] == told


def test_a_site_that_tells_of_no_change_tells_of_failures_and_recoveries():
    quiet = replace(site(), rules=Rules(notify_on="none"))
    broken = replace(quiet, failure_history=FailureHistory(2, PAST))
    found = events_of(failed(page(broken)), ROUTES)
    assert [event.kind for event in found.events] == ["failing"]
    back = events_of(fine(page(*found.sites)), ROUTES)
    assert [event.kind for event in back.events] == ["recovered"]


def moved(where: Page) -> Outcome:
    move = Move("https://site.example/new?token=abc", text_differs=True)
    sites = tuple(SiteOutcome(one, Verdict.UNCHANGED, move=move) for one in where.sites)
    return outcome(where, sites=sites)


def test_a_move_is_told_with_the_new_address_and_without_its_secrets():
    where = page()
    assert list(owners_concerned(moved(where))) == ["local"]
    [event] = events_of(moved(where), ROUTES).events
    assert event.kind == "moved"
    assert event.facts["new_url"].startswith("https://site.example/new?token=")
    assert "abc" not in event.facts["new_url"]
    assert event.facts["text_differs"] is True
    [draft] = drafts([event], ROUTES)
    assert draft.kind == "moved"


def test_a_muted_site_tells_of_no_move():
    assert events_of(moved(page(site(muted_until=PAST + timedelta(days=1)))), ROUTES).events == ()


def test_a_change_is_told_with_its_reasons_and_lines():
    [event] = events_of(changed(page(), "one", "two"), ROUTES).events
    assert event.facts["summary"] == "A line came."
    assert event.facts["hunks"] == [{"removed": ["one"], "added": ["two"]}]
    assert "two" in event.text


@pytest.mark.parametrize("hunk", [Hunk(1, 1, (), ("x" * 10_000,)), Hunk(1, 1, (), ("x",) * 999)])
def test_a_huge_change_is_told_in_part(hunk: Hunk):
    change = Change((hunk,) * 100, 1, 1, 0, 1, 1, 0.5)
    where = page()
    sites = (
        SiteOutcome(
            where.sites[0],
            Verdict.CHANGED,
            update=update("one", "two", finding=finding(change=change)),
        ),
    )
    [event] = events_of(outcome(where, Verdict.CHANGED, sites=sites), ROUTES).events
    assert event.facts["is_cut"]
    assert len(str(event.facts)) < 20_000


@pytest.mark.parametrize(("tags", "told"), [(("work", "news"), 1), (("news",), 0), ((), 0)])
def test_what_happens_to_a_site_is_for_the_routes_of_its_tags(tags: tuple[str, ...], told: int):
    routes = {"local": [route(tags=("work", "home"))]}
    where = page(site(tags=tags))
    for done in (changed(where, "before", "after"), failed(where)):
        found = events_of(replace(done, started_at=NOW), {"local": [route(failures=1)]}).events
        assert len(found) == 1
        assert len(list(drafts(found, routes))) == told
