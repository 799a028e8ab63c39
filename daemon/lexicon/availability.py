"""Reads from the words of shops whether a product is available.

Reading offers and judging changes both use it, so that they never disagree; the words are in
`stock_phrases`.
"""

from __future__ import annotations

from enum import StrEnum

from daemon.lexicon import stock_phrases
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
_NOT_ON_BUTTONS = frozenset({Availability.LIMITED, Availability.IN_STOCK})


def stock_of(text: str, *, is_button: bool = False) -> Availability:
    """The availability that a line of text names, the worst first; `unknown` when it names none.

    Shape: a buy button says nothing about stock: its reader must judge whether it is enabled.
    """
    line = _one_spelling(text)
    if stock_phrases.FEW_LEFT.search(line):
        return Availability.LIMITED
    said = words_of(line)
    for state, phrases in _BY_STATE:
        if is_button and state in _NOT_ON_BUTTONS:
            break
        start = phrases.start_in(line, said)
        if start >= 0 and (meant := _meant(state, line, start)):
            return meant
    return Availability.UNKNOWN


def _meant(state: Availability, line: str, start: int) -> Availability | None:
    """The state that a phrase means after the words before it; None when unrelated to stock."""
    if state is Availability.OUT_OF_STOCK and stock_phrases.NEARLY.search(line, 0, start):
        return Availability.LIMITED
    if state is Availability.IN_STOCK and stock_phrases.NEGATION.search(line, 0, start):
        state = Availability.OUT_OF_STOCK
    return None if state.is_out and _denies_a_service(line) else state


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
    found = stock_phrases.ANOTHER_MATTER.search(line)
    return bool(found and stock_phrases.ANY_AVAILABLE.search(line))
