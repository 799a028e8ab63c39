"""Lists of phrases: as a set that is searched by first words, and as a pattern."""

from __future__ import annotations

import re

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
        for word in self._by_first.keys() & (words_of(line) if words is None else words):
            for phrase in self._by_first[word]:
                if (start := _start_apart(line, phrase)) >= 0:
                    return start
        stems = self._ascii_stems if line.isascii() else self._ascii_stems + self._other_stems
        return next((line.find(stem) for stem in stems if stem in line), -1)


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
    if start and _is_latin(line[start - 1]) and _is_latin(line[start]):
        return False
    return end == len(line) or not (_is_latin(line[end - 1]) and _is_latin(line[end]))


def _is_latin(character: str) -> bool:
    return character.isalpha() and character < "\u0250"


def alternatives(text: str) -> str:
    """The patterns separated by lines and bars, as one alternation, the longest first."""
    phrases = {phrase.strip() for phrase in _BETWEEN_PHRASES.split(text)} - {""}
    return "|".join(sorted(phrases, key=lambda phrase: (-len(phrase), phrase)))
