"""Removes lines that are known to change at every visit from a difference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from daemon.analyse.blocks import Block
from daemon.analyse.delta import Delta
from daemon.analyse.features import Features
from daemon.analyse.noise import templates
from daemon.analyse.noise.templates import StateLines, Templates
from daemon.analyse.view import PageView
from daemon.model.change import Change, Hunk, lines_added, lines_removed
from daemon.model.reading import Reading


def lines_of(view: PageView) -> StateLines:
    """The blocks of a page as lines."""
    return StateLines([block.text for block in view.blocks])


def without_blocks(
    difference: Delta, before: PageView, after: PageView, known: Templates
) -> tuple[Delta, tuple[str, ...]]:
    """The difference without blocks that change at every visit, and their present text."""
    moved_before = known.moving(lines_of(before), _texts(difference.gone))
    moved_after = known.moving(lines_of(after), _texts(difference.came))
    left = replace(
        difference,
        removed=tuple(one for one in difference.removed if one.text not in moved_before),
        added=tuple(one for one in difference.added if one.text not in moved_after),
        dated=tuple(pair for pair in difference.dated if pair[1].text not in moved_after),
    )
    return left, tuple(block.text for block in difference.came if block.text in moved_after)


def without_lines(change: Change, before: Reading, after: Reading, known: Templates) -> Change:
    """The change without the lines that change at every visit."""
    gone, came = frozenset(lines_removed(change.hunks)), frozenset(lines_added(change.hunks))
    moved_before = known.moving(StateLines(before.text.split("\n")), gone)
    moved_after = known.moving(StateLines(after.text.split("\n")), came)
    if not moved_before and not moved_after:
        return change
    hunks = [_without(hunk, moved_before, moved_after) for hunk in change.hunks]
    kept = tuple(hunk for hunk in hunks if hunk.removed or hunk.added)
    removed, added = _words(moved_before), _words(moved_after)
    return replace(
        change,
        hunks=kept,
        removed_lines=change.removed_lines - len(moved_before),
        added_lines=change.added_lines - len(moved_after),
        removed_words=max(0, change.removed_words - removed),
        added_words=max(0, change.added_words - added),
    )


def without_title(found: Features, known: Templates) -> Features:
    """The features without a title that changes at every visit."""
    if found.title and known.moving(StateLines([found.title[1]]), {found.title[1]}):
        return replace(found, title=None)
    return found


def is_doubtful(difference: Delta, before: PageView, after: PageView) -> bool:
    """Whether some of a difference may be a line that changes at every visit."""
    gone, came = _texts(difference.gone), _texts(difference.came)
    return templates.is_doubtful(lines_of(before), lines_of(after), gone, came)


def _texts(blocks: Sequence[Block]) -> frozenset[str]:
    return frozenset(block.text for block in blocks)


def _without(hunk: Hunk, gone: frozenset[str], came: frozenset[str]) -> Hunk:
    return replace(
        hunk,
        removed=tuple(line for line in hunk.removed if line not in gone),
        added=tuple(line for line in hunk.added if line not in came),
    )


def _words(lines: frozenset[str]) -> int:
    return sum(len(line.split()) for line in lines)
