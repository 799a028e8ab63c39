"""Diffs two texts by lines in bounded time."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain, compress, starmap
from operator import ne
from typing import NamedTuple, TypeAlias
from zlib import crc32

from rapidfuzz.distance import Indel

from daemon.model.change import Hunk

MAX_LINES = 20_000
MAX_LINE_CHARS = 2_000
MAX_DIFFERING_CHARS = 500_000  # masked line by line; that takes up to 2 s per million
_CHUNK_CHARS = 4_096
_SENTENCE = re.compile(r"(?<=[.;!?。])\s+")

Opcode = tuple[str, int, int, int, int]
# A line that counts, behind the key by which it equals others.
Keyed: TypeAlias = "tuple[str, Line]"


class Line(NamedTuple):
    """A line, or a piece of one that is too long, and its number in the text."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class LineDiff:
    """The hunks, and how many of their lines only moved."""

    hunks: tuple[Hunk, ...]
    moved: int
    is_exact: bool  # False when lines were compared as sets
    chars: int = 0  # of all lines of both texts


def split(text: str) -> list[Line]:
    """The lines of a text; long ones are cut at points that depend on their content."""
    lines = []
    for number, line in enumerate(text.split("\n"), start=1):
        if len(line) <= MAX_LINE_CHARS:
            lines.append(Line(number, line))
        else:
            lines.extend(Line(number, piece) for piece in _pieces(line))
    return lines


def _pieces(line: str) -> list[str]:
    pieces: list[str] = []
    for sentence in _SENTENCE.split(line):
        if len(sentence) <= MAX_LINE_CHARS:
            pieces.append(sentence)
        else:
            pieces.extend(_cut(sentence))
    return pieces


def _cut(sentence: str) -> list[str]:
    """Cut after words chosen by their checksum: an insertion moves no other cut."""
    pieces: list[str] = []
    piece: list[str] = []
    for word in sentence.split(" "):
        if len(word) > _CHUNK_CHARS:
            starts = range(0, len(word), _CHUNK_CHARS)
            pieces.extend(word[start : start + _CHUNK_CHARS] for start in starts)
            continue
        piece.append(word)
        if crc32(word.encode()) % 24 == 0:
            pieces.append(" ".join(piece))
            piece = []
    return [*pieces, " ".join(piece)] if piece else pieces


def opcodes(before: Sequence[str], after: Sequence[str]) -> list[Opcode]:
    """Minimal edits between two sequences: equal, replace, delete, insert.

    Shape: as difflib's; neighbouring deletions and insertions are one `replace`.
    """
    found: list[Opcode] = []
    for code in Indel.opcodes(before, after):
        here = (code.src_start, code.src_end, code.dest_start, code.dest_end)
        if code.tag != "equal" and found and found[-1][0] != "equal":
            _, start_before, _, start_after, _ = found.pop()
            found.append(_edit(start_before, here[1], start_after, here[3]))
        elif code.tag == "equal":
            found.append(("equal", *here))
        else:
            found.append(_edit(*here))
    return found


def _edit(a: int, b: int, c: int, d: int) -> Opcode:
    tag = "replace" if a < b and c < d else "delete" if a < b else "insert"
    return tag, a, b, c, d


def diff(before: Sequence[Line], after: Sequence[Line], key: Callable[[str], str]) -> LineDiff:
    """The hunks left once lines with equal keys and lines that moved are paired.

    Shape: a line with an empty key does not count. Where too much differs to align all of it,
           one hunk of the lines that only one text has.
    """
    start, end = common_ends(_texts(before), _texts(after))
    found = _diff(before[start : len(before) - end], after[start : len(after) - end], start, key)
    return replace(found, chars=_chars(before) + _chars(after))


def diff_texts(before: str, after: str, key: Callable[[str], str]) -> LineDiff:
    """As `diff`, of the lines of two texts; only those between their common ends are looked at."""
    old, new = before.split("\n"), after.split("\n")
    if max(map(len, chain(old, new))) > MAX_LINE_CHARS:
        return diff(split(before), split(after), key)
    start, end = common_ends(old, new)
    found = _diff(_numbered(old, start, end), _numbered(new, start, end), start, key)
    return replace(found, chars=sum(map(len, chain(old, new))))


def _numbered(lines: Sequence[str], start: int, end: int) -> list[Line]:
    return list(starmap(Line, enumerate(lines[start : len(lines) - end], start + 1)))


def _diff(
    old: Sequence[Line], new: Sequence[Line], start: int, key: Callable[[str], str]
) -> LineDiff:
    """The difference behind `start` lines that both texts have."""
    if len(old) > MAX_LINES or len(new) > MAX_LINES:
        return _as_sets(old, new)
    edits = [code for code in opcodes(_texts(old), _texts(new)) if code[0] != "equal"]
    if sum(_chars(old[a:b]) + _chars(new[c:d]) for _, a, b, c, d in edits) > MAX_DIFFERING_CHARS:
        return _as_sets(old, new)
    drafts: list[HunkDraft] = []
    for _, a, b, c, d in edits:
        here = (_number_at(old, a, start), _number_at(new, c, start))
        drafts.extend(_refine(old[a:b], new[c:d], here, key))
    return _without_moved(drafts)


def _chars(lines: Sequence[Line]) -> int:
    return sum(len(line.text) for line in lines)


@dataclass(frozen=True, slots=True)
class HunkDraft:
    """A hunk being built: its lines, and where it starts when a side has none."""

    old: Sequence[Keyed]
    new: Sequence[Keyed]
    here: tuple[int, int]

    def hunk(self) -> Hunk:
        return _hunk([line for _, line in self.old], [line for _, line in self.new], self.here)


def _hunk(old: Sequence[Line], new: Sequence[Line], here: tuple[int, int]) -> Hunk:
    return Hunk(
        old[0].number if old else here[0],
        new[0].number if new else here[1],
        tuple(_texts(old)),
        tuple(_texts(new)),
    )


def _number_at(lines: Sequence[Line], place: int, start: int) -> int:
    if place < len(lines):
        return lines[place].number
    return lines[-1].number + 1 if lines else start + 1


def _texts(lines: Sequence[Line]) -> list[str]:
    return [line.text for line in lines]


def common_ends(before: Sequence[object], after: Sequence[object]) -> tuple[int, int]:
    """How many items two sequences have in common at their start, and behind it at their end."""
    shortest = min(len(before), len(after))
    start = _equal(before, after, shortest)
    return start, _equal(reversed(before), reversed(after), shortest - start)


def _equal(before: Iterable[object], after: Iterable[object], most: int) -> int:
    differing = compress(range(most), map(ne, before, after))
    return next(differing, most)


def _refine(
    old: Sequence[Line], new: Sequence[Line], here: tuple[int, int], key: Callable[[str], str]
) -> list[HunkDraft]:
    """A rough hunk, cut where its lines are equal once masked."""
    old_kept, new_kept = _keyed(old, key), _keyed(new, key)
    edits = opcodes([name for name, _ in old_kept], [name for name, _ in new_kept])
    return [
        HunkDraft(old_kept[a:b], new_kept[c:d], here) for tag, a, b, c, d in edits if tag != "equal"
    ]


def _keyed(lines: Sequence[Line], key: Callable[[str], str]) -> list[Keyed]:
    return [(name, line) for line in lines if (name := key(line.text))]


def _without_moved(drafts: Sequence[HunkDraft]) -> LineDiff:
    gone = Counter(name for draft in drafts for name, _ in draft.old)
    came = Counter(name for draft in drafts for name, _ in draft.new)
    moved = gone & came
    kept = _without(drafts, moved) if moved else drafts
    return LineDiff(tuple(draft.hunk() for draft in kept), moved.total(), is_exact=True)


def _without(drafts: Sequence[HunkDraft], moved: Counter[str]) -> list[HunkDraft]:
    gone, came = Counter(moved), Counter(moved)
    left = [
        HunkDraft(_spend(draft.old, gone), _spend(draft.new, came), draft.here) for draft in drafts
    ]
    return [draft for draft in left if draft.old or draft.new]


def _spend(lines: Sequence[Keyed], quota: Counter[str]) -> list[Keyed]:
    kept = []
    for name, line in lines:
        if quota[name] > 0:
            quota[name] -= 1
        else:
            kept.append((name, line))
    return kept


def _as_sets(before: Sequence[Line], after: Sequence[Line]) -> LineDiff:
    """The lines that only one text has, where there are too many to align."""
    old_texts, new_texts = set(_texts(before)), set(_texts(after))
    old = [line for line in before if line.text not in new_texts and line.text.strip()]
    new = [line for line in after if line.text not in old_texts and line.text.strip()]
    if not old and not new:
        return LineDiff((), 0, is_exact=False)
    here = (_number_at(old, 0, 0), _number_at(new, 0, 0))
    return LineDiff((_hunk(old, new, here),), 0, is_exact=False)
