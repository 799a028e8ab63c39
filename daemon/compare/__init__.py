"""Compares two readings after the noise rules."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import lru_cache

from daemon.compare.entries import entry_hunks
from daemon.compare.ignore import Ignore
from daemon.compare.lines import Line, LineDiff, diff, diff_texts, split
from daemon.compare.masks import mask
from daemon.compare.named_masks import mask_of
from daemon.compare.segments import (
    DiffLine,
    diff_text,
    inline,
    joined,
    rewritten,
    unified,
    word_segments,
)
from daemon.compare.structure import json_lines
from daemon.lexicon.spelling import fold
from daemon.model.change import Change, Hunk, Mark, Segment, lines_added, lines_removed
from daemon.model.reading import NO_ENTRIES, Reading
from daemon.model.site import Rules

__all__ = [
    "MASS_REMOVAL",
    "TOO_DIFFERENT",
    "DiffLine",
    "Mark",
    "Segment",
    "compare",
    "diff_text",
    "inline",
    "joined",
    "line_key",
    "rewritten",
    "unified",
    "word_segments",
]

_WORD = re.compile(r"\w+")
TOO_DIFFERENT = "too_different"
ROLLED_OFF = "rolled_off"
MASS_REMOVAL = "mass_removal"
_NEARLY_ALL = 0.75
_REMEMBERED_CHARS = 300  # of a line; longer ones are rare and would fill the cache


def compare(
    before: Reading, after: Reading, rules: Rules, key: Callable[[str], str] | None = None
) -> Change | None:
    """How `after` differs from `before`; None when nothing is left after the noise rules.

    Shape:  feeds by the identity of their entries, JSON by path, all else by lines.
            Lines are equal when `key` says so, by default the one without noise; those that
            only moved are counted, not listed. With `additions_only` removals are
            left out, unless it is three quarters of the text or more: that is flagged.
    Errors: ExtractError (selector) for an ignore pattern that is faulty or takes too long.
    """
    if before.text_hash == after.text_hash and before.entries == after.entries:
        return None
    found = _compare_all(before, after, key or line_key(rules))
    return _additions(found, before) if found and rules.additions_only else found


def _compare_all(before: Reading, after: Reading, key: Callable[[str], str]) -> Change | None:
    if _has_entries(before) and _has_entries(after):
        return _compare_entries(before, after, key)
    if "json" in (before.kind, after.kind):
        found = diff(_lines(before), _lines(after), key)
    else:
        found = diff_texts(before.text, after.text, key)
    if not found.hunks and not found.moved:
        return None
    return _change(found)


def _has_entries(reading: Reading) -> bool:
    """Whether a reading is of a feed and of all that is in it, if that is nothing yet."""
    return reading.kind == "feed" and bool(reading.entries or NO_ENTRIES in reading.flags)


def _additions(change: Change, before: Reading) -> Change | None:
    """The change without removals; all of it when nearly everything was removed."""
    gone = sum(map(len, lines_removed(change.hunks)))
    came = sum(map(len, lines_added(change.hunks)))
    if gone - came >= _NEARLY_ALL * max(len(before.text), 1):
        return replace(change, flags=(*change.flags, MASS_REMOVAL))
    hunks = tuple(replace(hunk, removed=()) for hunk in change.hunks if hunk.added)
    if not hunks:
        return None
    return replace(change, hunks=hunks, removed_lines=0, removed_words=0, moved_lines=0)


def line_key(rules: Rules) -> Callable[[str], str]:
    """The key function that is equal for two lines which differ only in noise."""
    without_noise = _without_noise if rules.mask is None else _without(rules.mask)
    if not rules.ignore:
        return without_noise
    ignore = Ignore(rules.ignore)
    return lru_cache(maxsize=65_536)(lambda line: without_noise(ignore(line)))


def _without(names: tuple[str, ...]) -> Callable[[str], str]:
    """The key function of the noise rules that an owner names."""
    mask_named = mask_of(names)
    return lru_cache(maxsize=65_536)(lambda line: " ".join(mask_named(fold(line)).split()))


def _without_noise(line: str) -> str:
    return _masked_words(line) if len(line) > _REMEMBERED_CHARS else _remembered(line)


def _masked_words(line: str) -> str:
    return " ".join(mask(fold(line)).split())


# The states of a page share most of their lines, and the pages of a site many.
_remembered = lru_cache(maxsize=8_192)(_masked_words)


def _lines(reading: Reading) -> list[Line]:
    if reading.kind == "json":
        return [Line(number, leaf) for number, leaf in enumerate(json_lines(reading.text), 1)]
    return split(reading.text)


def _compare_entries(before: Reading, after: Reading, key: Callable[[str], str]) -> Change | None:
    hunks, rolled = entry_hunks(before.entries, after.entries)
    kept = tuple(hunk for hunk in hunks if not _is_noise(hunk, key))
    if not kept:
        return None
    flags = (f"{ROLLED_OFF}:{rolled}",) if rolled else ()
    total = sum(len(entry.title + entry.text) for entry in (*before.entries, *after.entries))
    return _change(LineDiff(kept, 0, is_exact=True, chars=total), flags)


def _is_noise(hunk: Hunk, key: Callable[[str], str]) -> bool:
    removed = [name for name in map(key, hunk.removed) if name]
    added = [name for name in map(key, hunk.added) if name]
    return removed == added


def _change(found: LineDiff, flags: tuple[str, ...] = ()) -> Change:
    removed, added = lines_removed(found.hunks), lines_added(found.hunks)
    return Change(
        hunks=found.hunks,
        added_lines=len(added),
        removed_lines=len(removed),
        moved_lines=found.moved,
        added_words=_count_words(added),
        removed_words=_count_words(removed),
        similarity=_similarity(removed, added, found.chars),
        flags=flags if found.is_exact else (*flags, TOO_DIFFERENT),
    )


def _count_words(lines: Iterable[str]) -> int:
    return sum(len(_WORD.findall(line)) for line in lines)


def _similarity(removed: Sequence[str], added: Sequence[str], total: int) -> float:
    changed = sum(map(len, removed)) + sum(map(len, added))
    return max(0.0, 1 - changed / total) if total else 0.0
