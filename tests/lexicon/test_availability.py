"""What shops say of stock means the same to whoever reads it."""

from __future__ import annotations

import pytest

from daemon.analyse import facts
from daemon.analyse.blocks import from_text
from daemon.extract.offer import read_offer
from daemon.lexicon import stock_phrases
from daemon.lexicon.availability import Availability, asks_to_wait, offers_to_buy, stock_of
from daemon.lexicon.phrases import Phrases
from tests.offer.pages import document, shop_page

OUT, IN = Availability.OUT_OF_STOCK, Availability.IN_STOCK
SAID = [
    ("No longer available", OUT),
    ("N’est plus disponible", OUT),
    ("Ce produit n'est plus en stock", OUT),
    ("Nicht mehr lieferbar", OUT),
    ("Derzeit leider nicht lieferbar", OUT),
    ("Kein Artikel auf Lager", OUT),
    ("Ya no está disponible", OUT),
    ("No está disponible en este momento", OUT),
    ("Niet meer leverbaar", OUT),
    ("Non è più disponibile", OUT),
    ("Já não está disponível", OUT),
    ("Produkten är inte tillgänglig", OUT),
    ("Není momentálně skladem", OUT),
    ("Tidak tersedia", OUT),
    ("NOT YET IN STOCK", OUT),
    ("Wieder lieferbar", IN),
    ("Chanel No. 5: in stock", IN),
    ("Galaxy S8 Plus in stock", IN),
    ("Nu op voorraad", IN),
    ("No pickup fee, in stock", IN),
    ("Fast ausverkauft", Availability.LIMITED),
    ("Presque épuisé", Availability.LIMITED),
    ("Only 3 left", Availability.LIMITED),
    ("Vorbestellbar ab Mai", Availability.PREORDER),
    ("Снято с производства", Availability.DISCONTINUED),
]


@pytest.mark.parametrize(("text", "state"), SAID)
def test_a_line_names_its_state(text: str, state: Availability) -> None:
    assert stock_of(text) is state


@pytest.mark.parametrize(("text", "state"), SAID)
def test_the_reader_of_offers_and_the_judge_of_changes_agree(
    text: str, state: Availability
) -> None:
    offer = read_offer(
        document(shop_page(f"<h1>Lamp</h1><span class=price>€49.00</span><p>{text}</p>"))
    )
    other = OUT if state.is_buyable else IN
    change = facts.stock_change(from_text(other.words), from_text(text))
    assert (offer.availability, change) == (state, (other.words, state.words))


@pytest.mark.parametrize(
    ("states", "phrases"),
    [
        ({Availability.DISCONTINUED}, stock_phrases.DISCONTINUED),
        ({Availability.IN_STORE_ONLY}, stock_phrases.STORE_ONLY),
        ({OUT, Availability.DISCONTINUED}, stock_phrases.OUT),
        ({Availability.BACKORDER}, stock_phrases.BACKORDER),
        ({Availability.PREORDER}, stock_phrases.PREORDER),
        ({Availability.LIMITED}, stock_phrases.LIMITED),
        ({IN}, stock_phrases.IN),
    ],
)
def test_no_phrase_is_read_as_its_contrary(states: set[Availability], phrases: Phrases) -> None:
    assert {text: stock_of(text) for text in phrases.phrases if stock_of(text) not in states} == {}


def test_a_label_that_offers_to_notify_says_nothing_of_buying() -> None:
    both = [text for text in stock_phrases.NOTIFY.phrases if offers_to_buy(text)]
    assert both == []
    assert all(asks_to_wait(text) for text in stock_phrases.NOTIFY.phrases)


@pytest.mark.parametrize("text", ["Pickup not available", "Gift wrap unavailable"])
def test_a_service_that_is_denied_says_nothing_of_the_thing(text: str) -> None:
    assert stock_of(text) is Availability.UNKNOWN
