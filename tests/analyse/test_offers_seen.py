"""Prices and stock of pages: stated by markup alone, written without spaces, named on one side."""

from __future__ import annotations

import pytest

from daemon.analyse import judge
from daemon.model.change import Finding
from daemon.model.site import Rules
from tests.analyse.pages import PROSE, page, state

STATED = (
    '<script type="application/ld+json">{{"@type": "Product", "name": "Lamp", "offers":'
    ' {{"price": "{price}", "priceCurrency": "EUR", "availability": "{stock}"}}}}</script>'
)


def judged(before: str, after: str, rules: Rules | None = None) -> Finding:
    rules = rules or Rules()
    old, new = (state(page(body, title="Lamp Luma"), rules) for body in (before, after))
    return judge(old, new, (), rules, None)


def test_a_price_that_markup_alone_states_is_told() -> None:
    before = STATED.format(price="45.00", stock="InStock") + PROSE
    finding = judged(before, before.replace("45.00", "39.00"))
    assert (finding.is_significant, finding.category) == (True, "price")
    assert "39" in finding.summary


def test_a_stock_that_markup_alone_states_is_told() -> None:
    before = STATED.format(price="45.00", stock="InStock") + PROSE
    finding = judged(before, before.replace("InStock", "OutOfStock"))
    assert (finding.is_significant, finding.category) == (True, "availability")


def test_markup_is_not_asked_where_parts_were_chosen() -> None:
    before = STATED.format(price="45.00", stock="InStock") + PROSE
    finding = judged(before, before.replace("45.00", "39.00"), Rules(include=("main p",)))
    assert finding.change_type is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("最低價$99元起/包", "最低價$86元起/包"),
        ("価格¥1,200", "価格¥980"),
        ("售价￥88", "售价￥68"),
    ],
)
def test_a_sign_of_money_may_follow_a_letter(old: str, new: str) -> None:
    assert judged(f"<p>{old}</p>{PROSE}", f"<p>{new}</p>{PROSE}").category == "price"


@pytest.mark.parametrize(
    ("said", "button"),
    [
        ("Sold out", "Add to cart"),
        ("Nicht auf Lager", "In den Warenkorb"),
        ("Rupture de stock", "Ajouter au panier"),
        ("Agotado", "Añadir al carrito"),
    ],
)
def test_a_stock_that_one_side_names_is_told_from_the_button(said: str, button: str) -> None:
    shop = f"<h2>Lamp</h2><p>45.00 €</p><button>{button}</button>{PROSE}"
    gone = shop.replace("<button>", f"<p>{said}</p><button>")
    for before, after in ((shop, gone), (gone, shop)):
        finding = judged(before, after)
        assert (finding.is_significant, finding.category) == (True, "availability")


def test_an_option_that_is_sold_out_is_not_the_product() -> None:
    shop = "<h2>Lamp</h2><p>45.00 €</p><ul><li>S</li><li>M</li></ul><button>Add to cart</button>"
    finding = judged(shop + PROSE, shop.replace("<li>M", "<li>M sold out") + PROSE)
    assert finding.category != "availability"
