"""Judges a chosen value to the letter: any difference in it is a change, however short."""

from __future__ import annotations

from collections.abc import Sequence

from daemon.analyse import blocks
from daemon.analyse.delta import Delta
from daemon.analyse.view import PageView
from daemon.model.change import Change
from daemon.model.reading import Reading
from daemon.model.site import Rules

VALUE_LINES = 2
VALUE_WORDS = 25


def is_watched(rules: Rules, known: Sequence[Reading]) -> bool:
    """Whether what the owner chose is a value: a line or two in every known state.

    Shape: `known` are the states before the one that is judged; a list or an article is a region,
           and so is a whole page, of which nothing was chosen. `watch` has the last word.
    """
    if rules.watch != "auto":
        return rules.watch == "letter"
    return rules.is_choice and all(map(_is_short, known))


def _is_short(reading: Reading) -> bool:
    lines = [line for line in reading.text.split("\n") if line.strip()]
    return len(lines) <= VALUE_LINES and len(reading.text.split()) <= VALUE_WORDS


def views(before: Reading, after: Reading) -> tuple[PageView, PageView]:
    """The two texts as views, all of them main content."""
    old, new = blocks.from_text(before.text), blocks.from_text(after.text)
    return PageView(tuple(old)), PageView(tuple(new))


def difference(change: Change) -> Delta:
    """The lines of a change as blocks, with nothing masked."""
    removed = [line for hunk in change.hunks for line in hunk.removed]
    added = [line for hunk in change.hunks for line in hunk.added]
    return Delta(
        tuple(blocks.from_text("\n".join(removed))),
        tuple(blocks.from_text("\n".join(added))),
        (),
        (),
    )
