"""Figures that add up, in whatever order and however often they were put together."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from daemon.model.trend import CheckFigures, PriceFigures, one_check, one_price, total
from tests.making import PAST

CHECKS = st.builds(
    one_check,
    st.sampled_from(["unchanged", "changed", "failed"]),
    st.sampled_from([None, "dns", "timeout"]),
    st.floats(0, 600),
    st.integers(0, 10**9),
)
PRICES = st.builds(
    lambda minutes, price, stock: one_price(
        PAST + timedelta(minutes=minutes), price, is_in_stock=stock
    ),
    st.integers(0, 1440),
    st.none() | st.integers(0, 5).map(Decimal),
    st.booleans(),
)


def test_a_check_is_answered_or_counted_as_what_it_failed_with() -> None:
    figures = total([
        one_check("changed", None, 0.3, 100),
        one_check("unchanged", None, 0.5, 0),
        one_check("failed", "timeout", 30.0, 7),
    ])  # fmt: skip
    assert (figures.checks, figures.answered, figures.changed) == (3, 2, 1)
    assert figures.failures == {"timeout": 1}
    assert figures.wire_bytes == 107
    assert figures.slowest_seconds == 0.5  # of those that were answered


def test_a_share_of_the_times_is_right_within_a_tenth() -> None:
    times = [0.0017 * 1.07**i for i in range(150)]
    figures = total([one_check("unchanged", None, one, 0) for one in times])
    for share in (0.1, 0.5, 0.95, 1.0):
        exact = times[round(share * len(times)) - 1]
        found = figures.seconds_at(share)
        assert found is not None
        assert abs(found - exact) / exact <= 0.1


def test_without_an_answer_there_is_no_time() -> None:
    assert one_check("failed", "dns", 1.0, 0).seconds_at(0.5) is None
    assert CheckFigures().seconds_at(0.5) is None


def test_the_fastest_answers_have_a_time_too() -> None:
    assert one_check("unchanged", None, 0.0, 0).seconds_at(0.5) is not None


@given(st.lists(CHECKS, max_size=8), st.randoms(use_true_random=False))
def test_checks_add_up_to_the_same_in_any_order(checks: list[CheckFigures], random: object) -> None:
    mixed = list(checks)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert total(mixed) == total(checks)


@given(st.lists(PRICES, max_size=8), st.integers(0, 8))
def test_prices_add_up_to_the_same_in_two_parts(prices: list[PriceFigures], at: int) -> None:
    def sum_of(some: list[PriceFigures]) -> PriceFigures:
        return reduce(PriceFigures.__add__, some, PriceFigures())

    whole = sum_of(prices)
    parts = sum_of(prices[:at]) + sum_of(prices[at:])
    assert (whole.checks, whole.in_stock) == (parts.checks, parts.in_stock)
    known = [one.last.price for one in prices if one.last]
    for figures in (whole, parts):
        assert (figures.lowest.price if figures.lowest else None) == min(known, default=None)
        assert (figures.highest.price if figures.highest else None) == max(known, default=None)


def test_a_day_remembers_its_lowest_its_highest_and_its_last_price() -> None:
    prices = [(0, "30"), (60, "20"), (120, "40"), (180, "25")]
    figures = reduce(
        PriceFigures.__add__,
        [one_price(PAST + timedelta(minutes=m), Decimal(p), is_in_stock=True) for m, p in prices],
    )
    assert [str(one.price) for one in figures.moves] == ["20", "40", "25"]
    quiet = one_price(PAST, Decimal(5), is_in_stock=False) + one_price(PAST, None, is_in_stock=True)
    assert len(quiet.moves) == 1
    assert (quiet.checks, quiet.in_stock) == (2, 1)
