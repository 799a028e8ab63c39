"""Where a quotation stands on the old and the new page, and whether two stand at the same place.

The alignment is the scorer's own: units first, the words of two similar units second.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import cached_property
from itertools import groupby

from rapidfuzz.distance import Indel

from benchmarks.said.units import Unit, dereferenced, plain

_WORD = re.compile(r"[^\W\d_]+|\d+")
_ALIKE = 0.5
_MAX_CELLS = 250_000
_MAX_WORDS = 6_000
_RUN = 3
_NUMBERING = re.compile(r"\d{1,3}|[a-z]|[ivx]{1,5}")


@dataclass(eq=False)
class Stream:
    """The words of a page in one row; each knows its unit, and where units begin and end."""

    units: Sequence[Unit]
    words: list[str] = field(default_factory=list)
    unit_of: list[int] = field(default_factory=list)
    begins: set[int] = field(default_factory=set)
    ends: set[int] = field(default_factory=set)

    @classmethod
    def of(cls, page: Sequence[Unit]) -> Stream:
        stream = cls(page)
        for at, unit in enumerate(page):
            stream._take(at, unit)
        return stream

    def _take(self, at: int, unit: Unit) -> None:
        text = dereferenced(unit.text)
        matches = list(_WORD.finditer(text))
        if not matches:
            return
        first = len(self.words)
        self.words += [match[0].casefold() for match in matches]
        self.unit_of += [at] * len(matches)
        self.begins.add(first)
        if _NUMBERING.fullmatch(self.words[first]):
            self.begins.add(first + 1)
        for place, match in enumerate(matches):
            if text[match.end() : match.end() + 1] == ":":
                self.ends.add(first + place + 1)
                self.begins.add(first + place + 1)
        self.ends.add(len(self.words))

    @cached_property
    def _places(self) -> dict[str, list[int]]:
        order = sorted(range(len(self.words)), key=self.words.__getitem__)
        return {word: list(some) for word, some in groupby(order, key=self.words.__getitem__)}

    def find(self, text: str) -> list[tuple[int, int]]:
        """Every place of a text, as half-open ranges of words."""
        wanted = words_of(text)
        if not wanted:
            return []
        size = len(wanted)
        starts = self._places.get(wanted[0], ())
        return [(at, at + size) for at in starts if self.words[at : at + size] == wanted]

    def words_in(self, some: range) -> tuple[list[str], int]:
        """The words of neighbouring units, and the place of the first."""
        at = [place for place, unit in enumerate(self.unit_of) if unit in some]
        return [self.words[place] for place in at], at[0] if at else 0

    def units_in(self, span: tuple[int, int]) -> range:
        return range(self.unit_of[span[0]], self.unit_of[span[1] - 1] + 1)


def words_of(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(dereferenced(plain(text)))]


class Pair:
    """Two states of a page, aligned unit by unit."""

    def __init__(self, old: Sequence[Unit], new: Sequence[Unit]) -> None:
        self.old, self.new = Stream.of(old), Stream.of(new)
        texts = [unit.text for unit in old], [unit.text for unit in new]
        codes = SequenceMatcher(None, *texts, autojunk=False).get_opcodes()
        self.same: set[tuple[int, int]] = set()
        self.anchors: list[tuple[int, int]] = []
        self.hunks: list[tuple[int, int, int, int]] = []
        for tag, i1, i2, j1, j2 in codes:
            if tag == "equal":
                self.same |= set(zip(range(i1, i2), range(j1, j2), strict=True))
                continue
            self.hunks.append((i1, i2, j1, j2))
            if tag == "replace":
                self.anchors += _similar(texts[0][i1:i2], texts[1][j1:j2], i1, j1)
        self.anchors = sorted({*self.same, *self.anchors})
        self._changed_old = set(range(len(old))) - {i for i, _ in self.same}
        self._changed_new = set(range(len(new))) - {j for _, j in self.same}

    def old_places(self, text: str) -> list[tuple[int, int]]:
        return _among(self.old, self.old.find(text), self._changed_old)

    def new_places(self, text: str) -> list[tuple[int, int]]:
        return _among(self.new, self.new.find(text), self._changed_new)

    def is_joined_rightly(self, old: str, new: str) -> bool | None:
        """Whether the new text took the old one's place; None where one is not on its page."""
        mine, others = self.old_places(old), self.new_places(new)
        if not mine or not others:
            return None
        return any(self._meet(a, b) for a in mine for b in others)

    def _meet(self, a: tuple[int, int], b: tuple[int, int]) -> bool:
        """Units say it, or the words of the hole where sentences were split or merged."""
        return self._units_meet(a, b) or any(
            self._meet_in(a, b, range(i1, i2), range(j1, j2)) for i1, i2, j1, j2 in self.hunks
        )

    def _units_meet(self, a: tuple[int, int], b: tuple[int, int]) -> bool:
        left, right = self.old.units_in(a), self.new.units_in(b)
        inside = [(i, j) for i, j in self.anchors if i in left or j in right]
        together = [(i, j) for i, j in inside if i in left and j in right]
        if inside:
            return any(
                self._words_meet(a, b, range(i, i + 1), range(j, j + 1)) for i, j in together
            )
        return self._before(left[0], 0) == self._before(right[0], 1)

    def _before(self, unit: int, side: int) -> int:
        return sum(anchor[side] < unit for anchor in self.anchors)

    def _meet_in(self, a: tuple[int, int], b: tuple[int, int], left: range, right: range) -> bool:
        inside = {*self.old.units_in(a)} <= {*left} and {*self.new.units_in(b)} <= {*right}
        return inside and self._words_meet(a, b, left, right, _RUN)

    def _words_meet(
        self, a: tuple[int, int], b: tuple[int, int], left: range, right: range, run: int = 1
    ) -> bool:
        """No run of words that both sides share stands between the two."""
        (olds, start), (news, begin) = self.old.words_in(left), self.new.words_in(right)
        if max(len(olds), len(news)) > _MAX_WORDS:
            return True
        a0, a1, b0, b1 = a[0] - start, a[1] - start, b[0] - begin, b[1] - begin
        blocks = SequenceMatcher(None, olds, news, autojunk=False).get_matching_blocks()
        return not any(
            (a1 <= x and y + size <= b0) or (b1 <= y and x + size <= a0)
            for x, y, size in blocks
            if size >= run
        )


def _among(
    stream: Stream, found: list[tuple[int, int]], changed: set[int]
) -> list[tuple[int, int]]:
    """The places in units that differ, or all if none does."""
    inside = [span for span in found if not changed.isdisjoint(stream.units_in(span))]
    return inside or found


def _similar(old: Sequence[str], new: Sequence[str], i1: int, j1: int) -> Iterator[tuple[int, int]]:
    """The pairs of similar texts that keep their order and are most alike in all."""
    if len(old) * len(new) > _MAX_CELLS:
        return
    best = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    alike: dict[tuple[int, int], float] = {}
    for i, one in enumerate(old):
        for j, other in enumerate(new):
            score = Indel.normalized_similarity(one, other, score_cutoff=_ALIKE)
            alike[i, j] = score
            best[i + 1][j + 1] = max(best[i][j] + score, best[i][j + 1], best[i + 1][j])
    yield from reversed(list(_traced(best, alike, i1, j1)))


def _traced(
    best: list[list[float]], alike: dict[tuple[int, int], float], i1: int, j1: int
) -> Iterator[tuple[int, int]]:
    i, j = len(best) - 1, len(best[0]) - 1
    while i and j:
        if best[i][j] == best[i - 1][j]:
            i -= 1
        elif best[i][j] == best[i][j - 1]:
            j -= 1
        else:
            i, j = i - 1, j - 1
            yield i1 + i, j1 + j
