"""Converts rules, requests and other values to and from JSON columns."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Row

from daemon.conditions.values import in_order
from daemon.logs.logger import get_logger
from daemon.model.failure_history import FailureHistory
from daemon.model.product import ProductRules
from daemon.model.site import Rules, Standing
from daemon.model.volatile_lines import Volatile
from daemon.packing import content_hash

log = get_logger(__name__)

_T = TypeVar("_T")
_TOLD_EVERY_SECONDS = 3600.0
_MOST_TOLD = 1000  # more than this means that the file is damaged

_NO_RULES, _NO_PRODUCT_RULES = Rules(), ProductRules()
# Rules that affect what follows a reading, not the reading: they need no new baseline.
_AFTER_READING = frozenset(
    {
        "above",
        "additions_only",
        "appears",
        "below",
        "changes_by",
        "contains",
        "count",
        "disappears",
        "flap_hold",
        "follow",
        "intent",
        "mask",
        "notify_on",
        "sensitivity",
        "watch",
        "watch_status",
    }
)


class UnreadableRows:
    """The rows recently left out by this process, each reported once an hour."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._told: dict[tuple[str, str], float] = {}  # the oldest first

    def add(self, table: str, key: str) -> bool:
        """Whether to report this row now."""
        now = self._clock()
        self._forget(now - _TOLD_EVERY_SECONDS)
        if (table, key) in self._told or len(self._told) >= _MOST_TOLD:
            return False
        self._told[table, key] = now
        return True

    def tables(self) -> Counter[str]:
        """How many rows of each table were reported within the last hour."""
        self._forget(self._clock() - _TOLD_EVERY_SECONDS)
        return Counter(table for table, _ in self._told)

    def clear(self) -> None:
        """Report all of them again."""
        self._told.clear()

    def _forget(self, before: float) -> None:
        while self._told and (first := next(iter(self._told.items())))[1] < before:
            del self._told[first[0]]


ASIDE = UnreadableRows()


def set_aside(table: str, key: object, name: str, reason: object) -> None:
    """Report a row that is unusable and left out."""
    if ASIDE.add(table, str(key)):
        log.error("row_set_aside", table=table, row=str(key), name=name, reason=str(reason))


def usable(
    rows: Iterable[Row[Any]], make: Callable[[Row[Any]], _T], table: str, key: str = "id"
) -> Iterator[_T]:
    """The values of these rows, without those whose JSON has an unexpected shape."""
    for row in rows:
        try:
            yield make(row)
        except msgspec.ValidationError as exc:
            set_aside(table, row._mapping[key], row._mapping.get("name", ""), exc)


def mapping_of(stored: Any) -> dict[str, Any]:
    """The object of a JSON column.

    Errors: msgspec.ValidationError for any other content.
    """
    return msgspec.convert(stored, dict[str, Any])


def tags_of(stored: Any) -> tuple[str, ...]:
    """The tags of a site or a product.

    Errors: msgspec.ValidationError for any other content of the column.
    """
    return msgspec.convert(stored, tuple[str, ...])


def volatile_of(stored: Any) -> Volatile:
    """The volatile lines of a site.

    Errors: msgspec.ValidationError for any other content of the column.
    """
    return msgspec.convert(stored, Volatile)


def standings_of(stored: Any, rules: Rules) -> dict[str, Standing]:
    """How the conditions of a site stand, in the order of its rules.

    Errors: msgspec.ValidationError for any other content of the column.
    """
    return {} if stored == {} else in_order(msgspec.convert(stored, dict[str, Standing]), rules)


def rules_to_json(rules: Rules | ProductRules) -> dict[str, Any]:
    """The rules that differ from the defaults, so that new options do not affect old rows."""
    none = _NO_RULES if isinstance(rules, Rules) else _NO_PRODUCT_RULES
    given, defaults = _as_json(rules), _as_json(none)
    return {key: value for key, value in given.items() if value != defaults[key]}


def _as_json(rules: Rules | ProductRules) -> dict[str, Any]:
    # Through JSON, so that lists compare equal to those in a row.
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(rules))
    return plain


def rules_from_json(stored: dict[str, Any]) -> Rules:
    """The rules of a row, without options of a newer version."""
    return _NO_RULES if stored == {} else msgspec.convert(stored, Rules)


def product_rules_from_json(stored: dict[str, Any]) -> ProductRules:
    """The rules of a product's row."""
    return _NO_PRODUCT_RULES if stored == {} else msgspec.convert(stored, ProductRules)


NO_ALARM_COLUMNS: dict[str, Any] = {"failure_streak": 0, "failing_since": None, "alerted": {}}


def failure_history_of(
    streak: int, since: datetime | None, alerted: dict[str, Any]
) -> FailureHistory:
    """The alarm of a site's or a product's row."""
    told = {} if alerted == {} else msgspec.convert(alerted, dict[str, datetime])
    return FailureHistory(streak, since, told)


def rules_hash(stored: dict[str, Any]) -> str:
    """The identity of rules, as the first half of `read_with`."""
    read = {key: value for key, value in stored.items() if key not in _AFTER_READING}
    return content_hash(msgspec.json.encode(read, order="sorted"))[:16] if read else "plain"
