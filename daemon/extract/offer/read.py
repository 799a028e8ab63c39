"""Reads an offer from a document: every source is tried, then fusion decides."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from lxml import etree

from daemon.extract.charset import decode
from daemon.extract.markup.guard import refuse_attribute_bombs
from daemon.extract.offer import fusion
from daemon.extract.offer.calibration import EACH_DOUBT, confidence_of
from daemon.extract.offer.fusion import PriceDecision
from daemon.extract.offer.gate import asks_to_inquire, is_free, refusal
from daemon.extract.offer.last import last_resort
from daemon.extract.offer.owner import read_selected
from daemon.extract.offer.place import evidence_of, locale_of
from daemon.extract.offer.quotes import OfferHint, PriceQuote, ProductFacts
from daemon.extract.offer.stock import NO_EVIDENCE, Stock, find_button, judge_stock
from daemon.extract.offer.structured.data import page_around
from daemon.extract.offer.structured.meta import meta_values
from daemon.extract.offer.structured.offers import Sources, home_money, in_money, read_markup
from daemon.extract.offer.structured.state import read_state
from daemon.extract.offer.tree import Tree, parse_tree
from daemon.extract.offer.visible import read_visible
from daemon.model.response import Document
from daemon.money.currencies import REGION_CURRENCY, Evidence, mark_of, resolve_currency
from daemon.money.offer import Offer, PriceCandidate

MOST_CANDIDATES = 24
_LARGEST_NODE = 20  # children
_HTML_LENGTH = 2_000


def read_offer(document: Document, hint: OfferHint = OfferHint()) -> Offer:  # noqa: B008 - frozen
    """What the page asks for its product; no price and `unknown` where it sells none.

    Shape:  every source is read and kept among `candidates`; the price is that of the variant
            which the address or the hint names, as a visitor would pay it now.
    Errors: ExtractError(charset, too_large) as for any page; other documents have no price.
    """
    text = decode(document).text
    refuse_attribute_bombs(text)
    tree = parse_tree(page_around(text) or text, document.url)
    if tree is None:
        return Offer(confidence=confidence_of("none_empty"), flags=("no_product:empty",))
    reason = None if hint.price_selector else refusal(tree)
    if reason:
        return Offer(confidence=confidence_of("none_refused"), flags=(f"no_product:{reason}",))
    return _read_tree(tree, hint)


def _read_tree(tree: Tree, hint: OfferHint) -> Offer:
    meta = meta_values(tree)
    sources = read_markup(tree, meta, hint).and_of("state", read_state(tree))
    markup = sources.quotes("price")
    evidence = evidence_of(tree, meta, hint, markup)
    locale = locale_of(tree, meta, hint)
    button = find_button(tree)
    visible = read_visible(tree, evidence, locale, button.element if button else None)
    selected = read_selected(tree, hint, evidence, locale)
    home = home_money(tree, hint)
    domestic = (selected, in_money(markup, home), in_money(visible, home))
    listed = frozenset(quote.amount for quote in sources.quotes("list"))
    verdict = _verdict(tree, hint, domestic, listed, can_buy=button is not None)
    quote = verdict.quote
    price_at = _place_of(quote, visible)
    stock = judge_stock(tree, sources.states(), button, price_at, quote is not None)
    if quote is None and verdict.kind in ("none_weak", "none_empty"):
        if stock.state.is_out:
            verdict = replace(verdict, kind="none_out")  # discontinued products often have no price
        elif found := last_resort(tree, visible, evidence, locale):
            verdict, price_at = found, _place_of(found.quote, visible)
            stock = judge_stock(tree, sources.states(), button, price_at, has_price=True)
    if verdict.quote is None and stock.state.is_buyable and not stock.is_stated:
        stock = NO_EVIDENCE  # no price, so nothing is sold
    offer = _offer(verdict, stock, sources, visible, evidence)
    offer = _with_term(offer, verdict.quote, hint)
    return replace(offer, candidates=_candidates([*selected, *markup, *visible]))


def _verdict(
    tree: Tree,
    hint: OfferHint,
    quotes: tuple[list[PriceQuote], list[PriceQuote], list[PriceQuote]],
    listed: frozenset[Decimal],
    can_buy: bool,
) -> PriceDecision:
    selected, markup, visible = quotes
    if selected:
        return PriceDecision(selected[0], "hint")
    lost = ("hint_lost",) if hint.price_selector else ()
    verdict = fusion.decide(markup, visible, hint.last_path, can_buy, listed)
    if verdict.quote and not markup and asks_to_inquire(tree, verdict.quote.element):
        verdict = PriceDecision(None, "none_request", flags=("on_request",))
    elif verdict.quote is None and is_free(tree):
        verdict = PriceDecision(PriceQuote(Decimal(0), "visible", "free"), "free", flags=("free",))
    moved = verdict.quote is not None and hint.last_source not in (None, verdict.quote.source)
    return replace(
        verdict, doubts=verdict.doubts + len(lost) + moved, flags=(*verdict.flags, *lost)
    )


def _place_of(quote: PriceQuote | None, visible: list[PriceQuote]) -> Any:
    """Where the page shows the price: where it was read, or where what markup states stands."""
    if quote is None:
        return None
    if quote.element is not None:
        return quote.element
    return next((seen.element for seen in visible if seen.amount == quote.amount), None)


def _offer(
    verdict: PriceDecision,
    stock: Stock,
    sources: Sources,
    visible: list[PriceQuote],
    evidence: Evidence,
) -> Offer:
    first = next((facts for _, facts in sources.named if facts.quotes or facts.sku), ProductFacts())
    offer = Offer(
        availability=stock.state,
        availability_confidence=stock.confidence,
        low_price=first.low,
        high_price=first.high,
        seller=first.seller,
        condition=first.condition,
        sku=first.sku,
        gtin=first.gtin,
        variant=first.variant,
        shipping=first.shipping,
        confidence=confidence_of(verdict.kind, verdict.doubts),
        flags=verdict.flags,
    )
    if verdict.quote is None:
        return offer
    return _with_price(offer, verdict, verdict.quote, sources, visible, evidence)


def _with_price(
    offer: Offer,
    verdict: PriceDecision,
    quote: PriceQuote,
    sources: Sources,
    visible: list[PriceQuote],
    evidence: Evidence,
) -> Offer:
    """The offer at the price claimed, with its old price and what is odd about its currency."""
    currency = _currency(quote, visible, evidence)
    is_foreign = bool(evidence.expected and currency and currency != evidence.expected)
    old = _list_price(quote.amount, sources, visible)
    notes = {
        "ambiguous_currency": currency is None,
        "currency_changed": is_foreign,
        "sale": old is not None,
    }
    return replace(
        offer,
        price=quote.amount,
        currency=currency,
        list_price=old,
        source=quote.source,
        path=quote.path,
        raw=quote.raw,
        html=_html(quote, visible),
        confidence=confidence_of(verdict.kind, verdict.doubts + is_foreign),
        flags=tuple(dict.fromkeys([*verdict.flags, *(flag for flag in notes if notes[flag])])),
    )


def _currency(quote: PriceQuote, visible: list[PriceQuote], evidence: Evidence) -> str | None:
    """The price's currency: its own, that of the same amount shown, else the likeliest."""
    shown = (seen.currency for seen in visible if seen.amount == quote.amount and seen.currency)
    return quote.currency or next(shown, None) or _likely_currency(quote, visible, evidence)


def _likely_currency(
    quote: PriceQuote, visible: list[PriceQuote], evidence: Evidence
) -> str | None:
    """The currency of the page's marks, and of its region for a bare number; None if left open."""
    symbol = quote.symbol or next((seen.symbol for seen in visible if seen.symbol), None)
    found = resolve_currency(mark_of(symbol) if symbol else None, evidence)
    if not (found or symbol) and evidence.regions:
        return REGION_CURRENCY.get(evidence.regions[0])
    return found


def _list_price(price: Decimal, sources: Sources, visible: list[PriceQuote]) -> Decimal | None:
    """The old price beside a sale price: stated, or struck through on the page."""
    if not price:
        return None
    stated = [quote.amount for quote in sources.quotes("list")]
    old = [
        quote.amount for quote in visible if quote.role in ("was", "struck") and quote.weight > -7
    ]
    return next((amount for amount in (*stated, *old) if price < amount < 5 * price), None)


def _with_term(offer: Offer, quote: PriceQuote | None, hint: OfferHint) -> Offer:
    """The offer, with a doubt and a flag when its price has expired."""
    if quote is None or not (hint.today and quote.valid_until) or quote.valid_until >= hint.today:
        return offer
    confidence = round(offer.confidence * EACH_DOUBT, 3)
    return replace(offer, confidence=confidence, flags=(*offer.flags, "expired"))


def _html(quote: PriceQuote, visible: list[PriceQuote]) -> str:
    """The HTML of the node that shows the price, if it is short."""
    node = _place_of(quote, visible)
    if node is None or len(node) > _LARGEST_NODE:
        return ""
    return str(etree.tostring(node, encoding="unicode", with_tail=False))[:_HTML_LENGTH]


def _candidates(quotes: list[PriceQuote]) -> tuple[PriceCandidate, ...]:
    return tuple(
        PriceCandidate(
            amount=quote.amount,
            currency=quote.currency,
            source=quote.source,
            raw=quote.raw,
            context=f"{quote.role} {quote.path}".strip(),
            score=round(quote.weight, 2),
        )
        for quote in quotes[:MOST_CANDIDATES]
    )
