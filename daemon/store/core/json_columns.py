"""Between columns and values: how rules and requests are kept as JSON."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Row

from daemon.logs.logger import get_logger
from daemon.model.alarm import Alarm
from daemon.model.product import ProductRules
from daemon.model.request import Request
from daemon.model.site import Rules
from daemon.model.volatile_lines import Volatile
from daemon.packing import digest

log = get_logger(__name__)

_T = TypeVar("_T")
_TOLD_EVERY_SECONDS = 3600.0
_MOST_TOLD = 1000  # where there are more, it is the file that is damaged

_NO_RULES, _NO_PRODUCT_RULES = Rules(), ProductRules()
# Rules that change what is made of a reading, not the reading: no new baseline is needed.
_AFTER_READING = frozenset({"additions_only", "sensitivity", "intent"})


class Aside:
    """The rows that this process has lately left out of what it does, each told once an hour."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._told: dict[tuple[str, str], float] = {}  # the oldest first

    def add(self, table: str, key: str) -> bool:
        """Whether this row is to be told of now."""
        now = self._clock()
        self._forget(now - _TOLD_EVERY_SECONDS)
        if (table, key) in self._told or len(self._told) >= _MOST_TOLD:
            return False
        self._told[table, key] = now
        return True

    def tables(self) -> Counter[str]:
        """How many rows of each table were told of within the last hour."""
        self._forget(self._clock() - _TOLD_EVERY_SECONDS)
        return Counter(table for table, _ in self._told)

    def clear(self) -> None:
        """Tell all of them anew."""
        self._told.clear()

    def _forget(self, before: float) -> None:
        while self._told and (first := next(iter(self._told.items())))[1] < before:
            del self._told[first[0]]


ASIDE = Aside()


def set_aside(table: str, key: object, name: str, reason: object) -> None:
    """Tell of a row that cannot be used as it is, and is left out of what is done."""
    if ASIDE.add(table, str(key)):
        log.error("row_set_aside", table=table, row=str(key), name=name, reason=str(reason))


def usable(
    rows: Iterable[Row[Any]], make: Callable[[Row[Any]], _T], table: str, key: str = "id"
) -> Iterator[_T]:
    """What is made of these rows; those that hold another shape of JSON than ours are left out."""
    for row in rows:
        try:
            yield make(row)
        except msgspec.ValidationError as exc:
            set_aside(table, row._mapping[key], row._mapping.get("name", ""), exc)


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
    return digest(msgspec.json.encode(request.identity))
