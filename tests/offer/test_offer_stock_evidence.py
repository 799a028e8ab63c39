"""What is said of stock counts by where it stands and by what the rest of the page says."""

from __future__ import annotations

from typing import Any

import pytest

from daemon.extract.offer import read_offer
from daemon.lexicon.availability import Availability, stock_of
from tests.offer.pages import cases, document, shop_page

CASES = cases("stock.toml")
MARKUP = (
    '<script type="application/ld+json">{{"@type":"Product","name":"Lamp","offers":'
    '{{"price":"49.00","priceCurrency":"EUR","availability":"{0}"}}}}</script>'
)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_evidence_counts_by_where_it_stands(case: dict[str, Any]) -> None:
    head = MARKUP.format(case["markup"]) if "markup" in case else ""
    offer = read_offer(document(shop_page(case["main"], head=head)))
    assert (str(offer.price), str(offer.availability)) == ("49.00", case["state"])


OUT, IN, UNKNOWN = Availability.OUT_OF_STOCK, Availability.IN_STOCK, Availability.UNKNOWN


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("10 in stock", IN),
        ("0 in stock", OUT),
        ("Stock: 05", UNKNOWN),
        ("If out of stock, we refund you", UNKNOWN),
        ("Wenn der Artikel nicht lieferbar ist", UNKNOWN),
        ("Prévenez-moi quand il est disponible", UNKNOWN),
        ("All in-stock items ship today", UNKNOWN),
        ("Never sold out", UNKNOWN),
        ("Is it in stock?", UNKNOWN),
        ("In stock. Pickup not available.", IN),
        ("Bientôt disponible", OUT),
        ("Brzy skladem", OUT),
        ("Kun få på lager", Availability.LIMITED),
        ("Available to order", Availability.BACKORDER),
        ("Available to order online", IN),
        ("Not available online", Availability.IN_STORE_ONLY),
        ("In stock at 12 stores", UNKNOWN),
        ("Derzeit nicht lieferbar", OUT),
        ("Dostupnost:", UNKNOWN),
        ("Dostupnost: vyprodáno", OUT),
        ("Available", IN),
        ("Available in three colours", UNKNOWN),
        ("12 available", IN),
        ("Nur in unseren Filialen", Availability.IN_STORE_ONLY),
        ("Disponible en magasin uniquement", Availability.IN_STORE_ONLY),
        ("Non acquistabile online", Availability.IN_STORE_ONLY),
        ("Hurry, 4 left", Availability.LIMITED),
        ("4 left-handed players", UNKNOWN),
        ("Ultimi 2 pezzi", Availability.LIMITED),
        ("Beperkt op voorraad", Availability.LIMITED),
        ("Wird nicht mehr hergestellt", Availability.DISCONTINUED),
        ("Kommer snart", Availability.PREORDER),
        ("Zbývají jen 2 ks", Availability.LIMITED),
        ("Осталось всего 3 шт.", Availability.LIMITED),
        ("Quedan 2 días de oferta", UNKNOWN),
        ("25 disponibles", IN),
    ],
)
def test_a_phrase_means_what_its_sentence_means(text: str, state: Availability) -> None:
    assert stock_of(text) is state


def test_words_of_stock_hold_on_a_page_that_hides_its_price() -> None:
    main = '<h1>Lamp</h1><p>Log in to see the price</p><p class="stock">In stock</p>'
    offer = read_offer(document(shop_page(main)))
    assert (offer.price, str(offer.availability)) == (None, "in_stock")


def test_a_name_of_style_costs_a_price_nothing() -> None:
    plain = (
        "<h1>Tray</h1><table><tr><td>Price:</td><td><span class='{0}'>$48.00</span></td></tr>"
        "<tr><td>Import:</td><td><span class=amt>$61.50</span> import</td></tr></table>"
    )
    found = {
        str(read_offer(document(shop_page(plain.format(name), title="Tray"))).price)
        for name in ("text-xl", "text-size-xl", "select-none", "variant-bold")
    }
    assert found == {"48.00"}
