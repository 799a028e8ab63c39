"""Formats prices, stock and alerts for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import click

from daemon.cli.terminal.show import BAD, DIM, GOOD, PLAIN, STRONG, WARM, Clean, Style
from daemon.display.prices import alert_text, amount_of, money, plain_amount
from daemon.display.words import percent
from daemon.model.outcome import ProductOutcome
from daemon.model.product import AlertIntent
from daemon.money.offer import Offer

_STOCK: Mapping[str, Style] = {
    "in_stock": GOOD,
    "limited": GOOD,
    "out_of_stock": BAD,
    "discontinued": BAD,
    "unknown": DIM,
}
_ALERT: Mapping[str, Style] = {
    "price_drop": {"fg": "green", "bold": True},
    "back_in_stock": {"fg": "green", "bold": True},
    "price_rise": WARM,
    "out_of_stock": WARM,
    "discontinued": BAD,
    "availability_change": WARM,
    "currency_change": WARM,
}


def stock(availability: str) -> tuple[str, Style]:
    """The availability, with its colour."""
    shown = "–" if availability == "unknown" else availability.replace("_", " ")
    return shown, _STOCK.get(availability, PLAIN)


def offer_lines(one: ProductOutcome, clean: Clean) -> Iterator[str]:
    """The result of a check of a product, with its alerts."""
    if one.check is not None:
        yield f"  {_offer_line(one.check.offer, one.check.is_believed, one.check.reason, clean)}"
    for alert in one.alerts:
        yield f"  {alert_line(alert, clean)}"


def _offer_line(offer: Offer, is_believed: bool, reason: str, clean: Clean) -> str:
    shown, style = stock(offer.availability)
    parts = [click.style(money(offer.price, offer.currency), **STRONG)]
    if offer.list_price is not None:
        parts.append(
            click.style(f"instead of {amount_of(offer.list_price, offer.currency)}", **DIM)
        )
    parts.append(click.style(shown, **style))
    told = f"{percent(offer.confidence)} sure"
    source = f", from {clean.line(offer.source)}" if offer.source else ""
    parts.append(click.style(f"{told}{source}", **DIM))
    if not is_believed:
        parts.append(click.style(f"not believed yet: {reason.replace('_', ' ')}", **WARM))
    return "  ".join(parts)


def alert_line(alert: AlertIntent, clean: Clean) -> str:
    """One alert in a line."""
    kind = alert.kind.value
    word = click.style(f" {kind.replace('_', ' ').upper()} ", **{"reverse": True, **_ALERT[kind]})
    return f"{word} {clean.line(alert_text(alert))}"


def alert_json(alert: AlertIntent) -> dict[str, Any]:
    """One alert for programs; amounts are text, so that no digit is lost."""
    return {
        "alert_type": alert.kind.value,
        "rule": alert.rule,
        "price": plain_amount(alert.price, alert.currency) or None,
        "previous_price": plain_amount(alert.previous_price, alert.currency_before) or None,
        "currency": alert.currency,
        "previous_currency": alert.currency_before,
        "availability": alert.availability.value,
    }


def offer_json(one: ProductOutcome, clean: Clean) -> dict[str, Any] | None:
    """The result, for programs."""
    if one.check is None:
        return None
    offer = one.check.offer
    return {
        "price": plain_amount(offer.price, offer.currency) or None,
        "currency": offer.currency,
        "availability": offer.availability.value,
        "list_price": plain_amount(offer.list_price, offer.currency) or None,
        "confidence_score": offer.confidence,
        "source": clean.line(offer.source),
        "is_believed": one.check.is_believed,
        "reason": one.check.reason,
        "flags": list(offer.flags),
    }
