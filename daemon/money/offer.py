"""The values for what is sold: a price that was seen, an offer."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from daemon.lexicon.availability import Availability
from daemon.money.numbers import price_text


@dataclass(frozen=True, slots=True)
class PriceCandidate:
    """One price that a page shows or states, and where it says so."""

    amount: Decimal
    currency: str | None
    source: str  # hint, jsonld, microdata, rdfa, meta, state, visible
    raw: str
    context: str = ""  # path of the node or key, and its role by the words there
    score: float = 0.0  # within its source; larger is likelier


@dataclass(frozen=True, slots=True)
class Offer:
    """What a product page asks for its product, and how certain the reading is.

    Shape: `price` is finite and not negative, zero only where the page says free;
           `confidence` is the chance that the price, or that there is none, is right;
           `availability_confidence` is 0 where the state is unknown.
    """

    price: Decimal | None = None
    currency: str | None = None  # ISO 4217
    availability: Availability = Availability.UNKNOWN
    availability_confidence: float = 0.0
    list_price: Decimal | None = None
    low_price: Decimal | None = None
    high_price: Decimal | None = None
    seller: str | None = None
    condition: str | None = None  # new, used, refurbished, damaged
    sku: str | None = None
    gtin: str | None = None
    variant: str | None = None
    shipping: Decimal | None = None
    source: str = ""
    path: str = ""  # of the price chosen: a prior for the next reading
    raw: str = ""
    html: str = ""  # the node that shows the price, shortened
    confidence: float = 0.5
    candidates: tuple[PriceCandidate, ...] = ()
    flags: tuple[str, ...] = ()  # range, sale, free, ambiguous_currency, suspicious, no_product:…


@dataclass(frozen=True, slots=True)
class StatedOffer:
    """What markup alone states about the one product that a page sells.

    Shape: `others` are further readings of the price, which only the visible page can tell apart.
    """

    price: Decimal | None = None
    currency: str | None = None
    availability: Availability | None = None
    others: tuple[Decimal, ...] = ()

    @property
    def is_product(self) -> bool:
        return self.price is not None or self.availability is not None

    @property
    def price_text(self) -> str:
        """The price for people, as "49.90 EUR"; empty where none is stated."""
        return "" if self.price is None else price_text(self.price, self.currency)

    def has_other_price(self, other: StatedOffer) -> bool:
        """Whether both state a price, and the prices differ."""
        if self.price is None or other.price is None:
            return False
        is_other_money = bool(self.currency and other.currency) and self.currency != other.currency
        return self.price != other.price or is_other_money
