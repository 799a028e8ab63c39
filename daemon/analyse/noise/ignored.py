"""Lists what is ignored on a site, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import regex

from daemon.analyse.noise.volatility import learned
from daemon.compare.masked import masked
from daemon.model.reading import State
from daemon.model.site import Rules
from daemon.model.volatile_lines import Volatile


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
    for one in learned(history):
        detail = f"at {one.present:,} of the last {one.visits:,} visits"
        yield Ignored("learned", one.template, None, f"it comes and goes: {detail}")
    for line in volatile.lines:
        yield Ignored("moving", line.example, None, "it moves by itself: other words are told")
    for mask in masked(text):
        yield Ignored("mask", mask.example, mask.lines, mask.kind)
    yield from _by_option(rules, text)


def _by_option(rules: Rules, text: str) -> Iterator[Ignored]:
    for pattern in rules.ignore:
        found = regex.compile(pattern)
        hits = sum(1 for line in text.split("\n") if found.search(line, timeout=1))
        yield Ignored("ignore", pattern, hits, "shown, but not compared")
    for option in ("exclude", "drop_lines"):
        for pattern in getattr(rules, option):
            yield Ignored(option, pattern, None, "not read")
    if rules.additions_only:
        yield Ignored("additions_only", "what goes", None, "unless nearly all goes")
