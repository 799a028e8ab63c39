"""Finds the button that buys the page's product, or the one in its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, islice

from lxml.etree import _Element as Element

from daemon.extract.offer import regions
from daemon.extract.offer.choice import is_option, likes_of
from daemon.extract.offer.foreign import Foreign, Own, foreign, own_of
from daemon.extract.offer.tree import Tree, lineage, names_of, squeeze, text_of
from daemon.lexicon.availability import Availability, asks_to_wait, offers_to_buy, stock_of

MOST_BUTTONS = 2_000  # links and blocks that may be one
_LONGEST_LABEL = 40
_WRAPPERS = 3  # elements that may make one button together
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
_REAL = frozenset({"button", "input"})
_PRESSABLE = _REAL | {"a"}
_LATER = frozenset({Availability.PREORDER, Availability.BACKORDER})
_PLACES = ("cart", "basket", "checkout")
_NAMED_SO = re.compile(r"[Cc]art|[Bb]uy|[Bb]asket|[Pp]urchase|btn|button")
_BLOCK_NAMED_SO = re.compile(r"cart|buy")
_CHOICES = (
    "boolean(.//select | .//input[@type='radio'] | .//*[@role='radiogroup' or @role='listbox'] | "
    # What a script fills in once something is chosen.
    ".//input[@type='hidden'][not(@value) or @value=''][contains(@name,'ku') or "
    "contains(@name,'ariant') or contains(@name,'ize') or contains(@name,'ption')])"
)


@dataclass(frozen=True, slots=True)
class Button:
    """The button for buying, or the one in its place."""

    element: Element
    is_live: bool
    asks_to_wait: bool  # "notify me"
    state: Availability = Availability.UNKNOWN  # what its own words say: "Pre-order", "Sold out"
    is_worded: bool = True  # it says that it buys, and is not only named so
    is_real: bool = True  # a button, not a block or link that looks like one


def find_button(tree: Tree) -> Button | None:
    """The button that buys the page's own product, else the one in its place.

    Shape: what surely belongs here before what names put elsewhere, what follows the heading
           before the rest, a live one before a dead one, words before names.
    """
    start = tree.order.get(tree.heading, -1) if tree.heading is not None else -1
    own = own_of(tree)
    ranked = [(_rank(button, tree, own, start), button) for button in _buttons(tree)]
    known = [(rank, button) for rank, button in ranked if rank[0] < Foreign.YES]
    return min(known, key=lambda pair: pair[0])[1] if known else None


def _rank(button: Button, tree: Tree, own: Own, start: int) -> tuple[int, bool, bool, bool, int]:
    place = tree.order[button.element]
    where = foreign(button.element, tree, own)
    return where, place < start, not button.is_live, not button.is_worded, place


def _buttons(tree: Tree) -> Iterator[Button]:
    real = (one for tag in sorted(_REAL) for one in tree.tagged.get(tag, ()))
    links = filter(_looks_pressed, tree.tagged.get("a", ()))
    blocks = (one for tag in ("div", "span") for one in tree.tagged.get(tag, ()) if _acts(one))
    for element in chain(real, islice(links, MOST_BUTTONS), islice(blocks, MOST_BUTTONS)):
        if _can_be_pressed(element) and (button := _button(element, tree)):
            yield button


def _looks_pressed(link: Element) -> bool:
    """Whether a link acts on this page or its cart, or has the role or the name of a button."""
    href = link.get("href")
    if href is None or href.startswith(("#", "javascript")) or any(map(href.__contains__, _PLACES)):
        return True
    get = link.get
    return get("role") == "button" or bool(_NAMED_SO.search(f"{get('class')} {get('id')}"))


def _acts(block: Element) -> bool:
    """Whether a block has the role or the name of a button."""
    get = block.get
    names = get("class"), get("id")
    if names != (None, None) and _BLOCK_NAMED_SO.search(f"{names[0]} {names[1]}"):
        return True
    return bool(get("role") == "button")


def _can_be_pressed(element: Element) -> bool:
    """Whether it is a control, or a block without one inside."""
    if element.tag == "input":
        return (element.get("type") or "").lower() in _PRESSED
    return element.tag in _PRESSABLE or next(element.iter("button", "input"), None) is None


def _button(element: Element, tree: Tree) -> Button | None:
    label = _label(element)
    if element.tag not in _PRESSABLE and len(label) > _LONGEST_LABEL:
        return None  # a block with the button's name around more than a button
    waits, state, offers = _said_by(label)
    names = regions.parts_of(_names_around(element))
    is_worded = len(label) <= _LONGEST_LABEL and (offers or state in _LATER)
    buys = is_worded or _is_named_for_buying(element, names)
    names_state = state is not Availability.UNKNOWN and element.tag in _REAL
    if not (buys or waits or names_state):
        return None
    if not is_worded and (is_option(element, tree) or _is_one_of_many(element)):
        return None
    is_live = buys and not (waits or state.is_out or _is_disabled(element, names))
    return Button(element, is_live, waits and not buys, state, is_worded, _is_real(element))


@lru_cache(maxsize=2048)
def _said_by(label: str) -> tuple[bool, Availability, bool]:
    """Whether a label asks to wait, which state it names, and whether it offers to buy."""
    return asks_to_wait(label), stock_of(label, is_button=True), offers_to_buy(label)


def _is_one_of_many(element: Element) -> bool:
    """Whether boxes like its own hold buttons too, as those to choose a colour."""
    line = islice(lineage(element), 3)
    return any(_holds_button(like) for node in line for like in likes_of(node))


def _holds_button(node: Element) -> bool:
    return any(map(_can_be_pressed, node.iter("button", "input")))


def _names_around(element: Element) -> str:
    above = element.getparent()
    return names_of(element) + " " + (names_of(above) if above is not None else "")


def _label(element: Element) -> str:
    """The words on a button, or in the attributes that stand for them, in lower case."""
    shown = squeeze(text_of(element, 80))
    return (shown or element.get("value") or element.get("aria-label") or "").lower()[:80]


def _is_named_for_buying(element: Element, names: str) -> bool:
    """Whether a cart is in its name: not enough for a link, which may just lead there."""
    return element.tag != "a" and bool(_CART.search(names))


def _is_real(element: Element) -> bool:
    """Whether it is a button by its tag, or by the role of what it is in."""
    return element.tag in _REAL or any(
        node.get("role") == "button" for node in islice(lineage(element), _WRAPPERS)
    )


def _is_disabled(element: Element, names: str) -> bool:
    # A button that a script hides until an option is chosen is not disabled for good.
    if element.get("disabled") is not None or _DISABLED.search(names):
        return True
    around = islice(lineage(element), 1 if element.tag in _REAL else _WRAPPERS)
    return any(node.get("aria-disabled") == "true" for node in around)


def waits_for_choice(button: Element) -> bool:
    """Whether a disabled button only waits for a size or colour to be chosen."""
    block = next((node for node in lineage(button) if node.tag == "form"), None)
    if block is None:
        block = list(islice(lineage(button), 6))[-1]
    return bool(block.xpath(_CHOICES))
