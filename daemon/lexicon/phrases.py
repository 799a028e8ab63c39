"""Lists of phrases: as a set that is searched by first words, as a pattern, and before one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from daemon.lexicon.spelling import fold

# A bar or a line's end, outside brackets.
_BETWEEN_PHRASES = re.compile(r"[|\n](?![^()\n]*\))")
_WORD = re.compile(r"[^\W\d_]+")
_BEYOND_LATIN = re.compile(r"[\u0250-\u1dff\u3040-\uffdc]")


class Guarded:
    """A pattern that is only searched for where one of the words stands that each match has.

    Shape: `words` are in lower case. To look for them takes a fraction of the time.
    """

    def __init__(self, pattern: re.Pattern[str], words: Sequence[str]) -> None:
        self.pattern = pattern
        self._words = tuple(words)

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        """All matches in a text."""
        return self.pattern.finditer(text) if self.may_match(text) else iter(())

    def may_match(self, text: str) -> bool:
        """Whether a text has one of the words."""
        low = text.lower()
        # Called for every block that differs: a generator takes twice as long.
        for word in self._words:  # noqa: SIM110
            if word in low:
                return True
        return False


class Phrases:
    """Phrases separated by lines and bars, in lower case; one that ends in * is a stem."""

    def __init__(self, text: str) -> None:
        self._by_word: dict[str, list[str]] = {}
        stems: list[str] = []
        for phrase in sorted({part.strip() for part in re.split(r"[|\n]", fold(text))} - {""}):
            if word := _rarest_word(phrase):
                self._by_word.setdefault(word, []).append(phrase)
            else:
                stems.append(phrase.rstrip("*"))
        self._ascii_stems = tuple(stem for stem in stems if stem.isascii())
        self._latin_stems = tuple(stem for stem in stems if not _BEYOND_LATIN.search(stem))
        self._stems = tuple(stems)
        self.phrases = (*stems, *(one for same in self._by_word.values() for one in same))

    def are_in(self, line: str, words: frozenset[str] | None = None) -> bool:
        """Whether a folded lower-case line with these words contains one of the phrases."""
        return next(self.spans_in(line, words), None) is not None

    def spans_in(self, line: str, words: frozenset[str] | None = None) -> Iterator[tuple[int, int]]:
        """Where each of the phrases that a line contains begins and ends for the first time.

        Shape: a Latin phrase must match whole words; others may match within a word.
        """
        for word in self._by_word.keys() & (words_of(line) if words is None else words):
            for phrase in self._by_word[word]:
                if (start := _start_apart(line, phrase)) >= 0:
                    yield start, start + len(phrase)
        for stem in self._stems_for(line):
            if stem in line:
                start = line.find(stem)
                yield start, start + len(stem)

    def _stems_for(self, line: str) -> tuple[str, ...]:
        """The stems in the letters of the line."""
        if line.isascii():
            return self._ascii_stems
        return self._stems if _BEYOND_LATIN.search(line) else self._latin_stems


def _rarest_word(phrase: str) -> str:
    """The longest word, by which it is looked up; "" for a stem, and where no spaces part words."""
    words = [] if phrase.endswith("*") else _WORD.findall(phrase)
    return max(words, key=len) if words and all(_is_latin(word[0]) for word in words) else ""


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


def by_first_letter(words: str) -> str:
    """Alternatives of a pattern, each of which begins with a letter, so that fewer are tried."""
    letters: dict[str, list[str]] = {}
    for word in words.split("|"):
        letters.setdefault(word[0], []).append(word[1:])
    return "|".join(f"{letter}(?:{'|'.join(rest)})" for letter, rest in letters.items())
