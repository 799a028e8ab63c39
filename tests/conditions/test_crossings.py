"""What crossed since a condition was told last: each coming and going once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from daemon.conditions.crossings import crossings, told
from daemon.conditions.values import Observed, conditions_of
from daemon.model.change import ChangeType, Finding, Reason
from daemon.model.site import Rules, Standing

NOW = datetime(2026, 5, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)


def sentences(rules: Rules, steps: Sequence[Observed]) -> list[list[str]]:
    """What is told at each step, each with what the one before left known."""
    conditions, known, found = conditions_of(rules), dict[str, Standing](), []
    for number, seen in enumerate(steps):
        crossed, known = crossings(conditions, known, [seen], NOW + number * HOUR)
        found.append([one.sentence for one in crossed])
    return found


def test_coming_going_and_coming_again_are_told_once_each() -> None:
    key = "appears Sold out"
    there, gone = Observed(key, True, shown="Sold out!"), Observed(key, False)
    steps = [gone, there, there, gone, gone, there]
    came, went = "'Sold out' appeared: “Sold out!”", "'Sold out' disappeared"
    assert sentences(Rules(appears=("Sold out",)), steps) == [[], [came], [], [went], [], [came]]


def test_what_disappears_is_told_the_other_way_round() -> None:
    key = "disappears css:.sold-out"
    steps = [Observed(key, False, shown="Sold out"), Observed(key, True), Observed(key, False)]
    found = sentences(Rules(disappears=("css:.sold-out",)), steps)
    assert found == [[], ["'.sold-out' disappeared"], ["'.sold-out' appeared"]]


def test_what_is_contained_together_is_told_together() -> None:
    key = "contains a and b"
    steps = [Observed(key, False, shown="without 'a'"), Observed(key, True), Observed(key, True)]
    found = sentences(Rules(contains=("a", "b")), [*steps, steps[0]])
    assert found == [[], ["'a', 'b': all there now"], [], ["'a', 'b': not all there, without 'a'"]]


def test_what_holds_at_the_first_look_is_known_and_not_told() -> None:
    rules = Rules(appears=("a",))
    crossed, known = crossings(
        conditions_of(rules), {}, [Observed("appears a", True, shown="a b")], NOW
    )
    assert crossed == ()
    assert known == {"appears a": Standing(NOW, True, shown="a b")}


@pytest.mark.parametrize(
    ("rules", "key", "numbers", "told_at"),
    [
        (Rules(below="50"), "below 50", "55 48 47 50 49", {1: "48 is below 50 (was 55)",
         3: "50 is no longer below 50 (was 47)", 4: "49 is below 50 (was 50)"}),
        (Rules(above="50"), "above 50", "50 51 60", {1: "51 is above 50 (was 50)"}),
    ],
)  # fmt: skip
def test_a_bound_is_told_when_it_is_crossed(
    rules: Rules, key: str, numbers: str, told_at: dict[int, str]
) -> None:
    is_below = key.startswith("below")
    steps = [
        Observed(key, float(one) < 50 if is_below else float(one) > 50, one, one)
        for one in numbers.split()
    ]
    found = sentences(rules, steps)
    assert {number: said[0] for number, said in enumerate(found) if said} == told_at


@pytest.mark.parametrize(
    ("changes_by", "numbers", "told_at"),
    [
        ("5 %", "100 103 105 108 110.25", {2: "105 differs from 100 by 5.0%, at least 5 %",
         4: "110.25 differs from 105 by 5.0%, at least 5 %"}),
        ("2.5", "10 12 8 7.4", {3: "7.4 differs from 10 by 2.6, at least 2.5"}),
        ("5 %", "0 0 1", {2: "1 differs from 0 by 1, at least 5 %"}),
    ],
)  # fmt: skip
def test_a_number_that_creeps_is_told_when_it_has_moved_so_far(
    changes_by: str, numbers: str, told_at: dict[int, str]
) -> None:
    steps = [Observed(f"changes_by {changes_by}", None, one, one) for one in numbers.split()]
    found = sentences(Rules(changes_by=changes_by), steps)
    assert {number: said[0] for number, said in enumerate(found) if said} == told_at


def test_any_other_count_is_told() -> None:
    steps = [Observed("count css:li", None, one, f"{one} of li") for one in ("2", "4", "4", "0")]
    found = sentences(Rules(count=("css:li",)), steps)
    assert found == [[], ["4 of li, was 2"], [], ["0 of li, was 4"]]


def test_a_number_that_is_missing_for_a_time_is_compared_with_the_last_one() -> None:
    key = "below 50"
    steps = [
        Observed(key, False, "55", "55"),
        Observed(key, problem="no number in 'Sold out'"),
        Observed(key, True, "48", "48"),
    ]
    assert sentences(Rules(below="50"), steps) == [[], [], ["48 is below 50 (was 55)"]]


def test_since_when_it_is_undecided_is_known() -> None:
    conditions, seen = conditions_of(Rules(below="50")), Observed("below 50", problem="no number")
    known = {"below 50": Standing(NOW, False, "55", "55")}
    for hours in (1, 2):
        known = crossings(conditions, known, [seen], NOW + hours * HOUR)[1]
    assert known["below 50"] == Standing(NOW + HOUR, False, "55", "55", "no number")


def test_conditions_that_are_no_longer_set_are_forgotten() -> None:
    known = {"appears a": Standing(NOW, True), "appears b": Standing(NOW, True)}
    _, left = crossings(
        conditions_of(Rules(appears=("b",))), known, [Observed("appears b", True)], NOW
    )
    assert list(left) == ["appears b"]


def test_a_finding_begins_with_what_crossed() -> None:
    rules = Rules(appears=("a",))
    known = {"appears a": Standing(NOW, False)}
    crossed, _ = crossings(conditions_of(rules), known, [Observed("appears a", True)], NOW)
    minor = Finding(
        ChangeType.MINOR, False, 0.6, "wording", "Added: “a”.", (Reason("x", 0, "y"),), "r"
    )
    finding = told(minor, crossed)
    assert (finding.change_type, finding.is_significant) == (ChangeType.MODERATE, True)
    assert (finding.category, finding.summary) == ("condition", "'a' appeared. Added: “a”.")
    assert finding.conditions == ("'a' appeared",)
    assert [reason.text for reason in finding.reasons] == [
        "appears[0] was asked for: 'a' appeared",
        "y",
    ]
    assert told(None, crossed).change_type is ChangeType.MODERATE


def test_two_conditions_on_the_same_words_say_it_once() -> None:
    rules = Rules(appears=("a",), disappears=("a",))
    known = {"appears a": Standing(NOW, False), "disappears a": Standing(NOW, True)}
    seen = [Observed("appears a", True, shown="a"), Observed("disappears a", False, shown="a")]
    crossed, _ = crossings(conditions_of(rules), known, seen, NOW)
    finding = told(None, crossed)
    assert (finding.summary, finding.conditions) == ("'a' appeared.", ("'a' appeared",))
