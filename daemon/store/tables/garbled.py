"""Reads values that do not fit their columns, which SQLite allows, as `Garbled`.

So one of them does not fail the whole query.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Dialect, types
from sqlalchemy.dialects.postgresql import JSONB


class Garbled(str):
    """A stored value that does not fit its column."""

    __slots__ = ("stored",)
    stored: Any
    made = 0  # in this process so far: results are searched only if it has grown


def garbled(stored: object) -> Garbled:
    """Mark a stored value as garbled."""
    Garbled.made += 1
    found = Garbled(stored if isinstance(stored, str) else repr(stored))
    found.stored = stored
    return found


def decoded(stored: Any) -> Any:
    """The value of a JSON column."""
    # Most of them are empty, and a check reads several.
    if stored == "{}":
        return {}
    if stored == "[]":
        return []
    try:
        return json.loads(stored)
    except (ValueError, TypeError, RecursionError):
        return garbled(stored)


def decoded_text(stored: bytes) -> str:
    """The value of a text column."""
    try:
        return stored.decode()
    except UnicodeDecodeError:
        return garbled(stored)


class _Tolerant:
    """Mixin for a column type: values that it cannot convert are `Garbled`."""

    fits: tuple[type, ...] = ()

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any]:
        make = super().result_processor(dialect, coltype)  # type: ignore[misc]  # the type's own
        fits = self.fits

        def process(value: Any) -> Any:
            if value is None or type(value) is Garbled:
                return value
            if type(value) not in fits:
                return garbled(value)
            try:
                return value if make is None else make(value)
            except (ValueError, TypeError, OverflowError):
                return garbled(value)

        return process


class JsonObject(types.JSON):
    """A JSON object; any other JSON is garbled."""

    shape = dict


class JsonArray(types.JSON):
    """A JSON array; any other JSON is garbled."""

    shape = list


class JsonbObject(JSONB):
    """The same on PostgreSQL."""

    shape = dict


class JsonbArray(JSONB):
    """The same on PostgreSQL."""

    shape = list


_JSON: Mapping[Any, type] = {
    JsonObject: types.JSON,
    JsonArray: types.JSON,
    JsonbObject: JSONB,
    JsonbArray: JSONB,
}


class _Shaped:
    """Mixin for a JSON type: values of another shape are `Garbled`."""

    shape: type

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any]:
        make = super().result_processor(dialect, coltype)  # type: ignore[misc]  # the type's own
        shape = self.shape

        def process(value: Any) -> Any:
            found = value if make is None else make(value)
            fits = found is None or isinstance(found, shape | Garbled)
            return found if fits else garbled(found)

        return process


_FITS: Mapping[type[types.TypeEngine[Any]], tuple[type, ...]] = {
    # Types with their own names in tables stand beside their base types.
    types.String: (str,),
    types.Text: (str,),
    types.Integer: (int,),
    types.BigInteger: (int,),
    types.Float: (float, int),
    types.Boolean: (int,),
    types.Uuid: (str,),
    types.LargeBinary: (bytes,),
    types.DateTime: (str,),
    types.Date: (str,),
}


def tolerate(dialect: Dialect) -> None:
    """Let the types of this dialect read values that do not fit them.

    Shape: for PostgreSQL, which checks types itself, only those of JSON.
    """
    specs = dict(getattr(dialect, "colspecs"))  # noqa: B009 - every dialect has them, untyped
    for kind, base in _JSON.items():
        own = specs.get(base, base)
        specs[kind] = type(f"Tolerant{kind.__name__}", (_Shaped, own), {"shape": kind.shape})
    if dialect.name == "sqlite":
        for generic, fits in _FITS.items():
            own = specs.get(generic, generic)
            specs[generic] = type(f"Tolerant{generic.__name__}", (_Tolerant, own), {"fits": fits})
    setattr(dialect, "colspecs", specs)  # noqa: B010
