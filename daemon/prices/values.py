"""The values between a price check and its alerts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from daemon.money.offer import Availability


class AlertKind(StrEnum):
    """What an alert tells."""

    PRICE_DROP = "price_drop"
    PRICE_RISE = "price_rise"
    BACK_IN_STOCK = "back_in_stock"
    OUT_OF_STOCK = "out_of_stock"
    DISCONTINUED = "discontinued"


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
    """What a product's owner wants to hear of.

    Shape: with no target, amount, percent or lowest days set, any drop is told.
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
    hysteresis_percent: Decimal = Decimal(1)
    only_when_buyable: bool = False  # drops of what is out of stock wait until it is back
    least_confidence: float = 0.4
    least_stock_confidence: float = 0.5

    @property
    def tells_any_drop(self) -> bool:
        """Whether each drop against the reference is told, however small."""
        if self.any_drop is not None:
            return self.any_drop
        asked = (self.target_price, self.drop_amount, self.drop_percent, self.lowest_in_days)
        return all(rule is None for rule in asked)


@dataclass(frozen=True, slots=True)
class Quarantine:
    """A price too strange to be believed at once, kept until a second look."""

    price: Decimal
    currency: str | None
    reason: str  # jump, scale, currency
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class AlertState:
    """What must be remembered between checks; all of it fits into a product's row.

    Shape: `reference_price` is the last price an alert told, or the first one believed; it rises
           with the price, so that a drop is measured from where the price last stood high.
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
    """One alert to be stored with the check that caused it, and told once.

    Shape: `rule` is target, amount, percent, any, lowest, rise or stock; `key` numbers the event
           within its product, so that a check that is done again cannot tell it twice.
    """

    kind: AlertKind
    rule: str
    price: Decimal | None
    previous_price: Decimal | None
    currency: str | None
    availability: Availability
    key: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What one check leads to.

    Shape: `is_believed` False: the check is stored, but is no part of the history's prices;
           `looks_again`: a second look should come soon, to confirm or to discard.
    """

    alerts: tuple[AlertIntent, ...]
    state: AlertState
    is_believed: bool
    looks_again: bool = False
    reason: str = ""
