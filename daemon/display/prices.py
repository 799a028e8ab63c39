"""Formats prices and their alerts for people and for programs."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from daemon.model.product import AlertIntent, AlertKind
from daemon.money.numbers import amount_text, decimal_places

_RULES = {
    "target": "the target price is reached",
    "amount": "it costs so much less",
    "percent": "it costs so many percent less",
    "any": "it costs less",
    "lowest": "it was not so cheap for a long time",
    "rise": "it costs more",
    "currency": "it is priced in another currency",
    "stock": "",
}


def money(amount: Decimal | str | None, currency: str | None) -> str:
    """An amount for people, with whole minor units; a dash for none."""
    if amount is None:
        return "–"
    value = Decimal(amount)
    return f"{value:,.{decimal_places(value, currency)}f} {currency or ''}".strip()


def amount_of(amount: Decimal | None, currency: str | None) -> str:
    """An amount for people where its currency is shown elsewhere."""
    return money(amount, currency).removesuffix(f" {currency}")


def plain_amount(amount: Decimal | str | None, currency: str | None) -> str:
    """An amount for programs; empty for none."""
    return "" if amount is None else amount_text(Decimal(amount), currency)


def alert_text(alert: AlertIntent) -> str:
    """The text of an alert, without its kind."""
    price = money(alert.price, alert.currency)
    if alert.rule == "stock":
        if alert.price is None or alert.kind is AlertKind.AVAILABILITY_CHANGE:
            return alert.availability.words
        return price
    before = f", before {money(alert.previous_price, alert.currency_before)}"
    why = _RULES.get(alert.rule, "")
    return f"{price}{before if alert.previous_price is not None else ''}: {why}"


def price_now(alert: AlertIntent, price: Decimal | None, currency: str | None) -> str:
    """The present price, where an alert told another; empty where it told this one."""
    is_told = (price, currency) == (alert.price, alert.currency)
    return "" if price is None or is_told else f"now {money(price, currency)}"


def alert_of(details: Mapping[str, Any]) -> AlertIntent:
    """The alert in a row.

    Errors: msgspec.ValidationError for a row of another shape.
    """
    return msgspec.convert(details, AlertIntent)


def told_alert(details: Mapping[str, Any]) -> str:
    """The text of the alert in a row; empty for a row that holds none."""
    try:
        return alert_text(alert_of(details))
    except msgspec.ValidationError:
        return ""
