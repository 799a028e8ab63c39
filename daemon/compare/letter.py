"""Tells a chosen value, which is watched to the letter, from a region, which has its noise."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from daemon.compare.ignore import Ignore
from daemon.compare.named_masks import mask_of
from daemon.model.reading import Reading
from daemon.model.site import FILE, Rules

VALUE_LINES = 2
VALUE_WORDS = 25


def is_watched(rules: Rules, known: Sequence[Reading]) -> bool:
    """Whether what the owner chose is a value: a line or two in every known state.

    Shape: `known` are the states before the one that is judged; a list or an article is a region,
           and so is a whole page, of which nothing was chosen. `watch` has the last word, except
           of files, whose hash says all or nothing.
    """
    if rules.kind == FILE:
        return True
    if rules.watch != "auto":
        return rules.watch == "letter"
    return rules.is_choice and all(map(_is_short, known))


def _is_short(reading: Reading) -> bool:
    lines = [line for line in reading.text.split("\n") if line.strip()]
    return len(lines) <= VALUE_LINES and len(reading.text.split()) <= VALUE_WORDS


def letter_key(rules: Rules) -> Callable[[str], str]:
    """The key that is equal for two lines which differ only in spaces, `ignore` or `mask`."""
    ignore, mask = Ignore(rules.ignore), mask_of(rules.mask or ())
    return lambda line: " ".join(mask(ignore(line)).split())
