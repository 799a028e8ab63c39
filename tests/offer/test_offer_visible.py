from __future__ import annotations

from decimal import Decimal

import pytest

from daemon.extract.offer import read_offer
from tests.offer.pages import document, shop_page

CART = "<button>Add to cart</button>"

# name: (language, address, main, price, currency)
SHOWN = {
    "struck and plain": ("de", "shop.de", '<h1>Lampe</h1><div class="preis"><del>249,00 €</del> <strong>199,90 €</strong></div>', "199.90", "EUR"),
    "was and now in words": ("en-GB", "shop.co.uk", "<h1>Lamp</h1><span>Was £120.00</span> <span>Now £84.00</span>", "84.00", "GBP"),
    "was and now in classes": ("en", "shop.co.uk", '<h1>Lamp</h1><p><span class="old-price">£120</span><span class="special-price">£84</span></p>', "84", "GBP"),
    "label and value apart": ("en", "shop.co.uk", "<h1>Lamp</h1><dl><dt>RRP</dt><dd>£120.00</dd></dl><dl><dt>Our price</dt><dd>£84.00</dd></dl>", "84.00", "GBP"),
    "struck by style": ("en", "shop.co.uk", '<style>.x1{color:red;text-decoration:line-through}</style><h1>Lamp</h1><b class="x1">£120.00</b><b class="x2">£84.00</b>', "84.00", "GBP"),
    "struck by attribute": ("en", "shop.co.uk", '<h1>Lamp</h1><b style="text-decoration: line-through">£120.00</b><b>£84.00</b>', "84.00", "GBP"),
    "cents raised": ("de", "shop.de", '<h1>Lampe</h1><div class="price">499<sup>95</sup> €</div>', "499.95", "EUR"),
    "cents in a span": ("en", "shop.us", '<h1>Lamp</h1><div class="price"><span>$</span><span class="whole">19</span><span class="fraction">99</span></div>', "19.99", "USD"),
    "parts with a point": ("en", "shop.us", '<h1>Lamp</h1><span class="p"><span class="off">$35.50</span><span aria-hidden="true"><span>$</span><span>35<span>.</span></span><span>50</span></span></span>', "35.50", "USD"),
    "mark apart": ("pl", "sklep.pl", '<h1>Lampa</h1><div class="cena"><span>1 299,00</span> <span>zł</span></div>', "1299.00", "PLN"),
    "price per litre beside": ("de", "shop.de", "<h1>Saft</h1><p>2,49 € <small>(1 l = 1,66 €)</small></p><p>zzgl. 0,25 € Pfand</p>", "2.49", "EUR"),
    "price per kilo beside": ("fr", "shop.fr", '<h1>Café</h1><p class="prix">4,50 €</p><p class="prix-unite">18,00 € / kg</p>', "4.50", "EUR"),
    "instalments": ("pt-BR", "loja.com.br", '<h1>Luminária</h1><p>R$ 1.299,90 à vista</p><p>ou 12x de R$ 108,33 sem juros</p>', "1299.90", "BRL"),
    "instalments first": ("pt-BR", "loja.com.br", '<h1>Luminária</h1><p>10x de R$ 24,99</p><p class="preco">R$ 249,90</p>', "249.90", "BRL"),
    "monthly rate": ("en", "shop.us", '<h1>Phone</h1><p class="price">$799.00</p><p>or $33.29/month for 24 months</p>', "799.00", "USD"),
    "shipping": ("en", "shop.us", '<h1>Lamp</h1><p>$24.00</p><p>Shipping $4.99</p><p>Free shipping on orders over $50</p>', "24.00", "USD"),
    "saving": ("en", "shop.us", '<h1>Lamp</h1><p>You save $15.00</p><p>$24.00</p>', "24.00", "USD"),
    "member price": ("en", "shop.us", '<h1>Lamp</h1><p class="member-price">Members $19.00</p><p class="price">$24.00</p>', "24.00", "USD"),
    "trade-in": ("en", "shop.us", '<h1>Phone</h1><p class="price">$799</p><p>Save up to $400 with trade-in</p>', "799", "USD"),
    "apostrophe groups": ("de-CH", "shop.ch", "<h1>Lampe</h1><div class='price'>CHF 1'299.–</div>", "1299", "CHF"),
    "Arabic digits": ("ar", "shop.sa", '<h1>مصباح</h1><div class="price">١٬٢٤٩٫٥٠ ر.س</div>', "1249.50", "SAR"),
    "Indian groups": ("en-IN", "shop.in", '<h1>Lamp</h1><div class="price">₹1,29,999</div>', "129999", "INR"),
    "no cents": ("nb", "butikk.no", '<h1>Lampe</h1><div class="pris">1 299,-</div>', "1299", "NOK"),
    "yen": ("ja", "shop.co.jp", '<h1>ランプ</h1><p>販売価格 8,800円(税込)</p>', "8800", "JPY"),
    "peso": ("es-CL", "tienda.cl", '<h1>Lámpara</h1><p class="price">$24.990</p>', "24990", "CLP"),
    "from": ("en", "shop.us", "<h1>Lamp</h1><p>From $18.00</p>", "18.00", "USD"),
    "range": ("en", "shop.us", '<h1>Lamp</h1><p class="price">$18.00 – $25.00</p>', "18.00", "USD"),
    "bid": ("en", "auction.us", '<h1>Lamp</h1><p>Current bid: <b>$31.00</b></p><p>Shipping: $9.00</p>', "31.00", "USD"),
    "free": ("en", "shop.us", '<h1>Pattern</h1><p class="price">Free</p>' + CART, "0", None),
    "heading below": ("en", "shop.us", '<div class="product-price">$18.00</div><h1>Lamp</h1>' + CART, "18.00", "USD"),
}  # fmt: skip


@pytest.mark.parametrize("case", SHOWN.values(), ids=SHOWN.keys())
def test_the_price_is_chosen_among_what_is_shown(case: tuple[str, str, str, str, str]) -> None:
    lang, host, main, price, currency = case
    offer = read_offer(document(shop_page(main, lang=lang), f"https://www.{host}/p/lamp"))
    assert offer.price == Decimal(price)
    if currency:
        assert offer.currency == currency


@pytest.mark.parametrize("case", SHOWN.values(), ids=SHOWN.keys())
def test_related_products_do_not_disturb(case: tuple[str, str, str, str, str]) -> None:
    lang, host, main, price, _ = case
    prices = ("€5.00", "€6.00", "€700.00") if "€" in main else ("$5.00", "$6.00", "$700.00")
    page = shop_page(main, lang=lang, related=prices)
    assert read_offer(document(page, f"https://www.{host}/p/lamp")).price == Decimal(price)


def test_the_old_price_is_kept_beside_the_sale() -> None:
    main = "<h1>Lamp</h1><span class=was>Was £120.00</span> <span class=now>Now £84.00</span>"
    offer = read_offer(document(shop_page(main)))
    assert (offer.list_price, "sale" in offer.flags) == (Decimal("120.00"), True)


def test_a_sale_on_the_page_overrules_the_list_price_in_markup() -> None:
    head = (
        '<script type="application/ld+json">{"@type":"Product","name":"Lamp","offers":'
        '{"price":"120.00","priceCurrency":"GBP"}}</script>'
    )
    main = "<h1>Lamp</h1><span class=was>Was £120.00</span> <span class=now>Now £84.00</span>"
    offer = read_offer(document(shop_page(main, head=head)))
    assert (offer.price, offer.list_price) == (Decimal("84.00"), Decimal("120.00"))


NO_PRICE = {
    "denied": "<html><head><title>Access Denied</title></head><body><h1>Access Denied</h1><p>#18.2f</p></body></html>",
    "captcha": "<html><head><title>shop.example</title></head><body><p>Press &amp; hold to confirm you are a human</p></body></html>",
    "queue": "<html><head><title>Waiting room</title></head><body><h1>You are now in line</h1><p>Estimated wait: 12 minutes</p></body></html>",
    "challenge": "<html><head><title>Just a moment...</title></head><body><p>Checking your browser</p></body></html>",
    "not found": shop_page("<h1>Page not found</h1><p>Try these</p>", title="404", related=("$1.00", "$2.00", "$3.00")),
    "on request": shop_page("<h1>Crane</h1><p>Call for price</p>", related=("$24.00", "$39.50", "$61.00")),
    "quote": shop_page("<h1>Kran</h1><p>Preis auf Anfrage</p>", lang="de", related=("24,00 €", "39,50 €", "61,00 €")),
    "listing": shop_page(
        "<h1>Lamps</h1><ul>"
        + "".join(
            f'<li class="product"><a href="/p/{n}"><h3>Lamp {n}</h3></a><span class="price">${n}9.00</span></li>'
            for n in range(1, 9)
        )
        + "</ul>"
    ),
    "listing in markup": shop_page(
        "<h1>All the tables</h1>",
        head='<script type="application/ld+json">{"@type":"ItemList","itemListElement":['
        + ",".join(
            f'{{"@type":"Product","name":"T{n}","offers":{{"price":"{n}","priceCurrency":"EUR"}}}}'
            for n in range(1, 9)
        )
        + "]}</script>",
    ),
    "negative": shop_page('<h1>Lamp</h1><p class="price">-$12.00</p>'),
    "zero": shop_page('<h1>Lamp</h1><p class="price">$0.00</p>'),
    "absurd": shop_page(f'<h1>Lamp</h1><p class="price">${"9" * 400}</p>'),
    "not a number": shop_page(
        "<h1>Lamp</h1>",
        head='<script type="application/ld+json">{"@type":"Product","name":"Lamp","offers":'
        '{"price":NaN,"priceCurrency":"EUR"}}</script>',
    ),
    "beyond numbers": shop_page(
        "<h1>Lamp</h1>",
        head='<script type="application/ld+json">{"@type":"Product","name":"Lamp","offers":'
        '{"price":1e999,"priceCurrency":"EUR"}}</script>',
    ),
    "empty": "",
    "nothing": "<html></html>",
    "text": "no markup at all",
    "article": shop_page("<h1>Our year</h1><p>We raised $2 million and grew by 30%.</p>"),
}


@pytest.mark.parametrize("html", NO_PRICE.values(), ids=NO_PRICE.keys())
def test_a_page_that_asks_no_price_has_none(html: str) -> None:
    offer = read_offer(document(html))
    assert offer.price is None
    assert str(offer.availability) in ("unknown", "in_stock") if "Lamp" in html else "unknown"


AMBIGUOUS = {
    "by domain": ("en", "shop.com.au", "", "$249.00", "AUD"),
    "by locale": ("en-CA", "shop.com", "", "$249.00", "CAD"),
    "by og:locale": ("", "shop.com", '<meta property="og:locale" content="es_MX">', "$249.00", "MXN"),
    "by code in the page": ("en", "shop.com", '<script>var s={"currency":"NZD"}</script>', "$249.00", "NZD"),
    "at home": ("en", "shop.com", "", "$249.00", "USD"),
    "left open": ("es", "shop.com", "", "$249.00", None),
    "Swedish crowns": ("sv", "shop.com", "", "249 kr", "SEK"),
    "Danish crowns": ("da", "shop.dk", "", "249 kr.", "DKK"),
    "crowns left open": ("en", "shop.com", "", "249 kr", None),
    "yen": ("ja", "shop.com", "", "¥249", "JPY"),
    "yuan": ("zh-CN", "shop.com", "", "¥249", "CNY"),
    "rupees of Pakistan": ("en", "shop.pk", "", "Rs. 249", "PKR"),
    "plain mark against the place": ("de", "shop.de", "", "£249.00", "GBP"),
}


@pytest.mark.parametrize("case", AMBIGUOUS.values(), ids=AMBIGUOUS.keys())
def test_a_shared_mark_is_settled_by_the_place_or_left_open(
    case: tuple[str, str, str, str, str | None],
) -> None:
    lang, host, head, price, currency = case
    page = shop_page(f'<h1>Lamp</h1><p class="price">{price}</p>{CART}', head=head, lang=lang)
    offer = read_offer(document(page, f"https://www.{host}/p/lamp"))
    assert (offer.price, offer.currency) == (Decimal(price.strip("$krRs.¥£ ")), currency)
    assert ("ambiguous_currency" in offer.flags) == (currency is None)
