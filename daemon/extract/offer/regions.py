"""Classifies where a node is on the page by the names of the elements around it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import takewhile

from lxml.etree import _Element as Element

from daemon.extract.markup.hidden import is_hidden
from daemon.extract.offer.tree import Tree, lineage, names_of

# Parts of names are separated by case, dash or underscore: "relatedProducts", "product-old_price".
_PARTS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")


def parts_of(names: str) -> str:
    """Names as lower-case words between single spaces, ready for a search by word."""
    return " " + " ".join(_PARTS.findall(names)).lower() + " "


def names(text: str) -> re.Pattern[str]:
    """A search for any of the names: whole words, or beginnings of words where a star ends them."""
    words = (word.replace("*", "[a-z]*").replace("_", " ?") for word in text.split())
    return re.compile(" (?:" + "|".join(words) + ") ")


RELATED = names(
    """
    related* relatedproduct* recommend* similar* upsell* up_sell crosssell* cross_sell* carousel*
    slider swiper* slick* owl also_like also_bought also_viewed you_may_also recent* viewed sponsor*
    accessor* bundle* suggest* teaser* complement* zubehoer zubehör frequently bought plp reco recs
    certona richrelevance* alternative* other_products more_products advert* trending popular
    bestsell* top_seller complete_the_look vergleich* ähnlich* aehnlich* susijusios podobn* souvis*
    product_grid products_grid product_listing products_list item_list product_carousel
    """
)
# Names for cards of other products; a box around the page's own price may have them too.
CARD = names(
    "card* tile* listing compare comparison history product_item product_list items_list cross ads"
)
CHROME = names(
    """
    header footer navigation navbar nav minicart mini_cart mini_basket
    cart_total cart_count menu megamenu breadcrumb* sidebar cookie* consent newsletter flyout
    offcanvas off_canvas toolbar topbar login wishlist announcement* filter* facet* cart_items
    cart_subtotal modal popup dialog lightbox overlay drawer shopping_cart
    cart_drawer cart_popup free_shipping_bar promo_bar
    """
)
HIDDEN = names("hidden hide invisible d_none is_hidden js_hide display_none")
OLD = names(
    """
    old was before strike* striked striken stroke crossed rrp msrp uvp original previous compare
    compare_at pvp pvpr statt antes avant barre tachado puvodni stara orig undiscounted line_through
    suggested cross crossout oldprice wasprice listprice list_price priceold pricewas originalprice
    beforeprice rrpprice before_price vecchio listino vorher ancien normalpris førpris gammel
    recommended_price recommended_retail strikethrough was_price preisempfehlung
    """
)
# Names of the price before a sale, and of the price where there is none.
REGULAR = names(
    """
    regular regular_price regularprice standard_price normal_price full_price retail retail_price
    base_price catalog_price usual_price
    """
)
SALE = names(
    """
    current sale final now special our actual today main selling offer discounted reduced promo deal
    best buy your akt* internet pay product_price price_value pdp price_box primary new newprice
    saleprice ourprice currentprice finalprice sales aktuell* aktion* nuevo nouveau nieuw nowy nova
    """
)
UNIT = names(
    """
    unit_price per_unit price_unit base_unit grundpreis pum ppu measure kilo litre liter jednotk*
    unitprice price_per baseprice priceper pricebase basic_price jmf comparison_price unit_cost
    """
)
MONTHLY = names(
    """
    month* instal* finance financing klarna afterpay clearpay affirm leasing parcel* cuota* splatk*
    credit_price zip installments rate_price paypal monthlyprice sezzle laybuy nalepim inbank
    """
)
SAVING = names(
    """
    saving* save saved you_save reduction discount_amount discount_value discount_percent percent*
    badge* remise economi* ersparnis cashback cash_back points bonus reward* voucher* coupon*
    discount_badge sparen ahorro sconto desconto rabatt
    """
)
SHIPPING = names(
    """
    shipping delivery freight postage versand* livraison doprav* envio frete deposit pfand
    fee fees warranty insurance protection trade_in donation installation
    gift_wrap eco_tax ecotax assembly
    """
)
MEMBER = names(
    """
    member* club loyalty subscribe subscription student b2b wholesale bulk tier tiers
    quantity_break quantity_price volume staffel* tier_price mengen*
    """
)
PRICE = names(
    """
    price* prix preis* precio* prezzo prezzi cena ceny cenik pris preco amount hinta harga money
    cijena valor pret value offer product_price currentprice finalprice saleprice prijs priser
    kaina hind
    """
)
OPTION = names("option* swatch* variant* variation* size sizes radio select dropdown")
_STRUCK_TAGS = frozenset({"del", "s", "strike"})
_ASIDE_TAGS = frozenset({"header", "footer", "nav", "aside"})
_LINE_THROUGH = re.compile(r"line-through", re.IGNORECASE)
_PATH = re.compile(
    r"\s*(?!#|\?|javascript:|mailto:|tel:)(?:https?:)?(?://[^/?#]*)?([^?#]*).*",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class DomContext:
    """What the ancestors of a node say about it, up to the one it shares with the heading."""

    levels: tuple[str, ...]  # names of the node and of its three nearest ancestors
    near: str  # the same as one text
    far: str  # names of the rest, up to the ancestor shared with the heading
    is_struck: bool
    is_hidden: bool
    is_aside: bool  # header, footer, nav, aside
    links_away: bool
    distance: int  # steps up to an ancestor of the heading


def place_of(element: Element, tree: Tree) -> DomContext:
    """The place of a node on the page."""
    line = _line_below_heading(element, tree)
    tags = {node.tag for node in line}
    levels = [parts_of(names_of(node)) for node in line]
    return DomContext(
        levels=tuple(levels[:4]),
        near="".join(levels[:4]),
        far="".join(levels[4:]),
        is_struck=not tags.isdisjoint(_STRUCK_TAGS) or _is_struck_by_style(line, tree),
        is_hidden=any(is_hidden(node.tag, node.get) for node in line),
        is_aside=not tags.isdisjoint(_ASIDE_TAGS),
        links_away=any(
            leads_away(node.get("href") or "", tree.url) for node in line if node.tag == "a"
        ),
        distance=len(line) - 1,
    )


def _line_below_heading(element: Element, tree: Tree) -> list[Element]:
    """The node and its ancestors, up to the one it shares with the heading."""
    heading = tree.heading_line
    return list(takewhile(lambda node: node is element or node not in heading, lineage(element)))


def _is_struck_by_style(line: list[Element], tree: Tree) -> bool:
    """Whether a style around the node, or a style sheet for a class near it, strikes it through."""
    near = {name for node in line[:3] for name in (node.get("class") or "").split()}
    return not near.isdisjoint(tree.struck) or any(
        _LINE_THROUGH.search(node.get("style") or "") for node in line
    )


def leads_away(href: str, url: str) -> bool:
    """Whether a link goes to another page, not to a place or an action on this one."""
    match = _PATH.match(href)
    if match is None:
        return False
    return match[1].rstrip("/") not in ("", _PATH.sub(r"\1", url, count=1).rstrip("/"))
