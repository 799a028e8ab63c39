"""Ranks what differs by how much it tells, for what is said first."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

from daemon.analyse.features import Features
from daemon.analyse.genre import LEGAL, TECHNICAL
from daemon.analyse.saying.pieces import Piece
from daemon.analyse.thoughts.plain import without_numbering
from daemon.analyse.words import words_of
from daemon.compare.dates import mask_dates
from daemon.lexicon.prose.binding import names_law_or_party, states_duty
from daemon.lexicon.prose.decoration import is_address
from daemon.lexicon.prose.references import without_references

_LONG_WORDS = 12  # that differ in one thought
_SENTENCE_WORDS = 8
_SHORT_WORDS = 4
_ALIKE_IN_A_ROW = 2
MOST_OF_A_PASSAGE = 40  # thoughts; more are a text, told from its beginning
_STEM_CHARS = 4
_DIGIT = re.compile(r"\d")
_FIGURE = re.compile(r"(?<![\w.,/-])\d[\d.,  ]*\)?\s?(?:[%‰$€£]|[^\W\d_]{2})|[$€£]\s?\d")
_NAME = re.compile(r"(?<=[\w,] )[^\W\d_a-zß-ÿ][^\W\d_]{2,}")  # amid a sentence
_SAYING = re.compile(r"[^\W_]{2}|[^\x00-\u02ff]|\d")


class Rank(IntEnum):
    """How much a piece tells, most first."""

    FACT = 0  # it is what the change was graded by
    BINDING = 1  # the law, the courts, who operates it; of a standard, what must be done
    SECTION = 2
    FIGURE = 3  # a sentence that names a period, a sum, a share, or another than before
    PASSAGE = 4
    NUMBER = 5  # in place of another
    EDIT = 6
    CRUMB = 7  # a few words
    NUMBERING = 8
    ADDRESS = 9


Swap = tuple[frozenset[str], frozenset[str]]
_NO_SWAP: Swap = (frozenset(), frozenset())


def swap_of(piece: Piece) -> Swap:
    """The words that only the old thought of an edit has, and those that only the new one has.

    Shape: without dates and the numbers of sections; none for what came or went as a whole.
    """
    if not piece.is_edit:
        return _NO_SWAP
    old, new = piece.old[0].text, piece.new[0].text
    if _DIGIT.search(old) and _DIGIT.search(new):
        old, new = (without_references(mask_dates(text)) for text in (old, new))
    olds, news = frozenset(words_of(old)), frozenset(words_of(new))
    return olds - news, news - olds


def has_figure(text: str) -> bool:
    """Whether a text names a period, a sum, a share: no date, and no part of a text."""
    return figure_in(text) is not None


def figure_in(text: str) -> tuple[int, int] | None:
    """The bounds of the first figure that a text names."""
    if not _FIGURE.search(text):
        return None
    found = _FIGURE.search(without_references(mask_dates(without_numbering(text))))
    start = text.find(found[0]) if found else -1
    return (start, start + len(found[0])) if found and start >= 0 else None


def rank_of(piece: Piece, swap: Swap, found: Features) -> Rank:
    """How much a piece tells of a difference with these features."""
    texts = [one.text for one in piece.thoughts]
    if all(is_address(text) or not _SAYING.search(text) for text in texts):
        return Rank.ADDRESS
    if any(fact in text for fact in _facts(found) for text in texts) or _is_figure(piece, found):
        return Rank.FACT
    if _is_other_party(piece, swap, found):
        return Rank.FIGURE
    if piece.is_edit:
        return _rank_of_edit(piece, swap)
    if _binds(piece, found):
        return Rank.BINDING
    longest = max(one.words for one in piece.thoughts)
    if longest < _SENTENCE_WORDS:
        return Rank.PASSAGE if longest > _SHORT_WORDS else Rank.CRUMB
    if piece.is_section:
        return Rank.SECTION
    return Rank.FIGURE if any(map(has_figure, texts)) else Rank.PASSAGE


def _binds(piece: Piece, found: Features) -> bool:
    """Whether what came says whose law or whose service it is, or a standard what must be done."""
    if found.genre == LEGAL:
        is_whole_text = len(piece.new) > MOST_OF_A_PASSAGE
        return not is_whole_text and any(names_law_or_party(one.text) for one in piece.new)
    return found.genre == TECHNICAL and not piece.is_section and states_duty(piece.first.text)


def _is_other_party(piece: Piece, swap: Swap, found: Features) -> bool:
    """Whether one name took the place of another in a sentence of a text that binds."""
    if found.genre != LEGAL or not piece.is_edit or piece.first.words < _SHORT_WORDS:
        return False
    sides = zip(swap, (piece.old[0].text, piece.new[0].text), strict=True)
    gone, came = (_names(words, text) for words, text in sides)
    return bool(gone and came) and not gone & came


def _names(words: frozenset[str], text: str) -> frozenset[str]:
    """How those of a few words begin that stand in a text as names do."""
    if len(words) > _SHORT_WORDS:
        return frozenset()
    found = {name.casefold() for name in _NAME.findall(text)}
    return frozenset(name[:_STEM_CHARS] for name in found & words)


def _rank_of_edit(piece: Piece, swap: Swap) -> Rank:
    old, new = without_numbering(piece.old[0].text), without_numbering(piece.new[0].text)
    if old == new:
        return Rank.NUMBERING
    is_code = piece.old[0].words == piece.new[0].words == 1 and not piece.first.block.cell
    if not is_code and all(any(map(_DIGIT.search, words)) for words in swap):
        return Rank.FIGURE if piece.new[0].words >= _SENTENCE_WORDS else Rank.NUMBER
    words = max(map(len, swap))
    if words >= _LONG_WORDS:
        return Rank.PASSAGE
    return Rank.EDIT if words >= _SHORT_WORDS else Rank.CRUMB


def _facts(found: Features) -> Iterator[str]:
    """The passages by which a change was graded, as they stand in it."""
    yield from found.facts.security
    yield from found.advisories.names
    if found.facts.warning:
        yield found.facts.warning
    if found.facts.is_release:
        yield from found.facts.versions


def _is_figure(piece: Piece, found: Features) -> bool:
    """Whether it holds a number by which the change was graded."""
    if not piece.is_edit:
        return False
    old, new = piece.old[0].text, piece.new[0].text
    return any(figure.old in old and figure.new in new for figure in found.weighty)


@dataclass(frozen=True, slots=True)
class Ranked:
    """A piece, how much it tells, and in how many places it is the same."""

    piece: Piece
    rank: Rank
    times: int = 1


def ranked_pieces(
    pieces: Sequence[Piece], found: Features, *, has_facts: bool = False
) -> list[Ranked]:
    """Each piece once: by what it tells, then in the order of the page.

    Shape: beside facts that are told already, no piece of a few words.
    """
    swaps = [swap_of(piece) for piece in pieces]
    counts = Counter(map(_sameness, pieces, swaps))
    seen: set[object] = set()
    ranked = []
    for piece, swap in zip(pieces, swaps, strict=True):
        same = _sameness(piece, swap)
        if same not in seen and (not has_facts or _tells_more(piece, swap)):
            ranked.append(Ranked(piece, rank_of(piece, swap, found), counts[same]))
        seen.add(same)
    begun = {piece.first.text for piece in pieces if len(piece.thoughts) > 1}
    telling = [one for one in ranked if not _is_idle(one, begun)] or ranked
    return _varied(sorted(telling, key=_by_weight))


def _is_idle(one: Ranked, begun: Collection[str]) -> bool:
    """Whether it is an address, or a line that a longer passage begins with as well."""
    thoughts = one.piece.thoughts
    is_line = not one.piece.is_edit and len(thoughts) == 1 and thoughts[0].text in begun
    return is_line or one.rank is Rank.ADDRESS


def _by_weight(one: Ranked) -> tuple[Rank, bool]:
    """By rank; of passages with a figure, what came first: it says most of what went, too."""
    return one.rank, one.rank is Rank.FIGURE and not one.piece.new


def _sameness(piece: Piece, swap: Swap) -> object:
    """What equal edits in several places have in common."""
    return swap if any(swap) else tuple(one.text for one in piece.thoughts)


def _tells_more(piece: Piece, swap: Swap) -> bool:
    words = max(map(len, swap)) if piece.is_edit else sum(one.words for one in piece.thoughts)
    return words >= _SHORT_WORDS


def _varied(ranked: Sequence[Ranked]) -> list[Ranked]:
    """No more than two pieces of a kind in a row, as long as there are others that tell much."""
    facts = [one for one in ranked if one.rank <= Rank.FACT]
    rest = [one for one in ranked if Rank.FACT < one.rank <= Rank.EDIT]
    counts: Counter[Rank] = Counter()
    first: list[Ranked] = []
    later: list[Ranked] = []
    for one in rest:
        counts[one.rank] += 1
        (first if counts[one.rank] <= _ALIKE_IN_A_ROW else later).append(one)
    return [*facts, *first, *later, *(one for one in ranked if one.rank > Rank.EDIT)]
