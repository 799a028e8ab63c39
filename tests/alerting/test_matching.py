"""Who hears of what: every wish of a route, and one notice for each cause and place."""

from __future__ import annotations

from datetime import timedelta

import pytest

from daemon.alerting.matching import drafts, wants
from daemon.alerting.values import EventKind
from daemon.model.change import ChangeType
from tests.alerting.things import NOON, event, route


@pytest.mark.parametrize(
    ("wish", "is_told"),
    [
        ({}, True),
        ({"kinds": ("failing",)}, False),
        ({"kinds": ("change", "price")}, True),
        ({"least_severity": ChangeType.MAJOR}, True),
        ({"least_severity": ChangeType.CRITICAL}, False),
        ({"names": ("shop *",)}, True),
        ({"names": ("Shop",)}, False),
        ({"site_types": ("news", "blog")}, True),
        ({"site_types": ("legal",)}, False),
        ({"tags": ("home", "work")}, True),
        ({"tags": ("home",)}, False),
        ({"include": ("PRICE",)}, True),
        ({"include": ("stock",)}, False),
        ({"exclude": ("fell",)}, False),
        ({"include": ("price",), "exclude": ("stock",)}, True),
    ],
)
def test_a_route_takes_what_it_asks_for(wish, is_told: bool):
    assert wants(route(**wish), event()) is is_told


def test_what_does_not_matter_is_told_only_to_those_who_want_everything():
    dull = event(is_significant=False)
    assert not wants(route(), dull)
    assert wants(route(only_significant=False), dull)


def test_every_change_that_a_site_asks_for_is_told_if_it_is_severe_enough():
    dull = event(is_significant=False, is_asked_for=True, severity=ChangeType.MINOR)
    assert wants(route(), dull)
    assert not wants(route(least_severity=ChangeType.MAJOR), dull)


def test_words_and_severity_are_not_asked_of_failures():
    failing = event(kind=EventKind.FAILING, severity=None, text="")
    assert wants(route(include=("price",), least_severity=ChangeType.CRITICAL), failing)


def test_every_place_hears_of_a_cause_once_and_keeps_its_key():
    routes = {"ada": [route(), route(name="again"), route(name="hook", target="t2")]}
    first, second = drafts([event()], routes), drafts([event()], routes)
    told = [(one.channel, one.idempotency_key) for one in first]
    assert [name for name, _ in told] == ["mail", "hook"]
    assert told == [(one.channel, one.idempotency_key) for one in second]
    assert len({key for _, key in told}) == 2


def test_the_key_does_not_follow_the_name_of_a_route():
    keys = {next(drafts([event()], {"ada": [route(name=n)]})).idempotency_key for n in "ab"}
    assert len(keys) == 1


def test_owners_of_one_site_hear_each_for_themselves():
    routes = {"ada": [route()], "bob": [route(name="bob's", least_severity=ChangeType.CRITICAL)]}
    told = list(drafts([event(), event(owner_id="bob")], routes))
    assert [one.user_id for one in told] == ["ada"]


def test_a_notice_waits_a_moment_for_others_of_its_host():
    [draft] = drafts([event()], {"ada": [route(gather_seconds=30)]})
    assert draft.bundle_key == "host:shop.example:443"
    assert draft.release_at == NOON + timedelta(seconds=30)


def test_a_digest_holds_all_but_the_urgent():
    routes = {"ada": [route(digest="daily", at_once_from=ChangeType.CRITICAL)]}
    calm, urgent = drafts(
        [event(), event(id="2", severity=ChangeType.CRITICAL)],
        routes,
    )
    assert calm.release_at == NOON.replace(hour=8) + timedelta(days=1)
    assert urgent.bundle_key.startswith("host:")


def test_quiet_hours_hold():
    [draft] = drafts([event()], {"ada": [route(quiet="11:00-13:30")]})
    assert draft.release_at == NOON.replace(hour=13, minute=30)
    assert draft.bundle_key.startswith("quiet:")
