"""Decides the state of stock from markup, words and buttons together."""

from __future__ import annotations

from dataclasses import dataclass

from lxml.etree import _Element as Element

from daemon.extract.offer.stock.buttons import Button, waits_for_choice
from daemon.extract.offer.stock.statements import NAMED, PLAIN, Said, said_of_stock
from daemon.extract.offer.tree import Tree
from daemon.lexicon.availability import Availability


@dataclass(frozen=True, slots=True)
class Stock:
    """The state of stock, its confidence, and its source."""

    state: Availability
    confidence: float
    source: str

    @property
    def is_stated(self) -> bool:
        """Whether markup or words say it: it is not concluded from a button or a price."""
        return self.source not in ("", "button", "assumed")


NO_EVIDENCE = Stock(Availability.UNKNOWN, 0.0, "")
_STRENGTH = (
    Availability.DISCONTINUED,
    Availability.OUT_OF_STOCK,
    Availability.PREORDER,
    Availability.BACKORDER,
    Availability.IN_STORE_ONLY,
    Availability.LIMITED,
    Availability.IN_STOCK,
)
# States that hold unless a button is live, and states that hold unless markup knows better.
_GONE = frozenset(
    {Availability.OUT_OF_STOCK, Availability.DISCONTINUED, Availability.IN_STORE_ONLY}
)
_LATER = frozenset({Availability.PREORDER, Availability.BACKORDER})
_LIMITING = _LATER | {Availability.LIMITED}


def judge_stock(
    tree: Tree,
    stated: list[tuple[Availability, str]],
    button: Button | None,
    price_at: Element | None,
    has_price: bool,
) -> Stock:
    """The state of stock that all the evidence supports together.

    Shape: `stated` are markup's states with their source, most trusted first; the state is
           `unknown` with confidence 0 when there is no evidence.
    """
    words = _firmest([*_said_by(button), *said_of_stock(tree, price_at, button)])
    markup, source = stated[0] if stated else (None, "")
    if words and (verdict := _words_decide(words, markup, button)):
        return verdict
    if markup:
        return _markup_decides(Stock(markup, 0.85, source), words, button)
    return _without_markup(words, button, has_price)


def _said_by(button: Button | None) -> list[Said]:
    """What the words of a button in the product's own place say: "Pre-order", "Sold out"."""
    if button is None or not button.is_real or button.state is Availability.UNKNOWN:
        return []
    return [Said(button.state, NAMED)]


def _firmest(said: list[Said]) -> Said | None:
    """The worst of what is said most firmly: of what is out, that it is so for good."""
    firmest = max((one.firmness for one in said), default=0)
    states = {one.state for one in said if one.firmness == firmest}
    if Availability.OUT_OF_STOCK in states:
        states |= {one.state for one in said if one.firmness >= PLAIN and one.state.is_out}
    worst = next((state for state in _STRENGTH if state in states), None)
    return Said(worst, firmest) if worst else None


def _is_live(button: Button | None) -> bool:
    """Whether a button says that it buys, and can be pressed."""
    return button is not None and button.is_live and button.is_worded


def _allows(button: Button | None) -> bool:
    """Whether a button can be pressed, or could once something is chosen."""
    if button is None or not button.is_real or button.asks_to_wait:
        return False
    return button.is_live or waits_for_choice(button.element)


def _is_dead(button: Button | None) -> bool:
    """Whether the place of the button is taken, but nothing can be bought by it."""
    if button is None or button.is_live or not button.is_real:
        return False
    return button.asks_to_wait or not waits_for_choice(button.element)


def _words_decide(words: Said, markup: Availability | None, button: Button | None) -> Stock | None:
    """What the page's words overrule: markup is often wrong, mostly by claiming stock."""
    state, is_firm = words.state, words.firmness >= PLAIN
    if state in _GONE and _holds(words, markup, button):
        return Stock(state, 0.9 if markup is None or markup.is_out else 0.8, "words")
    if state in _LIMITING and is_firm and _adds(words, markup, button):
        return Stock(state, 0.9 if markup is None else 0.8, "words")
    return None


def _adds(words: Said, markup: Availability | None, button: Button | None) -> bool:
    """Whether words limit what markup states, or the button is on their side against it."""
    if markup in (None, Availability.IN_STOCK):
        return True
    return markup.is_out and (_is_live(button) or (words.firmness == NAMED and _allows(button)))


def _holds(words: Said, markup: Availability | None, button: Button | None) -> bool:
    """Whether words that it is gone stand against a live button or against markup."""
    if markup is not None and markup.is_out:
        return words.firmness >= PLAIN or not _is_live(button)
    if _is_live(button):
        return markup is None and words.firmness == NAMED
    return words.firmness >= PLAIN or markup is None or _is_dead(button)


def _markup_decides(stated: Stock, words: Said | None, button: Button | None) -> Stock:
    """What markup states, unless both the button and the words are against it."""
    is_in = words is not None and words.state is Availability.IN_STOCK
    if stated.state.is_buyable and not is_in and _is_dead(button):
        return Stock(Availability.OUT_OF_STOCK, 0.6, "button")
    if stated.state.is_out and words and is_in:
        if _is_live(button) and words.firmness >= PLAIN:
            return Stock(words.state, 0.6, "words")
        if _allows(button) and words.firmness == NAMED:
            return Stock(words.state, 0.6, "words")
    agrees = words is not None and words.state is stated.state
    return Stock(stated.state, 0.95 if agrees else stated.confidence, stated.source)


def _without_markup(words: Said | None, button: Button | None, has_price: bool) -> Stock:
    if button and (verdict := _button_decides(button, words)):
        return verdict
    if words and not words.state.is_out:
        return Stock(words.state, 0.7, "words" if words.firmness >= PLAIN else "assumed")
    if _is_dead(button):
        return Stock(Availability.OUT_OF_STOCK, 0.55, "button")
    # A price without a word on stock: offered, but not known to be in stock.
    return Stock(Availability.IN_STOCK, 0.4, "assumed") if has_price else NO_EVIDENCE


def _button_decides(button: Button, words: Said | None) -> Stock | None:
    """What a button says by its words or by being enabled; None if it is only disabled."""
    names_state = button.state is not Availability.UNKNOWN
    if button.is_live:
        state = button.state if names_state else Availability.IN_STOCK
        if words is not None and words.state is state and words.firmness >= PLAIN:
            return Stock(state, 0.85, "words")
        return Stock(state, 0.75, "button")
    if names_state and button.is_real:
        return Stock(button.state, 0.85, "button")
    return Stock(Availability.OUT_OF_STOCK, 0.75, "button") if button.asks_to_wait else None
