"""What is forgotten when it was our own line that failed, and what is not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from daemon.alerting.outages import taken_back
from daemon.alerting.values import Failing, HeldFacts, TakenBack
from daemon.model.failure_history import NO_FAILURES, FailureHistory
from daemon.model.outcome import Outage
from daemon.redaction import redact_text
from daemon.store.tables.ids import new_id
from tests.alerting.things import NOON, held, route

HOST, URL = "shop.example:443", "https://shop.example/lamps"
OUTAGE = Outage(frozenset({HOST}), NOON)
ROUTES = {"ada": [route(), route(name="phone", target="t2")]}


def warning(**more: Any) -> HeldFacts:
    facts = {"site": "Lamps", "url": URL, "host": HOST, "failing_since": NOON.isoformat()}
    return HeldFacts(held(), "ada", "mail", "failing", facts | more)


def failing(*targets: str, **more: Any) -> Failing:
    failure_history = FailureHistory(3, NOON, dict.fromkeys(targets, NOON + timedelta(minutes=1)))
    fields: dict[str, Any] = {
        "is_product": False,
        "owner_id": "ada",
        "name": "Lamps",
        "url": URL,
        "failure_history": failure_history,
    }
    return Failing(new_id(), **(fields | more))


def test_a_warning_that_waits_is_untrue_and_its_alarm_is_over():
    one, site = warning(), failing("t1")
    taken = taken_back(OUTAGE, [one], [site], ROUTES)
    assert taken.notices == (one.notice.id,)
    assert [(moved.id, moved.failure_history) for moved in taken.failing] == [
        (site.id, NO_FAILURES)
    ]


def test_a_place_that_was_told_already_is_remembered():
    [moved] = taken_back(OUTAGE, [warning()], [failing("t1", "t2")], ROUTES).failing
    assert (moved.failure_history.failure_streak, set(moved.failure_history.alerted)) == (3, {"t2"})
    assert taken_back(OUTAGE, [], [failing("t1")], ROUTES) == TakenBack()


def test_who_was_only_to_be_reminded_has_heard_it_before():
    one = warning(is_reminder=True)
    assert taken_back(OUTAGE, [one], [failing("t1")], ROUTES) == TakenBack((one.notice.id,))


def test_other_hosts_older_failures_and_other_things_are_left_alone():
    before = (NOON - timedelta(minutes=1)).isoformat()
    others = [warning(host="else.example:443"), warning(failing_since=before)]
    assert taken_back(OUTAGE, others, [failing("t1")], ROUTES) == TakenBack()
    lamp = failing("t1", is_product=True)
    assert taken_back(OUTAGE, [warning()], [lamp], ROUTES).failing == ()


def test_an_address_with_a_secret_is_known_by_what_a_notice_shows_of_it():
    secret = f"{URL}?api_key=0123456789abcdef"
    shown = warning(url=redact_text(secret))
    assert shown.facts["url"] != secret
    [moved] = taken_back(OUTAGE, [shown], [failing("t1", url=secret)], ROUTES).failing
    assert moved.failure_history == NO_FAILURES


def test_facts_that_are_garbled_are_of_no_outage():
    garbled = HeldFacts(held(), "ada", "mail", "failing", {})
    assert taken_back(OUTAGE, [garbled], [], ROUTES) == TakenBack()
