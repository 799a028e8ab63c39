"""Splits two texts or lines into typed pieces for showing their difference."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

from daemon.compare.lines import MAX_LINES, Opcode, opcodes
from daemon.compare.tokens import tokens
from daemon.model.change import Mark, Segment

_MAX_TOKENS = 4_000
_MAX_CHARS = 100_000
_ALIKE = 0.4  # least share of common text for one line to be a rewrite of another
_WORD = re.compile(r"\w")


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line of a unified difference, with its numbers where it has them."""

    mark: Mark
    text: str
    before_line: int | None = None
    after_line: int | None = None


def unified(before_text: str, after_text: str, context: int = 3) -> tuple[DiffLine, ...]:
    """The difference of two texts by lines, with some unchanged lines around each change.

    Shape: over 20,000 lines, the lines of one text only, without context.
    """
    return tuple(_lines(before_text, after_text, context))


def _lines(before_text: str, after_text: str, context: int) -> Iterator[DiffLine]:
    before, after = before_text.split("\n"), after_text.split("\n")
    if max(len(before), len(after)) > MAX_LINES:
        return _by_sets(before, after)
    return _unified(before, after, opcodes(before, after), context)


def _unified(
    before: list[str], after: list[str], codes: list[Opcode], context: int
) -> Iterator[DiffLine]:
    if all(code[0] == "equal" for code in codes):
        return
    for place, (tag, a, b, c, d) in enumerate(codes):
        if tag == "equal":
            is_first, is_last = place == 0, place == len(codes) - 1
            yield from _around(before[a:b], (a, c), context, is_first=is_first, is_last=is_last)
            continue
        for number in range(a, b):
            yield DiffLine(Mark.REMOVED, before[number], number + 1, None)
        for number in range(c, d):
            yield DiffLine(Mark.ADDED, after[number], None, number + 1)


def _around(
    lines: list[str], start: tuple[int, int], context: int, *, is_first: bool, is_last: bool
) -> Iterator[DiffLine]:
    head = 0 if is_first else context
    tail = 0 if is_last else context
    for offset, text in enumerate(lines):
        if offset < head or offset >= len(lines) - tail:
            yield DiffLine(Mark.SAME, text, start[0] + offset + 1, start[1] + offset + 1)
        elif offset == head:
            yield DiffLine(Mark.GAP, "", start[0] + offset + 1, start[1] + offset + 1)


def _by_sets(before: list[str], after: list[str]) -> Iterator[DiffLine]:
    old, new = set(before), set(after)
    for number, text in enumerate(before, start=1):
        if text not in new:
            yield DiffLine(Mark.REMOVED, text, number, None)
    for number, text in enumerate(after, start=1):
        if text not in old:
            yield DiffLine(Mark.ADDED, text, None, number)


_SIGNS = {Mark.SAME: " ", Mark.REMOVED: "-", Mark.ADDED: "+", Mark.GAP: "…"}


def diff_text(before_text: str, after_text: str, context: int = 3, limit: int | None = None) -> str:
    """The unified difference as plain text: a sign before each line, `…` for what is left out.

    Units: `limit` is in characters; what is longer ends with a line that says so.
    """
    told: list[str] = []
    room = limit
    for line in _lines(before_text, after_text, context):
        text = f"{_SIGNS[line.mark]}{line.text}"
        if room is not None and len(text) > room:
            return "\n".join([*told, text[:room], "… cut"])
        told.append(text)
        room = None if room is None else max(room - len(text) - 1, 0)
    return "\n".join(told)


def word_segments(
    removed_line: str, added_line: str
) -> tuple[tuple[Segment, ...], tuple[Segment, ...]]:
    """Both lines cut where their words differ, for highlighting within a replaced line.

    Shape: joined, each side's segments give the line; a number, an address or a date is
            never cut. Lines over 100,000 characters are one piece, and so is what differs in
            lines over 4,000 words, between the words that both begin and end with.
    """
    whole = (Segment(Mark.REMOVED, removed_line),), (Segment(Mark.ADDED, added_line),)
    if max(len(removed_line), len(added_line)) > _MAX_CHARS:
        return whole
    old, new = tokens(removed_line), tokens(added_line)
    is_long = max(len(old), len(new)) > _MAX_TOKENS
    left: list[Segment] = []
    right: list[Segment] = []
    for tag, a, b, c, d in _around_middle(old, new) if is_long else opcodes(old, new):
        same = tag == "equal"
        if a < b:
            left.append(Segment(Mark.SAME if same else Mark.REMOVED, "".join(old[a:b])))
        if c < d:
            right.append(Segment(Mark.SAME if same else Mark.ADDED, "".join(new[c:d])))
    return tuple(left), tuple(right)


def _around_middle(old: Sequence[str], new: Sequence[str]) -> Iterator[Opcode]:
    """The edit that replaces all between the tokens with which both begin and end."""
    shortest = min(len(old), len(new))
    head = next((at for at in range(shortest) if old[at] != new[at]), shortest)
    rest = range(shortest - head)
    tail = next((at for at in rest if old[-1 - at] != new[-1 - at]), len(rest))
    ends = len(old) - tail, len(new) - tail
    yield "equal", 0, head, 0, head
    yield "replace", head, ends[0], head, ends[1]
    yield "equal", ends[0], len(old), ends[1], len(new)


def rewritten(
    removed: Sequence[str], added: Sequence[str]
) -> Iterator[tuple[tuple[Segment, ...], tuple[Segment, ...]]]:
    """The lines removed and added at one place, each with its replacement.

    Shape: one segment on each side where the two have little in common; an empty side where a
           line has no other.
    """
    for old, new in zip(removed, added, strict=False):
        left, right = word_segments(old, new)
        if _share(left) < _ALIKE and _share(right) < _ALIKE:
            left, right = (Segment(Mark.REMOVED, old),), (Segment(Mark.ADDED, new),)
        yield left, right
    for old in removed[len(added) :]:
        yield (Segment(Mark.REMOVED, old),), ()
    for new in added[len(removed) :]:
        yield (), (Segment(Mark.ADDED, new),)


def inline(old: Sequence[Segment], new: Sequence[Segment]) -> tuple[Segment, ...]:
    """Both sides of a rewritten line in one: removed, added, and common parts once."""
    found: list[Segment] = []
    came = iter(new)
    for segment in old:
        if segment.mark is Mark.SAME:
            found += takewhile(lambda other: other.mark is not Mark.SAME, came)
        found.append(segment)
    return (*found, *came)


def _share(segments: Sequence[Segment]) -> float:
    """The share of a line that the other has too."""
    total = sum(len(_WORD.findall(segment.text)) for segment in segments)
    same = sum(len(_WORD.findall(s.text)) for s in segments if s.mark is Mark.SAME)
    return same / total if total else 1.0


def joined(segments: Sequence[Segment]) -> Iterator[Segment]:
    """Merge words that differ in a row into one piece, with the spaces between them."""
    held: Segment | None = None
    for place, segment in enumerate(segments):
        is_between = 0 < place < len(segments) - 1 and segment.text.isspace()
        if held is not None and is_between and held.mark is not Mark.SAME:
            segment = Segment(held.mark, segment.text)
        if held is not None and held.mark is segment.mark:
            held = Segment(held.mark, held.text + segment.text)
            continue
        if held is not None:
            yield held
        held = segment
    if held is not None:
        yield held
