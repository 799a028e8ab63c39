"""Whose trouble it is when nothing can be reached."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from daemon.alerting.connectivity import Uplink
from daemon.model.outcome import Outcome
from daemon.model.page import Page
from daemon.model.request import Request
from daemon.model.status import ErrorClass
from daemon.store.tables.ids import new_id
from tests.making import PAST, failed, outcome

NOW = PAST + timedelta(hours=1)


def page(host: str) -> Page:
    return Page(new_id(), Request(f"https://{host}/"), f"{host}:443", "daily", PAST, 1)


def lost(host: str, error: ErrorClass = ErrorClass.CONNECT) -> Outcome:
    return failed(page(host), error)


def line(*outcomes: Outcome) -> Uplink:
    found = Uplink()
    for one in outcomes:
        found = found.after(one)
    return found


@pytest.mark.parametrize("error", [ErrorClass.DNS, ErrorClass.CONNECT, ErrorClass.TIMEOUT])
def test_hosts_that_vanish_together_are_our_line(error: ErrorClass):
    assert line(*(lost(name, error) for name in "abcde")).is_down(NOW)


def test_one_host_is_its_own_trouble_however_often_it_fails():
    assert not line(*[lost("a")] * 9, lost("b")).is_down(NOW)


def test_any_answer_shows_that_the_line_is_there():
    refused = replace(lost("d", ErrorClass.HTTP_5XX), status=500)
    for answer in (outcome(page("d")), refused, lost("d", ErrorClass.TLS)):
        assert not line(lost("a"), lost("b"), answer, lost("c")).is_down(NOW)


@pytest.mark.parametrize("error", [ErrorClass.STORE, ErrorClass.ROBOTS, ErrorClass.BLOCKED])
def test_what_never_left_the_house_shows_nothing(error: ErrorClass):
    assert line(lost("a"), lost("b"), lost("d", error), lost("c")).is_down(NOW)
    assert not line(lost("a"), lost("b"), lost("d", error)).is_down(NOW)


def test_after_a_day_it_may_be_all_of_them_after_all():
    assert not line(lost("a"), lost("b"), lost("c")).is_down(NOW + timedelta(days=1))
