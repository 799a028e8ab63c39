"""The chart of a product's prices: its line, its gaps, its labels, and its size."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from daemon.display.candidates import shown_candidates
from daemon.display.price_chart import SIDE, ChartScope, PriceChart, price_chart
from daemon.lexicon.availability import Availability
from daemon.model.product import PricePoint
from daemon.money.offer import PriceCandidate

START = datetime(2026, 3, 1, tzinfo=UTC)
END = START + timedelta(days=100)


def point(day: float, price: str | None, stock: str = "in_stock", **more: str) -> PricePoint:
    amount = None if price is None else Decimal(price)
    at = START + timedelta(days=day)
    fields: dict[str, str | None] = {"currency": "EUR", "variant": None}
    return PricePoint(at, amount, availability=Availability(stock), **(fields | more))


def drawn(*points: PricePoint, **scope: object) -> PriceChart:
    read_at = [START + timedelta(days=day) for day in range(100)]
    fields: dict[str, object] = {"read_at": read_at}
    chart = price_chart(points, ChartScope(START, END, **(fields | scope)))  # type: ignore[arg-type]  # as written
    assert chart is not None
    return chart


def test_a_price_is_a_level_until_the_next_one() -> None:
    chart = drawn(point(0, "20"), point(50, "10"))
    assert chart.line == "M0 80H500V920H1000"
    assert [(label.percent, label.text) for label in chart.levels] == [
        (8.0, "20.00 EUR"),
        (92.0, "10.00 EUR"),
    ]
    assert (chart.gaps, chart.last_y) == ((), 92.0)
    assert chart.summary == (
        "From 20.00 EUR to 10.00 EUR in 1 move; lowest 10.00 EUR, highest 20.00 EUR."
    )


def test_dates_are_as_exact_as_the_span_is_short() -> None:
    labels = {}
    for days in (1, 30, 365):
        read_at = [START + timedelta(days=day) for day in range(days)]
        scope = ChartScope(START, START + timedelta(days=days), read_at=read_at)
        chart = price_chart([point(0, "20")], scope)
        assert chart is not None
        labels[days] = [label.text for label in chart.dates]
        assert labels[days][-1] == "now"
    assert [len(set(told)) for told in labels.values()] == [4, 4, 4]
    assert all(":" in told for told in labels[1][:-1])
    assert all("2026" in told for told in labels[365][:-1])


def test_no_two_dates_of_a_chart_read_alike() -> None:
    end = START + timedelta(seconds=40)
    chart = price_chart([point(0, "20")], ChartScope(START, end, read_at=[START, end]))
    assert chart is not None
    told = [label.text for label in chart.dates if label.text]
    assert told[-1] == "now"
    assert len(chart.dates) == 4  # each stays in its place
    assert len(set(told)) == len(told)


def test_one_price_alone_is_drawn_in_the_middle() -> None:
    chart = drawn(point(0, "20"))
    assert chart.line == f"M0 500H{SIDE}"
    assert [label.text for label in chart.levels] == ["20.00 EUR"]


def test_a_price_from_before_the_span_holds_at_its_start() -> None:
    chart = drawn(point(-400, "20"), point(10, "30"))
    assert chart.line == "M0 920H100V80H1000"
    assert chart.gaps == ()


@pytest.mark.parametrize("stock", ["out_of_stock", "discontinued"])
def test_what_is_sold_out_is_a_gap(stock: str) -> None:
    chart = drawn(point(0, "20"), point(40, "20", stock), point(60, "25"))
    assert chart.line == "M0 920H400M600 80H1000"
    [gap] = chart.gaps
    assert (gap.left, gap.width) == (400, 200)
    assert gap.words.startswith(stock.replace("_", " "))
    assert chart.summary.endswith("without a price 1 time.")


def test_what_is_sold_out_now_has_no_price_now() -> None:
    chart = drawn(point(0, "20"), point(40, "20", "out_of_stock"))
    assert chart.last_y is None
    assert chart.line == "M0 500H400"


def test_a_check_without_a_price_begins_a_gap() -> None:
    chart = drawn(point(0, "20"), point(40, None, "unknown"), point(41, None), point(60, "20"))
    assert [(gap.left, gap.width) for gap in chart.gaps] == [(400, 200)]


def test_a_time_without_a_check_is_a_gap() -> None:
    read = [START + timedelta(days=day) for day in range(100) if not 20 <= day < 50]
    chart = drawn(point(0, "20"), point(70, "10"), read_at=read)
    [gap] = chart.gaps
    assert (gap.left, gap.width) == (200, 300)
    assert gap.words.startswith("not read")
    assert chart.line == "M0 80H200M500 80H700V920H1000"


def test_a_page_that_is_checked_seldom_has_no_gaps() -> None:
    read = [START + timedelta(days=day) for day in range(0, 100, 10)]
    chart = drawn(point(0, "20"), read_at=read, interval=timedelta(days=10))
    assert chart.gaps == ()
    assert drawn(point(0, "20"), read_at=read).gaps != ()


def test_other_currencies_and_variants_are_not_drawn() -> None:
    chart = drawn(
        point(0, "20"), point(10, "900", currency="JPY"), point(20, "1", variant="small"),
        point(50, "10"),
    )  # fmt: skip
    assert chart.line == "M0 80H500V920H1000"


def test_a_target_is_drawn_where_it_does_not_squeeze_the_prices() -> None:
    near = drawn(point(0, "20"), point(50, "18"), target=Decimal(16))
    assert near.target == "M0 920H1000"
    assert near.target_label is not None
    assert (near.target_label.percent, near.target_label.text) == (92.0, "target 16.00 EUR")
    assert [label.text for label in near.levels] == ["20.00 EUR", "18.00 EUR"]
    far = drawn(point(0, "20"), point(50, "18"), target=Decimal(1))
    assert (far.target, far.target_label) == ("", None)


def test_without_a_price_there_is_no_chart() -> None:
    scope = ChartScope(START, END)
    assert price_chart([], scope) is None
    assert price_chart([point(3, None)], scope) is None
    assert price_chart([point(0, "20", "out_of_stock")], scope) is None
    assert price_chart([point(200, "20")], scope) is None


def test_a_year_of_moves_is_a_small_picture() -> None:
    year = ChartScope(START, START + timedelta(days=365), interval=timedelta(days=1))
    points = [point(day, str(100 + day * 37 % 61)) for day in range(365)]
    chart = price_chart(points, year)
    assert chart is not None
    assert len(chart.line) <= 4_300
    assert chart.line.count("V") == 364


def test_more_moves_than_can_be_drawn_keep_their_extremes() -> None:
    points = [point(hour / 24, str(100 + hour * 37 % 61)) for hour in range(2_400)]
    points[1_234] = point(1_234 / 24, "1")
    chart = drawn(*points)
    assert len(chart.line) <= 12_000
    assert [label.text for label in chart.levels] == ["160.00 EUR", "1.00 EUR"]
    heights = [int(y) for y in re.findall(r"V(\d+)", chart.line)]
    assert max(heights) == 920
    assert chart.line.endswith("H1000")


def candidate(amount: str, source: str, context: str = "", score: float = 1.0) -> PriceCandidate:
    return PriceCandidate(Decimal(amount), "EUR", source, amount, context, score)


def test_candidates_are_told_apart_from_the_one_that_was_chosen() -> None:
    shown = shown_candidates(
        [
            candidate("20", "visible", "was main/s"),
            candidate("15", "visible", "now main/b"),
            candidate("4.90", "visible", "shipping main/i"),
            candidate("99", "visible", "plain aside/b", -3),
            candidate("15", "jsonld", "price offers[0]"),
            candidate("17", "meta", "price"),
        ],
        Decimal(15),
        "jsonld",
        "offers[0]",
    )
    assert [(one.price, one.source, one.note) for one in shown] == [
        ("15.00 EUR", "JSON-LD", "chosen"),
        ("15.00 EUR", "text on the page", "agrees"),
        ("20.00 EUR", "text on the page", "a former price"),
        ("4.90 EUR", "text on the page", "shipping"),
        ("99.00 EUR", "text on the page", "not beside the product"),
        ("17.00 EUR", "a meta tag", "another price"),
    ]


def test_the_place_tells_two_equal_candidates_apart() -> None:
    two = [candidate("15", "visible", f"plain main/b[{place}]") for place in (1, 2)]
    shown = shown_candidates(two, Decimal(15), "visible", "main/b[2]")
    assert [(one.place, one.is_chosen) for one in shown] == [
        ("main/b[2]", True),
        ("main/b[1]", False),
    ]
    assert not any(one.is_chosen for one in shown_candidates(two, None, "", ""))
