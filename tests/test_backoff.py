"""Waits after failures: the numbers of every part that backs off, and the edges."""

from __future__ import annotations

from itertools import islice

import pytest

from daemon.backoff import Backoff


@pytest.mark.parametrize(
    ("backoff", "waits"),
    [
        (Backoff(1.0, 60.0), [1, 2, 4, 8, 16, 32, 60, 60]),
        (Backoff(0.25, 10.0), [0.25, 0.5, 1, 2, 4, 8, 10, 10]),
        (Backoff(30.0, 21600.0, factor=4.0), [30, 120, 480, 1920, 7680, 21600, 21600]),
        (Backoff(5.0, 5.0), [5, 5, 5]),
        (Backoff(3.0, 60.0, factor=1.0), [3, 3, 3]),
        (Backoff(90.0, 60.0), [60, 60]),
    ],
)
def test_each_wait_is_longer_by_the_factor_up_to_the_ceiling(
    backoff: Backoff, waits: list[float]
) -> None:
    assert [backoff.wait_seconds(n) for n in range(1, len(waits) + 1)] == waits
    assert list(islice(backoff.waits(), len(waits))) == waits


@pytest.mark.parametrize("failures", [0, -1])
def test_no_failure_yet_waits_as_after_the_first(failures: int) -> None:
    assert Backoff(15.0, 60.0).wait_seconds(failures) == 15.0


def test_a_million_failures_wait_no_longer_than_the_ceiling() -> None:
    assert Backoff(0.25, 10.0).wait_seconds(1_000_000) == 10.0
    assert Backoff(0.25, 10.0, factor=1.001).wait_seconds(1_000_000) == 10.0


@pytest.mark.parametrize(("randomness", "wait"), [(0.0, 30.0), (0.5, 40.0), (1.0, 50.0)])
def test_jitter_goes_both_ways_around_the_wait(randomness: float, wait: float) -> None:
    assert Backoff(20.0, 3600.0, jitter=0.25).wait_seconds(2, randomness) == wait
