"""Claims about a price and facts about a product, passed between the steps of the chain."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal

from lxml.etree import _Element as Element

from daemon.lexicon.availability import Availability
from daemon.model.product import OfferHint

__all__ = ["OfferHint", "PriceQuote", "ProductFacts"]


@dataclass(frozen=True, slots=True)
class PriceQuote:
    """One statement of what the product costs.

    Shape: `others` are further readings of the same text that only the visible page can tell
           apart ("24.990"); `role` is price, list, shipping, or what the words beside it say.
    """

    amount: Decimal
    source: str
    raw: str
    path: str = ""
    currency: str | None = None
    symbol: str | None = None
    others: tuple[Decimal, ...] = ()
    needs_sight: bool = False  # the scale is unknown: believed only when it is visible
    role: str = "price"
    weight: float = 0.0
    element: Element | None = None
    valid_until: str = ""  # the last day on which the price is promised, "2026-12-31"

    def read_as(self, amount: Decimal) -> PriceQuote:
        """The same claim under another of its readings."""
        return replace(self, amount=amount, others=(), needs_sight=False)

    def raised(self, by: float) -> PriceQuote:
        """The same claim with more weight, or less."""
        return replace(self, weight=self.weight + by) if by else self


def amounts_of(quotes: list[PriceQuote]) -> set[Decimal]:
    """The different amounts that claims state."""
    return {quote.amount for quote in quotes}


@dataclass(slots=True)
class ProductFacts:
    """What one source says of the product."""

    quotes: list[PriceQuote] = field(default_factory=list)
    states: list[Availability] = field(default_factory=list)
    sku: str | None = None
    gtin: str | None = None
    seller: str | None = None
    condition: str | None = None
    variant: str | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    shipping: Decimal | None = None
    products: int = 0  # products that the source names, related ones left out
    matched: bool = False  # one of them is certainly the page's own
