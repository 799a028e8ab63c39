"""Operations on products: find and list them, and show what they cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

import msgspec

from daemon.lexicon.availability import Availability
from daemon.model.errors import NotFoundError
from daemon.model.viewer import Viewer
from daemon.money.offer import PriceCandidate as PriceCandidate
from daemon.operations.lookup import LookedUp, look_up, no_product, refuse_unused
from daemon.prices import PricePoint as PricePoint
from daemon.prices import Statistics as Statistics
from daemon.prices import statistics
from daemon.prices.statistics import PERIODS_DAYS
from daemon.store.core.database import Database
from daemon.store.views import products as views
from daemon.store.views.price_pages import MOST_CHECKS, checks_since, with_other_shops
from daemon.store.views.price_pages import LeanCheck as LeanCheck
from daemon.store.views.products import EVERY_PRODUCT
from daemon.store.views.products import PriceAlertView as PriceAlertView
from daemon.store.views.products import PriceCheckView as PriceCheckView
from daemon.store.views.products import ProductFilter as ProductFilter
from daemon.store.views.products import ProductView as ProductView
from daemon.store.views.standing import state_of as state_of
from daemon.store.views.trends import PriceDayView as PriceDayView
from daemon.store.views.trends import points_of, price_days

_PERIODS_BEFORE = 9
_ALERTS = 50


@dataclass(frozen=True, slots=True)
class Followed:
    """A product with its recent prices."""

    view: ProductView
    points: Sequence[PricePoint]
    figures: Statistics | None


@dataclass(frozen=True, slots=True)
class PriceHistory:
    """A product with its history, newest first.

    Shape: `days` stand for checks no longer kept, oldest first.
    """

    view: ProductView
    checks: Sequence[PriceCheckView]
    alerts: Sequence[PriceAlertView]
    days: Sequence[PriceDayView] = ()

    def points(self) -> list[PricePoint]:
        """The believed prices, oldest first."""
        points = [
            PricePoint(c.scraped_at, c.price, c.currency, Availability(c.availability), c.variant)
            for c in self.checks
            if c.is_believed and c.price is not None
        ]
        return sorted([*points, *points_of(self.days)], key=lambda point: point.checked_at)


@dataclass(frozen=True, slots=True)
class PriceEvidence:
    """What the last check that read an offer of its own found, and why it chose that price.

    Shape: `candidates` are all prices that the page states or shows, as they were stored.
    """

    seen_at: datetime
    price: Decimal | None
    currency: str | None
    confidence: float | None
    is_believed: bool
    source: str
    path: str
    flags: Sequence[str]
    candidates: Sequence[PriceCandidate]


@dataclass(frozen=True, slots=True)
class PricePage:
    """A product with all that its page shows of a span of time.

    Shape: `shops` are the product at all of its addresses, this one included. `moves` are the
           checks that found something new, newest first; `is_cut` if not all could be loaded.
           `points` are the believed prices with those that only repeat the one before, and the
           checks that found none, oldest first; `read_at` all instants at which the page was
           read.
    """

    view: ProductView
    shops: Sequence[ProductView]
    since: datetime
    moves: Sequence[LeanCheck]
    is_cut: bool
    points: Sequence[PricePoint]
    read_at: Sequence[datetime]
    figures: Statistics | None
    alerts: Sequence[PriceAlertView]
    evidence: PriceEvidence | None


def figures_of(points: Sequence[PricePoint], now: datetime) -> list[Statistics]:
    """The statistics of the last variant, for each usual period that has prices of it."""
    variant = points[-1].variant if points else None
    figures = (statistics(points, now, days, variant) for days in PERIODS_DAYS)
    return [one for one in figures if one is not None]


async def find_products(
    database: Database, viewer: Viewer, words: Sequence[str]
) -> LookedUp[ProductView]:
    """The live products that these words name, by name, URL or id."""
    return await look_up(database, viewer, views.find_products, words)


async def the_products(
    database: Database, viewer: Viewer, words: Sequence[str], tags: Sequence[str] = ()
) -> Sequence[ProductView]:
    """The products that these words name, at all the addresses meant, and those with such a tag.

    Errors: NotFoundError for a word that names none, and for a tag that none has.
    """
    await refuse_unused(database, viewer, ["product"], tags)
    found = await find_products(database, viewer, words)
    if found.missing:
        raise await no_product(database, viewer, found.missing[0])
    if not tags:
        return found.views
    async with database.reading() as session:
        tagged = await views.list_products(session, viewer, ProductFilter(tags=tags))
    return list({one.id: one for one in (*found.views, *tagged)}.values())


async def list_products(
    database: Database,
    viewer: Viewer,
    days: int,
    now: datetime,
    wanted: ProductFilter = EVERY_PRODUCT,
) -> list[Followed]:
    """The viewer's live products by name, with their prices and the figures of the last days.

    Errors: NotFoundError for a tag that no product has.
    """
    await refuse_unused(database, viewer, ["product"], wanted.tags)
    # The price at the start of the period counts as well, and may be much older.
    since = now - timedelta(days=days * (1 + _PERIODS_BEFORE))
    async with database.reading() as session:
        found = await views.list_products(session, viewer, wanted)
        points = await views.moves_since(session, viewer, [view.id for view in found], since)
    return [followed(view, points[view.id], days, now) for view in found]


def followed(view: ProductView, points: Sequence[PricePoint], days: int, now: datetime) -> Followed:
    """A product with its prices, oldest first, and the figures of the last days."""
    variant = points[-1].variant if points else None
    return Followed(view, points, statistics(points, now, days, variant))


async def price_histories(
    database: Database, viewer: Viewer, word: str, since: datetime, limit: int | None = None
) -> list[PriceHistory]:
    """What a product cost since an instant, at each of its addresses; `limit` bounds the checks.

    Errors: NotFoundError.
    """
    found = []
    products = await the_products(database, viewer, [word])
    async with database.reading() as session:
        for view in products:
            checks = await views.list_price_checks(session, viewer, view.id, since, limit)
            alerts = await views.list_price_alerts(session, viewer, [view.id], len(checks) + 1)
            days = await price_days(session, viewer, [view.id], since)
            found.append(PriceHistory(view, checks, alerts, days))
    return found


async def price_page(
    database: Database, viewer: Viewer, product_id: UUID, since: datetime, now: datetime
) -> PricePage:
    """A product and what it cost since an instant.

    Errors: NotFoundError.
    """
    async with database.reading() as session:
        shops = await with_other_shops(session, viewer, product_id)
        view = next((one for one in shops if one.id == product_id), None)
        if view is None:
            raise NotFoundError("product", str(product_id))
        checks = await checks_since(session, viewer, product_id, since)
        days = await price_days(session, viewer, [product_id], since)
        alerts = await views.list_price_alerts(session, viewer, [product_id], _ALERTS)
    points = _points(checks, days)
    priced = [one for one in points if one.price is not None]
    begin = max(since, priced[0].checked_at) if priced else since
    variant = priced[-1].variant if priced else None
    return PricePage(
        view=view,
        shops=shops,
        since=begin,
        moves=[one for one in checks if not one.is_repeat],
        is_cut=len(checks) == MOST_CHECKS,
        points=points,
        read_at=[*(one.scraped_at for one in checks), *(_noon(one.day) for one in days)],
        figures=statistics(points, now, (now - begin).days or 1, variant),
        alerts=[one for one in alerts if one.created_at >= since],
        evidence=next((_evidence(one) for one in checks if not one.is_repeat), None),
    )


def _points(checks: Sequence[LeanCheck], days: Sequence[PriceDayView]) -> list[PricePoint]:
    points = [
        PricePoint(c.scraped_at, c.price, c.currency, Availability(c.availability), c.variant)
        for c in checks
        if c.is_believed or c.price is None
    ]
    return sorted([*points, *points_of(days)], key=lambda point: point.checked_at)


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)


def _evidence(check: LeanCheck) -> PriceEvidence:
    details = check.details or {}
    return PriceEvidence(
        seen_at=check.scraped_at,
        price=check.price,
        currency=check.currency,
        confidence=check.confidence_score,
        is_believed=check.is_believed,
        source=str(details.get("source", "")),
        path=str(details.get("path", "")),
        flags=[str(one) for one in details.get("flags") or ()],
        candidates=list(_candidates(details.get("candidates"))),
    )


def _candidates(stored: object) -> Iterator[PriceCandidate]:
    """The candidates that can be read: older versions may have stored others."""
    for one in stored if isinstance(stored, list) else ():
        with suppress(msgspec.ValidationError):
            yield msgspec.convert(one, PriceCandidate)
