"""Collects what a page's markup states about its product."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any

from lxml.etree import _Element as Element

from daemon.extract.markup.roots import may_hold_json_ld
from daemon.extract.offer.fusion import decide
from daemon.extract.offer.quotes import OfferHint, PriceQuote, ProductFacts
from daemon.extract.offer.structured.jsonld import read_json
from daemon.extract.offer.structured.meta import meta_values, read_meta
from daemon.extract.offer.structured.microdata import read_microdata, read_rdfa
from daemon.extract.offer.structured.schema import read_items
from daemon.extract.offer.tree import Tree
from daemon.lexicon.availability import Availability
from daemon.money.currencies import REGION_CURRENCY, region_of_domain
from daemon.money.offer import StatedOffer

MOST_SCRIPTS = 60
_SYNTAXES = ("jsonld", "microdata", "rdfa")  # the most trusted first
# The attribute that holds a term shows the syntax.
_MICRODATA = re.compile(rb"itemprop\s{0,9}=\s{0,9}[\"']?[^\"'>]{0,40}?(?:price|availability)")
_RDFA = re.compile(rb"property\s{0,9}=\s{0,9}[\"']?[^\"'>]{0,40}?(?:price|availability)")


@dataclass(frozen=True, slots=True)
class Sources:
    """The facts of each source about the product, most trusted first."""

    named: tuple[tuple[str, ProductFacts], ...]

    def and_of(self, name: str, facts: ProductFacts) -> Sources:
        """A copy with one more source, trusted least."""
        return Sources((*self.named, (name, facts)))

    def quotes(self, role: str) -> list[PriceQuote]:
        return [quote for _, facts in self.named for quote in facts.quotes if quote.role == role]

    def states(self) -> list[tuple[Availability, str]]:
        return [(best_state(facts.states), name) for name, facts in self.named if facts.states]


@dataclass(frozen=True, slots=True)
class Markup:
    """The syntaxes in which a page may state an offer, besides its meta elements."""

    has_microdata: bool
    has_rdfa: bool
    scripts: tuple[str, ...]  # of JSON-LD that speak of offers

    @property
    def is_meta_alone(self) -> bool:
        """Whether nothing is read but meta elements."""
        return not (self.has_microdata or self.has_rdfa or self.scripts)


def markup_in(root: Element, source: bytes) -> Markup:
    """The syntaxes that a page uses; searches what it was parsed from for those that it lacks."""
    lower = source.lower()
    scripts = _scripts(root) if may_hold_json_ld(lower) else []
    return Markup(
        b"itemprop" in lower and _MICRODATA.search(lower) is not None,
        _RDFA.search(lower) is not None,
        tuple(scripts) if any(map(_speaks_of_offers, scripts)) else (),
    )


def stated_offer(root: Element, url: str, markup: Markup) -> StatedOffer:
    """The offer that a page's markup states, without its visible text."""
    tree, hint = Tree(root, url), OfferHint()
    microdata = read_microdata(tree) if markup.has_microdata else []
    rdfa = read_rdfa(root) if markup.has_rdfa else []
    jsonld = _values(markup.scripts)
    sources = _sources(tree, meta_values(tree), hint, (jsonld, microdata, rdfa))
    listed = frozenset(quote.amount for quote in sources.quotes("list"))
    quote = decide(
        in_money(sources.quotes("price"), home_money(tree, hint)), [], listed=listed
    ).quote
    state = next((state for state, _ in sources.states()), None)
    if quote is None:
        return StatedOffer(availability=state)
    return StatedOffer(quote.amount, quote.currency, state, quote.others)


def read_markup(tree: Tree, meta: dict[str, str], hint: OfferHint) -> Sources:
    """The facts that each syntax of markup states."""
    items = _values(_scripts(tree.root)), read_microdata(tree), read_rdfa(tree.root)
    return _sources(tree, meta, hint, items)


def _sources(
    tree: Tree, meta: dict[str, str], hint: OfferHint, items: tuple[list[Any], ...]
) -> Sources:
    facts = (
        (name, read_items(some, name, tree, hint))
        for name, some in zip(_SYNTAXES, items, strict=True)
    )
    return Sources((*facts, ("meta", read_meta(meta))))


def _scripts(root: Element) -> list[str]:
    scripts = (one for one in root.iter("script") if "ld+json" in (one.get("type") or ""))
    return [script.text or "" for script in islice(scripts, MOST_SCRIPTS)]


def _speaks_of_offers(script: str) -> bool:
    lower = script.lower()
    return "price" in lower or "availability" in lower


def _values(scripts: Iterable[str]) -> list[Any]:
    return [value for script in scripts for value in read_json(script)]


def best_state(states: list[Availability]) -> Availability:
    """The best of the states of several offers for the product: one in stock is enough."""
    order = (
        Availability.IN_STOCK,
        Availability.LIMITED,
        Availability.PREORDER,
        Availability.BACKORDER,
    )
    return next((state for state in order if state in states), states[0])


def home_money(tree: Tree, hint: OfferHint) -> str | None:
    """The currency expected here, by the owner's hint or the domain's country."""
    return hint.currency or REGION_CURRENCY.get(region_of_domain(tree.host) or "")


def in_money(quotes: list[PriceQuote], home: str | None) -> list[PriceQuote]:
    """The claims without those in foreign currency, if any is in the local one."""
    if home is None or not any(quote.currency == home for quote in quotes):
        return quotes
    return [quote for quote in quotes if quote.currency in (None, home)]
