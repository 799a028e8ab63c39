"""What an operator hears of a database in trouble."""

from __future__ import annotations

from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from daemon.model.errors import DamagedError, GoneError, StoreError
from daemon.store.core.troubles import Troubles

GONE, FULL = StoreError("no route to host"), StoreError("disk full")


class Night:
    """Troubles at instants that the test sets; what is logged, and what health hears."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.heard: list[StoreError | None] = []
        self.troubles = Troubles(self.heard.append, lambda: self.now)

    def at(self, now: float, trouble: StoreError | None = None) -> list[tuple[str, str, int]]:
        """Level, event and seconds of what is logged when this happens; None is a write."""
        self.now = 1000.0 + now
        with pytest.MonkeyPatch.context() as patch, capture_logs() as lines:
            patch.setattr("daemon.store.core.troubles.log", structlog.get_logger())
            if trouble is None:
                self.troubles.wrote()
            else:
                self.troubles.met(trouble)
        return [told(line) for line in lines if line["log_level"] != "debug"]


def told(line: Any) -> tuple[str, str, int]:
    return line["log_level"], line["event"], line["seconds"]


def test_a_trouble_is_told_at_its_begin_every_five_minutes_and_at_its_end() -> None:
    night = Night()
    lines = [line for second in range(700) for line in night.at(second, GONE)]
    lines += [line for second in range(700, 720) for line in night.at(second)]
    begun = ("warning", "database_in_trouble")
    assert lines == [
        *((*begun, seconds) for seconds in (0, 300, 600)),
        ("warning", "database_recovered", 700),
    ]
    assert night.heard[0] is night.heard[699] is GONE
    assert night.heard[700:] == [None]


@pytest.mark.parametrize(
    ("trouble", "event"),
    [(DamagedError("page 7"), "database_damaged"), (GoneError("deleted"), "database_gone")],
)
def test_what_somebody_must_mend_is_told_once_as_critical_until_it_is_over(
    trouble: StoreError, event: str
) -> None:
    night = Night()
    lines = [line for second in range(400) for line in night.at(second, trouble)]
    assert lines == [("critical", event, 0), ("warning", "database_in_trouble", 300)]
    assert night.troubles.to_be_mended is trouble
    lines = [line for second in range(400, 420) for line in night.at(second)]
    assert lines == [("warning", "database_recovered", 400)]
    assert vars(night.troubles)["to_be_mended"] is None
    assert night.at(500, trouble) == [("critical", event, 0)]


def test_a_write_between_two_failures_ends_nothing() -> None:
    night = Night()
    assert night.at(0, GONE)
    for second in range(1, 60, 3):
        assert night.at(second) == []
        assert night.at(second + 1, FULL) == []
    assert None not in night.heard
    assert night.at(80) == [("warning", "database_recovered", 80)]


def test_writes_without_a_trouble_say_nothing() -> None:
    night = Night()
    assert night.at(0) == night.at(100) == []
    assert night.heard == []


def test_damage_is_told_even_where_another_trouble_is_told_already() -> None:
    night = Night()
    night.at(0, GONE)
    damage = DamagedError("the database is damaged")
    assert night.at(5, damage) == [("critical", "database_damaged", 5)]
    assert night.at(6, damage) == []
    night.at(30)
    assert night.at(40, damage) == [("critical", "database_damaged", 0)]
