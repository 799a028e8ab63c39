"""Classifies where a node is on the page by the names of the elements around it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, takewhile

from lxml.etree import _Element as Element

from daemon.extract.markup.hidden import is_hidden
from daemon.extract.offer.tree import Tree, lineage, names_of

# Parts of names are separated by case, dash or underscore: "relatedProducts", "product-old_price".
_PARTS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")

# "with-list-price", "hasDiscount": what else stands in a block, not what it is.
_BESIDE = re.compile(r"(?<!\S)(?:with|has|without|no)(?:[-_]|(?=[A-Z]))\S+")


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
# Parts of the page's frame, whatever stands in them.
CHROME = names(
    """
    minicart mini_cart mini_basket cart_total cart_count breadcrumb* cookie* consent newsletter
    login wishlist announcement* filter* facet* cart_items cart_subtotal modal popup dialog lightbox
    overlay shopping_cart cart_drawer cart_popup free_shipping_bar promo_bar
    """
)
# Names that a part of the product's own block may have too: what stands in it decides.
FRAME = names(
    "header footer navigation navbar nav menu megamenu sidebar flyout offcanvas off_canvas toolbar "
    "topbar drawer"
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
    price* prix preis* precio* prezzo prezzi cena ceny cenik pris preco hinta harga money
    cijena pret product_price currentprice finalprice saleprice prijs priser
    kaina hind
    """
)
OPTION = names("option* swatch* variant* variation* size sizes radio select dropdown")
_STRUCK_TAGS = frozenset({"del", "s", "strike"})
_FRAME_TAGS = frozenset({"footer", "nav"})
_ASIDE_TAGS = frozenset({"header", "aside"})
_WHOLE_TAGS = frozenset({"html", "body", "main"})
_HEADINGS = frozenset({"h2", "h3", "h4", "h5", "h6"})
_MOST_LINKS = 200
_MOST_LEVELS = 7
_LISTED_TAGS = frozenset({"li", "div", "article", "section", "td", "tr", "figure"})
_MANY = 3  # links to other pages that one block of a product seldom has
_PICTURE = re.compile(r"\.(?:jpe?g|png|webp|gif|avif|svg)(?:[?#]|$)", re.IGNORECASE)
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
    is_framed: bool  # in the page's frame: header, menu, footer, cart, dialog
    is_related: bool  # among other products
    is_card: bool  # in a card of another product
    links_away: bool
    distance: int  # steps up to an ancestor of the heading

    @property
    def is_elsewhere(self) -> bool:
        """Whether it belongs to other products or to the page's frame."""
        return self.is_related or self.is_framed


@dataclass(frozen=True, slots=True)
class _Signs:
    """What one element says of the place of everything in it."""

    names: str
    is_struck: bool
    is_hidden: bool
    is_framed: bool
    is_related: bool
    is_card: bool
    is_listed: bool
    links_away: bool


def place_of(element: Element, tree: Tree) -> DomContext:
    """The place of a node on the page."""
    line = _line_below_heading(element, tree)
    signs = [_signs_of(node, tree) for node in line]
    levels = [sign.names for sign in signs]
    is_listed = any(sign.is_listed for sign in signs[:_MOST_LEVELS])
    return DomContext(
        levels=tuple(levels[:4]),
        near="".join(levels[:4]),
        far="".join(levels[4:]),
        is_struck=any(sign.is_struck for sign in signs) or _has_struck_class(line, tree),
        is_hidden=any(sign.is_hidden for sign in signs),
        is_framed=any(sign.is_framed for sign in signs) or _is_above(line, tree),
        is_related=is_listed or any(sign.is_related for sign in signs),
        is_card=any(sign.is_card for sign in signs),
        links_away=any(sign.links_away for sign in signs),
        distance=len(line) - 1,
    )


def _signs_of(node: Element, tree: Tree) -> _Signs:
    """The signs of an element; kept once made, as many nodes share what is around them."""
    found: _Signs | None = tree.signs.get(node)
    if found is None:
        found = tree.signs[node] = _read_signs(node, tree)
    return found


def _read_signs(node: Element, tree: Tree) -> _Signs:
    names, tag = names_in(node, tree), node.tag
    return _Signs(
        names=names,
        is_struck=tag in _STRUCK_TAGS or bool(_LINE_THROUGH.search(node.get("style") or "")),
        is_hidden=is_hidden(tag, node.get),
        is_framed=_is_frame(node, names, tree),
        is_related=bool(RELATED.search(names) and _links_away_in(node, tree)),
        is_card=bool(CARD.search(names) and shows_others(node, tree)),
        is_listed=_is_listed(node, tree),
        links_away=tag == "a" and leads_away(node.get("href") or "", tree.url),
    )


def _is_listed(node: Element, tree: Tree) -> bool:
    """Whether a block is one of several alike that each show another page."""
    return (
        node.tag in _LISTED_TAGS
        and shows_others(node, tree)
        and any(shows_others(sibling, tree) for sibling in _alike(node))
    )


def _alike(node: Element) -> Iterator[Element]:
    """The siblings with the same tag and first class, the nearest first; bounded."""
    first = (node.get("class") or "").split()[:1]
    for siblings in (node.itersiblings(node.tag), node.itersiblings(node.tag, preceding=True)):
        for sibling in islice(siblings, 3):
            if (sibling.get("class") or "").split()[:1] == first:
                yield sibling


def _is_frame(node: Element, names: str, tree: Tree) -> bool:
    if node.tag in _FRAME_TAGS or CHROME.search(names):
        return True
    if node.tag in _ASIDE_TAGS or FRAME.search(names):
        return shows_others(node, tree) or _opens_page(node, tree)
    return False


def _is_above(line: list[Element], tree: Tree) -> bool:
    """Whether a block before the heading around the node shows another product."""
    start = tree.order.get(tree.heading, 0) if tree.heading is not None else 0
    return any(
        node.tag in _LISTED_TAGS
        and tree.order.get(node, start) < start
        and shows_others(node, tree)
        for node in line[:_MOST_LEVELS]
    )


def _opens_page(node: Element, tree: Tree) -> bool:
    """Whether it stands before the heading and sells nothing."""
    if tree.heading is None or tree.order.get(node, 0) > tree.order.get(tree.heading, 0):
        return False
    return not node.xpath("boolean(.//form[.//button or .//input[@type='submit']])")


def shows_others(node: Element, tree: Tree) -> bool:
    """Whether a block shows other products or pages: links with a picture or heading, or many.

    A name alone says little: shops call the block of the product itself a card or a slider.
    """
    return _links_away_in(node, tree) >= _MANY


def _links_away_in(node: Element, tree: Tree) -> int:
    """The pages to which a block links, counted to `_MANY`, which one shown off is worth."""
    found = tree.links_in.get(node)
    if found is None:
        found = tree.links_in[node] = _count_links(node, tree)
    return found


def _count_links(node: Element, tree: Tree) -> int:
    seen: set[str] = set()
    for link in islice(node.iter("a"), _MOST_LINKS):
        href = link.get("href") or ""
        if not leads_away(href, tree.url) or _PICTURE.search(href):
            continue
        seen.add(href)
        if len(seen) == _MANY or _is_shown_off(link):
            return _MANY
    return len(seen)


def _is_shown_off(link: Element) -> bool:
    """Whether a link is a picture or a heading, as those of cards are."""
    above = link.getparent()
    if above is not None and above.tag in _HEADINGS:
        return True
    return any(
        child.tag in _HEADINGS or child.tag in ("img", "picture") for child in link.iter("*")
    )


def names_in(node: Element, tree: Tree) -> str:
    """The parts of the names that a node has itself; kept once made."""
    found = tree.names_in.get(node)
    if found is None:
        found = tree.names_in[node] = parts_of(_BESIDE.sub(" ", names_of(node)))
    return found


def _line_below_heading(element: Element, tree: Tree) -> list[Element]:
    """The node and its ancestors, up to the one it shares with the heading."""
    heading = tree.heading_line
    return list(
        takewhile(
            lambda node: node is element or (node not in heading and node.tag not in _WHOLE_TAGS),
            lineage(element),
        )
    )


def _has_struck_class(line: list[Element], tree: Tree) -> bool:
    """Whether a style sheet strikes out a class of the node or near it."""
    if not tree.struck:
        return False
    near = {name for node in line[:3] for name in (node.get("class") or "").split()}
    return not near.isdisjoint(tree.struck)


@lru_cache(maxsize=4096)
def leads_away(href: str, url: str) -> bool:
    """Whether a link goes to another page, not to a place or an action on this one."""
    match = _PATH.match(href)
    if match is None:
        return False
    return match[1].rstrip("/") not in ("", _PATH.sub(r"\1", url, count=1).rstrip("/"))
