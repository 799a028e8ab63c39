"""Lists, lengths of time and sizes are said in one way, whoever says them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from daemon.cli.commands.sites.show import _certificate
from daemon.display.times import seconds as short_seconds
from daemon.fetch.faults import Progress, status_fault, timed_out
from daemon.model.errors import ThrottledError
from daemon.monitoring.health import Health
from daemon.notify.render import words_of
from daemon.wording import byte_size, duration, listed, short_duration
from tests.making import PAST
from tests.notify.things import facts


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ([], ""),
        (["Blog"], "Blog"),
        (["Blog", "News"], "Blog, News"),
        (["Blog", "News", "Wiki"], "Blog, News and 1 more"),
    ],
)
def test_of_many_the_first_are_named(names: list[str], told: str) -> None:
    assert listed(names, 2) == told


@pytest.mark.parametrize(
    ("seconds", "told", "short"),
    [
        (0, "less than a second", "0s"),
        (0.4, "400 ms", "0s"),
        (0.9996, "1 s", "0s"),
        (2.5, "2.5 s", "2s"),
        (9.97, "10 s", "9s"),
        (59, "59 s", "59s"),
        (59.7, "1 min", "59s"),
        (125, "2 min 5 s", "2m"),
        (3599.8, "1 h", "59m"),
        (7000, "1 h 57 min", "1h"),
        (84_960, "23 h 36 min", "23h"),
        (86_399, "1 d", "23h"),
        (86_400, "1 d", "1d"),
        (90_061, "1 d 1 h", "1d"),
        (30 * 86_400, "30 d", "4w"),
    ],
)
def test_a_length_of_time_is_told_by_the_units_it_fills(
    seconds: float, told: str, short: str
) -> None:
    assert duration(seconds) == told
    assert short_duration(seconds) == short


IN_HEALTH = ("dispatch", "overdue")
LENGTHS = (12.0, 90.0, 3_000.0, 5_400.0, 40_000.0, 86_400.0)


@pytest.mark.parametrize("seconds", LENGTHS)
def test_whoever_tells_a_length_of_time_tells_the_same(seconds: float) -> None:
    clock = iter((0.0, 0.0, seconds))
    health = Health(clock=clock.__next__)
    health.beat("dispatch")
    health.overdue(seconds)
    progress = Progress("https://site.example/")
    busy = status_fault(503, {"retry-after": f"{seconds:.0f}"}, "https://site.example/")
    said = [
        words_of("recovered", facts(outage_seconds=seconds)).text,
        words_of("certificate", facts(seconds_left=seconds)).title,
        *(one.reason for name, one in health.components().items() if name in IN_HEALTH),
        str(ThrottledError("site.example", seconds)),
        timed_out(progress, seconds).detail,
        busy.detail,
        _certificate(PAST + timedelta(seconds=seconds), PAST)[1],
        short_seconds(seconds),
    ]
    assert [text for text in said if duration(seconds) not in text] == []


@pytest.mark.parametrize(
    ("size", "told"),
    [(0, "0 B"), (999, "999 B"), (12_340, "12.3 kB"), (5_000_000, "5.0 MB"), (2**40, "1,099.5 GB")],
)
def test_a_size_is_told_by_its_largest_unit(size: int, told: str) -> None:
    assert byte_size(size) == told


def test_a_size_is_rounded_before_its_unit_is_chosen() -> None:
    assert byte_size(999_950) == "1.0 MB"
    assert byte_size(999.4) == "999 B"
