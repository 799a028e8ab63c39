"""Of the noise rules those apply that the owner names."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from daemon.analyse import Circumstances, judge
from daemon.analyse.noise.ignored import ignored
from daemon.compare.named_masks import NAMED_MASKS, mask_of, masked
from daemon.lexicon.noise_rules import LEARNED, MEANINGS, NoiseRule
from daemon.model.change import ChangeType, Finding
from daemon.model.site import Rules
from daemon.model.volatile_lines import Volatile, VolatileLine
from tests.analyse.pages import PROSE, SEEN_AT, page, state

VALUE = Rules(include=("#v",))
PAIRS = {
    NoiseRule.AGES: ("open, since 3 minutes ago", "open, since 4 minutes ago"),
    NoiseRule.CACHE_BUSTERS: ("https://a.test/x?v=8", "https://a.test/x?v=9"),
    NoiseRule.GENERATION_TIMES: ("open, generated in 0.2 s", "open, generated in 0.3 s"),
    NoiseRule.CLOCKS: ("open, 10:00:01", "open, 10:00:02"),
    NoiseRule.COUNTERS: ("open, 12 comments", "open, 13 comments"),
    NoiseRule.COPYRIGHT_YEARS: ("open © 2024", "open © 2025"),
    NoiseRule.REFERENCES: ("open, Ray ID: 8f0a11bc", "open, Ray ID: 8f0a12bc"),
    NoiseRule.TOKENS: ("open, token=a81", "open, token=b92"),
    NoiseRule.CHECKSUMS: (
        "sha1 d41d8cd98f00b204e9800998ecf8427e",
        "sha1 0cc175b9c0f1b6a831c399e269772661",
    ),
    NoiseRule.DATES: ("open, read on 12 May 2026", "open, read on 13 May 2026"),
}


def with_value(value: str) -> str:
    return page(f"<p>Status: <b id='v'>{value}</b></p>{PROSE}")


def others_than(rule: NoiseRule) -> tuple[str, ...]:
    """All but one; a copyright year is a date too."""
    left = {rule, NoiseRule.DATES} if rule is NoiseRule.COPYRIGHT_YEARS else {rule}
    return tuple(one for one in NoiseRule if one not in left)


def judged(old: str, new: str, rules: Rules) -> Finding:
    return judge(state(old, rules), state(new, rules), (), rules, None)


def test_every_rule_has_a_meaning_and_a_mask_or_is_learned() -> None:
    assert set(MEANINGS) == set(NoiseRule)
    assert set(NAMED_MASKS) | LEARNED == set(NoiseRule) == set(PAIRS) | LEARNED


def test_the_documentation_lists_every_rule_with_its_meaning() -> None:
    text = Path("docs/choosing.md").read_text()
    assert [rule for rule, says in MEANINGS.items() if f'| `"{rule}"` | {says} |' not in text] == []


@pytest.mark.parametrize(("rule", "pair"), PAIRS.items(), ids=list(PAIRS))
def test_a_value_is_compared_without_what_is_named_alone(
    rule: NoiseRule, pair: tuple[str, str]
) -> None:
    old, new = map(with_value, pair)
    others = others_than(rule)
    assert judged(old, new, replace(VALUE, mask=(rule,))).change_type is None
    assert judged(old, new, replace(VALUE, mask=others)).is_significant
    assert judged(old, new, replace(VALUE, mask=())).is_significant


def test_a_value_with_a_mask_is_still_watched_to_the_letter_elsewhere() -> None:
    rules = replace(VALUE, mask=("counters",))
    found = judged(with_value("open, 12 comments"), with_value("shut, 13 comments"), rules)
    assert found.is_significant


@pytest.mark.parametrize("rules", [Rules(), Rules(include=("main",))], ids=["page", "region"])
@pytest.mark.parametrize(("rule", "pair"), PAIRS.items(), ids=list(PAIRS))
def test_of_a_page_all_rules_apply_until_some_are_named(
    rules: Rules, rule: NoiseRule, pair: tuple[str, str]
) -> None:
    old, new = map(with_value, pair)
    by_itself = judged(old, new, rules)
    # A date alone is a small change.
    expected = ChangeType.MINOR if rule is NoiseRule.DATES else None
    assert by_itself.change_type is expected
    assert judged(old, new, replace(rules, mask=(rule,))).change_type is None
    others = others_than(rule)
    assert judged(old, new, replace(rules, mask=others)).change_type is not None
    assert judged(old, new, replace(rules, mask=())).change_type is not None


def test_a_time_that_keeps_pace_is_a_clock_whether_dates_count_or_not() -> None:
    old, new = page(f"<p>It is 10:15</p>{PROSE}"), page(f"<p>It is 10:45</p>{PROSE}")

    def found(*mask: str) -> Finding:
        rules = Rules(mask=mask)
        later = replace(state(new, rules), seen_at=SEEN_AT + timedelta(minutes=30))
        return judge(state(old, rules), later, (), rules, None)

    assert found("clocks").change_type is None
    assert found("counters").change_type is not None


def test_lines_that_were_learned_apply_when_they_are_named() -> None:
    line = VolatileLine("", "", "guest number #", "Guest number 12")
    old, new = page(f"<p>Guest number 12</p>{PROSE}"), page(f"<p>Guest number 13</p>{PROSE}")

    def found(mask: tuple[str, ...] | None) -> Finding:
        rules, known = Rules(mask=mask), Circumstances(volatile=(line,))
        return judge(state(old, rules), state(new, rules), (), rules, None, known)

    assert found(None).change_type is None
    assert found(("moving_lines",)).change_type is None
    assert found(("counters",)).change_type is not None


def test_what_flickers_is_left_out_when_that_is_named() -> None:
    plain, spot = page(), page(f"<p>Book a boat</p>{PROSE}")

    def found(mask: tuple[str, ...] | None) -> Finding:
        rules = Rules(mask=mask)
        past = [state(text, rules) for text in (spot, plain)]
        return judge(past[1], state(spot, rules), past[:1], rules, None)

    assert found(None).change_type is None
    assert found(("flickering_lines",)).change_type is None
    assert found(()).change_type is not None


def test_only_what_is_named_is_listed_as_masked() -> None:
    text = "posted 3 hours ago, 12 views\nof 3 May 2026"
    assert [one.rule for one in masked(text, ("counters", "dates"))] == ["counters", "dates"]
    assert {one.rule for one in masked(text)} == {"counters", "ages"}
    assert masked(text, ()) == ()


def test_of_a_value_only_what_is_named_is_listed() -> None:
    known = [state(with_value("12 comments"), VALUE)]
    assert list(ignored(known, VALUE, Volatile())) == []
    [one] = ignored(known, replace(VALUE, mask=("counters",)), Volatile())
    assert (one.why, one.what, one.detail) == ("mask", "12 comments", "counters")


def test_a_uuid_is_a_token_and_no_checksum() -> None:
    line = "at 123e4567-e89b-12d3-a456-426614174000 now"
    assert mask_of(("checksums",))(line) == line
    assert mask_of(("tokens",))(line).split() == ["at", "now"]
