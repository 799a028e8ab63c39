"""Combines single checks into daily figures, which add up to those of a month."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import reduce

FIRST_SECONDS = 0.001
STEPS = 4  # of the time scale per doubling: values read from it are accurate within a tenth


@dataclass(frozen=True, slots=True)
class CheckFigures:
    """The figures of a page's checks.

    Shape: `failures` counts by error class; `times` counts answered checks on a logarithmic scale,
           with four steps per doubling from one millisecond on.
    Units: seconds and bytes; only answered checks have a time.
    """

    checks: int = 0
    changed: int = 0
    failures: Mapping[str, int] = field(default_factory=dict)
    wire_bytes: int = 0
    times: Mapping[int, int] = field(default_factory=dict)
    slowest_seconds: float = 0.0

    @property
    def answered(self) -> int:
        """The number of checks with a readable response."""
        return self.checks - sum(self.failures.values())

    def __add__(self, other: CheckFigures) -> CheckFigures:
        return CheckFigures(
            self.checks + other.checks,
            self.changed + other.changed,
            Counter(self.failures) + Counter(other.failures),
            self.wire_bytes + other.wire_bytes,
            Counter(self.times) + Counter(other.times),
            max(self.slowest_seconds, other.slowest_seconds),
        )

    def seconds_at(self, share: float) -> float | None:
        """The time within which this share of the responses came; None without any."""
        total = sum(self.times.values())
        passed = 0
        for step in sorted(self.times):
            passed += self.times[step]
            if passed >= share * total:
                return _seconds_of(step)
        return None


def one_check(
    verdict: str, error_class: str | None, elapsed_seconds: float, wire_bytes: int
) -> CheckFigures:
    """The figures of a single check."""
    failed = error_class is not None
    return CheckFigures(
        checks=1,
        changed=int(verdict == "changed"),
        failures={error_class: 1} if error_class is not None else {},
        wire_bytes=wire_bytes,
        times={} if failed else {_step_of(elapsed_seconds): 1},
        slowest_seconds=0.0 if failed else elapsed_seconds,
    )


def _step_of(seconds: float) -> int:
    return math.floor(STEPS * math.log2(max(seconds, FIRST_SECONDS) / FIRST_SECONDS))


def _seconds_of(step: int) -> float:
    return float(FIRST_SECONDS * 2 ** ((step + 0.5) / STEPS))


@dataclass(frozen=True, slots=True)
class Priced:
    """A price at an instant."""

    at: datetime
    price: Decimal


@dataclass(frozen=True, slots=True)
class PriceFigures:
    """A product's prices in one currency; without prices when none was believed."""

    checks: int = 0
    in_stock: int = 0
    lowest: Priced | None = None
    highest: Priced | None = None
    last: Priced | None = None

    def __add__(self, other: PriceFigures) -> PriceFigures:
        return PriceFigures(
            self.checks + other.checks,
            self.in_stock + other.in_stock,
            min(_known(self.lowest, other.lowest), key=lambda one: one.price, default=None),
            max(_known(self.highest, other.highest), key=lambda one: one.price, default=None),
            max(_known(self.last, other.last), key=lambda one: one.at, default=None),
        )

    @property
    def moves(self) -> tuple[Priced, ...]:
        """The known prices, oldest first, each once."""
        known = {one for one in (self.lowest, self.highest, self.last) if one is not None}
        return tuple(sorted(known, key=lambda one: (one.at, one.price)))


def _known(*prices: Priced | None) -> list[Priced]:
    return sorted((one for one in prices if one is not None), key=lambda one: one.at)


def one_price(at: datetime, price: Decimal | None, *, is_in_stock: bool) -> PriceFigures:
    """The figures of a single price check; `price` is None when it was not believed."""
    priced = None if price is None else Priced(at, price)
    return PriceFigures(1, int(is_in_stock), priced, priced, priced)


def total(figures: list[CheckFigures]) -> CheckFigures:
    """The figures of several days, or of several checks, as one."""
    return reduce(CheckFigures.__add__, figures, CheckFigures())
