"""Between columns and values: how rules and requests are kept as JSON."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import msgspec

from daemon.alarm import Alarm
from daemon.log import get_logger
from daemon.model import Request, Rules
from daemon.packing import digest
from daemon.product import ProductRules
from daemon.volatile import Volatile

log = get_logger(__name__)

_NO_RULES, _NO_PRODUCT_RULES = Rules(), ProductRules()
# Rules that change what is made of a reading, not the reading: no new baseline is needed.
_AFTER_READING = frozenset({"additions_only", "sensitivity", "intent"})


class Garbled(str):
    """What a column holds that should hold JSON: fits nothing, and stops nobody else's row."""

    __slots__ = ()


def decoded(stored: Any) -> Any:
    """A JSON column's value, or its text as `Garbled`: to raise here would fail whole queries."""
    try:
        return json.loads(stored)
    except (ValueError, TypeError, RecursionError):
        return Garbled(stored)


def set_aside(table: str, key: object, name: str, reason: object) -> None:
    """Tell of a row that cannot be used as it is, and is left out of what is done."""
    log.error("row_set_aside", table=table, row=str(key), name=name, reason=str(reason))


def headers_of(stored: Any) -> dict[str, str]:
    """The headers of a page's row.

    Errors: msgspec.ValidationError when it holds something else.
    """
    return msgspec.convert(stored, dict[str, str])


def mapping_of(stored: Any) -> dict[str, Any]:
    """The object of a JSON column.

    Errors: msgspec.ValidationError when it holds something else.
    """
    return msgspec.convert(stored, dict[str, Any])


def volatile_of(stored: Any) -> Volatile:
    """What of a site moves by itself.

    Errors: msgspec.ValidationError when the column holds something else.
    """
    return msgspec.convert(stored, Volatile)


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
    return _NO_RULES if stored == {} else msgspec.convert(stored, Rules)


def product_rules_from_json(stored: dict[str, Any]) -> ProductRules:
    """The rules of a product's row."""
    return _NO_PRODUCT_RULES if stored == {} else msgspec.convert(stored, ProductRules)


NO_ALARM_COLUMNS: dict[str, Any] = {"failure_streak": 0, "failing_since": None, "alerted": {}}


def alarm_of(streak: int, since: datetime | None, alerted: dict[str, Any]) -> Alarm:
    """The alarm of a site's or a product's row."""
    told = {} if alerted == {} else msgspec.convert(alerted, dict[str, datetime])
    return Alarm(streak, since, told)


def rules_hash(stored: dict[str, Any]) -> str:
    """The identity of rules, as the first half of `read_with`."""
    read = {key: value for key, value in stored.items() if key not in _AFTER_READING}
    return digest(msgspec.json.encode(read, order="sorted"))[:16] if read else "plain"


def request_key(request: Request) -> str:
    """The identity of a request: equal requests share one page."""
    parts = (request.method, request.url, sorted(request.headers.items()), request.renderer)
    return digest(msgspec.json.encode(parts))
