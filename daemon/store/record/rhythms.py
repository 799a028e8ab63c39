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
from daemon.model.request import Rhythm
from daemon.model.status import Verdict
from daemon.store.tables import Product

_PRODUCT = Product.__table__
_JUST_NOW = timedelta(minutes=1)  # a page made for each request was modified at that moment


async def keep_rhythms(connection: AsyncConnection, outcomes: Sequence[Outcome]) -> None:
    """Add the changes of products that these checks have seen; those of sites go with their row."""
    rows = [row for outcome in outcomes for row in _rows(outcome)]
    if rows:
        known = update(_PRODUCT).where(_PRODUCT.c.product_id == bindparam("owned"))
        await connection.execute(known.values(rhythm=bindparam("seen")), rows)


def _rows(outcome: Outcome) -> Iterator[dict[str, Any]]:
    for one in outcome.products:
        if one.verdict is Verdict.CHANGED:
            seen = with_this_change(one.product.rhythm, outcome)
            if seen is not None:
                yield {"owned": one.product.id, "seen": seen}


def with_this_change(known: Rhythm, outcome: Outcome) -> dict[str, Any] | None:
    """What is known of the changes with the one that this check saw; None for a first check."""
    last = outcome.page.last_checked_at
    return None if last is None else _as_json(known, outcome, last)


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
