"""Reads the last day and the shipping cost of an offer from its schema.org node."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_AMOUNT = re.compile(r"\d{1,9}(?:\.\d{1,4})?")


def valid_until(offer: dict[str, Any]) -> str:
    """The last day of the price as ISO 8601 writes it; empty when none is stated."""
    value = offer.get("priceValidUntil")
    found = _DAY.match(value.strip()) if isinstance(value, str) else None
    return found[0] if found else ""


def shipping(offer: dict[str, Any]) -> Decimal | None:
    """The shipping cost by the first rate that the offer states; zero is free."""
    details = offer.get("shippingDetails")
    first = details[0] if isinstance(details, list) and details else details
    rate = first.get("shippingRate") if isinstance(first, dict) else None
    rate = rate[0] if isinstance(rate, list) and rate else rate
    if not isinstance(rate, dict):
        return None
    text = str(rate.get("value", rate.get("maxValue", ""))).strip()
    return Decimal(text) if _AMOUNT.fullmatch(text) else None
