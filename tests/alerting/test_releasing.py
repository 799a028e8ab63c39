"""What goes out alone, what together, what later."""

from __future__ import annotations

from datetime import timedelta

import pytest

from daemon.alerting.releasing import bundle_of, plan, retry_at
from tests.alerting.things import NOON, held, route


def test_a_few_go_out_alone():
    waiting = [held(1), held(2)]
    assert plan(waiting, route(), 0, NOON).single == tuple(waiting)


def test_a_burst_of_one_host_is_one_message():
    waiting = [held(i) for i in range(300)]
    decided = plan(waiting, route(), 0, NOON)
    assert decided.single == ()
    assert [len(bundle.members) for bundle in decided.bundles] == [300]


def test_hosts_are_told_apart():
    waiting = [held(i, bundle_key=f"host:{i % 2}") for i in range(8)]
    assert [len(bundle.members) for bundle in plan(waiting, route(), 0, NOON).bundles] == [4, 4]


def test_a_burst_that_goes_on_is_waited_for():
    waiting = [held(i) for i in range(5)]
    fresh = held(9, created_at=NOON, release_at=NOON + timedelta(seconds=60))
    assert plan([*waiting, fresh], route(), 0, NOON) == plan([], route(), 0, NOON)
    [bundle] = plan([*waiting, fresh], route(), 0, NOON + timedelta(seconds=60)).bundles
    assert len(bundle.members) == 6


def test_a_burst_is_not_waited_for_without_end():
    old = [held(i, created_at=NOON - timedelta(minutes=10)) for i in range(3)]
    fresh = held(9, created_at=NOON, release_at=NOON + timedelta(seconds=60))
    [bundle] = plan([*old, fresh], route(), 0, NOON).bundles
    assert len(bundle.members) == 4


def test_a_digest_holds_what_is_due_then_and_nothing_later():
    due = [held(i, bundle_key="digest:1") for i in range(2)]
    later = held(9, bundle_key="digest:2", release_at=NOON + timedelta(days=1))
    assert plan([*due, later], route(), 0, NOON).bundles == (bundle_of(tuple(due)),)


def test_beyond_the_cap_all_waits_for_the_next_day_and_is_then_one_message():
    capped = route(daily_cap=3, time_zone="Europe/Berlin")
    waiting = [held(i, bundle_key=f"host:{i}") for i in range(10)]
    decided = plan(waiting, capped, 1, NOON)
    assert (len(decided.single), len(decided.later)) == (2, 8)
    assert decided.later_at == NOON.replace(hour=23)
    moved = [held(i, bundle_key=decided.later_key) for i in range(8)]
    assert [len(b.members) for b in plan(moved, capped, 0, NOON + timedelta(days=1)).bundles] == [8]


def test_what_the_cap_held_back_does_not_come_at_night():
    capped = route(daily_cap=1, quiet="22:00-07:00")
    decided = plan([held(1), held(2)], capped, 0, NOON)
    assert decided.later_at == NOON.replace(day=11, hour=7)


def test_the_key_of_a_bundle_follows_its_members_alone():
    one, two = held(1), held(2)
    keys = [bundle_of(members).idempotency_key for members in ((one, two), (two, one), (one,))]
    assert keys[0] == keys[1] != keys[2]


@pytest.mark.parametrize(
    ("tries", "least", "most"), [(1, 11, 19), (4, 90, 150), (99, 1.6e4, 2.8e4)]
)
def test_each_try_waits_longer_and_not_for_ever(tries: int, least: float, most: float):
    waits = [(retry_at(tries, NOON, draw, 0) - NOON).total_seconds() for draw in (0, 0.5, 1)]
    assert least <= min(waits) < max(waits) <= most


def test_a_receiver_may_ask_for_time_but_not_for_ever():
    assert retry_at(1, NOON, 0.5, 3600) == NOON + timedelta(hours=1)
    assert retry_at(1, NOON, 0.5, 1e9) == NOON + timedelta(days=1)
