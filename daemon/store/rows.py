"""Between columns and values: how rules and requests are kept as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from daemon.alarm import Alarm
from daemon.model import Request, Rules
from daemon.packing import digest
from daemon.product import ProductRules

_NO_RULES, _NO_PRODUCT_RULES = Rules(), ProductRules()
# Rules that change what is made of a reading, not the reading: no new baseline is needed.
_AFTER_READING = frozenset({"additions_only", "sensitivity", "intent"})


def rules_to_json(rules: Rules | ProductRules) -> dict[str, Any]:
    """Only what differs from the defaults, so that new options leave old rows alone."""
    none = _NO_RULES if isinstance(rules, Rules) else _NO_PRODUCT_RULES
    given, defaults = _plain(rules), _plain(none)
    return {key: value for key, value in given.items() if value != defaults[key]}


def _plain(rules: Rules | ProductRules) -> dict[str, Any]:
    # Through JSON: what is compared with a row must have lists where the row has them.
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(rules))
    return plain


def rules_from_json(stored: dict[str, Any]) -> Rules:
    """The rules of a row; what a newer version wrote and this one does not know is left out."""
    return msgspec.convert(stored, Rules) if stored else _NO_RULES


def product_rules_from_json(stored: dict[str, Any]) -> ProductRules:
    """The rules of a product's row."""
    return msgspec.convert(stored, ProductRules) if stored else _NO_PRODUCT_RULES


def alarm_of(streak: int, since: datetime | None, alerted: dict[str, Any]) -> Alarm:
    """The alarm of a site's or a product's row."""
    told = msgspec.convert(alerted, dict[str, datetime]) if alerted else {}
    return Alarm(streak, since, told)


def rules_hash(stored: dict[str, Any]) -> str:
    """The identity of rules, as the first half of `read_with`."""
    read = {key: value for key, value in stored.items() if key not in _AFTER_READING}
    return digest(msgspec.json.encode(read, order="sorted"))[:16] if read else "plain"


def request_key(request: Request) -> str:
    """The identity of a request: equal requests share one page."""
    parts = (request.method, request.url, sorted(request.headers.items()), request.renderer)
    return digest(msgspec.json.encode(parts))
