"""Reads the price at the owner's selector."""

from __future__ import annotations

from lxml import etree
from lxml.etree import _Element as Element
from parsel.csstranslator import HTMLTranslator

from daemon.extract.languages.extra import XPATH2
from daemon.extract.offer.quotes import OfferHint, PriceQuote
from daemon.extract.offer.structured.microdata import Shown
from daemon.extract.offer.structured.stated import stated_amount
from daemon.extract.offer.tree import Tree, path_of, squeeze, text_of
from daemon.money.currencies import Evidence, mark_of, resolve_currency
from daemon.money.parse import parse_price


def read_selected(
    tree: Tree, hint: OfferHint, evidence: Evidence, locale: str | None
) -> list[PriceQuote]:
    """The claims that the owner's selector points at, in document order; empty when it misses.

    Errors: none; a selector that cannot be used finds nothing, as the offer's flags then say.
    """
    if not hint.price_selector:
        return []
    quotes = (_claim(node, evidence, locale) for node in _select(tree, hint.price_selector)[:20])
    return [quote for quote in quotes if quote]


def _select(tree: Tree, selector: str) -> list[Element | str]:
    try:
        if (text := XPATH2.text_of(selector)) is not None:
            from daemon.extract.languages.xpath2 import compile_xpath2

            expression, _ = compile_xpath2(text)
            return list(expression(tree.root)) if expression is not None else []
        found = tree.root.xpath(_as_xpath(selector.strip()))
    except (etree.XPathError, SyntaxError, ValueError):
        return []
    return found if isinstance(found, list) else []


def _as_xpath(selector: str) -> str:
    if selector.startswith("xpath:"):
        return selector.removeprefix("xpath:").strip()
    return selector if selector[:1] in "/(" else HTMLTranslator().css_to_xpath(selector)


def _claim(node: Element | str, evidence: Evidence, locale: str | None) -> PriceQuote | None:
    text = _text(node)
    machine = stated_amount(node.get("content"), None) if isinstance(node, etree._Element) else None
    parsed = parse_price(text, locale=locale)
    amount = machine[0] if machine else parsed.amount
    if amount is None or (amount == 0 and "free" not in parsed.flags):
        return None
    currency = resolve_currency(mark_of(parsed.symbol) if parsed.symbol else None, evidence)
    path = path_of(node) if isinstance(node, etree._Element) else ""
    element = node if isinstance(node, etree._Element) else None
    return PriceQuote(amount, "hint", text[:80], path, currency, parsed.symbol, element=element)


def _text(node: Element | str) -> str:
    if isinstance(node, etree._Element):
        shown = squeeze(text_of(node, 300))
        return shown or Shown(node.get("content") or node.get("value") or "")
    return squeeze(str(node)[:300])
