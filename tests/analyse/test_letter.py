"""A chosen value is watched to the letter; a chosen region keeps the noise rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from daemon.analyse import confidence, judge
from daemon.model.change import ChangeType, Finding
from daemon.model.site import Rules
from tests.analyse.pages import SEEN_AT, page, state

CHOSEN = Rules(include=("#v",))
PAIRS = [
    ("pending", "approved"),
    ("open", "closed"),
    ("closed", "open"),
    ("offen", "geschlossen"),
    ("ouvert", "fermé"),
    ("2.3", "2.4"),
    ("v2.3.1", "v2.3.2"),
    ("No", "Yes"),
    ("A", "B"),
    ("12 comments", "13 comments"),
    ("3 minutes ago", "4 minutes ago"),
    ("10:00:01", "10:00:02"),
    ("© 2024", "© 2025"),
    ("Reference: AB-10023-77", "Reference: AB-10024-77"),
    ("d41d8cd98f00b204e9800998ecf8427e", "0cc175b9c0f1b6a831c399e269772661"),
    ("Departs 12 May", "Departs 13 May"),
    ("Gate 12", "Gate 14"),
    ("在庫あり", "在庫なし"),
]


def with_value(value: str) -> str:
    return page(f"<p>Status: <b id='v'>{value}</b> as of this visit, says the house.</p>")


def judged(old: str, new: str, rules: Rules = CHOSEN, *history: str) -> Finding:
    states = [state(text, rules) for text in (*history, old)]
    return judge(states[-1], state(new, rules), states[:-1], rules, None)


@pytest.mark.parametrize(("old", "new"), PAIRS)
def test_any_difference_of_a_chosen_value_is_significant(old: str, new: str) -> None:
    found = judged(with_value(old), with_value(new))
    assert found.is_significant
    assert found.reasons[0].signal == "chosen"
    assert old in found.summary or new in found.summary


@pytest.mark.parametrize(("old", "new"), PAIRS)
def test_a_value_is_watched_to_the_letter_whatever_else_its_page_says(old: str, new: str) -> None:
    before, after = with_value(old), with_value(new).replace("says the house", "says nobody else")
    found = judged(before, after)
    assert found.is_significant
    assert "nobody" not in found.summary


def test_an_attribute_is_a_value_too() -> None:
    rules = Rules(include=("//a[@id='v']/@href",))
    old = page("<a id='v' href='/files/tool-1.4.zip'>Download</a>")
    assert judged(old, old.replace("1.4", "1.5"), rules).is_significant


def test_spaces_alone_are_no_difference() -> None:
    found = judged(with_value("open  now"), with_value("open now"))
    assert found.change_type is None


def test_what_the_owner_ignores_is_not_compared() -> None:
    rules = replace(CHOSEN, ignore=(r"\d+ comments",))
    found = judged(with_value("open, 12 comments"), with_value("open, 13 comments"), rules)
    assert found.change_type is None
    assert judged(with_value("open, 1 comments"), with_value("shut, 1 comments"), rules).change_type


def test_a_region_keeps_the_noise_rules() -> None:
    rules = Rules(include=("main",))
    old = page("<p>Posted 3 minutes ago, 12 comments</p>" + page_prose())
    new = old.replace("3 minutes", "4 minutes").replace("12 comments", "13 comments")
    assert judged(old, new, rules).change_type is None


def test_no_change_within_a_region_is_lost() -> None:
    rules = Rules(include=("main",), exclude=(".ad",))
    content = (
        "<p>The ferry sails at nine <span class='ad'>Buy!</span> from the <i>north</i> quay</p>"
    )
    old = page(content + page_prose())
    found = judged(old, old.replace("<i>north</i>", "<i>south</i>"), rules)
    assert found.change_type is not None
    assert "south" in found.summary


@pytest.mark.parametrize("rules", [Rules(exclude=(".ad",)), Rules(keep_lines=("ferry",))])
def test_the_rest_of_a_line_is_compared(rules: Rules) -> None:
    content = (
        "<p>The ferry sails at nine <span class='ad'>Buy!</span> from the <i>north</i> quay</p>"
    )
    old = page(content + page_prose())
    assert judged(old, old.replace("<i>north</i>", "<i>south</i>"), rules).change_type is not None


def test_a_choice_that_has_grown_is_a_region_from_then_on() -> None:
    short, long = with_value("open"), with_value("open " + "on most days of the year " * 8)
    assert judged(short, long).is_significant
    again = long.replace("says the house", "it says").replace("most days", "many days", 1)
    found = judged(long, again, CHOSEN, short)
    assert all(reason.signal != "chosen" for reason in found.reasons)


def test_the_owner_says_how_it_is_watched() -> None:
    old, new = with_value("12 comments"), with_value("13 comments")
    assert judged(old, new, replace(CHOSEN, watch="region")).change_type is None
    whole = Rules(watch="letter")
    assert judged(old, new, whole).is_significant


def test_the_facts_of_a_value_are_graded_as_facts() -> None:
    found = judged(with_value("$ 19.99"), with_value("$ 14.99"))
    assert found.change_type is ChangeType.MAJOR


def test_of_a_whole_page_nothing_was_chosen() -> None:
    found = judged(with_value("12 comments"), with_value("13 comments"), Rules())
    assert found.change_type is None


def page_prose() -> str:
    return "".join(
        f"<p>Row {n} of the timetable tells of a crossing in fair weather.</p>" for n in "abcdef"
    )


def test_the_time_between_two_states_says_nothing_of_a_value() -> None:
    old = state(with_value("10:00"), CHOSEN)
    new = replace(state(with_value("10:05"), CHOSEN), seen_at=SEEN_AT + timedelta(minutes=5))
    assert judge(old, new, [], CHOSEN, None).is_significant


OVER = r"(?s)Advertisement.*?End of ad"


@pytest.mark.parametrize(
    "rules", [Rules(ignore=(OVER,)), Rules(include=("main",), ignore=(OVER,), watch="letter")]
)
def test_what_is_ignored_over_lines_is_not_compared_but_shown(rules: Rules) -> None:
    old = page(
        page_prose() + "<p>Advertisement</p><p>Buy two kettles</p><p>End of ad</p><p>Buy</p>"
    )
    new = old.replace("Buy two kettles", "<b>Lend a pan</b></p><p>to a friend of the house")
    assert "Lend a pan" in state(new, rules).reading.text
    assert judged(old, new, rules).change_type is None
    outside = judged(old, new.replace("<p>Buy</p>", "<p>Sold out for good</p>"), rules)
    assert outside.change is not None
    assert [line for hunk in outside.change.hunks for line in hunk.added] == ["Sold out for good"]


def test_a_page_that_was_reshaped_is_judged_by_the_lines_that_were_read() -> None:
    rules = Rules(replace=(r"\d+ (pans|pots) -> some \1",))
    old = page(page_prose() + "<p>12 pans and 3 kettles are left in this house.</p>")
    assert judged(old, old.replace("12 pans", "13 pans"), rules).change_type is None
    assert judged(old, old.replace("3 kettles", "no kettles"), rules).change_type


def test_nothing_is_said_of_a_value_that_its_owner_did_not_mean() -> None:
    found = judged(with_value("pending"), with_value("approved"))
    told = [reason.text for reason in found.reasons]
    assert found.confidence_score == confidence.CEILING
    assert not any("minor" in text for text in told)
    assert "2 words of the main content differ (100.0% of it)" in told
    whole = judged(with_value("pending"), with_value("approved"), Rules())
    assert any("minor unless they matter" in reason.text for reason in whole.reasons)
