"""Two lines in, their differences word by word out."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher
from enum import Enum
from itertools import zip_longest

from daemon.compare.tokens import tokens

_MOST_WORDS = 400
_LEAST_ALIKE = 0.4  # lines with less in common read better one after the other


class Part(Enum):
    """Where a piece of text stands."""

    SAME = " "
    REMOVED = "-"
    ADDED = "+"


Pieces = tuple[tuple[Part, str], ...]


def compared(removed: tuple[str, ...], added: tuple[str, ...]) -> Iterator[Pieces]:
    """The lines of a hunk, each as pieces: line against line where they are alike."""
    if len(removed) != len(added):
        yield from (((Part.REMOVED, text),) for text in removed)
        yield from (((Part.ADDED, text),) for text in added)
        return
    for before, after in zip_longest(removed, added, fillvalue=""):
        yield from _line(before, after)


def _line(before: str, after: str) -> Iterator[Pieces]:
    old, new = tokens(before), tokens(after)
    if len(old) + len(new) <= _MOST_WORDS:
        matcher = SequenceMatcher(None, old, new, autojunk=False)
        if matcher.ratio() >= _LEAST_ALIKE:
            yield tuple(_pieces(matcher, old, new))
            return
    yield ((Part.REMOVED, before),)
    yield ((Part.ADDED, after),)


def _pieces(
    matcher: SequenceMatcher[str], old: list[str], new: list[str]
) -> Iterator[tuple[Part, str]]:
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal":
            yield Part.SAME, "".join(old[i1:i2])
            continue
        if i2 > i1:
            yield Part.REMOVED, "".join(old[i1:i2])
        if j2 > j1:
            yield Part.ADDED, "".join(new[j1:j2])
