from __future__ import annotations

import pytest

from daemon.extract.offer import read_offer
from tests.offer.pages import document, shop_page

# language: words: state
WORDS = [
    ("en", "In stock", "in_stock"),
    ("en", "Out of stock", "out_of_stock"),
    ("en", "Sold out", "out_of_stock"),
    ("en", "Currently unavailable", "out_of_stock"),
    ("en", "Only 3 left in stock", "limited"),
    ("en", "Low stock", "limited"),
    ("en", "Available for pre-order", "preorder"),
    ("en", "On backorder, ships in 3 weeks", "backorder"),
    ("en", "This product has been discontinued", "discontinued"),
    ("en", "Available in store only", "in_store_only"),
    ("de", "Auf Lager", "in_stock"),
    ("de", "Sofort lieferbar", "in_stock"),
    ("de", "Nicht auf Lager", "out_of_stock"),
    ("de", "Ausverkauft", "out_of_stock"),
    ("de", "Derzeit nicht verfügbar", "out_of_stock"),
    ("de", "Nur noch 2 Stück", "limited"),
    ("de", "Jetzt vorbestellen", "preorder"),
    ("de", "Nur in der Filiale erhältlich", "in_store_only"),
    ("fr", "En stock", "in_stock"),
    ("fr", "Rupture de stock", "out_of_stock"),
    ("fr", "Épuisé", "out_of_stock"),
    ("fr", "Plus que 2 en stock", "limited"),
    ("fr", "Précommande", "preorder"),
    ("es", "Sin existencias", "out_of_stock"),
    ("es", "Agotado", "out_of_stock"),
    ("es", "En stock", "in_stock"),
    ("it", "Disponibile", "in_stock"),
    ("it", "Non disponibile", "out_of_stock"),
    ("it", "Esaurito", "out_of_stock"),
    ("pt-BR", "Em estoque", "in_stock"),
    ("pt-BR", "Produto esgotado", "out_of_stock"),
    ("nl", "Op voorraad", "in_stock"),
    ("nl", "Uitverkocht", "out_of_stock"),
    ("sv", "I lager", "in_stock"),
    ("sv", "Slut i lager", "out_of_stock"),
    ("da", "På lager", "in_stock"),
    ("da", "Udsolgt", "out_of_stock"),
    ("nb", "Ikke på lager", "out_of_stock"),
    ("fi", "Varastossa", "in_stock"),
    ("fi", "Loppu varastosta", "out_of_stock"),
    ("pl", "Produkt dostępny", "in_stock"),
    ("pl", "Produkt niedostępny", "out_of_stock"),
    ("cs", "Skladem", "in_stock"),
    ("cs", "Není skladem", "out_of_stock"),
    ("cs", "Vyprodáno", "out_of_stock"),
    ("sk", "Na sklade", "in_stock"),
    ("hu", "Raktáron", "in_stock"),
    ("hu", "Elfogyott", "out_of_stock"),
    ("ro", "În stoc", "in_stock"),
    ("ro", "Stoc epuizat", "out_of_stock"),
    ("ru", "В наличии", "in_stock"),
    ("ru", "Нет в наличии", "out_of_stock"),
    ("uk", "Немає в наявності", "out_of_stock"),
    ("tr", "Stokta var", "in_stock"),
    ("tr", "Tükendi", "out_of_stock"),
    ("el", "Εξαντλήθηκε", "out_of_stock"),
    ("ja", "在庫あり", "in_stock"),
    ("ja", "在庫切れ", "out_of_stock"),
    ("ja", "予約受付中", "preorder"),
    ("zh-CN", "有货", "in_stock"),
    ("zh-CN", "缺货", "out_of_stock"),
    ("ko", "품절", "out_of_stock"),
    ("ar", "غير متوفر", "out_of_stock"),
    ("he", "אזל מהמלאי", "out_of_stock"),
]


def state_of(main: str, lang: str = "en", head: str = "", related: bool = False) -> str:
    prices = ("€5.00", "€6.00", "€7.00") if related else None
    return str(
        read_offer(document(shop_page(main, lang=lang, head=head, related=prices))).availability
    )


@pytest.mark.parametrize(("lang", "words", "state"), WORDS, ids=[words for _, words, _ in WORDS])
def test_the_words_near_the_price_are_understood(lang: str, words: str, state: str) -> None:
    main = f'<h1>Lamp</h1><div class="price">€49.00</div><p class="availability">{words}</p>'
    assert state_of(main, lang, related=True) == state


SCHEMA = {
    "https://schema.org/InStock": "in_stock",
    "http://schema.org/OnlineOnly": "in_stock",
    "OutOfStock": "out_of_stock",
    "schema:SoldOut": "out_of_stock",
    "https://schema.org/PreOrder": "preorder",
    "PreSale": "preorder",
    "https://schema.org/BackOrder": "backorder",
    "https://schema.org/LimitedAvailability": "limited",
    "https://schema.org/InStoreOnly": "in_store_only",
    "https://schema.org/Discontinued": "discontinued",
    "in stock": "in_stock",
    "out_of_stock": "out_of_stock",
}


def ld(state: str) -> str:
    return (
        '<script type="application/ld+json">{"@type":"Product","name":"Lamp",'
        '"offers":{"price":"49.00",'
        f'"priceCurrency":"EUR","availability":"{state}"}}}}</script>'
    )


@pytest.mark.parametrize(("value", "state"), SCHEMA.items())
def test_each_term_of_the_markup_has_its_own_state(value: str, state: str) -> None:
    assert state_of("<h1>Lamp</h1>", head=ld(value)) == state


def test_words_overrule_markup_that_says_it_is_there() -> None:
    main = (
        "<h1>Lamp</h1><span class=price>€49.00</span><p>Currently unavailable</p>"
        "<button>Email me when available</button>"
    )
    assert state_of(main, head=ld("InStock"), related=True) == "out_of_stock"


def test_a_live_buy_button_keeps_markup_right() -> None:
    main = (
        "<h1>Lamp</h1><span class=price>€49.00</span><ul class=sizes>"
        "<li class='size'>S sold out</li></ul><button>Add to cart</button>"
    )
    assert state_of(main, head=ld("InStock")) == "in_stock"


BUTTONS = {
    "live": ("<button>Add to cart</button>", "in_stock"),
    "link": ('<a class="btn-add-to-cart" href="#">In den Warenkorb</a>', "in_stock"),
    "submit": ('<form><input type="submit" value="Add to basket"></form>', "in_stock"),
    "disabled sold out": ("<button disabled>Sold out</button>", "out_of_stock"),
    "disabled": ("<button disabled>Add to cart</button>", "out_of_stock"),
    "notify": ("<button>Notify me when available</button>", "out_of_stock"),
    "pre-order": ("<button>Pre-order now</button>", "preorder"),
    "waits for a size": (
        (
            "<form><select name=size><option>S<option>M</select>"
            "<button disabled>Add to cart</button></form>"
        ),
        "in_stock",
    ),
}


@pytest.mark.parametrize(("button", "state"), BUTTONS.values(), ids=BUTTONS.keys())
def test_the_button_tells_when_nothing_else_does(button: str, state: str) -> None:
    assert state_of(f"<h1>Lamp</h1><span class=price>€49.00</span>{button}", related=True) == state


def test_a_guess_is_marked_as_one() -> None:
    offer = read_offer(document(shop_page("<h1>Lamp</h1><span class=price>€49.00</span>")))
    assert offer.availability_confidence < 0.5


def test_words_about_other_products_and_in_reviews_do_not_count() -> None:
    main = (
        "<h1>Lamp</h1><span class=price>€49.00</span><button>Add to cart</button>"
        '<section class="related-products"><p>Sold out</p></section>'
        '<div class="reviews"><p>Mine was out of stock</p></div>'
    )
    assert state_of(main) == "in_stock"


def test_what_is_sold_out_may_still_have_a_price() -> None:
    main = "<h1>Lamp</h1><span class=price>€49.00</span><p class=stock>Sold out</p>"
    offer = read_offer(document(shop_page(main)))
    assert (str(offer.price), str(offer.availability)) == ("49.00", "out_of_stock")


@pytest.mark.parametrize(
    "words",
    [
        "Not available for pick-up",
        "Gift wrapping is not available",
        "Currently unavailable at your store",
        "Express delivery unavailable",
        "Nicht verfügbar in Ihrer Filiale",
    ],
)
def test_a_service_that_is_denied_is_not_the_thing(words: str) -> None:
    main = f"<h1>Lamp</h1><span class=price>€49.00</span><p>{words}</p>"
    assert state_of(main, head=ld("InStock")) == "in_stock"
