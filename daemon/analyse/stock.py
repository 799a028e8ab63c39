"""A short text in; the availability that it claims, in many languages, out."""

from __future__ import annotations

import re

from daemon.compare.masks import fold

_OUT = (
    r"back in stock soon|more on the way|coming back soon|niet beschikbaar|"
    r"nedostupn\w+|nie je dostupn\w+|není dostupn\w+|zásoby vyčerpán\w+|utgått|inte tillgänglig|"
    r"ikke tilgængelig|ei saatavilla|hết hàng|stok habis|tidak tersedia|"
    r"снят[оа]? с (?:продажи|производства)|"
    r"недоступ\w+|ожидается|غير متوفر|نفد|אזל|สินค้าหมด|"
    r"out[\s-]of[\s-]stock|sold[\s-]?out|unavailable|not available|no longer available|"
    r"temporarily unavailable|notify me|email me when|back soon|"
    r"join (?:the )?wait(?:ing )?list|ausverkauft|nicht (?:verfügbar|lieferbar|vorrätig|"
    r"auf lager)|vergriffen|épuisé\w*|indisponible|rupture(?: de stock)?|non disponible|"
    r"m'alerter|agotado|sin (?:stock|existencias)|no disponible|esaurito|non disponibile|"
    r"esgotado|indisponível|uitverkocht|niet op voorraad|niet leverbaar|brak w magazynie|"
    r"niedostępn\w+|wyprzedan\w+|vyprodán\w*|není skladem|vypredan\w*|nie je skladom|"
    r"slut i lager|slutsåld|udsolgt|ikke på lager|utsolgt|ei varastossa|loppu(?:nut|"
    r"unmyyty)|elfogyott|nincs raktáron|stoc epuizat|indisponibil|нет в наличии|"
    r"распродано|немає в наявності|εξαντλ\w+|μη διαθέσιμο|tükendi|stokta yok|nav pieejams|"
    r"išparduota|品切れ|在庫切れ|売り切れ|缺货|售罄|已售完|품절|"
    r"discontinued|currently unavailable"
)
_IN = (
    r"back in stock|low stock|few left|last (?:one|items|pieces)|tersedia|còn hàng|tillgänglig|"
    r"saatavilla|dostupn\w+|k dispozici|na sklad[eě]|beschikbaar|имеется|متوفر|במלאי|มีสินค้า|"
    r"in[\s-]stock|available now|available for (?:delivery|dispatch|order)|add to (?:cart|"
    r"bag|basket|trolley)|buy (?:it )?now|order now|ready to ship|ships (?:today|in|"
    r"within)|only \d+ left|auf lager|lieferbar|vorrätig|sofort (?:lieferbar|verfügbar)|"
    r"in den (?:warenkorb|einkaufswagen)|jetzt kaufen|en stock|disponible|"
    r"ajouter au panier|acheter|disponibile|aggiungi al carrello|añadir (?:al carrito|"
    r"a la cesta)|comprar|em estoque|disponível|adicionar ao carrinho|op voorraad|"
    r"in winkelwagen|leverbaar|dostępn\w+|do koszyka|skladem|skladom|do košíku|do košíka|"
    r"i lager|på lager|læg i kurv|lägg i varukorg|legg i handlekurv|varastossa|"
    r"lisää ostoskoriin|raktáron|készleten|kosárba|în stoc|in stoc|adaugă în coș|"
    r"в наличии|в корзину|купить|в наявності|διαθέσιμο|προσθήκη στο καλάθι|stokta|"
    r"sepete ekle|pieejams|pirkt|į krepšelį|"
    r"在庫あり|カートに入れる|有货|加入购物车|现货|재고 있음|장바구니"
)
_PRE = (
    r"pre[\s-]?order|coming soon|back[\s-]?order|vorbestell\w+|précommande\w*|"
    r"précommander|reservar|preordina|przedsprzedaż|předobjedn\w+|förhandsboka|предзаказ|"
    r"予約|预售|available from"
)
_STOCK = (
    ("preorder", re.compile(rf"(?<!\w)(?:{_PRE})(?!\w)", re.IGNORECASE)),
    ("out of stock", re.compile(rf"(?<!\w)(?:{_OUT})(?!\w)", re.IGNORECASE)),
    ("in stock", re.compile(rf"(?<!\w)(?:{_IN})(?!\w)", re.IGNORECASE)),
)
_READ_CHARS = 300


def of(text: str) -> str | None:
    """The availability that a short text claims: preorder, out of stock, in stock, or None."""
    plain = fold(text[:_READ_CHARS])
    for state, pattern in _STOCK:
        if pattern.search(plain):
            return state
    return None
