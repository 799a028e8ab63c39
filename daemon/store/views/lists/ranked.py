"""What happened since an instant, the most important first: each site once, however often.

The newest changes are ranked, up to a bound; nothing older than that is sorted or counted.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import reduce
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Select, and_, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from daemon.model.product import AlertIntent
from daemon.model.viewer import Viewer
from daemon.store.core.json_columns import usable
from daemon.store.core.visibility import is_visible
from daemon.store.tables import (
    ContentUpdate,
    MonitoredSite,
    PriceAlert,
    Product,
    Rating,
)
from daemon.store.tables.ids import first_id
from daemon.store.views.lists.changes import ListedChange, details, listed, shown
from daemon.store.views.lists.counting import SeverityCounts
from daemon.store.views.lists.keyset import FIRST, Counted, Order
from daemon.store.views.lists.selection import SEVERITIES, Selection
from daemon.store.views.price_history import state_from_json
from daemon.store.views.products import ALERTS, PriceAlertView

_BY_CONDITION = "condition"  # the category of what a condition of the owner's told
# What a change is worth: its severity above all, unless its owner has asked to be told of it.
_OF_SEVERITY, _OF_CONDITION, _OF_NOISE, _OF_USEFUL = 2.0, 9.0, -9.0, 1.0
_UNSURE = 0.5


@dataclass(frozen=True, slots=True)
class RankedSite:
    """A site that has changed, by its most important change."""

    change: ListedChange
    changes: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Ranking:
    """The sites that have changed, the most important first, and how many changes there were."""

    sites: tuple[RankedSite, ...]
    number: Counted  # of all sites that have changed
    counts: SeverityCounts
    ranked_from: datetime | None = None  # nothing older was ranked; None if all was


@dataclass(frozen=True, slots=True)
class AlertSince:
    """A price alert, what it says, and the last price of its product that was believed."""

    view: PriceAlertView
    alert: AlertIntent
    price: Decimal | None = None
    currency: str | None = None


async def rank(session: AsyncSession, selection: Selection, limit: int) -> Ranking:
    """The sites whose changes are asked for, by what their most important one is worth."""
    rows = sorted(
        shown(selection.viewer, await details(session, _best_of_sites(selection, limit))),
        key=lambda row: row.place,
    )
    if not rows:
        return Ranking((), Counted(0), SeverityCounts.of([0] * len(SEVERITIES), None))
    first, is_capped = rows[0], rows[0].gone_through > selection.most
    numbers = [first._mapping[f"of_{one}"] for one in SEVERITIES]
    return Ranking(
        tuple(RankedSite(listed(row), row.changes, row.first_at, row.last_at) for row in rows),
        Counted(first.sites, is_capped),
        SeverityCounts.of(numbers, first.newest_at, is_capped=is_capped),
        first.oldest_at if is_capped else None,
    )


async def alerts_since(
    session: AsyncSession, viewer: Viewer, since: datetime, limit: int
) -> list[AlertSince]:
    """The alerts of the viewer's products since an instant, newest first."""
    rows = await session.execute(
        ALERTS.add_columns(Product.state)
        # Their ids sort by time, and there is no other index for it.
        .where(PriceAlert.alert_id >= first_id(since), is_visible(Product.owner_id, viewer))
        .where(Product.deleted_at.is_(None))
        .order_by(PriceAlert.alert_id.desc())
        .limit(limit)
    )
    return list(usable(rows, _alert_since, "price_alerts", "alert_id"))


def _alert_since(row: Any) -> AlertSince:
    *values, stored = row
    view, state = PriceAlertView(*values), state_from_json(stored)
    alert = msgspec.convert(view.details, AlertIntent)
    return AlertSince(view, alert, *((state.alerts.price, state.alerts.currency) if state else ()))


def _best_of_sites(selection: Selection, limit: int) -> Select[Any]:
    """The most important change of each site, with what is said of the site and of all."""
    every = _worth(selection).subquery()
    site, at = every.c.site_id, every.c.detected_at
    best_first = (every.c.worth.desc(), at.desc(), every.c.id.desc())
    columns: list[Any] = [
        every.c.id,
        every.c.worth,
        every.c.gone_through,
        every.c.oldest_at,
        func.row_number().over(partition_by=site, order_by=best_first).label("nth"),
        func.count().over(partition_by=site).label("changes"),
        func.min(at).over(partition_by=site).label("first_at"),
        func.max(at).over(partition_by=site).label("last_at"),
        func.max(at).over().label("newest_at"),
    ]
    for one in SEVERITIES:
        number = func.sum(case((every.c.change_type == one, 1), else_=0))
        columns.append(number.over().label(f"of_{one}"))
    of_sites = select(*columns).subquery()
    by_worth = (of_sites.c.worth.desc(), of_sites.c.last_at.desc(), of_sites.c.id.desc())
    best: list[Any] = [
        *(column for column in of_sites.c if column.key not in ("worth", "nth")),
        func.count().over().label("sites"),
        func.row_number().over(order_by=by_worth).label("place"),
    ]
    return select(*best).where(of_sites.c.nth == 1).order_by("place").limit(limit)


def _worth(selection: Selection) -> Select[Any]:
    """The newest changes asked for, and what each is worth."""
    one = aliased(ContentUpdate)
    columns: list[Any] = [one.id, one.site_id, one.detected_at, one.change_type]
    columns += [one.category, one.is_significant, one.confidence_score]
    query = select(*columns).where(*selection.on_index(one))
    newest = Order(one.detected_at, one.id).sorted(query, FIRST).limit(selection.most + 1)
    some = newest.subquery()
    reach: list[Any] = [*some.c, func.count().over().label("gone_through")]
    reach.append(func.min(some.c.detected_at).over().label("oldest_at"))
    found = select(*reach).subquery()
    rated = and_(Rating.content_update_id == found.c.id, Rating.user_id == MonitoredSite.owner_id)
    return (
        select(*found.c, _sum(found.c).label("worth"))
        .join(MonitoredSite, MonitoredSite.id == found.c.site_id)
        .outerjoin(Rating, rated)
        .where(*selection.on_rows(found.c), *selection.on_site(found.c))
        .where(is_visible(MonitoredSite.owner_id, selection.viewer))
    )


def _sum(change: Any) -> ColumnElement[Any]:
    """What a change is worth."""
    ranks = {one.value: float(rank) for rank, one in enumerate(reversed(SEVERITIES))}
    useful, noise = MonitoredSite.rated_useful, MonitoredSite.rated_noise
    parts: list[ColumnElement[Any]] = [
        _OF_SEVERITY * case(ranks, value=change.change_type, else_=0.0),
        func.coalesce(change.confidence_score, _UNSURE),
        case((change.category == _BY_CONDITION, _OF_CONDITION), else_=0.0),
        case({"noise": _OF_NOISE, "useful": _OF_USEFUL}, value=Rating.verdict, else_=0.0),
        (useful - noise) * 1.0 / (useful + noise + 4.0),
    ]
    return reduce(operator.add, parts)
