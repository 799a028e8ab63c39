"""Collects what a page's words say of the stock of its product, and how firmly."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from lxml.etree import _Element as Element

from daemon.extract.offer import regions
from daemon.extract.offer.choice import is_option, likes_of
from daemon.extract.offer.foreign import Foreign, Own, foreign, own_of
from daemon.extract.offer.stock.buttons import Button
from daemon.extract.offer.tree import INLINE, Tree, lineage, names_of, squeeze, text_of
from daemon.lexicon.availability import (
    Availability,
    Statement,
    asks_to_wait,
    mentions_stock,
    names_the_thing,
    offers_to_buy,
    statement_in,
)

MOST_TEXTS = 240  # of the region around heading, price and button
_LONGEST_LINE = 160
_LONGEST_REGION = 500  # elements before the last of heading, price and button
_PAST_REGION = 120
_MOST_OF_CLAUSE = 0.33
_MOST_ROWS = 12
_MOST_ANYWHERE = 4_000  # elements of a page without a heading
_STOCK_NAME = regions.names(
    "stock availab* instock lager* dispon* verfueg* verfug* inventory sklad* voorraad "
    "skladem lieferzeit dostupn* dostepn* saatavuus nalichie delivery_status delivery_time "
    "lieferbar outofstock soldout"
)
_OUT_NAME = regions.names("outofstock out_of_stock soldout sold_out product_outofstock is_sold_out")
_OTHERS_WORDS = regions.names(
    "review* comment* rating* description faq question* qa tab_content store_list stores "
    "store_stock legend tooltip template opinion* testimonial*"
)
_DELIVERY = regions.names("shipping delivery versand* livraison envio frete entrega* pickup")
_PRESSED = frozenset({"button", "option", "select", "textarea"})
_LETTER = re.compile(r"[^\W\d_]")

# How firmly words say it.
NAMED, PLAIN, WEAK = 3, 2, 1


@dataclass(frozen=True, slots=True)
class Said:
    """A state that words name, and how firmly: in a place for stock, plainly, or in passing."""

    state: Availability
    firmness: int


def said_of_stock(tree: Tree, price_at: Element | None, button: Button | None) -> Iterator[Said]:
    """What the names and words around heading, price and button say, in document order."""
    yield from _said_by_names(tree)
    spots = [tree.heading, price_at, button.element if button else None]
    own = own_of(tree, spots)
    left = MOST_TEXTS
    for element in _buy_region(tree, spots):
        yield from _said_in(element, tree, own)
        left -= 1 if element.text and element.text.strip() else 0
        if not left:
            return
    if tree.heading is None:
        yield from _said_anywhere(tree, own)


def _said_anywhere(tree: Tree, own: Own) -> Iterator[Said]:
    """What sentences about the thing say, wherever they stand: without a heading nothing is far."""
    for element in islice(tree.order, _MOST_ANYWHERE):
        text = element.text
        if text and len(text) < 400 and names_the_thing(text):
            yield from _said_in(element, tree, own)


def _said_by_names(tree: Tree) -> Iterator[Said]:
    """The states in class names that shop systems give to the product's block."""
    for node in tree.heading_line:
        if _OUT_NAME.search(regions.parts_of(node.get("class") or "")):
            yield Said(Availability.OUT_OF_STOCK, PLAIN)


def _buy_region(tree: Tree, spots: list[Element | None]) -> Iterator[Element]:
    """The elements from the first spot, mostly the heading, to a little past the last."""
    places = [tree.order[spot] for spot in spots if spot is not None and spot in tree.order]
    if not places:
        return iter(())
    last = max(places)
    first = max(min(places), last - _LONGEST_REGION)
    return islice(tree.order, max(0, first - 5), last + _PAST_REGION + 1)


def _said_in(element: Element, tree: Tree, own: Own) -> Iterator[Said]:
    for line in _lines(element, tree):
        found = statement_in(line)
        if found is None or _offers(found, line) or _is_pressed(element):
            continue
        if not _is_beside_the_point(element, tree, own):
            yield Said(found.state, _firmness(found, element))


def _lines(element: Element, tree: Tree) -> Iterator[str]:
    """The element's short texts, in lower case: whole sentences where words flow around others."""
    texts = [element.text, *(child.tail for child in element)]
    if not any(text and _LETTER.search(text) for text in texts):
        return
    if (whole := _whole(element, tree)) is not None:
        yield whole
    elif not _is_in_sentence(element, tree):
        for text in texts:
            if text and 1 < len(text) < 400 and 1 < len(line := squeeze(text)) <= _LONGEST_LINE:
                yield line.lower()


def _whole(element: Element, tree: Tree) -> str | None:
    """The text of an element with words of its own around inline ones, if it is a short one."""
    if element not in tree.sentences:
        tree.sentences[element] = _sentence_of(element)
    return tree.sentences[element]


def _sentence_of(element: Element) -> str | None:
    if not len(element) or not _has_own_words(element):
        return None
    if any(child.tag not in INLINE and child.tag != "br" for child in islice(element, 20)):
        return None
    line = squeeze(text_of(element, _LONGEST_LINE + 40)).lower()
    return line if len(line) <= _LONGEST_LINE else None


def _is_in_sentence(element: Element, tree: Tree) -> bool:
    """Whether an inline element is read as a part of the sentence around it."""
    above = element.getparent()
    return element.tag in INLINE and above is not None and _whole(above, tree) is not None


def _has_own_words(element: Element) -> bool:
    texts = (element.text, *(child.tail for child in islice(element, 20)))
    return any(text and _LETTER.search(text) for text in texts)


def _offers(found: Statement, line: str) -> bool:
    """Whether the words are those of a button or of a form to be told."""
    return asks_to_wait(line) or (found.state is Availability.IN_STOCK and offers_to_buy(line))


def _is_pressed(node: Element) -> bool:
    """Whether the text is on a button: what buttons say is judged by themselves."""
    return any(
        one.tag in _PRESSED or one.get("role") == "button" for one in islice(lineage(node), 4)
    )


def _is_beside_the_point(node: Element, tree: Tree, own: Own) -> bool:
    """Whether words belong to other products, variants or people, or are not visible."""
    line = own.line_to(node)
    if any(_OTHERS_WORDS.search(regions.parts_of(names_of(one))) for one in line):
        return True
    if any(_is_row(one, node) for one in line[:4]):
        return True
    return foreign(node, tree, own) > Foreign.NO or is_option(node, tree)


def _is_row(row: Element, node: Element) -> bool:
    """Whether it is one of several rows that each tell the stock of what they name: a branch."""
    if row is node or not _names_more(row, node):
        return False
    likes = islice(likes_of(row), _MOST_ROWS)
    return any(mentions_stock(squeeze(text_of(like, _LONGEST_LINE))) for like in likes)


def _names_more(row: Element, node: Element) -> bool:
    """Whether a row says something beside what the node in it says."""
    said = len(squeeze(text_of(node, _LONGEST_LINE)))
    return said + 2 < len(squeeze(text_of(row, _LONGEST_LINE))) < _LONGEST_LINE


def _firmness(found: Statement, node: Element) -> int:
    """How firmly a node says it: its own name counts before those of the boxes around it."""
    own, *around = (regions.parts_of(names_of(one)) for one in islice(lineage(node), 3))
    is_said_there = bool(_STOCK_NAME.search(own))
    is_delivery = found.is_vague and bool(_DELIVERY.search(own + "".join(around[:1])))
    is_named = is_said_there or any(map(_STOCK_NAME.search, around))
    if found.share < _MOST_OF_CLAUSE or (is_delivery and not is_said_there):
        return PLAIN if is_named else WEAK
    return NAMED if is_named else PLAIN
