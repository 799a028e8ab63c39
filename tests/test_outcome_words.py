"""Each way in which a check ends has words for people, and its own."""

from __future__ import annotations

from daemon.display.outcomes import outcome_words
from daemon.model.status import ErrorClass, Verdict


def test_each_way_to_end_has_words_of_its_own() -> None:
    words = [outcome_words(one) for one in (*Verdict, *ErrorClass)]
    assert len(set(words)) == len(words)
    assert not [one for one in words if "_" in one or "http" in one]


def test_a_word_of_something_else_stays() -> None:
    assert outcome_words("matches nothing") == "matches nothing"
    assert outcome_words("back_in_stock") == "back in stock"
