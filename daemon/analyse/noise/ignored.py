"""Lists what is ignored on a site, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from daemon.analyse.noise.volatility import learned
from daemon.compare.letter import is_watched
from daemon.compare.named_masks import masked
from daemon.extract.chain.patterns import pattern_of
from daemon.extract.chain.steps import lines_with
from daemon.lexicon.noise_rules import NoiseRule, applies
from daemon.model.errors import ExtractError
from daemon.model.reading import State
from daemon.model.site import Rules
from daemon.model.volatile_lines import Volatile

_NOT_READ = {
    "exclude": "not read",
    "replace": "replaced before it is compared",
    "drop_lines": "not read",
}


@dataclass(frozen=True, slots=True)
class Ignored:
    """One thing that is ignored."""

    why: str  # learned, moving, mask, or the option
    what: str
    lines: int | None = None  # of the last state
    detail: str = ""


def ignored(history: Sequence[State], rules: Rules, volatile: Volatile) -> Iterator[Ignored]:
    """What is ignored in the last of these states, given oldest first.

    Shape: what was learned, what is masked on every page, and what the site's options leave out.
    """
    text = history[-1].reading.text if history else ""
    is_value = is_watched(rules, [state.reading for state in history])
    if not is_value:
        yield from _learned(history, rules, volatile)
    for one in masked(text, (rules.mask or ()) if is_value else rules.mask):
        yield Ignored("mask", one.example, one.lines, one.rule)
    yield from _by_option(rules, text)


def _learned(history: Sequence[State], rules: Rules, volatile: Volatile) -> Iterator[Ignored]:
    if applies(NoiseRule.FLICKERING_LINES, rules.mask):
        for one in learned(history):
            detail = f"at {one.present:,} of the last {one.visits:,} visits"
            yield Ignored("learned", one.template, None, f"it comes and goes: {detail}")
    if applies(NoiseRule.MOVING_LINES, rules.mask):
        for line in volatile.lines:
            yield Ignored("moving", line.example, None, "it moves by itself: other words are told")


def _by_option(rules: Rules, text: str) -> Iterator[Ignored]:
    for pattern in rules.ignore:
        hits = _hits(pattern, text)
        detail = "it takes too long: checks fail" if hits is None else "shown, but not compared"
        yield Ignored("ignore", pattern, hits, detail)
    for option, detail in _NOT_READ.items():
        for pattern in getattr(rules, option):
            yield Ignored(option, pattern, None, detail)
    if rules.additions_only:
        yield Ignored("additions_only", "what goes", None, "unless nearly all goes")


def _hits(pattern: str, text: str) -> int | None:
    """How many lines a pattern matches; None if it takes longer than a comparison allows."""
    try:
        return sum(lines_with(text, pattern_of(pattern, "ignore")))
    except ExtractError:
        return None
