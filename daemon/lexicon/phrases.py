"""Lists of phrases: as a set that is searched by first words, and as a pattern."""

from __future__ import annotations

import re
from collections.abc import Iterator

from daemon.lexicon.spelling import fold

# A bar or a line's end, outside brackets.
_BETWEEN_PHRASES = re.compile(r"[|\n](?![^()\n]*\))")
_WORD = re.compile(r"[^\W\d_]+")


class Phrases:
    """Phrases separated by lines and bars, in lower case; one that ends in * is a stem."""

    def __init__(self, text: str) -> None:
        self._by_first: dict[str, list[str]] = {}
        stems: list[str] = []
        for phrase in sorted({part.strip() for part in re.split(r"[|\n]", fold(text))} - {""}):
            if first := _first_word(phrase):
                self._by_first.setdefault(first, []).append(phrase)
            else:
                stems.append(phrase.rstrip("*"))
        self._ascii_stems = tuple(stem for stem in stems if stem.isascii())
        self._other_stems = tuple(stem for stem in stems if not stem.isascii())
        self.phrases = (*stems, *(one for same in self._by_first.values() for one in same))

    def are_in(self, line: str, words: frozenset[str] | None = None) -> bool:
        """Whether a folded lower-case line with these words contains one of the phrases."""
        return self.start_in(line, words) >= 0

    def start_in(self, line: str, words: frozenset[str] | None = None) -> int:
        """Where one of the phrases begins in a folded lower-case line; -1 for none.

        Shape: a Latin phrase must match whole words; others may match within a word.
        """
        return next((start for start, _ in self.spans_in(line, words)), -1)

    def spans_in(self, line: str, words: frozenset[str] | None = None) -> Iterator[tuple[int, int]]:
        """Where each of the phrases that a line contains begins and ends for the first time."""
        for word in self._by_first.keys() & (words_of(line) if words is None else words):
            for phrase in self._by_first[word]:
                if (start := _start_apart(line, phrase)) >= 0:
                    yield start, start + len(phrase)
        stems = self._ascii_stems if line.isascii() else self._ascii_stems + self._other_stems
        for stem in stems:
            if (start := line.find(stem)) >= 0:
                yield start, start + len(stem)


def _first_word(phrase: str) -> str:
    """The word by which it is looked up; "" for a stem, and where no spaces part words."""
    first = None if phrase.endswith("*") else _WORD.search(phrase)
    return first[0] if first is not None and _is_latin(first[0][0]) else ""


def words_of(line: str) -> frozenset[str]:
    """The words of a line, for looking it up in several sets of phrases."""
    return frozenset(_WORD.findall(line))


def _start_apart(line: str, phrase: str) -> int:
    start = line.find(phrase)
    while start >= 0 and not _stands_apart(line, start, start + len(phrase)):
        start = line.find(phrase, start + 1)
    return start


def _stands_apart(line: str, start: int, end: int) -> bool:
    """Whether no letter or digit of the phrase goes on outside it: "10 in stock" has no "0 in"."""
    return not (_goes_on(line, start) or _goes_on(line, end))


def _goes_on(line: str, place: int) -> bool:
    """Whether a Latin word or a number stands on both sides of a place."""
    if not 0 < place < len(line):
        return False
    before, after = line[place - 1], line[place]
    return (_is_latin(before) and _is_latin(after)) or (before.isdigit() and after.isdigit())


def _is_latin(character: str) -> bool:
    return character.isalpha() and character < "\u0250"


def alternatives(text: str) -> str:
    """The patterns separated by lines and bars, as one alternation, the longest first."""
    phrases = {phrase.strip() for phrase in _BETWEEN_PHRASES.split(text)} - {""}
    return "|".join(sorted(phrases, key=lambda phrase: (-len(phrase), phrase)))
