"""Remembers when sites and products were seen to have changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import bindparam, update
from sqlalchemy.ext.asyncio import AsyncConnection

from daemon.http_date import parse_http_date
from daemon.model.outcome import Outcome
from daemon.model.product import Product
from daemon.model.request import Rhythm
from daemon.model.site import Site
from daemon.model.status import Verdict
from daemon.store.tables import MonitoredSite
from daemon.store.tables import Product as ProductRow

_SITE, _PRODUCT = MonitoredSite.__table__, ProductRow.__table__
_JUST_NOW = timedelta(minutes=1)  # a page made for each request was modified at that moment


async def keep_rhythms(connection: AsyncConnection, outcomes: Sequence[Outcome]) -> None:
    """Add the changes that these checks have seen."""
    sites = [row for outcome in outcomes for row in _rows(outcome, _changed_sites(outcome))]
    products = [row for outcome in outcomes for row in _rows(outcome, _changed_products(outcome))]
    for key, rows in ((_SITE.c.id, sites), (_PRODUCT.c.product_id, products)):
        if rows:
            known = update(key.table).where(key == bindparam("owned"))
            await connection.execute(known.values(rhythm=bindparam("seen")), rows)


def _changed_sites(outcome: Outcome) -> Iterator[Site]:
    return (one.site for one in outcome.sites if one.verdict is Verdict.CHANGED)


def _changed_products(outcome: Outcome) -> Iterator[Product]:
    return (one.product for one in outcome.products if one.verdict is Verdict.CHANGED)


def _rows(outcome: Outcome, changed: Iterator[Site | Product]) -> Iterator[dict[str, Any]]:
    last = outcome.page.last_checked_at
    if last is not None:
        for one in changed:
            yield {"owned": one.id, "seen": _as_json(one.rhythm, outcome, last)}


def _as_json(known: Rhythm, outcome: Outcome, last: datetime) -> dict[str, Any]:
    seen = outcome.started_at
    after = _modified_at(outcome, last, seen) or last
    rhythm = known.and_seen(int(after.timestamp()), int(seen.timestamp()))
    plain: dict[str, Any] = msgspec.to_builtins(rhythm)
    return plain


def _modified_at(outcome: Outcome, last: datetime, seen: datetime) -> datetime | None:
    """When the server says that the page changed, if that is between the two checks."""
    response = outcome.response
    said = parse_http_date(response.validators.last_modified) if response else None
    at = said.astimezone(UTC) if said is not None else None
    return at if at is not None and last < at < seen - _JUST_NOW else None
