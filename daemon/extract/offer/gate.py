"""Is this a product page at all? A tree comes in, a reason why not, or nothing, goes out."""

from __future__ import annotations

import re

from lxml.etree import _Element as Element

from daemon.extract.offer.regions import CHROME, PRICE, RELATED, SHIPPING, place_of
from daemon.extract.offer.tree import Tree, squeeze, text_of
from daemon.money import words

_WALL = re.compile(
    r"""
    access\ denied|are\ you\ (?:a\ )?(?:human|robot)|verify\ (?:that\ )?you\ are\ (?:a\ )?human|robot\ check|
    captcha|pardon\ our\ interruption|just\ a\ moment|checking\ your\ browser|attention\ required|
    unusual\ traffic|request\ (?:was\ )?blocked|you\ have\ been\ blocked|bot\ detect|security\ check|
    ddos\ protection|please\ enable\ (?:javascript|cookies)\ (?:to\ continue|and)|zugriff\ verweigert|
    accès\ refusé|acceso\ denegado|accesso\ negato|forbidden|human\ verification|press\ (?:&|and)\ hold
    """,
    re.IGNORECASE | re.VERBOSE,
)
_QUEUE = re.compile(
    r"waiting room|you are (?:now )?in (?:line|the queue)|virtual queue|queue-it|your turn|warteschlange|"
    r"file d'attente|sala de espera|high traffic|we'll be right back|under maintenance|wartungsarbeiten",
    re.IGNORECASE,
)
_MISSING = re.compile(
    r"(?:^|\D)404(?:\D|$)|page (?:was |is )?not found|not found|page (?:does|doesn.t|can.?t be|cannot be|no longer)|"
    r"seite (?:wurde )?nicht gefunden|page (?:est )?introuvable|page non trouvée|página no encontrada|"
    r"pagina non trovata|página não encontrada|pagina niet gevonden|siden (?:blev|ble) ikke|sidan (?:kunde|hittades)|"
    r"strona nie|nie znaleziono|stránka nenalezena|stránka nebyla|az oldal nem|страница не найдена|ページが見つかりません|页面不存在",
    re.IGNORECASE,
)
_ON_REQUEST = re.compile(
    r"(?:call|email|contact us|ask|inquire|enquire|request) (?:us )?for (?:a )?(?:price|quote|pricing)|price (?:up)?on request|"
    r"price on application|\bpoa\b|request a quote|get a quote|see price in cart|preis auf anfrage|auf anfrage|"
    r"prix sur demande|sur devis|precio a consultar|consultar precio|prezzo su richiesta|preço sob consulta|sob consulta|"
    r"prijs op aanvraag|pris på forespørsel|pris på förfrågan|cena na zapytanie|cena na dotaz|ár egyeztetés|"
    r"цена по запросу|уточняйте цену|ціна за запитом|τιμή κατόπιν|価格はお問い合わせ|お問い合わせください|价格面议|電洽",
    re.IGNORECASE,
)
_SHORT = 1_500  # characters of a page that can hold little more than an excuse


def refusal(tree: Tree) -> str | None:
    """Why there is no product here, judged by title, heading and little text; None when there may be."""
    text = squeeze(text_of(tree.root, 4_000))
    head = f"{tree.title} | {tree.name}"
    short = len(text) < _SHORT
    for reason, pattern in (("wall", _WALL), ("queue", _QUEUE), ("missing", _MISSING)):
        if pattern.search(head) and (
            short or not tree.root.xpath("boolean(//*[@itemprop='price'])")
        ):
            return reason
        if short and reason != "missing" and pattern.search(text):
            return reason
    return None


def asks_to_inquire(tree: Tree, price_at: Element | None) -> bool:
    """Whether the page says, near its heading, that the price is given on request only."""
    if tree.heading is None:
        return False
    start = tree.order[tree.heading] if tree.heading in tree.order else 0
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
