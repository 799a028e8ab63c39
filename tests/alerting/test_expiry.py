"""Certificates that are about to end: who is warned, how often, and what is taken back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from daemon.alerting.certificates import threshold
from daemon.alerting.events import EventsOfCheck, events_of, owners_concerned
from daemon.alerting.matching import drafts
from daemon.alerting.values import Route
from daemon.model.outcome import Outcome
from daemon.model.page import Page
from daemon.model.request import Request
from daemon.model.response import Certificate, Validity
from daemon.model.site import Rules, Site
from daemon.store.tables.ids import new_id
from tests.alerting.things import route
from tests.making import PAST, outcome, response

NOW = PAST + timedelta(hours=1)  # when these attempts begin
DAY = timedelta(days=1)


def good_for(days: float, life: float = 90) -> Validity:
    until = NOW + days * DAY
    return Validity(until - life * DAY, until)


def looked(site: Site, days: float | None, life: float = 90) -> Outcome:
    """An attempt whose certificate is good for so many days more."""
    found = Certificate("site.example:443", good_for(days, life)) if days is not None else None
    page = Page(
        new_id(), Request("https://site.example/"), "site.example:443", "daily", PAST, 1,
        sites=(site,),
    )  # fmt: skip
    return outcome(page, response=response(certificate=found))


def site() -> Site:
    return Site(new_id(), "Blog", "local", "blog", Rules(), "plain")


def told(one: Site, days: float | None, *routes: Route) -> tuple[Site, EventsOfCheck]:
    """The site after such an attempt, and what there is to tell of it."""
    found = events_of(looked(one, days), {"local": routes or (route(),)})
    [after] = found.sites or [one]
    return after, found


@pytest.mark.parametrize(
    ("left", "life", "within"),
    [
        (31, 90, None), (14, 90, 14), (13.9, 90, 14), (7, 90, 7), (0.5, 90, 1), (-1, 90, 1),
        (2.1, 6, None), (6, 6, None), (0.9, 6, 1), (0.3, 1, None),
    ],
)  # fmt: skip
def test_a_threshold_is_one_that_its_life_leaves_room_for(
    left: float, life: float, within: int | None
):
    assert threshold(good_for(left, life), (14, 7, 1), NOW) == within


def test_each_threshold_of_a_certificate_is_told_once():
    one, kinds = site(), []
    end = NOW + 20 * DAY
    for day in range(20):
        done = looked(one, 20)
        done = replace(done, started_at=end - (20 - day) * DAY)
        found = events_of(done, {"local": [route()]})
        [one] = found.sites or [one]
        kinds.append(len(found.events))
    assert [day for day, count in enumerate(kinds) if count] == [6, 13, 19]


def test_who_wants_no_warnings_gets_none():
    one = site()
    assert told(one, 3, route(certificate_days=())) == (one, EventsOfCheck())
    _, found = told(one, 3, route(kinds=("change",)))
    assert found == EventsOfCheck()


def test_a_new_certificate_takes_back_what_was_not_heard_yet():
    routes = {"local": [route()]}
    one, first = told(site(), 3)
    [draft] = drafts(first.events, routes)
    after, renewed = told(one, 89)
    assert renewed.events == ()
    assert renewed.withdrawn == {draft.idempotency_key}
    assert after.certificate_told == {}


def test_a_nearer_threshold_takes_back_the_one_before():
    routes = {"local": [route()]}
    one, first = told(site(), 10)
    [draft] = drafts(first.events, routes)
    nearer = replace(looked(one, 10), started_at=NOW + 4 * DAY)
    found = events_of(nearer, routes)
    assert found.withdrawn == {draft.idempotency_key}
    assert len(found.events) == 1


def test_places_with_days_of_their_own_are_warned_apart():
    early = route(name="hook", target="t2", certificate_days=(30,))
    one, found = told(site(), 10, route(), early)
    drafted = drafts(found.events, {"local": [route(), early]})
    assert {draft.channel for draft in drafted} == {"mail", "hook"}
    assert len({event.id for event in found.events}) == 2
    assert told(one, 10, route(), early)[1] == EventsOfCheck()


def test_a_muted_site_is_warned_of_when_it_is_told_of_again():
    muted = replace(site(), muted_until=NOW + DAY)
    after, found = told(muted, 3)
    assert (after, found) == (muted, EventsOfCheck())
    assert len(told(replace(muted, muted_until=None), 3)[1].events) == 1


def test_an_attempt_without_an_answer_says_nothing_of_the_certificate():
    one, _ = told(site(), 3)
    silent = replace(looked(one, 3), response=None)
    assert events_of(silent, {"local": [route()]}) == EventsOfCheck()


@pytest.mark.parametrize(("days", "is_asked"), [(None, False), (80, False), (20, True)])
def test_routes_are_asked_for_only_when_the_end_is_near(days: float | None, *, is_asked: bool):
    assert any(owners_concerned(looked(site(), days))) is is_asked
