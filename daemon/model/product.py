"""The values of a product: what its owner wants, what is stored, and what was found."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from daemon.lexicon.availability import Availability
from daemon.model.failure_history import NO_FAILURES, FailureHistory
from daemon.model.request import NO_RHYTHM, Rhythm, Timing
from daemon.money.offer import Offer
from daemon.packing import Packed, content_hash

OFFER_READER = "offer/3"  # a different reader may see a different price on the same page
AMOUNTS = frozenset({"target_price", "drop_amount"})  # rules given in money, not in percent
_EVIDENCE = frozenset(
    {"candidates", "path", "raw", "html", "confidence", "availability_confidence"}
)


class AlertKind(StrEnum):
    """What an alert is about."""

    PRICE_DROP = "price_drop"
    PRICE_RISE = "price_rise"
    BACK_IN_STOCK = "back_in_stock"
    OUT_OF_STOCK = "out_of_stock"
    DISCONTINUED = "discontinued"
    AVAILABILITY_CHANGE = "availability_change"  # any that is none of the three above
    CURRENCY_CHANGE = "currency_change"


@dataclass(frozen=True, slots=True)
class PricePoint:
    """One believed price check of a product, as the history keeps it."""

    checked_at: datetime
    price: Decimal | None
    currency: str | None
    availability: Availability = Availability.UNKNOWN
    variant: str | None = None


@dataclass(frozen=True, slots=True)
class AlertRules:
    """The alerts that a product's owner wants.

    Shape: with no target, amount, percent or lowest days set, any drop causes an alert.
    Units: `drop_percent` and `rise_percent` of the reference, 0 to 100; `hysteresis_percent` is
           how far above its target a price must rise before the target can be crossed again.
    """

    target_price: Decimal | None = None
    currency: str | None = None  # of the target and the amounts; None takes the offer's
    drop_amount: Decimal | None = None
    drop_percent: Decimal | None = None
    lowest_in_days: int | None = None
    any_drop: bool | None = None  # None: only when no other rule for drops is set
    back_in_stock: bool = True
    price_rise: bool = False
    rise_percent: Decimal | None = None
    out_of_stock: bool = False
    discontinued: bool = False
    availability_change: bool = False
    currency_change: bool = False
    tells_each_move: bool = False  # of the price, whatever the other rules say
    hysteresis_percent: Decimal = Decimal(1)
    only_when_buyable: bool = False  # drops while out of stock wait until it is back
    least_confidence: float = 0.4
    least_stock_confidence: float = 0.5

    @property
    def tells_any_drop(self) -> bool:
        """Whether any drop against the reference causes an alert, however small."""
        if self.any_drop is not None:
            return self.any_drop
        asked = (self.target_price, self.drop_amount, self.drop_percent, self.lowest_in_days)
        return all(rule is None for rule in asked)


@dataclass(frozen=True, slots=True)
class Quarantine:
    """A price too implausible to believe at once, kept until a second check."""

    price: Decimal
    currency: str | None
    reason: str  # jump, scale, currency
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class AlertState:
    """The state of alerts between checks, stored in a product's row.

    Shape: `reference_price` is the price of the last alert, or the first one believed; it rises
           with the price, so that a drop is measured from its last high.
    """

    price: Decimal | None = None  # the last one believed
    currency: str | None = None
    availability: Availability = Availability.UNKNOWN  # the last one stated
    reference_price: Decimal | None = None
    is_target_armed: bool = True
    quarantine: Quarantine | None = None
    variant: str | None = None
    told: int = 0  # alerts so far, which numbers the next


@dataclass(frozen=True, slots=True)
class AlertIntent:
    """One alert to be stored with the check that caused it, and sent once.

    Shape: `rule` is target, amount, percent, any, lowest, rise, stock or currency;
           `previous_price` is the last one, or for a drop by an amount or percent its reference;
           `previous_currency` is None where it is still the same; `key` numbers the event within
           its product, so that a repeated check cannot send it twice.
    """

    kind: AlertKind
    rule: str
    price: Decimal | None
    previous_price: Decimal | None
    currency: str | None
    availability: Availability
    key: str
    previous_currency: str | None = None

    @property
    def currency_before(self) -> str | None:
        """The currency of the previous price."""
        return self.previous_currency or self.currency


@dataclass(frozen=True, slots=True)
class Decision:
    """The decision on one check.

    Shape: `is_believed` False: the check is stored, but its price is not part of the history;
           `looks_again`: a second check should come soon, to confirm or discard it.
    """

    alerts: tuple[AlertIntent, ...]
    state: AlertState
    is_believed: bool
    looks_again: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class OfferHint:
    """What is known before the page is read: the owner's rules and the history.

    Shape: `price_selector` is CSS, or XPath when it starts with `/`, `(` or `xpath:`;
           `last_path` and `last_source` are those of the last believed price.
    """

    price_selector: str | None = None
    variant: str | None = None
    currency: str | None = None
    locale: str | None = None
    last_source: str | None = None
    last_path: str | None = None
    today: str | None = None  # "2026-12-31": a price valid until then expires the day after


@dataclass(frozen=True, slots=True)
class ProductRules:
    """How an owner wants a product read, and its alerts; the target is stored separately."""

    selector: str | None = None
    variant: str | None = None
    locale: str | None = None
    drop_amount: Decimal | None = None
    drop_percent: Decimal | None = None
    lowest_in_days: int | None = None
    any_drop: bool | None = None
    back_in_stock: bool = True
    price_rise: bool = False
    rise_percent: Decimal | None = None
    out_of_stock: bool = False
    discontinued: bool = False
    only_when_buyable: bool = False
    notify_on: str = "significant"  # significant: of these alerts; every: of each move; none
    follow: str = "same-site"  # as of sites

    def alerts(self, target_price: Decimal | None, currency: str | None) -> AlertRules:
        """The alert rules, the target included."""
        asked = self._asked(target_price, currency)
        if self.notify_on != "every":
            return asked
        return replace(
            asked,
            any_drop=True,
            back_in_stock=True,
            price_rise=True,
            rise_percent=None,
            out_of_stock=True,
            discontinued=True,
            availability_change=True,
            currency_change=True,
            only_when_buyable=False,
            tells_each_move=True,
        )

    def _asked(self, target_price: Decimal | None, currency: str | None) -> AlertRules:
        return AlertRules(
            target_price=target_price,
            currency=currency,
            drop_amount=self.drop_amount,
            drop_percent=self.drop_percent,
            lowest_in_days=self.lowest_in_days,
            any_drop=self.any_drop,
            back_in_stock=self.back_in_stock,
            price_rise=self.price_rise or self.rise_percent is not None,
            rise_percent=self.rise_percent,
            out_of_stock=self.out_of_stock,
            discontinued=self.discontinued,
            # Amounts of one currency can be held against no price in another.
            currency_change=target_price is not None or self.drop_amount is not None,
            only_when_buyable=self.only_when_buyable,
        )


@dataclass(frozen=True, slots=True)
class LastPriceCheck:
    """A summary of the last price check, which is repeated while nothing changes."""

    offer_hash: str
    kept_at: datetime  # when it was last stored
    price: Decimal | None
    currency: str | None
    availability: Availability
    variant: str | None
    confidence: float
    is_believed: bool


@dataclass(frozen=True, slots=True)
class ProductState:
    """The state of a product between two checks.

    Shape: `read_with` names the rules and the reader; `source` and `path` are those of the last
           believed price.
    """

    read_with: str
    seen: LastPriceCheck
    alerts: AlertState = AlertState()
    source: str | None = None
    path: str | None = None


@dataclass(frozen=True, slots=True)
class Product:
    """An owner's interest in what one page sells."""

    id: UUID
    name: str
    owner_id: str | None
    rules: ProductRules
    target_price: Decimal | None
    currency: str | None
    read_with: str  # of the present rules
    state: ProductState | None = None
    error_class: str | None = None  # why this product, not its page, was failing
    deferred_since: datetime | None = None  # since when checks have ended before its turn
    last_changed_at: datetime | None = None
    url: str = ""  # as its owner wrote it
    failure_history: FailureHistory = NO_FAILURES
    timing: Timing | None = None  # that of its page where it is not known
    tags: tuple[str, ...] = ()
    rhythm: Rhythm = NO_RHYTHM

    @property
    def hint(self) -> OfferHint:
        """The hint for reading its page."""
        state = self.state
        return OfferHint(
            price_selector=self.rules.selector,
            variant=self.rules.variant,
            currency=(state.alerts.currency if state else None) or self.currency,
            locale=self.rules.locale,
            last_source=state.source if state else None,
            last_path=state.path if state else None,
        )

    @property
    def is_up_to_date(self) -> bool:
        """Whether the same bytes would give nothing new: read by these rules, and believed."""
        state = self.state
        if state is None or self.error_class is not None:
            return False
        return state.read_with == self.read_with and state.alerts.quarantine is None


@dataclass(frozen=True, slots=True)
class PriceCheckDraft:
    """A price check to be stored.

    Shape: `repeats` says that it equals the check before, so that it is stored without evidence.
    """

    id: UUID
    offer: Offer
    is_believed: bool
    reason: str = ""  # why it is not believed: jump, scale, currency, no_price, low_confidence
    repeats: bool = False
    source: Packed | None = None


def offer_hash(offer: Offer) -> str:
    """The identity of an offer's content, independent of its source."""
    said = [(f.name, _spelled(getattr(offer, f.name))) for f in fields(offer)]
    return content_hash(repr([one for one in said if one[0] not in _EVIDENCE]).encode())


def _spelled(value: object) -> object:
    return str(value.normalize()) if isinstance(value, Decimal) else value
