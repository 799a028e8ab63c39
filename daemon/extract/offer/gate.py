"""Is this a product page at all? A tree comes in, a reason why not, or nothing, goes out."""

from __future__ import annotations

from lxml.etree import _Element as Element

from daemon.extract.offer.regions import CHROME, PRICE, RELATED, SHIPPING, place_of
from daemon.extract.offer.tree import Tree, squeeze, text_of
from daemon.money import words

_WALL = words.any_of(
    """
    access denied|are you (?:a )?(?:human|robot)|verify (?:that )?you are (?:a )?human|robot check
    captcha|recaptcha|hcaptcha|pardon our interruption|just a moment|checking your browser
    attention required|unusual traffic|request (?:was )?blocked|you have been blocked
    bot detect[a-z]*|security check|ddos protection
    please enable (?:javascript|cookies) (?:to continue|and)|zugriff verweigert|accès refusé
    acceso denegado|accesso negato|forbidden|human verification|press (?:&|and) hold
    confirm (?:that )?you are (?:a )?human|not a robot
    """
)
_QUEUE = words.any_of(
    """
    waiting room|you are (?:now )?in (?:line|the queue)|virtual queue|queue-it
    warteschlange|file d'attente|sala de espera|high traffic|we'll be right back|under maintenance
    wartungsarbeiten|maintenance mode|you are in a queue|wartezimmer|salle d'attente
    """
)
_MISSING = words.any_of(
    r"""
    404(?![\d.,])|page (?:was |is )?not found|not found
    page (?:does|doesn.t|can.?t be|cannot be|no longer)|seite (?:wurde )?nicht gefunden
    page (?:est )?introuvable|page non trouvée|página no encontrada|pagina non trovata
    página não encontrada|pagina niet gevonden|siden (?:blev|ble) ikke|sidan (?:kunde|hittades)
    strona nie|nie znaleziono|stránka nenalezena|stránka nebyla|az oldal nem|страница не найдена
    ページが見つかりません|页面不存在
    """
)
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
    """Why there is no product here; None when there may be one.

    Shape: wall, queue or missing. A short page is judged by all its words; a long one only by
           how its title or heading begins, and not when it states an offer for machines.
    """
    text = squeeze(text_of(tree.root, _SHORT + 100))
    short = len(text) < _SHORT
    heads = (tree.title, tree.name)
    for reason, pattern in (("wall", _WALL), ("queue", _QUEUE), ("missing", _MISSING)):
        if any(pattern.match(head) for head in heads):
            return None if _states_an_offer(tree) else reason
        if short and any(pattern.search(head) for head in heads):
            return None if _states_an_offer(tree) else reason
        if short and reason != "missing" and pattern.search(text):
            return None if _states_an_offer(tree) else reason
    return None


def _states_an_offer(tree: Tree) -> bool:
    """Whether any markup says that something is sold here."""
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
            around = place.near + place.far
            if PRICE.search(place.near) and not (RELATED.search(around) or CHROME.search(around)):
                return not SHIPPING.search(place.near)
    return False
