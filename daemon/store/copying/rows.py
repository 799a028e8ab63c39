"""Converts a row of one database into the row to store, with a hash of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

import msgspec
from sqlalchemy import null

from daemon.characters import storable
from daemon.model.errors import StoreError
from daemon.store.copying.contents import TABLE, is_readable
from daemon.store.copying.plan import CopyPlan, Key, sortable
from daemon.store.tables.garbled import Garbled

HELD = frozenset({"leased_by", "leased_until"})
_EXACT = 2**53  # beyond this PostgreSQL returns an integer where SQLite returns a float
_encode = msgspec.msgpack.Encoder(order="sorted").encode


@dataclass(frozen=True, slots=True)
class Row:
    """One row, comparable with the same row of another kind of database."""

    key: Key
    values: tuple[Any, ...]
    seal: bytes  # equal for equal rows, different for others

    @property
    def place(self) -> Key:
        """Its key in the order of its table."""
        return sortable(self.key)


def row_of(plan: CopyPlan, found: Sequence[Any]) -> Row:
    """A row with its seal: its typed values in one encoding, whatever the database."""
    values = _as_stored(plan, found)
    told = list(values)
    for i in plan.json_places:
        told[i] = _one_spelling(values[i])
    return Row(tuple(values[i] for i in plan.key_places), values, _encode(told))


def _as_stored(plan: CopyPlan, found: Sequence[Any]) -> tuple[Any, ...]:
    """The values of a row; JSON of an unknown shape is copied as well.

    Errors: StoreError for values that no other database accepts in this column.
    """
    for value, name in zip(found, plan.names, strict=False):
        if isinstance(value, Garbled) and plan.names.index(name) not in plan.json_places:
            key = ", ".join(str(found[i]) for i in plan.key_places)
            raise StoreError(
                f"row {key} of {plan.table.name} holds {str(value)[:60]!r} in {name}, which is "
                "garbled: mend the row or remove it"
            )
    return tuple(value.stored if isinstance(value, Garbled) else value for value in found)


def record_of(plan: CopyPlan, row: Row) -> dict[str, Any]:
    """The row as parameters of a statement."""
    width = len(plan.names)
    record = dict(zip(plan.names, row.values[:width], strict=True))
    for i, is_null in zip(plan.nullable_json, row.values[width:], strict=True):
        if is_null:
            record[plan.names[i]] = null()  # None would be written as JSON's own null
    return record


class Mover:
    """Makes rows of one table portable: without leases, and storable everywhere."""

    def __init__(self, plan: CopyPlan, cleaned: Counter[str], damaged: list[str]) -> None:
        self._plan = plan
        self._cleaned = cleaned
        self._damaged = damaged
        self._held = [i for i, name in enumerate(plan.names) if name in HELD]
        names = plan.names
        self._content = (names.index("hash"), names.index("data")) if plan.table is TABLE else None
        self._run = [names.index(n) for n in ("ended_at", "heartbeat_at", "started_at")
                     if plan.table.name == "runs"]  # fmt: skip

    def moved(self, found: Sequence[Any]) -> Row:
        """The row as stored in the copy."""
        values = list(_as_stored(self._plan, found))
        for i in self._held:
            values[i] = None
        if self._run:
            ended, heartbeat, started = self._run
            values[ended] = values[ended] or values[heartbeat] or values[started]
        if self._content is not None and not is_readable(*(values[i] for i in self._content)):
            self._damaged.append(values[self._content[0]])
        for i, value in enumerate(values):
            if isinstance(value, str | dict | list):
                values[i] = self._clean(i, value)
        return row_of(self._plan, values)

    def _clean(self, place: int, value: Any) -> Any:
        clean = _storable(value)
        longest = self._plan.lengths.get(place)
        if longest and len(clean) > longest:
            clean = clean[:longest]
        if clean is not value:
            self._cleaned[f"{self._plan.table.name}.{self._plan.names[place]}"] += 1
        return clean


def _storable(value: Any) -> Any:
    """The same object, or one without what PostgreSQL cannot store, such as NaN in JSON."""
    if isinstance(value, str):
        clean = storable(value)
        return clean if clean != value else value
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, list):
        items = [_storable(item) for item in value]
        return value if _are_same(items, value) else items
    return _storable_object(value) if isinstance(value, dict) else value


def _storable_object(value: dict[Any, Any]) -> dict[Any, Any]:
    keys, items = [_storable(key) for key in value], [_storable(one) for one in value.values()]
    is_same = _are_same(keys, value) and _are_same(items, value.values())
    return value if is_same else dict(zip(keys, items, strict=True))


def _are_same(cleaned: Iterable[Any], before: Iterable[Any]) -> bool:
    """Whether cleaning has left each of these objects as it was."""
    return all(a is b for a, b in zip(cleaned, before, strict=True))


def _one_spelling(value: Any) -> Any:
    """A JSON value with each number in one type, as 1.0 may be returned as 1.

    Text that is not JSON is kept as text, which reads the same.
    """
    if isinstance(value, dict):
        return {key: _one_spelling(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_one_spelling(item) for item in value]
    return _one_number(value) if isinstance(value, int | float) else value


def _one_number(value: Any) -> Any:
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) <= _EXACT else value
    if abs(value) <= _EXACT:
        return value
    try:
        return float(value)
    except OverflowError:
        return str(value)
