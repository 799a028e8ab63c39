"""Lists what is ignored on a site, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import compress

from daemon.analyse.noise.returns import ALTERNATES, hold_of
from daemon.analyse.noise.volatility import learned
from daemon.compare.letter import is_watched
from daemon.compare.named_masks import masked
from daemon.extract.chain.patterns import pattern_of
from daemon.extract.chain.steps import lines_with
from daemon.lexicon.noise_rules import NoiseRule, applies
from daemon.model.change import Departure
from daemon.model.errors import ExtractError
from daemon.model.reading import State
from daemon.model.site import Rules
from daemon.model.volatile_lines import Volatile
from daemon.wording import duration

_EXAMPLE_CHARS = 80
_NOT_READ = {
    "exclude": "not read",
    "replace": "replaced before it is compared",
    "drop_lines": "not read",
}


@dataclass(frozen=True, slots=True)
class Ignored:
    """One thing that is ignored."""

    why: str  # learned, moving, flap, mask, or the option
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
    # Who takes nothing for a flap hears of lines that come and go too.
    if rules.flap_hold and applies(NoiseRule.FLICKERING_LINES, rules.mask):
        for one in learned(history):
            detail = f"at {one.present:,} of the last {one.visits:,} visits"
            yield Ignored("learned", one.template, None, f"it comes and goes: {detail}")
    if applies(NoiseRule.MOVING_LINES, rules.mask):
        for line in volatile.lines:
            yield Ignored("moving", line.example, None, "it moves by itself: other words are told")


def flap(history: Sequence[State], departures: Sequence[Departure], rules: Rules) -> Ignored | None:
    """What goes back and forth without being told any more; None if the last change was told.

    Shape: `departures` newest first.
    """
    if not departures or ALTERNATES not in departures[0].signals or not rules.flap_hold:
        return None
    still = duration(hold_of(rules).total_seconds())
    told = f"{departures[0].left_at:%Y-%m-%d %H:%M} UTC"
    detail = f"told to alternate at {told}; quiet until it is still for {still}"
    return Ignored("flap", _alternative(history), None, detail)


def _alternative(history: Sequence[State]) -> str:
    """The first line that the last two states do not share."""
    lines = [one.reading.text.split("\n") for one in history[-2:]]
    odd = set(lines[0]).symmetric_difference(lines[-1]) if lines else set()
    return next((line for one in reversed(lines) for line in one if line in odd), "the page")


def _by_option(rules: Rules, text: str) -> Iterator[Ignored]:
    for pattern in rules.ignore:
        lines = _matched(pattern, text)
        if lines is None:
            yield Ignored("ignore", pattern, None, "it takes too long: checks fail")
            continue
        example = f": {lines[0].strip()[:_EXAMPLE_CHARS]}" if lines else ""
        yield Ignored("ignore", pattern, len(lines), f"shown, but not compared{example}")
    for option, detail in _NOT_READ.items():
        for pattern in getattr(rules, option):
            yield Ignored(option, pattern, None, detail)
    if rules.additions_only:
        yield Ignored("additions_only", "what goes", None, "unless nearly all goes")


def _matched(pattern: str, text: str) -> list[str] | None:
    """The lines that a pattern matches; None if it takes longer than a comparison allows."""
    try:
        return list(compress(text.split("\n"), lines_with(text, pattern_of(pattern, "ignore"))))
    except ExtractError:
        return None
