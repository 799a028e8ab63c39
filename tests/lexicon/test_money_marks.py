"""Each mark of money is money to whoever reads it."""

from __future__ import annotations

import pytest

from daemon.analyse import amounts
from daemon.analyse.blocks import from_text
from daemon.compare.tokens import tokens
from daemon.lexicon.money_marks import MARKS, PREFIX_ONLY, SURE_MARKS, WORDS_TOO
from daemon.money.parse import parse_price

BEFORE = sorted(set(MARKS) - {":-"})
AFTER = sorted(set(MARKS) - PREFIX_ONLY - {":-"})


def change(old: str, new: str) -> list[tuple[str, str]]:
    return amounts.price_changes(from_text(old), from_text(new), lambda: False)


@pytest.mark.parametrize("mark", BEFORE)
def test_a_mark_before_a_number_is_money_to_the_reader_and_to_the_judge(mark: str) -> None:
    old, new = f"{mark} 1,299.50", f"{mark} 1,399.50"
    assert parse_price(old).symbol is not None
    assert [len(pair) for pair in change(f"Family plan {old}", f"Family plan {new}")] == [2]


@pytest.mark.parametrize("mark", AFTER)
def test_a_mark_behind_a_number_is_money_to_the_reader_and_to_the_judge(mark: str) -> None:
    assert parse_price(f"1.299,50 {mark}").symbol is not None
    assert change(f"Tarif A: 1.299,50 {mark}", f"Tarif A: 1.399,50 {mark}") != []


@pytest.mark.parametrize("mark", sorted(SURE_MARKS & {"A$", "RM", "QAR", "Rp", "KES", "KZT", "₸"}))
def test_shown_differences_keep_a_price_in_one_piece(mark: str) -> None:
    assert f"{mark} 45" in tokens(f"from {mark} 45 a month")
    assert f"45 {mark}" in tokens(f"from 45 {mark} a month")


@pytest.mark.parametrize("mark", sorted(WORDS_TOO))
def test_a_mark_that_is_a_word_too_makes_no_price_of_a_mere_number(mark: str) -> None:
    assert amounts.prices(f"{mark} 4") == amounts.prices(f"4 {mark}") == []


@pytest.mark.parametrize(
    "text",
    ["Q4 results", "10 KM away", "SR 220, article 3", "R 4.3.1", "an AMD 7 chip", "CVE 2024"],
)
def test_other_matters_are_no_prices(text: str) -> None:
    assert amounts.prices(text) == []
