"""Which of several amounts is the price: by the words beside them and by other sources."""

from __future__ import annotations

from decimal import Decimal

import pytest

from daemon.extract.offer import read_offer
from daemon.money.parse import find_amounts
from tests.offer.pages import document, shop_page

BUY = '<form action="/cart/add"><button type="submit">Buy</button></form>'
JSON_LD = (
    '<script type="application/ld+json">{{"@type":"Product","name":"Lamp","offers":'
    '{{"@type":"Offer","price":"{0}","priceCurrency":"EUR"}}}}</script>'
)

# Parts of a page about one lamp that costs 84.00 euros; no name in them says which amount it is.
PLAIN = "<p><b>84,00 €</b></p>"
LAMPS = {
    "a guarantee": PLAIN + "<p>3 Jahre Schutzbrief für <b>9,90 €</b></p>",
    "a club": PLAIN + "<p>Klubpreis: <b>79,00 €</b></p>",
    "another seller": PLAIN + "<p>Andere Verkäufer: 11 Angebote ab <b>61,00 €</b></p>",
    "free from": PLAIN + "<p>Gratis ab <b>50,00 €</b></p>",
    "sent free from": PLAIN + "<p>Ab <b>50,00 €</b> gratis Versand</p>",
    "a discount": PLAIN + "<p>12,00 € Rabatt</p>",
    "a coupon": PLAIN + "<p>Mit dem Code MAI <b>10,00 €</b> weniger</p>",
    "the lowest before": PLAIN + "<p>Tiefster Preis der letzten 30 Tage: <b>71,00 €</b></p>",
    "by the hundred grams": PLAIN + "<p>16,80 € / 100 g</p>",
    "by the piece and the kilo": "<p>84,00 €/Stück</p><p>168,00 €/kg</p>",
    "instalments": PLAIN + "<p>oder 4 Raten zu <b>21,00 €</b></p>",
    "a customer": "<p>Voriges Jahr anderswo 61,00 € bezahlt, dieser ist besser.</p>" + PLAIN,
    "net before gross": (
        "<table><tr><td>Preis (exkl. MwSt.)</td><td>70,59 €</td></tr>"
        "<tr><td>Preis</td><td>84,00 € inkl. MwSt.</td></tr></table>"
    ),
    "net after gross": "<p>84,00 €</p><p>Netto: <b>70,59 €</b></p>",
    "called a piece": "<p>Stückpreis 84,00 €</p><p>Für Händler <b>75,00 €</b></p>",
    "after the old one": "<p><s>99,00 €</s> <b>84,00 €</b></p><p><b>12,00 €</b></p>",
    "beside a class that tells of another": "<p class='price with-list-price'>84,00 €</p>"
    "<p>UVP <b>99,00 €</b></p>",
    "regular, and no other": "<p class='price--regular'>84,00 €</p><p>Pfand <b>8,00 €</b></p>",
    "after a break in one block": "<div><span>UVP 99,00 €</span><br>Unser Preis 84,00 €</div>",
    "below a hidden line": "<div><div style='display:none'>UVP</div><div>84,00 €</div>"
    "<div>zzgl. 9,90 € Versand</div></div>",
    "above a monthly rate": "<div><p>84,00 €</p><p>Monatlich 21,00 €</p></div>",
    "net in brackets": "<p>84,00 € <small>inkl. MwSt.</small> (<b>70,59 €</b> + MwSt.)</p>",
    "no tax between the two": "<p><b>84,00 €</b>* ohne MwSt. <b>70,59 €</b></p>",
    "cents apart, and a rate": "<p><i>84</i> <i>,</i> <i>00</i> <i>€</i></p>"
    "<p>oder 3 Raten zu <i>28</i> <i>,</i> <i>00</i> <i>€</i></p>",
    "the chosen option": (
        "<ul><li><button type='button' aria-pressed='false'>Neu <b>99,00 €</b></button></li>"
        "<li><button type='button' aria-pressed='true'>Gebraucht <b>84,00 €</b></button></li></ul>"
    ),
    "mark in the next cell": "<table><tr><td>Preis</td><td>84,00</td><td>€</td></tr></table>",
    "a discount in the same cell": "<p><b><i>7</i> %</b> <span>84</span><span> € </span></p>",
}


@pytest.mark.parametrize("main", LAMPS.values(), ids=LAMPS.keys())
def test_the_words_beside_an_amount_tell_the_price(main: str) -> None:
    page = shop_page(f"<h1>Lamp</h1>{main}{BUY}", lang="de-DE")
    assert read_offer(document(page, "https://shop.example.de/lamp")).price == 84


NO_PRICE = {
    "a customer": "<p>Would have paid $71.00 more for a longer cable.</p>",
    "free from": "<p>Free delivery from $50.00</p><button>Tell me</button>",
    "a rating": "<ul><li><span class='rating-value'>8</span> Ana</li></ul>",
    "a successor": "<p>Successor: Alba table lamp for <b class='price'>$40.82</b></p>",
    "a call": "<p>A call costs $0.00 per minute.</p>",
}


@pytest.mark.parametrize("main", NO_PRICE.values(), ids=NO_PRICE.keys())
def test_an_amount_of_something_else_is_no_price(main: str) -> None:
    page = shop_page(f"<h1>Lamp</h1><p>Not sold any more.</p>{main}", lang="en-US")
    assert read_offer(document(page)).price is None


@pytest.mark.parametrize(
    ("text", "roles"),
    [
        ("100 € ex VAT 120 € inc VAT", ["net", "plain"]),
        ("40,00 € Bez DPH: 33,33 €", ["plain", "net"]),
        ("Preis 29,90 € Gratis Versand", ["plain"]),
        ("Ab 50 € gratis Versand", ["shipping"]),
        ("29,90 € Spare 25 €", ["plain", "save"]),
        ("25 € Rabatt", ["save"]),
        ("2,40 €/Stück 8,00 €/kg", ["piece", "unit"]),
        ("Nowy 58,84 zł", ["plain"]),
    ],
)
def test_an_amount_has_the_role_of_its_own_words(text: str, roles: list[str]) -> None:
    assert [amount.role for amount in find_amounts(text)] == roles


def read_with(head: str, main: str, **page: str) -> tuple[Decimal | None, str | None]:
    offer = read_offer(document(shop_page(f"<h1>Lamp</h1>{main}", head=head), **page))
    return offer.price, offer.currency


def test_markup_gives_way_to_the_one_price_that_is_plain_to_see() -> None:
    shown = f"<p class='price'>84,00 €</p><p>Für Händler 75,00 €</p>{BUY}"
    assert read_with(JSON_LD.format("91.00"), shown) == (Decimal(84), "EUR")


def test_of_a_range_in_markup_the_page_shows_the_price_of_its_own() -> None:
    offers = '{"@type":"AggregateOffer","lowPrice":"61.00","highPrice":"84.00"}'
    head = (
        f'<script type="application/ld+json">{{"@type":"Product","name":"Lamp","offers":{offers}}}'
        "</script>"
    )
    options = "<select><option>S 61,00 €</option><option selected>L 84,00 €</option></select>"
    assert read_with(head, f"<p class='price'>84,00 €</p>{options}{BUY}") == (Decimal(84), "EUR")


def test_a_box_before_the_heading_that_links_elsewhere_sells_another_thing() -> None:
    box = "<div><a href='/p/tote'><img src='t.jpg'>Tote</a> <b class='price'>12,00 €</b></div>"
    page = f"<main>{box}<div><h1>Lamp</h1><p>Not sold any more.</p></div></main>"
    assert read_offer(document(f"<html><body>{page}</body></html>")).price is None


def test_the_standard_price_of_one_source_is_not_the_price_of_another() -> None:
    meta = (
        '<meta property="og:price:standard_amount" content="99.00">'
        '<meta property="product:price:amount" content="84.00">'
    )
    assert read_with(meta + JSON_LD.format("99.00"), "<p>Of brass.</p>") == (Decimal(84), "EUR")


@pytest.mark.parametrize(
    ("url", "head", "currency"),
    [
        ("https://lamps.example/lamp", "", "USD"),  # a place without a country, in English
        ("https://lamps.com.au/lamp", "", "AUD"),
        ("https://lamps.example/lamp", '<script>S={currency:{"active":"NZD"}}</script>', "NZD"),
    ],
)
def test_a_shared_mark_is_read_as_money_of_the_shop(url: str, head: str, currency: str) -> None:
    assert read_with(head, f"<p class='price'>$84.00</p>{BUY}", url=url)[1] == currency
