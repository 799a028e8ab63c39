"""Ratings move the odds within bounds, and a grade by one step at the most."""

from __future__ import annotations

import pytest

from daemon.analyse import Circumstances, first_look, judge, learned
from daemon.analyse.confidence import BOUND, leaning
from daemon.compare.named_masks import masked
from daemon.lexicon.blind_spots import BlindSpot
from daemon.lexicon.noise_rules import NoiseRule
from daemon.model.change import ChangeType
from daemon.model.site import Ratings, Rules
from tests.analyse.pages import PROSE, page, state, text_state

FEW = PROSE + "<p>The house takes three more guests in the upper room.</p>"


@pytest.mark.parametrize(
    ("useful", "noise", "expected"),
    [(0, 0, 0), (1, 0, 0.405), (0, 1, -0.405), (5, 5, 0), (1000, 0, BOUND), (0, 1000, -BOUND)],
)
def test_ratings_lean_within_bounds(useful: int, noise: int, expected: float) -> None:
    assert leaning(Ratings(useful, noise)) == pytest.approx(expected, abs=0.001)


def test_sensitivity_has_the_same_bounds_and_is_added() -> None:
    assert leaning(Ratings(0, 1000), 9) == 0


def grade(
    after: str, ratings: Ratings, sensitivity: float = 0.0
) -> tuple[ChangeType | None, float]:
    rules, circumstances = Rules(sensitivity=sensitivity), Circumstances(ratings)
    found = judge(state(page()), state(page(after)), [], rules, None, circumstances)
    return found.change_type, found.confidence_score


def test_noise_makes_a_moderate_change_less_sure_or_minor() -> None:
    plain, sure = grade(FEW, Ratings())
    assert plain is ChangeType.MODERATE
    kind, less_sure = grade(FEW, Ratings(0, 50), sensitivity=-1.5)
    assert kind is ChangeType.MINOR or less_sure < sure


def test_usefulness_makes_a_minor_change_moderate_only_when_likely() -> None:
    three = PROSE + "<p>Dogs are welcome</p>"
    assert grade(three, Ratings())[0] is ChangeType.MINOR
    assert grade(three, Ratings(50, 0), sensitivity=1.5)[0] is ChangeType.MODERATE


def test_a_price_is_never_held_back() -> None:
    before = page(PROSE + "<p>A night costs $120.00</p>")
    after = page(PROSE + "<p>A night costs $180.00</p>")
    ratings = Circumstances(Ratings(0, 1000))
    found = judge(state(before), state(after), [], Rules(sensitivity=-1.5), None, ratings)
    assert found.change_type is ChangeType.MAJOR
    assert found.is_significant


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<h1>Log in to continue</h1><input type=password>", BlindSpot.LOGIN_WALL),
        ("<h1>Just a moment...</h1><p>Checking your browser</p>", BlindSpot.CHALLENGE),
        ("<h1>Page not found</h1><p>Go home</p>", BlindSpot.MISSING),
        ("<div id=app>Please enable JavaScript</div>", BlindSpot.SHELL),
        ("<h1>We value your privacy</h1><p>Accept all cookies</p>", BlindSpot.COOKIE_WALL),
        ("<h1>503 Service Unavailable</h1>", BlindSpot.ERROR_PAGE),
        ("<h1>Herunterladen</h1><p>Hier gibt es die neue Version des Programms</p>", None),
        ("<p>Opening hours: nine to five</p>", None),
        (PROSE + "<form><input type=password></form>", None),
        (PROSE + "<h2>Please sign in to continue</h2>", None),
    ],
)
def test_only_a_page_that_is_little_more_than_a_wall_is_one(
    body: str, expected: BlindSpot | None
) -> None:
    found = first_look(state(f"<html><body>{body}</body></html>"), Rules())
    assert (found.blind_spot if found else None) is expected


def test_what_comes_and_goes_is_learned_and_told() -> None:
    texts = ["a\nsponsored by X", "a", "a\nsponsored by X", "a"]
    [noise] = learned([text_state(text) for text in texts])
    assert (noise.template, noise.present, noise.visits) == ("sponsored by X", 2, 4)


def test_what_is_masked_is_told_by_kind_with_its_first_place() -> None:
    found = {one.rule: one for one in masked("posted 3 hours ago\nplain\n12 views\n14 views")}
    assert set(found) == {NoiseRule.AGES, NoiseRule.COUNTERS}
    counters = found[NoiseRule.COUNTERS]
    assert (counters.lines, counters.example) == (2, "12 views")
