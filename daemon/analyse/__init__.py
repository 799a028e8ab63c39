"""A change and its history in; how much it matters, how sure that is, and why, out.

Failure first: a wall, a shell or a stub is no change. Then two views of the page by blocks,
without what changes at every visit; what is left is weighed by where it stands, how much it
is and what it touches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from daemon.analyse import (
    confidence,
    delta,
    features,
    grade,
    reasons,
    summary,
    view,
    volatility,
    walls,
    words,
)
from daemon.analyse.blocks import Block
from daemon.analyse.delta import Delta
from daemon.analyse.features import Context, Features
from daemon.analyse.flap import Closest, closest_state
from daemon.analyse.volatility import Noise, learned
from daemon.analyse.walls import Wall
from daemon.compare import compare
from daemon.model import Change, ChangeType, Finding, Reason, Rules, State

__all__ = ["ANALYSER", "Closest", "Noise", "closest_state", "examine", "judge", "learned"]

ANALYSER = "rules/1"


def judge(
    before: State,
    after: State,
    history: Sequence[State],
    rules: Rules,
    site_type: str | None,
) -> Finding:
    """Whether and how much the difference between two states matters, with the evidence.

    Shape:  `history` holds states before `before`, oldest first; a state without document
            is judged by its text alone.
    Errors: ExtractError (selector) for an ignore pattern that is faulty or takes too long.
    """
    try:
        seen = examine(before, after, history, rules)
    finally:
        words.forget()
    if seen is None:
        return _nothing()
    if seen.wall is not None:
        return _failure(seen.wall, seen.change)
    return _finding(seen, site_type)


@dataclass(frozen=True, slots=True)
class Examined:
    """What was seen before it is graded: a wall, or the features of a difference."""

    change: Change
    wall: Wall | None
    found: Features
    difference: Delta


def examine(before: State, after: State, history: Sequence[State], rules: Rules) -> Examined | None:
    """Look at two states; None when nothing is left after the noise rules.

    Errors: as `judge`.
    """
    change = compare(before.reading, after.reading, rules)
    if change is None:
        return None
    if after.reading.entries:
        old, new = view.of_change(change)
        wall = None
    else:
        old, new = view.of(before, rules), view.of(after, rules)
        wall = walls.find(walls.view(old), walls.view(new))
    difference = delta.between(old.blocks, new.blocks)
    steady, context = _steady(difference, change, before, history)
    return Examined(change, wall, features.of(old, new, steady, context), steady)


def _nothing() -> Finding:
    return Finding(
        change_type=None,
        is_significant=False,
        confidence_score=confidence.CEILING,
        category="noise",
        summary="",
        reasons=(Reason("same", 0.0, "nothing is left after the noise rules"),),
        analyser=ANALYSER,
    )


def _steady(
    difference: Delta, change: Change, before: State, history: Sequence[State]
) -> tuple[Delta, Context]:
    """The difference without lines that come and go, and what history says of the page."""
    past = volatility.Past(history)
    removed, gone = volatility.split(difference.removed, past, in_before=True)
    added, came = volatility.split(difference.added, past, in_before=False)
    volatile = tuple(block.text for block in (*gone, *came))
    restless = volatility.restless([*history, before])
    steady = Delta(tuple(removed), tuple(added), difference.masked, difference.dated)
    return steady, Context(volatile, change.moved_lines, restless)


def _failure(wall: Wall, change: Change) -> Finding:
    return Finding(
        change_type=None,
        is_significant=False,
        confidence_score=confidence.of_wall(named=wall.is_named),
        category="error",
        summary=summary.of_wall(wall),
        reasons=reasons.of_wall(wall),
        analyser=ANALYSER,
        change=change,
        failure=wall.error_class,
    )


def _summary(
    seen: Examined, removed: Sequence[Block], added: Sequence[Block], level: ChangeType | None
) -> str:
    if level is not None and seen.found.is_only_around:
        return summary.around(seen.found, seen.difference.removed, seen.difference.added)
    return summary.of(seen.found, removed, added, level)


def _finding(seen: Examined, site_type: str | None) -> Finding:
    found = seen.found
    level = grade.level(found, site_type)
    significant = grade.is_significant(level)
    removed = [block for block in seen.difference.removed if features.is_main(block)]
    added = [block for block in seen.difference.added if features.is_main(block)]
    return Finding(
        change_type=level,
        is_significant=significant,
        confidence_score=confidence.of(found, significant),
        category=grade.category(found, level, site_type),
        summary=_summary(seen, removed, added, level),
        reasons=reasons.of(found),
        analyser=ANALYSER,
        change=seen.change,
    )
