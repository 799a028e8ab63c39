"""Writes the outcomes of products: price checks, their sources, alerts, and the state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import bindparam, insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from daemon.model.outcome import Outcome, ProductOutcome
from daemon.model.product import AlertIntent, PriceCheckDraft
from daemon.model.status import Verdict
from daemon.store.tables import PriceAlert, PriceCheck, PriceSource, Product
from daemon.store.tables.ids import new_id

_PRODUCT = Product.__table__
_Found = Sequence[tuple[Outcome, ProductOutcome, PriceCheckDraft]]

_move = (
    update(_PRODUCT)
    .where(_PRODUCT.c.product_id == bindparam("product"))
    .values(
        error_class=bindparam("why"),
        error_detail=bindparam("detail"),
        deferred_since=bindparam("deferred_from"),
    )
)
_move_state = _move.values(
    state=bindparam("memory"), last_changed_at=bindparam("changed_at"), updated_at=bindparam("at")
)


async def record_products(
    connection: AsyncConnection, outcomes: Sequence[Outcome]
) -> Mapping[tuple[UUID, str], UUID]:
    """Write the products' part of these outcomes; the ids of their alerts, by product and key.

    Shape: the packed sources are stored already; an alert is stored together with the check that
           caused it and the state that remembers it, or none of the three is.
    """
    owned = [(outcome, one) for outcome in outcomes for one in outcome.products]
    checks = [(o, one, one.check) for o, one in owned if one.check is not None]
    alert_ids: Mapping[tuple[UUID, str], UUID] = {}
    if checks:
        await connection.execute(insert(PriceCheck.__table__), [_check_row(*c) for c in checks])
        await _keep_sources(connection, checks)
        alert_ids = await _add_alerts(connection, checks)
    await _move_products(connection, owned)
    return alert_ids


def _check_row(outcome: Outcome, one: ProductOutcome, check: PriceCheckDraft) -> dict[str, Any]:
    offer = check.offer
    return {
        "price_check_id": check.id,
        "product_id": one.product.id,
        "price": offer.price,
        "currency": offer.currency,
        "availability": offer.availability,
        "scraped_at": outcome.started_at,
        "raw_html": None if check.repeats else offer.html or None,
        "confidence_score": offer.confidence,
        "is_believed": check.is_believed,
        "is_repeat": check.repeats,
        "variant": offer.variant,
        "details": {} if check.repeats else _details(check),
    }


_IN_COLUMNS = frozenset({"price", "currency", "availability", "confidence", "variant", "html"})


def _details(check: PriceCheckDraft) -> dict[str, Any]:
    """Further facts of the offer, and all candidates, without empty values."""
    said: dict[str, Any] = msgspec.to_builtins(check.offer)
    said |= {"reason": check.reason}
    return {key: value for key, value in said.items() if value and key not in _IN_COLUMNS}


async def _keep_sources(connection: AsyncConnection, checks: _Found) -> None:
    rows = [
        {
            "price_check_id": check.id,
            "source_hash": check.source.hash,
            "content_type": outcome.response.document.content_type,
            "charset": outcome.response.document.charset,
            "url": outcome.response.document.url,
            "created_at": outcome.started_at,
        }
        for outcome, _, check in checks
        if check.source is not None and outcome.response is not None
    ]
    if rows:
        await connection.execute(insert(PriceSource.__table__), rows)


async def _add_alerts(
    connection: AsyncConnection, checks: _Found
) -> Mapping[tuple[UUID, str], UUID]:
    rows, ids = [], {}
    for outcome, one, check in checks:
        for alert in one.alerts:
            ids[one.product.id, alert.key] = alert_id = new_id()
            rows.append(_alert_row(alert_id, check, alert, outcome.started_at))
    if rows:
        await connection.execute(insert(PriceAlert.__table__), rows)
    return ids


def _alert_row(
    alert_id: UUID, check: PriceCheckDraft, alert: AlertIntent, at: datetime
) -> dict[str, Any]:
    return {
        "alert_id": alert_id,
        "price_check_id": check.id,
        "alert_type": alert.kind,
        "details": msgspec.to_builtins(alert),
        "created_at": at,
    }


async def _move_products(
    connection: AsyncConnection, owned: Sequence[tuple[Outcome, ProductOutcome]]
) -> None:
    moved: list[dict[str, Any]] = []
    told: list[dict[str, Any]] = []
    for outcome, one in owned:
        row = {
            "product": one.product.id,
            "why": one.error_class,
            "detail": one.error_detail or None,
            "deferred_from": outcome.deferred_since(one),
        }
        if one.state is not None:
            moved.append(row | _state_row(outcome, one))
        elif one.error_class is not None or one.product.error_class is not None:
            told.append(row)
    if moved:
        await connection.execute(_move_state, moved)
    if told:
        await connection.execute(_move, told)


def _state_row(outcome: Outcome, one: ProductOutcome) -> dict[str, Any]:
    changed = one.verdict is Verdict.CHANGED
    return {
        "memory": msgspec.to_builtins(one.state),
        "changed_at": outcome.started_at if changed else one.product.last_changed_at,
        "at": outcome.started_at,
    }
