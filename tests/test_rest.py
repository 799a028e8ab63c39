"""When another browser is started after some that did not last."""

from __future__ import annotations

from daemon.browser.service.rest import Rest


class Watch:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_one_failure_costs_no_wait_and_each_further_one_twice_as_long() -> None:
    watch = Watch()
    rest = Rest(watch)
    assert (rest.reason, rest.fault) == ("", "")
    assert rest.failed("it does not start") == 0
    assert (rest.is_on, rest.fault) == (False, "it does not start; another is tried now")
    waits = [rest.failed("it does not start") for _ in range(9)]
    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 300]
    assert (rest.is_on, rest.fault) == (True, "it does not start; another is tried in 5 min")
    watch.now += 300
    assert (rest.is_on, rest.reason) == (False, "it does not start")


def test_a_page_that_is_shown_ends_it() -> None:
    rest = Rest(Watch())
    for _ in range(5):
        rest.failed("it ended")
    rest.worked()
    assert (rest.is_on, rest.fault) == (False, "")
    assert rest.failed("it ended") == 0


def test_a_blank_page_ends_it_and_the_next_failure_waits_longer_all_the_same() -> None:
    rest = Rest(Watch())
    assert [rest.failed("it ended") for _ in range(3)] == [0, 2, 4]
    rest.may_end()
    assert rest.reason == ""
    assert rest.failed("it ended") == 8
