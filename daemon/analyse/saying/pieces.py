"""Finds what took whose place: thoughts of two pages, aligned in page order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from daemon.analyse import words
from daemon.analyse.blocks import Block
from daemon.analyse.delta import Delta
from daemon.analyse.thoughts.plain import quotable, shown_in_source
from daemon.analyse.thoughts.thought import Thought, thoughts_of
from daemon.compare.lines import opcodes

_MOST_PAGE_CELLS = 100_000_000  # blocks of one page times those of the other, to be aligned
_MOST_THOUGHT_CELLS = 4_000_000
MOST_WEIGHED = 40_000  # pairs of thoughts weighed against each other
_MOST_OF_A_GAP = 3_000
_ALIKE = 0.5
_LABEL_CHARS = 40
_SAME_LABEL = 0.3
_FEW_WORDS = 8

Placed = tuple[int, Block]


@dataclass(frozen=True, slots=True)
class Piece:
    """Thoughts that went, and those that came in their place; either may be none."""

    old: tuple[Thought, ...]
    new: tuple[Thought, ...]

    @property
    def is_edit(self) -> bool:
        """Whether one thought became another."""
        return len(self.old) == len(self.new) == 1

    @property
    def first(self) -> Thought:
        return (self.new or self.old)[0]

    @property
    def is_section(self) -> bool:
        """Whether it begins with a heading, and says more."""
        return len(self.thoughts) > 1 and self.first.is_heading

    @property
    def thoughts(self) -> tuple[Thought, ...]:
        return self.new or self.old


@dataclass(slots=True)
class _Budget:
    """How much may still be compared, so that no page takes long."""

    pairs: int = MOST_WEIGHED

    def take(self, pairs: int) -> bool:
        self.pairs -= pairs
        return self.pairs >= 0


def pieces_of(before: Sequence[Block], after: Sequence[Block], difference: Delta) -> list[Piece]:
    """What differs, in the order of the page, each piece with what stood in its place.

    Shape: sentences that only stand elsewhere, or differ only in what changes at each visit,
           are left out as long as others remain.
    """
    old, new = _placed(before, difference.removed), _placed(after, difference.added)
    regions = list(_regions(before, after, old, new)) if old or new else []
    return _pieces(regions, quotable) or _pieces(regions, shown_in_source)


def _pieces(
    regions: Iterable[tuple[list[Placed], list[Placed]]], read: Callable[[str], str]
) -> list[Piece]:
    budget = _Budget()
    found: list[Piece] = []
    for gone, came in regions:
        found.extend(_aligned(thoughts_of(gone, read), thoughts_of(came, read), budget))
    return _telling(_without_moved(found)) or found


def _placed(page: Sequence[Block], some: Iterable[Block]) -> list[Placed]:
    """Blocks of a page, in their order, with their places on it."""
    known = {id(block): at for at, block in enumerate(page)}
    found: list[Placed] = []
    start = 0
    for block in some:
        at = known.get(id(block))
        if at is None:
            at = next((at for at in range(start, len(page)) if page[at].text == block.text), None)
        if at is not None:
            found.append((at, block))
            start = at + 1
    return found


def _regions(
    before: Sequence[Block], after: Sequence[Block], old: list[Placed], new: list[Placed]
) -> Iterator[tuple[list[Placed], list[Placed]]]:
    """The blocks that differ, together between two that both pages have."""
    left, right = _keys(before, old, 0), _keys(after, new, 1)
    start, end = _common(left, right)
    sizes = len(left) - start - end, len(right) - start - end
    if sizes[0] * sizes[1] > _MOST_PAGE_CELLS:
        yield old, new
        return
    gone, came = dict(old), dict(new)
    codes = opcodes(left[start : len(left) - end], right[start : len(right) - end])
    for tag, a, b, c, d in codes:
        if tag != "equal":
            yield (
                [(at, gone[at]) for at in range(start + a, start + b) if at in gone],
                [(at, came[at]) for at in range(start + c, start + d) if at in came],
            )


def _keys(page: Sequence[Block], differing: Iterable[Placed], side: int) -> list[str]:
    """The text of each block; of one that differs, what no block of the other page has."""
    keys = [block.text for block in page]
    for at, _ in differing:
        keys[at] = f"\0{side}{at}"
    return keys


def _common(left: Sequence[str], right: Sequence[str]) -> tuple[int, int]:
    shortest = min(len(left), len(right))
    start = next((at for at in range(shortest) if left[at] != right[at]), shortest)
    rest = range(shortest - start)
    return start, next((at for at in rest if left[-1 - at] != right[-1 - at]), len(rest))


def _aligned(old: list[Thought], new: list[Thought], budget: _Budget) -> Iterator[Piece]:
    if len(old) * len(new) > _MOST_THOUGHT_CELLS:
        yield from _apart(old, new)
        return
    for tag, a, b, c, d in opcodes([one.text for one in old], [one.text for one in new]):
        if tag != "equal":
            yield from _of_gap(old[a:b], new[c:d], budget)


def _of_gap(old: list[Thought], new: list[Thought], budget: _Budget) -> Iterator[Piece]:
    """Pair the thoughts of a gap that are alike, in order; what is left stands between these."""
    pairs = _pairs(old, new, budget)
    a = c = 0
    for at, to in [*pairs, (len(old), len(new))]:
        yield from _left(old[a:at], new[c:to])
        if at < len(old):
            yield Piece((old[at],), (new[to],))
        a, c = at + 1, to + 1


def _pairs(
    old: Sequence[Thought], new: Sequence[Thought], budget: _Budget
) -> list[tuple[int, int]]:
    """The pairs of thoughts, in the order of both, that have most in common."""
    cells = len(old) * len(new)
    if not cells or cells > _MOST_OF_A_GAP or not budget.take(cells):
        return []
    left, right = [_words(one) for one in old], [_words(one) for one in new]
    alike = [[_likeness(one, other) for other in right] for one in left]
    best = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for a in range(len(old) - 1, -1, -1):
        for c in range(len(new) - 1, -1, -1):
            paired = alike[a][c] + best[a + 1][c + 1] if alike[a][c] else 0.0
            best[a][c] = max(paired, best[a + 1][c], best[a][c + 1])
    return list(_walked(alike, best))


def _walked(alike: list[list[float]], best: list[list[float]]) -> Iterator[tuple[int, int]]:
    a = c = 0
    while a < len(alike) and c < len(alike[0]):
        if alike[a][c] and best[a][c] == alike[a][c] + best[a + 1][c + 1]:
            yield a, c
            a, c = a + 1, c + 1
        elif best[a][c] == best[a + 1][c]:
            a += 1
        else:
            c += 1


def _words(thought: Thought) -> tuple[str, frozenset[str]]:
    """The label of a thought, if it has one, and its words."""
    label, colon, _ = thought.text[:_LABEL_CHARS].partition(":")
    return label if colon else "", frozenset(words.words_of(thought.text))


def _likeness(left: tuple[str, frozenset[str]], right: tuple[str, frozenset[str]]) -> float:
    """The share of words that two thoughts have in common; 0 for too few.

    Shape: a label counts for more than words: the same thing is said of others too.
    """
    (label, olds), (other, news) = left, right
    share = 2 * len(olds & news) / (len(olds) + len(news) or 1)
    if label and other:
        share += _SAME_LABEL if label == other else -_SAME_LABEL
    return share if share >= _ALIKE else 0.0


def _left(old: list[Thought], new: list[Thought]) -> Iterator[Piece]:
    """What has nothing alike in its gap: one thought for one, cells by their places, or apart."""
    if len(old) == len(new) == 1 and old[0].is_heading == new[0].is_heading:
        yield Piece((old[0],), (new[0],))
    elif len(old) == len(new) and all(map(_are_values, old, new)):
        yield from (Piece((gone,), (came,)) for gone, came in zip(old, new, strict=True))
    else:
        yield from _apart(old, new)


def _are_values(old: Thought, new: Thought) -> bool:
    """Whether both are cells of one column."""
    left, right = old.block.cell, new.block.cell
    if left is None or right is None or left.column != right.column:
        return False
    return old.words + new.words <= _FEW_WORDS


def _apart(old: Sequence[Thought], new: Sequence[Thought]) -> Iterator[Piece]:
    # What stands there now comes first: it says most of what went, too.
    for run in _sections(new):
        yield Piece((), run)
    for run in _sections(old):
        yield Piece(run, ())


def _sections(run: Sequence[Thought]) -> Iterator[tuple[Thought, ...]]:
    """A run of thoughts, cut before each heading that has something below it."""
    start = 0
    for at in range(1, len(run)):
        if run[at].is_heading and not run[at - 1].is_heading:
            yield tuple(run[start:at])
            start = at
    if run:
        yield tuple(run[start:])


def _without_moved(found: list[Piece]) -> list[Piece]:
    """The pieces without thoughts that went from one place and came in another."""
    gone = {one.text for piece in found if not piece.new for one in piece.old}
    moved = gone & {one.text for piece in found if not piece.old for one in piece.new}
    if not moved:
        return found
    kept = []
    for piece in found:
        if piece.is_edit:
            kept.append(piece)
            continue
        old = tuple(one for one in piece.old if one.text not in moved)
        new = tuple(one for one in piece.new if one.text not in moved)
        if old or new:
            kept.append(Piece(old, new))
    return kept


def _telling(found: Iterable[Piece]) -> list[Piece]:
    return [piece for piece in found if not (piece.is_edit and _is_noise(piece))]


def _is_noise(piece: Piece) -> bool:
    old, new = piece.old[0].text, piece.new[0].text
    return words.steady(old) == words.steady(new) and words.signs(old) == words.signs(new)
