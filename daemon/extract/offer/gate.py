"""Decides whether a page is a product page at all."""

from __future__ import annotations

from lxml.etree import _Element as Element

from daemon.extract.offer.regions import PRICE, RELATED, SHIPPING, place_of
from daemon.extract.offer.tree import Tree, squeeze, text_of
from daemon.lexicon.blind_spots import BlindSpot
from daemon.lexicon.block_pages import BlockPage, block_page
from daemon.lexicon.spelling import plain
from daemon.money import words

_REASONS = {
    BlindSpot.CHALLENGE: "wall",
    BlindSpot.LOGIN_WALL: "wall",
    BlindSpot.REFUSAL: "queue",
    BlindSpot.ERROR_PAGE: "queue",
    BlindSpot.MISSING: "missing",
}
_ON_REQUEST = words.any_of(
    r"""

    (?:call|email|contact us|ask|in?quire|request) (?:us )?for (?:a )?(?:price|quote|pricing)
    enquire for (?:a )?price
    price (?:up)?on request|price on application|poa(?!\w)|request a quote|get a quote
    see price in cart|preis auf anfrage|auf anfrage|prix sur demande|sur devis|precio a consultar
    consultar precio|prezzo su richiesta|preço sob consulta|sob consulta|prijs op aanvraag
    pris på forespørsel|pris på förfrågan|cena na zapytanie|cena na dotaz|ár egyeztetés
    цена по запросу|уточняйте цену|ціна за запитом|τιμή κατόπιν|価格はお問い合わせ
    お問い合わせください|价格面议|電洽
    """
)
_OFFER_MARKUP = (
    "boolean(//*[@itemprop='price'] | //meta[contains(@property, 'price:amount')] | "
    "//script[contains(@type, 'ld+json')][contains(., '\"offers\"')])"
)
_SHORT = 1_500  # characters of a page that can hold little more than an excuse


def refusal(tree: Tree) -> str | None:
    """Why the page has no product; None when it may have one.

    Shape: wall, queue or missing. A short page is judged by all its words; a long one only by
           how its title or heading begins, and not when its markup states an offer.
    """
    found = _block_page(tree)
    return None if found is None or _states_an_offer(tree) else _REASONS[found.kind]


def _block_page(tree: Tree) -> BlockPage | None:
    text = "" if _is_long(tree) else squeeze(text_of(tree.root, _SHORT + 100))
    is_short = 0 < len(text) < _SHORT or not tree.order
    for head in (tree.title, tree.name):
        found = block_page(head, _REASONS)
        if found and (is_short or plain(head).startswith(found.evidence)):
            return found
    return block_page(text, _REASONS.keys() - {BlindSpot.MISSING}) if is_short else None


def _is_long(tree: Tree) -> bool:
    """Whether the page's first texts alone are far more than an excuse."""
    size = 0
    for element in tree.order:
        size += len((element.text or "").strip()) + len((element.tail or "").strip())
        if size > 2 * _SHORT:
            return True
    return False


def _states_an_offer(tree: Tree) -> bool:
    """Whether any markup states an offer."""
    return bool(tree.root.xpath(_OFFER_MARKUP))


def asks_to_inquire(tree: Tree, price_at: Element | None) -> bool:
    """Whether the page says, near its heading, that the price is given on request only."""
    if tree.heading is None:
        return False
    start = tree.order.get(tree.heading, 0)
    for element, place in tree.order.items():
        if not start <= place < start + 60:
            continue
        if element is price_at:
            return False
        text = element.text or ""
        if 5 < len(text) < 120 and _ON_REQUEST.search(squeeze(text)):
            return True
    return False


def is_free(tree: Tree) -> bool:
    """Whether a node named like a price says that nothing is to be paid."""
    for element in tree.order:
        text = element.text
        if text and len(text) < 40 and words.FREE.match(squeeze(text)):
            place = place_of(element, tree)
            if PRICE.search(place.near) and not (
                place.is_elsewhere or RELATED.search(place.near + place.far)
            ):
                return not SHIPPING.search(place.near)
    return False
