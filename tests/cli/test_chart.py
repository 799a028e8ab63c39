"""Prices as a line of heights, and as a chart of steps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from daemon.cli.terminal.chart import chart, sparkline

START = datetime(2026, 11, 1, tzinfo=UTC)
END = START + timedelta(days=8)


def steps(*prices: tuple[int, str]) -> list[tuple[datetime, Decimal]]:
    return [(START + timedelta(days=day), Decimal(price)) for day, price in prices]


def test_a_line_is_as_high_as_the_price_and_empty_before_it_was_known():
    line = sparkline(steps((2, "10"), (4, "20"), (6, "10")), START, END, 8)
    assert line == " ▁▁██▁▁▁"


def test_a_price_that_never_moved_is_a_flat_line_in_the_middle():
    assert sparkline(steps((-5, "10")), START, END, 4) == "▅▅▅▅"


def test_nothing_known_is_nothing_drawn():
    assert sparkline([], START, END, 8) == ""
    assert chart([], START, END, 8, 4) == []


def test_a_short_bargain_is_seen_in_a_wide_column():
    dip = [*steps((0, "20")), (END - timedelta(hours=3), Decimal(5)), *steps((8, "20"))]
    assert sparkline(dip, START, END, 2)[-1] == "▁"


def test_a_chart_steps_from_price_to_price():
    assert chart(steps((0, "10.0000"), (4, "20")), START, END, 6, 3) == [
        "20.00 ┤  ╭───",
        "      ┤  │",
        "10.00 ┤──╯",
    ]
