"""Decides the state of stock from markup, the words near the price and the buttons."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from lxml.etree import _Element as Element

from daemon.extract.offer import regions
from daemon.extract.offer.tree import Tree, lineage, names_of, squeeze, text_of
from daemon.lexicon.availability import Availability, asks_to_wait, offers_to_buy, stock_of

MOST_BUTTONS = 2_000  # links and blocks that may be one
MOST_TEXTS = 240  # of the region around heading, price and button
_LONGEST_LINE = 160
_LONGEST_REGION = 500  # elements before the last of heading, price and button
_DISABLED = regions.names(
    "disabled soldout sold_out outofstock out_of_stock unavailable inactive is_disabled"
)
_CART = regions.names(
    "addtocart add_to_cart addtobag add_to_bag addtobasket add_to_basket buy buybutton buy_button "
    "buynow buy_now btn_cart btn_buy cart_button add_cart tocart to_cart tobasket "
    "to_basket addcart product_add product_form_submit single_add_to_cart purchase "
    "warenkorb koupit kosik panier"
)
_PRESSED = frozenset({"submit", "button", "image"})
_NAMED = " or ".join(
    f"contains(@{at},'{name}')"
    for at in ("class", "id")
    for name in ("cart", "Cart", "buy", "Buy", "basket", "Basket", "purchase", "btn", "button")
)
_ACTS = (
    "not(@href) or starts-with(@href,'#') or starts-with(@href,'javascript') or "
    "contains(@href,'cart') or contains(@href,'basket') or contains(@href,'checkout')"
)
_NAMED_LIKE_BUTTONS = (
    f"//a[@role='button' or {_ACTS} or {_NAMED}] | "
    "//*[self::div or self::span][@role='button' or contains(@class,'cart') or "
    "contains(@class,'buy') or contains(@id,'cart') or contains(@id,'buy')]"
)
_STOCK_NAME = regions.names(
    "stock availab* instock outofstock lager* dispon* verfueg* verfug* inventory sklad* voorraad "
    "skladem lieferzeit dostupn* dostepn* saatavuus nalichie delivery_status delivery_time "
    "lieferbar"
)
_OUT_NAME = regions.names("outofstock out_of_stock soldout sold_out product_outofstock is_sold_out")
_REVIEWS = regions.names(
    "review* comment* rating* description faq question* qa tab_content store_list stores"
)


@dataclass(frozen=True, slots=True)
class Button:
    """The button for buying, or the one in its place."""

    element: Element
    is_live: bool
    asks_to_wait: bool  # "notify me"
    state: Availability = Availability.UNKNOWN  # what its own words say: "Pre-order", "Sold out"


@dataclass(frozen=True, slots=True)
class Stock:
    """The state of stock, its confidence, and its source."""

    state: Availability
    confidence: float
    source: str


NO_EVIDENCE = Stock(Availability.UNKNOWN, 0.0, "")


def find_button(tree: Tree) -> Button | None:
    """The button that buys the page's own product; the first enabled one, else any."""
    after = tree.order.get(tree.heading, -1) if tree.heading is not None else -1
    found = list(_buttons(tree))
    later = [button for button in found if tree.order[button.element] >= after] or found
    live = [button for button in later if button.is_live]
    return next(iter(live or later), None)


def _buttons(tree: Tree) -> Iterator[Button]:
    named = tree.root.xpath(_NAMED_LIKE_BUTTONS)[:MOST_BUTTONS]
    plain = tree.root.iter("button", "input")
    known = [element for element in {*named, *plain} if element in tree.order]
    for element in sorted(known, key=tree.order.__getitem__):
        if element.tag == "input" and (element.get("type") or "").lower() not in _PRESSED:
            continue
        above = element.getparent()
        names = names_of(element) + " " + (names_of(above) if above is not None else "")
        button = _button(element, regions.parts_of(names))
        if button and not _is_elsewhere(element, tree):
            yield button


def _button(element: Element, names: str) -> Button | None:
    label = _label(element)
    waits = asks_to_wait(label)
    state = stock_of(label, is_button=True)
    buys = offers_to_buy(label) or _is_named_for_buying(element, names)
    names_state = state is not Availability.UNKNOWN and element.tag in ("button", "input")
    if not (buys or waits or names_state):
        return None
    is_live = buys and not (waits or state.is_out or _is_disabled(element, names))
    return Button(element, is_live, waits and not buys, state)


def _label(element: Element) -> str:
    """The words on a button, or in the attributes that stand for them, in lower case."""
    shown = squeeze(text_of(element, 80))
    return (shown or element.get("value") or element.get("aria-label") or "").lower()[:80]


def _is_named_for_buying(element: Element, names: str) -> bool:
    """Whether a cart is in its name: not enough for a link, which may just lead there."""
    return element.tag != "a" and bool(_CART.search(names))


def _is_disabled(element: Element, names: str) -> bool:
    # A button that a script hides until an option is chosen is not disabled for good.
    return element.get("disabled") is not None or bool(_DISABLED.search(names))


def _is_elsewhere(element: Element, tree: Tree) -> bool:
    """Whether a node stands among related products or in the page's frame."""
    place = regions.place_of(element, tree)
    around = place.near + place.far
    return bool(
        regions.RELATED.search(around)
        or regions.CHROME.search(around)
        or place.is_aside
        or place.is_hidden
    )


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
    said = [*_said_by_names(tree), *_said_near(tree, price_at, button)]
    words = _strongest(said)
    markup, source = stated[0] if stated else (None, "")
    if words and (verdict := _words_decide(words, markup, button)):
        return verdict
    if markup:
        return Stock(markup, 0.95 if words == markup else 0.85, source)
    return _without_markup(words, button, has_price)


# States that hold unless a button is live, and states that hold unless markup knows better.
_GONE = frozenset(
    {Availability.OUT_OF_STOCK, Availability.DISCONTINUED, Availability.IN_STORE_ONLY}
)
_LIMITING = frozenset({Availability.PREORDER, Availability.BACKORDER, Availability.LIMITED})


def _words_decide(
    words: Availability, markup: Availability | None, button: Button | None
) -> Stock | None:
    """What the page's words overrule: markup is often wrong, mostly by claiming stock."""
    is_live = button is not None and button.is_live
    knows_better = markup not in (None, Availability.IN_STOCK)
    if (words in _GONE and not is_live) or (words in _LIMITING and not knows_better):
        return Stock(words, 0.9 if markup is None else 0.8, "words")
    return None


def _without_markup(words: Availability | None, button: Button | None, has_price: bool) -> Stock:
    if button and (verdict := _button_decides(button, words)):
        return verdict
    if words and not words.is_out:
        return Stock(words, 0.7, "words")
    if button and not _waits_for_choice(button.element):
        return Stock(Availability.OUT_OF_STOCK, 0.55, "button")
    # A price without a word on stock: offered, but not known to be in stock.
    return Stock(Availability.IN_STOCK, 0.4, "assumed") if has_price else NO_EVIDENCE


def _button_decides(button: Button, words: Availability | None) -> Stock | None:
    """What a button says by its words or by being enabled; None if it is only disabled."""
    names_state = button.state is not Availability.UNKNOWN
    if button.is_live:
        state = button.state if names_state else Availability.IN_STOCK
        return Stock(state, 0.85 if words is Availability.IN_STOCK else 0.75, "button")
    if names_state:
        return Stock(button.state, 0.85, "button")
    return Stock(Availability.OUT_OF_STOCK, 0.75, "button") if button.asks_to_wait else None


def _waits_for_choice(button: Element) -> bool:
    """Whether a disabled button only waits for a size or colour to be chosen."""
    block = next((node for node in lineage(button) if node.tag == "form"), None)
    if block is None:
        block = [node for node, _ in zip(lineage(button), range(6), strict=False)][-1]
    return bool(block.xpath("boolean(.//select | .//input[@type='radio'])"))


_STRENGTH = (
    Availability.DISCONTINUED,
    Availability.OUT_OF_STOCK,
    Availability.PREORDER,
    Availability.BACKORDER,
    Availability.IN_STORE_ONLY,
    Availability.LIMITED,
    Availability.IN_STOCK,
)


def _strongest(said: list[tuple[Availability, bool]]) -> Availability | None:
    """The state in a node named for stock, else the worst of those in the region."""
    named = {state for state, is_named in said if is_named}
    pool = named or {state for state, _ in said}
    return next((state for state in _STRENGTH if state in pool), None)


def _said_by_names(tree: Tree) -> Iterator[tuple[Availability, bool]]:
    """The states in class names that shop systems give to the product's block."""
    for node in tree.heading_line:
        if _OUT_NAME.search(regions.parts_of(node.get("class") or "")):
            yield Availability.OUT_OF_STOCK, True


def _said_near(
    tree: Tree, price_at: Element | None, button: Button | None
) -> Iterator[tuple[Availability, bool]]:
    """The states named in the buy region, and whether they stand in a node named for stock."""
    left = MOST_TEXTS
    for element in _buy_region(tree, [tree.heading, price_at, button.element if button else None]):
        yield from _said_in(element, tree)
        left -= 1 if element.text and element.text.strip() else 0
        if not left:
            return


def _buy_region(tree: Tree, spots: list[Element | None]) -> Iterator[Element]:
    """The elements from the first spot, mostly the heading, to a little past the last."""
    places = [tree.order[spot] for spot in spots if spot is not None and spot in tree.order]
    if not places:
        return iter(())
    last = max(places)
    first = max(min(places), last - _LONGEST_REGION)
    return islice(tree.order, max(0, first - 5), last + 121)


def _said_in(element: Element, tree: Tree) -> Iterator[tuple[Availability, bool]]:
    for line in _lines(element):
        state = stock_of(line)
        if state is Availability.IN_STOCK and offers_to_buy(line):
            continue  # a button's words: its state is judged separately
        if state is not Availability.UNKNOWN and not _is_beside_the_point(element, tree):
            yield state, bool(_STOCK_NAME.search(regions.parts_of(_names_around(element))))


def _lines(element: Element) -> Iterator[str]:
    """The element's own short texts, in lower case."""
    own = [element.text, *(child.tail for child in element)]
    for text in own:
        if text and 1 < len(text) < 400:
            line = squeeze(text).lower()
            if 1 < len(line) <= _LONGEST_LINE:
                yield line


def _names_around(element: Element) -> str:
    return " ".join(names_of(node) for node, _ in zip(lineage(element), range(3), strict=False))


def _is_beside_the_point(element: Element, tree: Tree) -> bool:
    """Whether words belong to other products, variants or reviews, or are not visible."""
    place = regions.place_of(element, tree)
    around = place.near + place.far
    return bool(
        _is_elsewhere(element, tree)
        or place.in_option
        or regions.OPTION.search(place.near)
        or _REVIEWS.search(around)
        or regions.HIDDEN.search(around)
        or re.search(r" (?:legend|tooltip|template) ", around)
    )
