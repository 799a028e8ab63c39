"""The bars of checks: a day each, with its failures and changes, and all of it in words."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from daemon.display.check_bars import HEIGHT, check_bars
from daemon.store.views.trends import DayOfChecks

FIRST = date(2026, 11, 1)


def bars_of(*days: DayOfChecks) -> dict[date, DayOfChecks]:
    return {FIRST + timedelta(days=place): day for place, day in enumerate(days)}


def test_all_is_said_in_words() -> None:
    found = check_bars(bars_of(DayOfChecks(10, 2, 1), DayOfChecks(), DayOfChecks(1)))
    assert found is not None
    assert found.summary == "11 checks in 3 days: 2 found a change, 1 failed."
    assert [bar.words for bar in found.days] == [
        "1 Nov: 10 checks, 2 found a change, 1 failed",
        "2 Nov: no check",
        "3 Nov: 1 check, without a change",
    ]
    assert [bar.x for bar in found.days] == [0, 10, 20]


@pytest.mark.parametrize(
    ("day", "kinds"),
    [
        (DayOfChecks(10_000, 1, 1), ["failed", "changed", "ok"]),
        (DayOfChecks(2, 1, 1), ["failed", "changed"]),
        (DayOfChecks(5, 0, 5), ["failed"]),
        (DayOfChecks(5), ["ok"]),
        (DayOfChecks(100, 98, 2), ["failed", "changed"]),
    ],
)
def test_the_parts_of_a_bar_fill_it_and_each_is_seen(day: DayOfChecks, kinds: list[str]) -> None:
    found = check_bars(bars_of(day))
    assert found is not None
    [bar] = found.days
    assert [kind for kind, _, _ in bar.parts] == kinds
    assert all(height >= 3 and 0 <= y < HEIGHT for _, y, height in bar.parts)
    assert sum(height for _, _, height in bar.parts) >= HEIGHT - 1


def test_without_a_check_there_is_no_bar() -> None:
    assert check_bars(bars_of(DayOfChecks(), DayOfChecks())) is None
