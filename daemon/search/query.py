"""What a person searches for: words that must all occur, "words in a row", -words that must not.

The last word is also the beginning of one. Anything may be typed: what is no word is passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from daemon.search.words import is_open_ended, placed_words, words_of

MOST_CHARACTERS = 200
NO_WORDS = "has no letters or figures to search for"
ONLY_UNWANTED = "only says what must not occur"
HINT = 'words that must occur, such as: price "free shipping" -demo'
_SHORTEST_BEGINNING = 2  # of a word: half of all words begin with some letters
_PART = re.compile(r'(?P<minus>-)?(?:["“”„«»](?P<row>[^"“”„«»]*)["“”„«»]?|(?P<word>\S+))')


@dataclass(frozen=True, slots=True)
class Term:
    """Words that stand in a row; with `is_beginning` the last may go on."""

    words: tuple[str, ...]
    is_beginning: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """What must occur in one text, and what must not."""

    wanted: tuple[Term, ...]
    unwanted: tuple[Term, ...] = ()


def parse_query(text: str) -> Query:
    """What these words ask for.

    Errors: ValueError, which says why nothing can be searched for.
    """
    parts = list(_PART.finditer(text))
    terms = [(one["minus"], _term(one, is_last=one is parts[-1])) for one in parts]
    wanted = tuple(term for minus, term in terms if term.words and not minus)
    unwanted = tuple(term for minus, term in terms if term.words and minus)
    if not wanted:
        raise ValueError(ONLY_UNWANTED if unwanted else NO_WORDS)
    return Query(wanted, unwanted)


def _term(part: re.Match[str], is_last: bool) -> Term:
    words = tuple(words_of(part["row"] if part["word"] is None else part["word"]))
    is_typed = bool(words) and is_last and part["word"] is not None and not part["minus"]
    last = words[-1] if is_typed else ""
    return Term(words, len(last) >= _SHORTEST_BEGINNING and is_open_ended(last))


def pieces(text: str, query: Query) -> Iterator[tuple[str, bool]]:
    """The text in pieces, and which of them are what was searched for."""
    done = 0
    for start, end in _hits(text, query):
        if start > done:
            yield text[done:start], False
        if end > done:
            yield text[max(start, done) : end], True
            done = end
    if done < len(text):
        yield text[done:], False


def _hits(text: str, query: Query) -> list[tuple[int, int]]:
    """Where what was searched for begins and ends, in order."""
    placed = list(placed_words(text))
    found: list[tuple[int, int]] = []
    for at, (first, start, _) in enumerate(placed):
        for term in query.wanted:
            if not first.startswith(term.words[0]):
                continue
            row = placed[at : at + len(term.words)]
            if _is_met(term, [word for word, _, _ in row]):
                found.append((start, row[-1][2]))
    return sorted(found)


def _is_met(term: Term, row: Sequence[str]) -> bool:
    if len(row) < len(term.words):
        return False
    *before, last = row
    fits = last.startswith(term.words[-1]) if term.is_beginning else last == term.words[-1]
    return fits and tuple(before) == term.words[:-1]
