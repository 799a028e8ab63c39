"""Grades a change by its history: how much it matters, how certain that is, and why.

A block page, an empty shell or a stub is no change. Otherwise two views of the page are compared
by blocks, without what changes at every visit; the rest is weighed by where it is, how much it is
and what it concerns.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from daemon.analyse import (
    confidence,
    delta,
    features,
    grade,
    moving_lines,
    places,
    view,
    walls,
    words,
)
from daemon.analyse.blocks import Block
from daemon.analyse.choice import presence
from daemon.analyse.choice.presence import Turn, has_turned
from daemon.analyse.confidence import Circumstances
from daemon.analyse.delta import Delta
from daemon.analyse.evidence.standing import without_standing
from daemon.analyse.features import Context, Features
from daemon.analyse.noise import templates, volatility
from daemon.analyse.noise.flap import Closest, closest_state
from daemon.analyse.noise.returns import Departures, Kind, Return, hold_of
from daemon.analyse.noise.templates import Templates
from daemon.analyse.noise.volatility import Noise, Side, learned
from daemon.analyse.saying import reasons, summary
from daemon.analyse.view import PageView
from daemon.analyse.walls import Wall
from daemon.compare import MASS_REMOVAL, compare, letter
from daemon.compare.ignore import without_ignored
from daemon.lexicon.blind_spots import BlindSpot
from daemon.lexicon.noise_rules import NoiseRule, applies
from daemon.model.change import Change, ChangeType, Finding, Reason
from daemon.model.reading import State
from daemon.model.site import Rules
from daemon.model.volatile_lines import VolatileLine
from daemon.phrasebook import Phrase

__all__ = [
    "ANALYSER",
    "Circumstances",
    "Closest",
    "Departures",
    "Kind",
    "Noise",
    "Return",
    "closest_state",
    "examine",
    "first_look",
    "has_turned",
    "hold_of",
    "is_to_the_letter",
    "judge",
    "judge_or_ask",
    "learn",
    "learned",
    "went_back",
]

ANALYSER = "rules/2"
_AS_USUAL = Circumstances()
_LEAST_STATES = 2


def first_look(state: State, rules: Rules) -> Finding | None:
    """The block page in place of a page never read before; None when it is a real page.

    Shape: an owner who chose parts of the page to read is not second-guessed.
    """
    if (error := presence.error_instead(state)) is not None:
        return _failure(error, None)
    if rules.include or state.reading.kind != "html":
        return None
    with words.judged_with(None):
        page = walls.view(view.view_of(state, rules))
        wall = walls.alone(page) or presence.shell(state, page)
    return _failure(wall, None) if wall else None


def went_back(seen_at: datetime) -> Finding:
    """The finding for a page that only went back to a state it was in a short while ago."""
    then = f"{seen_at:%Y-%m-%d %H:%M} UTC"
    reason = Reason("flap", 0.0, Phrase.WHY_FLAP.say(then=then))
    return replace(nothing(), reasons=(reason,))


def judge(
    before: State,
    after: State,
    history: Sequence[State],
    rules: Rules,
    site_type: str | None,
    circumstances: Circumstances = _AS_USUAL,
) -> Finding:
    """Whether and how much the difference between two states matters, with the evidence.

    Shape:  `history` holds states before `before`, oldest first; a state without document
            is judged by its text alone.
    Errors: ExtractError (selector) for an ignore pattern that is faulty or takes too long.
    """
    with words.judged_with(rules.mask):
        seen = examine(before, after, history, rules, circumstances)
        return _found(seen, rules, site_type, circumstances)


def judge_or_ask(
    before: State,
    after: State,
    history: Sequence[State],
    rules: Rules,
    site_type: str | None,
    circumstances: Circumstances = _AS_USUAL,
) -> tuple[Finding, bool]:
    """As `judge`, and whether a second fetch may show that some of it changes at every visit."""
    with words.judged_with(rules.mask):
        seen = examine(before, after, history, rules, circumstances)
        finding = _found(seen, rules, site_type, circumstances)
        is_doubtful = seen is not None and bool(finding.change_type) and seen.is_doubtful()
    return finding, is_doubtful


def _found(
    seen: Examined | None, rules: Rules, site_type: str | None, circumstances: Circumstances
) -> Finding:
    if seen is None:
        return nothing()
    if seen.wall is not None and not _is_accepted(seen.wall, circumstances):
        return _failure(seen.wall, seen.change)
    return _finding(seen, rules, site_type, circumstances)


def _is_accepted(wall: Wall, circumstances: Circumstances) -> bool:
    """Whether a page suspect only by its size has been this small for long enough to accept it."""
    return circumstances.is_settled and not wall.is_named and wall.kind is not BlindSpot.EMPTY


@dataclass(frozen=True, slots=True)
class Examined:
    """What is graded: a block page, or the features of a difference."""

    change: Change
    wall: Wall | None
    found: Features
    difference: Delta
    entries: tuple[tuple[str, ...], ...] = ()  # the lines of each new entry of a feed
    views: tuple[PageView, PageView] | None = None
    unsettled: Delta | None = None  # the difference, flickering lines included
    is_to_the_letter: bool = False
    turn: Turn | None = None  # what was chosen came or went as a whole

    def is_doubtful(self) -> bool:
        """Whether a second fetch may show that some of it changes at every visit."""
        if self.views is None or self.unsettled is None:
            return False
        return moving_lines.is_doubtful(self.unsettled, *self.views)


def examine(
    before: State,
    after: State,
    history: Sequence[State],
    rules: Rules,
    circumstances: Circumstances = _AS_USUAL,
) -> Examined | None:
    """Examine two states; None when nothing is left after the noise rules.

    Errors: as `judge`.
    """
    if has_turned(before.reading, after.reading):
        return _turned(before, after, rules)
    if is_to_the_letter(rules, before, history):
        return _to_the_letter(before, after, rules)
    before, after = _compared(before, rules), _compared(after, rules)
    change = compare(before.reading, after.reading, rules) or view.stated_only(before, after, rules)
    if change is None:
        return None
    is_known = applies(NoiseRule.MOVING_LINES, rules.mask)
    known = Templates(circumstances.volatile if is_known else ())
    change = moving_lines.without_lines(change, before.reading, after.reading, known)
    if after.reading.entries:
        old, new = view.of_change(change)
        wall = None
    else:
        old, new = view.views_of(before, after, rules)
        wall = walls.find(walls.view(old), walls.view(new), lambda: _least_words(history, rules))
    difference = delta.between(old.blocks, new.blocks, after.seen_at - before.seen_at)
    difference, moved = moving_lines.without_blocks(difference, old, new, known)
    difference, standing = without_standing(difference, old.blocks, new.blocks)
    past = () if circumstances.is_back else history
    steady, context = _steady(difference, change, (before, after), past, circumstances.told_at)
    lines = context.moved_lines + standing
    context = _named(replace(context, moving=moved, moved_lines=lines), after, rules)
    if after.reading.kind == "json" and not (
        difference.gone or difference.came or difference.masked
    ):
        # Words that moved make no difference; in JSON, the order of a list is part of its value.
        context = replace(context, moved_lines=change.moved_lines + change.added_lines)
    if rules.additions_only and MASS_REMOVAL not in change.flags:
        context = replace(context, additions_only=True)
    entries = _new_entries(change) if after.reading.entries else ()
    found = features.features_of(old, new, steady, context)
    found = moving_lines.without_title(found, known)
    return Examined(change, wall, found, steady, entries, (old, new), difference)


def is_to_the_letter(rules: Rules, before: State, history: Sequence[State]) -> bool:
    """Whether the owner chose a value: no noise rule applies, and going back is a change too."""
    return letter.is_watched(rules, [state.reading for state in (before, *history)])


def _to_the_letter(before: State, after: State, rules: Rules) -> Examined | None:
    before, after = _compared(before, rules), _compared(after, rules)
    change = compare(before.reading, after.reading, rules, letter.letter_key(rules))
    if change is None:
        return None
    old, new = view.of_text(before.reading), view.of_text(after.reading)
    gone, came = view.of_change(change)
    difference = Delta(gone.blocks, came.blocks, (), ())
    context = _named(Context(moved_lines=change.moved_lines), after, rules)
    found = features.features_of(old, new, difference, context)
    return Examined(change, None, found, difference, is_to_the_letter=True)


def _compared(state: State, rules: Rules) -> State:
    """The state without what is ignored over lines."""
    return replace(state, reading=without_ignored(state.reading, rules))


def _turned(before: State, after: State, rules: Rules) -> Examined | None:
    if rules.additions_only and after.reading.is_nothing:
        return None
    wall = presence.wall_instead(before, after)
    seen = _to_the_letter(before, after, rules)
    return seen and replace(seen, wall=wall, turn=presence.turn_of(before, after, rules))


def _named(context: Context, state: State, rules: Rules) -> Context:
    """The context with what the page calls itself, and its owner its parts, and where it is."""
    about = " ".join((state.reading.title, *rules.include, rules.query or "", *rules.keep_lines))
    address = "" if state.document is None else state.document.url
    return replace(context, about=about, address=address)


def learn(before: State, first: State, second: State, rules: Rules) -> tuple[VolatileLine, ...]:
    """The lines that change at every visit, by two fetches in a row and the state before them."""
    states = (before, first, second)
    with words.judged_with(None):
        blocks = [moving_lines.lines_of(view.view_of(state, rules)) for state in states]
        texts = [templates.StateLines(state.reading.text.split("\n")) for state in states]
        return (*templates.learn(*blocks), *templates.learn(*texts))


def _new_entries(change: Change) -> tuple[tuple[str, ...], ...]:
    """The lines of each new entry; one that was only edited also has old lines."""
    return tuple(hunk.added for hunk in change.hunks if hunk.added and not hunk.before_line)


def _least_words(history: Sequence[State], rules: Rules) -> int | None:
    """The fewest words in the main content of earlier states; None without two of them."""
    if len(history) < _LEAST_STATES:
        return None
    return min(view.view_of(state, rules).words(places.MAIN) for state in history)


def nothing() -> Finding:
    return Finding(
        change_type=None,
        is_significant=False,
        confidence_score=confidence.CEILING,
        category="noise",
        summary="",
        reasons=(Reason("same", 0.0, Phrase.WHY_SAME.say()),),
        analyser=ANALYSER,
    )


def nothing_chosen(rules: Rules) -> Finding:
    """The finding for two states in which the rules choose nothing."""
    where = presence.named(rules.choices, rules)
    return replace(nothing(), summary=Phrase.NOTHING_CHOSEN.sentence(rules=where))


def _steady(
    difference: Delta,
    change: Change,
    states: tuple[State, State],
    history: Sequence[State],
    told_at: Sequence[datetime],
) -> tuple[Delta, Context]:
    """The difference without flickering lines, and what the history says about the page."""
    before, after = states
    is_known = words.is_applied(NoiseRule.FLICKERING_LINES)
    past = volatility.EarlierStates(history if is_known else (), before.seen_at, told_at)
    old = Side(difference.removed, difference.added, after)
    new = Side(difference.added, difference.removed, before)
    removed, gone = volatility.split(old, past, in_before=True)
    added, came = volatility.split(new, past, in_before=False)
    flickering = tuple(block.text for block in (*gone, *came))
    unrest = volatility.unrest([*history, before])
    steady = Delta(tuple(removed), tuple(added), difference.masked, difference.dated)
    return steady, Context(flickering, change.moved_lines, unrest)


def _failure(wall: Wall, change: Change | None) -> Finding:
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
        blind_spot=wall.kind,
    )


def _summary(seen: Examined, level: ChangeType | None) -> str:
    found, difference = seen.found, seen.difference
    if seen.turn is not None:
        return seen.turn.summary
    if seen.is_to_the_letter or seen.views is None:
        shown = _shown(difference, found, features.is_main)
        return summary.of_value(found, shown.removed, shown.added)
    if level is not None and summary.is_rewritten(seen.change):
        return summary.of_rewriting(found, seen.change)
    if level is not None and found.is_only_around:
        return summary.around(found, seen.views, difference)
    if level is not None and found.is_only_beside:
        shown = _shown(difference, found, features.is_outside)
        return summary.beside(found, seen.views, shown)
    shown = _shown(difference, found, features.is_main)
    return summary.summary_of(found, seen.views, shown, level, seen.entries)


def _shown(difference: Delta, found: Features, wanted: Callable[[Block], bool]) -> Delta:
    """The wanted blocks of a difference; of one in additions alone, those that came."""
    removed = () if found.additions_only else difference.removed
    return replace(
        difference,
        removed=tuple(filter(wanted, removed)),
        added=tuple(filter(wanted, difference.added)),
    )


def _finding(
    seen: Examined, rules: Rules, site_type: str | None, circumstances: Circumstances
) -> Finding:
    found = seen.found
    leaning = confidence.leaning(circumstances.ratings, rules.sensitivity)
    level = grade.level(found, site_type)
    if seen.entries and level is not None:
        level = grade.at_least(level, ChangeType.MODERATE)
    level = grade.moved(level, found, leaning, confidence.likelihood(found, leaning))
    if seen.is_to_the_letter:
        level = grade.at_least(level, ChangeType.MODERATE)
    if circumstances.least is not None:
        level = grade.at_least(level, circumstances.least)
    significant = grade.is_significant(level)
    sure = confidence.confidence_of(found, significant, leaning)
    return Finding(
        change_type=level,
        is_significant=significant,
        confidence_score=confidence.CEILING if seen.is_to_the_letter else sure,
        category=grade.category(found, level, site_type, has_turned=seen.turn is not None),
        summary=_summary(seen, level),
        reasons=(
            *((seen.turn.reason,) if seen.turn else reasons.of_choice(seen.is_to_the_letter)),
            *reasons.of_entries(len(seen.entries)),
            *reasons.reasons_of(found, is_to_the_letter=seen.is_to_the_letter),
            *reasons.of_removal(seen.change),
            *reasons.of_leaning(circumstances.ratings, rules.sensitivity, leaning),
        ),
        analyser=ANALYSER,
        change=seen.change,
    )
