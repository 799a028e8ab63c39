"""Computes the statistics of a price history: latest, lowest, highest, average and rank."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from daemon.model.product import PricePoint

PERIODS_DAYS = (7, 30, 90, 365)
ENOUGH_DAYS = 14  # of history, before a deal score means anything


@dataclass(frozen=True, slots=True)
class Statistics:
    """A period of one product's prices, in one currency and of one variant.

    Shape: `average` weighs each price by how long it lasted; `percentile` is the share of that
           time with a higher price, 0 to 100: 100 means that it was never cheaper;
           `is_sure` is False while the history is too short to judge a deal.
    """

    days: int
    currency: str | None
    latest: Decimal
    lowest: Decimal
    highest: Decimal
    average: Decimal
    percentile: int
    deal_score: Decimal  # 0 to 10
    changed_at: datetime | None  # when the price last moved
    count: int
    is_sure: bool


def statistics(
    history: Sequence[PricePoint], now: datetime, days: int, variant: str | None = None
) -> Statistics | None:
    """The figures of the last `days`; None without a price in them.

    Shape: only prices in the latest price's currency and of one variant count; a price already
           in force when the period began counts from its beginning.
    """
    prices = _comparable(history, now, variant)
    if not prices:
        return None
    start = now - timedelta(days=days)
    window = _window(prices, start)
    if not window:
        return None
    spans = _spans(window, start, now)
    latest = window[-1].price or Decimal(0)
    values = [price for price, _ in spans]
    percentile = _percentile(spans, latest)
    known = (now - prices[0].checked_at).days
    return Statistics(
        days=days,
        currency=window[-1].currency,
        latest=latest,
        lowest=min(values),
        highest=max(values),
        average=_average(spans),
        percentile=percentile,
        deal_score=_deal_score(latest, min(values), max(values), percentile),
        changed_at=_changed_at(window),
        count=len(window),
        is_sure=known >= min(ENOUGH_DAYS, days),
    )


def _comparable(
    history: Iterable[PricePoint], now: datetime, variant: str | None
) -> list[PricePoint]:
    """The prices of one variant in the currency of the last of them, oldest first."""
    same = [
        point
        for point in history
        if point.price is not None
        and point.price.is_finite()
        and point.variant == variant
        and point.checked_at <= now
    ]
    same.sort(key=lambda point: point.checked_at)
    return [point for point in same if point.currency == same[-1].currency]


def _window(prices: list[PricePoint], start: datetime) -> list[PricePoint]:
    """The prices since `start`, with the one in force at that moment."""
    instants = [point.checked_at for point in prices]
    first = bisect_left(instants, start)
    standing = bisect_right(instants, start) - 1
    return prices[standing if 0 <= standing < first else first :]


def _spans(
    window: list[PricePoint], start: datetime, now: datetime
) -> list[tuple[Decimal, Decimal]]:
    """Each price with the seconds for which it lasted, at least one."""
    ends = [point.checked_at for point in window[1:]] + [now]
    return [
        (point.price or Decimal(0), _seconds(max(point.checked_at, start), end))
        for point, end in zip(window, ends, strict=True)
    ]


def _seconds(start: datetime, end: datetime) -> Decimal:
    return Decimal(max(1, int((end - start).total_seconds())))


def _average(spans: list[tuple[Decimal, Decimal]]) -> Decimal:
    total = sum((seconds for _, seconds in spans), Decimal(0))
    mean = sum((price * seconds for price, seconds in spans), Decimal(0)) / total
    # Stored amounts have more decimal places than the page showed.
    places = max(2, *(-int(price.normalize().as_tuple().exponent) for price, _ in spans))
    return mean.quantize(Decimal(1).scaleb(-places))


def _percentile(spans: list[tuple[Decimal, Decimal]], latest: Decimal) -> int:
    """The share of time with a higher price, plus half of the time with the same."""
    total = sum((seconds for _, seconds in spans), Decimal(0))
    higher = sum((seconds for price, seconds in spans if price > latest), Decimal(0))
    lower = sum((seconds for price, seconds in spans if price < latest), Decimal(0))
    if not lower:
        return 100
    same = total - higher - lower
    return int((higher + same / 2) * 100 / total)


def _deal_score(latest: Decimal, lowest: Decimal, highest: Decimal, percentile: int) -> Decimal:
    """How good a deal this is, 0 to 10: half by percentile, half by position in the range."""
    if lowest == highest:
        return Decimal(5)
    depth = (highest - latest) / (highest - lowest)
    score = Decimal(percentile) / 20 + depth * 5
    return min(Decimal(10), score).quantize(Decimal("0.1"))


def _changed_at(window: list[PricePoint]) -> datetime | None:
    moved = [b.checked_at for a, b in pairwise(window) if a.price != b.price]
    return moved[-1] if moved else None
