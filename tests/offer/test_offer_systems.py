"""Pages built as the common shop systems build them, without any markup for machines."""

from __future__ import annotations

from decimal import Decimal

import pytest

from daemon.extract.offer import read_offer
from tests.offer.pages import document, shop_page

# name: (language, main, price, currency, state)
SYSTEMS = {
    "marketplace": ("en-US", """
        <div id="dp"><h1 id="title"><span id="productTitle">Lamp</span></h1>
        <div id="averageCustomerReviews">4.5 out of 5 stars <a href="#r">1,204 ratings</a></div>
        <div id="price"><table><tr><td>List Price:</td><td><span class="priceBlockStrikePriceString">$59.99</span></td></tr>
        <tr><td>Price:</td><td><span id="priceblock_ourprice" class="a-size-medium a-color-price">$44.99</span>
        <span>($0.58 / Fl Oz)</span></td></tr><tr><td>You Save:</td><td>$15.00 (25%)</td></tr></table></div>
        <div id="availability"><span>In Stock.</span></div>
        <div id="twister"><ul><li><span class="a-button-text">Black <span>$41.99</span></span></li>
        <li><span class="a-button-text">White <span>$47.99</span></span></li></ul></div>
        <a href="/gp/offer-listing/B00">23 new from $39.50</a>
        <form id="addToCart"><input id="add-to-cart-button" type="submit" value="Add to Cart"></form></div>
        <div id="sims-fbt"><h2>Frequently bought together</h2><span class="price">Total price: $83.20</span></div>
        """, "44.99", "USD", "in_stock"),
    "marketplace out": ("en-US", """
        <div id="dp"><h1 id="title"><span id="productTitle">Lamp</span></h1>
        <div id="availability"><span>Currently unavailable.</span><br>We don't know when or if this item will be back in stock.</div></div>
        <div id="similar-items"><ul><li><a href="/dp/B1">Other lamp</a><span class="a-price"><span class="a-offscreen">$12.00</span></span></li></ul></div>
        """, None, None, "out_of_stock"),
    "marketplace split": ("en-US", """
        <h1><span id="productTitle">Lamp</span></h1><div id="corePrice"><span class="a-price" data-a-size="xl">
        <span class="a-offscreen">$35.00</span><span aria-hidden="true"><span class="a-price-symbol">$</span><span class="a-price-whole">35<span
        class="a-price-decimal">.</span></span><span class="a-price-fraction">00</span></span></span>
        <span class="a-price a-text-price" data-a-strike="true"><span class="a-offscreen">$50.00</span><span aria-hidden="true">$50.00</span></span></div>
        <div id="availability"><span>Only 4 left in stock - order soon.</span></div>
        <input id="buy-now-button" type="submit" value="Buy Now">""", "35.00", "USD", "limited"),
    "auction": ("en-US", """
        <h1 class="it-ttl">Lamp</h1><div>Current bid:</div><span class="notranslate" id="prcIsum_bidPrice">US $31.00</span><span>[ 4 bids ]</span>
        <a role="button" href="#bid">Place bid</a><div id="shippingSummary">Shipping: <span>US $9.00 Standard Shipping</span></div>""",
        "31.00", "USD", "in_stock"),
    "warehouse": ("en-US", """
        <h1 class="prod-ProductTitle">Lamp</h1><span class="price display-inline-block"><span class="visuallyhidden">$12.88</span>
        <span aria-hidden="true"><span class="price-currency">$</span><span class="price-characteristic">12</span><span class="price-mark">.</span><span
        class="price-mantissa">88</span></span></span><button class="prod-ProductCTA--primary">Add to cart</button>
        <div class="shipping">Free delivery on $35+ orders</div>""", "12.88", "USD", "in_stock"),
    "hosted theme, no sale": ("en-GB", """
        <h1 class="product__title">Lamp</h1><div class="price"><div class="price__container"><div class="price__regular">
        <span class="visually-hidden">Regular price</span><span class="price-item price-item--regular">£25.00</span></div>
        <div class="price__sale" style="display:none"><span class="visually-hidden">Sale price</span><s class="price-item price-item--regular"></s></div></div></div>
        <form action="/cart/add"><button name="add" type="submit">Add to cart</button></form>""", "25.00", "GBP", "in_stock"),
    "hosted theme, sale": ("en-GB", """
        <h1 class="product__title">Lamp</h1><div class="price price--on-sale"><div class="price__sale">
        <span>Regular price</span><s class="price-item price-item--regular">£40.00</s><span>Sale price</span>
        <span class="price-item price-item--sale price-item--last">£25.00</span></div></div>
        <form action="/cart/add"><button name="add" type="submit" disabled>Sold out</button></form>""", "25.00", "GBP", "out_of_stock"),
    "plug-in, sale": ("en-IE", """
        <div class="product type-product"><h1 class="product_title entry-title">Lamp</h1><p class="price"><del aria-hidden="true"><span
        class="woocommerce-Price-amount amount"><bdi><span class="woocommerce-Price-currencySymbol">€</span>15.00</bdi></span></del> <ins><span
        class="woocommerce-Price-amount amount"><bdi><span class="woocommerce-Price-currencySymbol">€</span>12.00</bdi></span></ins></p>
        <p class="stock in-stock">7 in stock</p><form class="cart"><input type="number" value="1"><button class="single_add_to_cart_button">Add to basket</button></form></div>
        """, "12.00", "EUR", "in_stock"),
    "plug-in, range": ("en-IE", """
        <div class="product"><h1 class="product_title">Lamp</h1><p class="price"><span class="amount">€12.00</span> – <span class="amount">€18.00</span></p>
        <p class="stock available-on-backorder">Available on backorder</p><button class="single_add_to_cart_button">Add to cart</button></div>""",
        "12.00", "EUR", "backorder"),
    "enterprise": ("fr", """
        <h1 class="page-title"><span class="base">Lampe</span></h1><div class="product-info-price"><div class="price-box price-final_price">
        <span class="special-price"><span class="price-container"><span class="price-label">Prix Spécial</span><span class="price-wrapper"
        data-price-amount="44.99" data-price-type="finalPrice"><span class="price">44,99 €</span></span></span></span>
        <span class="old-price"><span class="price-container"><span class="price-label">Prix normal</span><span class="price-wrapper"
        data-price-amount="59.99" data-price-type="oldPrice"><span class="price">59,99 €</span></span></span></span></div>
        <div class="stock available"><span>En stock</span></div></div><button id="product-addtocart-button">Ajouter au panier</button>""",
        "44.99", "EUR", "in_stock"),
    "European cart": ("es", """
        <h1>Lámpara</h1><div class="product-prices"><div class="product-discount"><span class="regular-price">39,90 €</span></div>
        <div class="product-price has-discount"><div class="current-price"><span>29,90 €</span><span class="discount discount-percentage">Ahorra 25%</span></div></div>
        <div class="tax-shipping-delivery-label">Impuestos incluidos</div></div><span id="product-availability">Fuera de stock</span>
        <button class="btn add-to-cart" disabled>Añadir al carrito</button>""", "29.90", "EUR", "out_of_stock"),
    "German store": ("de", """
        <h1 class="product-detail-name">Lampe</h1><div class="product-detail-price-container"><p class="product-detail-price">1.199,00 €*</p></div>
        <div class="product-detail-tax">Preise inkl. MwSt. zzgl. Versandkosten</div><div class="product-detail-price-unit">Inhalt: 2 Stück (599,50 €* / 1 Stück)</div>
        <p class="delivery-information">Sofort verfügbar, Lieferzeit: 1-3 Tage</p><button class="btn-buy">In den Warenkorb</button>""",
        "1199.00", "EUR", "in_stock"),
    "Nordic": ("sv", """
        <h1>Lampa</h1><div class="price-area"><span class="price-now">1 299 kr</span> <span class="price-before">Ord. pris 1 799 kr</span>
        <span>Rek. pris 1 999 kr</span></div><p>Finns i lager</p><button>Lägg i varukorg</button><p>Frakt från 49 kr</p>""", "1299", "SEK", "in_stock"),
    "Polish": ("pl", """
        <h1>Lampa</h1><div class="product-price"><span class="projector_price_value">129,90 zł</span><span>/ szt.</span></div>
        <p>Najniższa cena z 30 dni: 119,90 zł</p><p>Cena regularna: <del>159,90 zł</del></p><p>Produkt dostępny</p><button>Do koszyka</button>""",
        "129.90", "PLN", "in_stock"),
    "Czech with and without tax": ("cs", """
        <h1>Lampa</h1><div class="price-final"><strong>1 290 Kč</strong></div><div class="price-additional">1 066 Kč bez DPH</div>
        <p>Skladem (5 ks)</p><button>Do košíku</button>""", "1290", "CZK", "in_stock"),
    "Brazilian": ("pt-BR", """
        <h1>Luminária</h1><p>De: <s>R$ 199,90</s></p><p>Por: <strong>R$ 149,90</strong></p><p>ou 3x de R$ 49,97 sem juros</p>
        <p>R$ 142,41 à vista no boleto (5% de desconto)</p><button>Comprar</button>""", "149.90", "BRL", "in_stock"),
    "Japanese": ("ja", """
        <h1>ランプ</h1><dl><dt>定価</dt><dd>12,000円</dd></dl><dl><dt>販売価格</dt><dd><span class="price">8,800円</span>（税込）</dd></dl>
        <p>送料 550円</p><p>在庫あり</p><button>カートに入れる</button>""", "8800", "JPY", "in_stock"),
    "Russian": ("ru", """
        <h1>Лампа</h1><div class="price-block"><span class="price-block__final">1 990 ₽</span><del>2 990 ₽</del></div>
        <p>Осталось 3 шт</p><button>В корзину</button><p>Доставка от 299 ₽</p>""", "1990", "RUB", "limited"),
    "digital": ("en-US", """
        <h1>Game</h1><div class="game_purchase_action"><div class="discount_block"><div class="discount_pct">-75%</div><div class="discount_prices"><div
        class="discount_original_price">$19.99</div><div class="discount_final_price">$4.99</div></div></div><a class="btn_addtocart" href="#">Add to Cart</a></div>""",
        "4.99", "USD", "in_stock"),
    "pre-order": ("en-US", """
        <h1>Game</h1><p class="price">$59.99</p><p>Release date: May 5</p><button class="add-to-cart">Pre-order</button>""", "59.99", "USD", "preorder"),
    "subscribe and save": ("en-US", """
        <h1>Coffee</h1><label><input type="radio" checked>One-time purchase <span class="price">$14.00</span></label>
        <label><input type="radio">Subscribe &amp; save <span class="price">$12.60</span></label><button>Add to cart</button>""", "14.00", "USD", "in_stock"),
    "tiers": ("en-US", """
        <h1>Screw</h1><p class="price">$0.12</p><table class="tier-prices"><tr><td>100+</td><td>$0.10</td></tr><tr><td>500+</td><td>$0.08</td></tr>
        <tr><td>1000+</td><td>$0.06</td></tr></table><button>Add to cart</button>""", "0.12", "USD", "in_stock"),
    "sticky bar first": ("en-US", """
        <div class="sticky-bar"><span>Lamp</span><span class="price">$18.00</span></div><h1>Lamp</h1><span class="price">$18.00</span>
        <button>Add to cart</button><div class="addons"><h3>Accessories</h3><ul class="accessories"><li>Bulb $3.00</li><li>Cord $4.00</li></ul></div>""", "18.00", "USD", "in_stock"),
}  # fmt: skip


@pytest.mark.parametrize("case", SYSTEMS.values(), ids=SYSTEMS.keys())
def test_a_page_of_a_common_system_is_read_by_sight(
    case: tuple[str, str, str | None, str | None, str],
) -> None:
    lang, main, price, currency, state = case
    title = main.split("</h1>")[0].rpartition("<h1")[2].rpartition(">")[2] or "Lamp"
    offer = read_offer(document(shop_page(main, title=title, lang=lang)))
    assert (offer.price, offer.currency, str(offer.availability)) == (
        None if price is None else Decimal(price),
        currency,
        state,
    )
