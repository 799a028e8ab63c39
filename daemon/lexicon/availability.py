"""Reads from the words of shops whether a product is available.

Reading offers and judging changes both use it, so that they never disagree; the words are in
`stock_phrases` and `stock_patterns`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from daemon.lexicon import stock_patterns, stock_phrases
from daemon.lexicon.phrases import words_of
from daemon.lexicon.spelling import fold

_READ_CHARS = 400


class Availability(StrEnum):
    """Whether a product is available; `unknown` is no statement and never a change."""

    IN_STOCK = "in_stock"
    OUT_OF_STOCK = "out_of_stock"
    PREORDER = "preorder"
    BACKORDER = "backorder"
    LIMITED = "limited"
    DISCONTINUED = "discontinued"
    IN_STORE_ONLY = "in_store_only"
    UNKNOWN = "unknown"

    @property
    def words(self) -> str:
        """For people: "out of stock"."""
        return self.value.replace("_", " ")

    @property
    def is_buyable(self) -> bool:
        """Whether it can be bought and shipped now."""
        return self in (Availability.IN_STOCK, Availability.LIMITED)

    @property
    def is_out(self) -> bool:
        """Whether it is stated to be gone, temporarily or for good."""
        return self in (Availability.OUT_OF_STOCK, Availability.DISCONTINUED)


_BY_STATE = (
    (Availability.DISCONTINUED, stock_phrases.DISCONTINUED),
    (Availability.IN_STORE_ONLY, stock_phrases.STORE_ONLY),
    (Availability.OUT_OF_STOCK, stock_phrases.OUT),
    (Availability.BACKORDER, stock_phrases.BACKORDER),
    (Availability.PREORDER, stock_phrases.PREORDER),
    (Availability.LIMITED, stock_phrases.LIMITED),
    (Availability.IN_STOCK, stock_phrases.IN),
)
_PATTERNS = {
    Availability.IN_STORE_ONLY: stock_patterns.STORE_ONLY,
    Availability.LIMITED: stock_patterns.LIMITED,
}
_SENTENCE_ENDS = ".;!?|•"
_CLAUSE_ENDS = _SENTENCE_ENDS + ",:("
_NOT_ON_BUTTONS = frozenset({Availability.LIMITED, Availability.IN_STOCK})


@dataclass(frozen=True, slots=True)
class Statement:
    """What a line says of stock, and how much of its clause is about it."""

    state: Availability
    share: float  # of the clause's characters, 0 to 1; all of it where it names the thing
    is_vague: bool = False  # only "available" or not, as ways of delivery are too


def stock_of(text: str, *, is_button: bool = False) -> Availability:
    """The availability that a line of text names, the worst first; `unknown` when it names none.

    Shape: a buy button says nothing about stock: its reader must judge whether it is enabled.
    """
    said = statement_in(text, is_button=is_button)
    return Availability.UNKNOWN if said is None else said.state


@lru_cache(maxsize=2048)
def statement_in(text: str, *, is_button: bool = False) -> Statement | None:
    """What a line says of stock: the longest phrases count, as the words around them mean them.

    Shape: of several phrases the worst; None where nothing is said, or only under a condition.
    """
    line = stock_patterns.ONLY_A_LABEL.sub(" ", _one_spelling(text))
    if stock_patterns.tells_few_left(line):
        return Statement(Availability.LIMITED, 1.0)
    if not is_button and (alone := stock_patterns.said_alone(line)):
        return Statement(Availability(alone), 1.0)
    for state, start, end in _phrases_in(line, is_button):
        first, last = _part_around(line, start, end, _SENTENCE_ENDS)
        if meant := _meant(state, line, (first, start, end, last)):
            names_it = stock_patterns.THE_THING.search(line, first, last)
            clause = _part_around(line, start, end, _CLAUSE_ENDS)
            share = 1.0 if names_it else (end - start) / (clause[1] - clause[0])
            return Statement(meant, share, _is_vague(meant, line[start:end]))
    return None


def _is_vague(state: Availability, phrase: str) -> bool:
    is_plain = state in (Availability.IN_STOCK, Availability.OUT_OF_STOCK)
    return is_plain and bool(stock_patterns.ANY_AVAILABLE.search(phrase))


def mentions_stock(text: str) -> bool:
    """Whether a text has a phrase of stock, whatever it means there."""
    return bool(_phrases_in(_one_spelling(text), is_button=False))


def _phrases_in(line: str, is_button: bool) -> list[tuple[Availability, int, int]]:
    """The phrases in a line that are no part of a longer one, the worst state first."""
    said = words_of(line)
    found = [
        (state, *span)
        for state, phrases in _BY_STATE
        if not (is_button and state in _NOT_ON_BUTTONS)
        for span in _joined(sorted([*phrases.spans_in(line, said), *_patterns_in(line, state)]))
    ]
    return [one for one in found if not any(_is_within(one, other) for other in found)]


def _patterns_in(line: str, state: Availability) -> list[tuple[int, int]]:
    pattern = _PATTERNS.get(state)
    return [] if pattern is None else [match.span() for match in pattern.finditer(line)]


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans in order, those that overlap made one: "derzeit nicht" and "nicht lieferbar"."""
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _is_within(one: tuple[Availability, int, int], other: tuple[Availability, int, int]) -> bool:
    """Whether a phrase is a part of a longer one with another meaning."""
    (state, start, end), (longer, first, last) = one, other
    return state is not longer and first <= start and end <= last and end - start < last - first


def _meant(
    state: Availability, line: str, places: tuple[int, int, int, int]
) -> Availability | None:
    """The state that a phrase means in its sentence; None when it says nothing of the thing.

    Shape: `places` are where the sentence and the phrase begin, and where they end; a condition,
           a question and a plural make it a rule of the shop; a denial turns it.
    """
    first, start, end, last = places
    if stock_patterns.CONDITION.search(line, first, start) or line[last : last + 1] == "?":
        return None
    if stock_patterns.MANY_THINGS.match(line, end):
        return None
    if state is Availability.OUT_OF_STOCK and stock_patterns.NEARLY.search(line, first, start):
        return Availability.LIMITED
    is_denied = stock_patterns.NEGATION.search(line, first, start) is not None
    if state is Availability.IN_STOCK:
        is_awaited = stock_patterns.AWAITED.search(line, first, start) is not None
        state = Availability.OUT_OF_STOCK if is_denied or is_awaited else state
    elif state.is_out and is_denied:
        return None
    return _of_the_thing(state, line[first:last])


def _part_around(line: str, start: int, end: int, marks: str) -> tuple[int, int]:
    """Where the sentence or clause begins and ends that holds a phrase."""
    before = max(line.rfind(mark, 0, start) for mark in marks) + 1
    ends = (place for mark in marks if (place := line.find(mark, end)) >= 0)
    return before, min(ends, default=len(line))


def _of_the_thing(state: Availability, sentence: str) -> Availability | None:
    """The state, unless the sentence is about a service or about other branches of the shop."""
    if state.is_out and _denies_a_service(sentence):
        return None
    if state.is_buyable and stock_patterns.OTHER_BRANCHES.search(sentence):
        return None
    return state


def names_the_thing(text: str) -> bool:
    """Whether a line speaks of what its page sells: "this item", "cet article"."""
    return bool(stock_patterns.THE_THING.search(text.lower()))


def asks_to_wait(text: str) -> bool:
    """Whether a label offers a notification when the product is back: "Notify me"."""
    return stock_phrases.NOTIFY.are_in(_one_spelling(text))


def offers_to_buy(text: str) -> bool:
    """Whether a label is that of a buy button."""
    return stock_phrases.BUY.are_in(_one_spelling(text))


def _one_spelling(text: str) -> str:
    return " ".join(fold(text[:_READ_CHARS]).lower().split())


def _denies_a_service(line: str) -> bool:
    """Whether a line says that a service is unavailable, and nothing about the product."""
    found = stock_patterns.ANOTHER_MATTER.search(line)
    return bool(found and stock_patterns.ANY_AVAILABLE.search(line))
