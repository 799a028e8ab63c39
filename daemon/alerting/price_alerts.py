"""Turns a price alert into a cause of notices."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from daemon.alerting.values import Event, EventKind
from daemon.model.outcome import Outcome, ProductOutcome
from daemon.model.product import AlertIntent, AlertKind
from daemon.money.numbers import amount_text, price_text
from daemon.phrasebook import Phrase
from daemon.redaction import redact_text

_HEADS = {
    "price_drop": "costs less",
    "price_rise": "costs more",
    "back_in_stock": "is back in stock",
    "out_of_stock": "is sold out",
    "discontinued": "is no longer sold",
    "currency_change": "is priced in another currency",
}
_RULES = {
    "target": "the target price is reached",
    "amount": "it fell by the amount that was asked for",
    "percent": "it fell by the share that was asked for",
    "lowest": "it was not cheaper in the days that were asked for",
}


def price_event(
    outcome: Outcome, one: ProductOutcome, alert: AlertIntent, alert_id: UUID
) -> Event | None:
    """The cause of an alert; None for a product that nobody owns or wants to hear of."""
    product = one.product
    if product.owner_id is None or product.rules.notify_on == "none":
        return None
    title = f"{product.name} {_head(alert)}"
    summary = _summary(alert, one.check.reason if one.check else "")
    return Event(
        kind=EventKind.PRICE,
        id=f"{product.id}:{alert.key}",
        owner_id=product.owner_id,
        name=product.name,
        host=outcome.page.host,
        at=outcome.started_at,
        facts={
            "product": product.name,
            "product_id": str(product.id),
            "title": title,
            "summary": summary,
            "reasons": [_RULES[alert.rule]] if alert.rule in _RULES else [],
            "url": redact_text(outcome.page.request.url),
            "alert_type": str(alert.kind),
            "price": _text(alert.price, alert.currency),
            "previous_price": _text(alert.previous_price, alert.currency_before),
            "currency": alert.currency,
            "previous_currency": alert.currency_before,
            "availability": str(alert.availability),
        },
        tags=product.tags,
        text=f"{title} {summary}",
        price_alert_id=alert_id,
    )


def _head(alert: AlertIntent) -> str:
    if alert.kind is AlertKind.AVAILABILITY_CHANGE:
        return f"is now listed as {alert.availability.words}"
    return _HEADS[alert.kind]


def _summary(alert: AlertIntent, doubt: str) -> str:
    if alert.price is None:
        return "" if doubt in ("", "no_price") else Phrase.PRICE_UNSURE.sentence()
    now = price_text(alert.price, alert.currency)
    if alert.previous_price is None:
        return Phrase.COSTS.sentence(new=now)
    before = price_text(alert.previous_price, alert.currency_before)
    if before == now:
        return Phrase.COSTS.sentence(new=now)
    return Phrase.REPLACED.sentence(old=before, new=now)


def _text(price: Decimal | None, currency: str | None) -> str | None:
    return None if price is None else amount_text(price, currency)
