"""Hands many values to one statement: in pieces that fit, or as one parameter."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, any_, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

_T = TypeVar("_T")
_CHUNK = 5000  # values in one IN list: PostgreSQL takes 32,767 parameters


def chunks(values: Sequence[_T], size: int = _CHUNK) -> Iterator[Sequence[_T]]:
    """The values in pieces that fit into one statement."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


def among(
    session: AsyncSession,
    key: InstrumentedAttribute[Any] | ColumnElement[Any],
    values: Iterable[UUID | str],
) -> ColumnElement[bool]:
    """That a key is one of these, which are one parameter, however many.

    Shape: a list of parameters costs more than what is done with most rows that it names.
    """
    if session.get_bind().dialect.name == "postgresql":
        return key == any_(literal(list(values), ARRAY(key.type)))
    told = json.dumps([one.hex if isinstance(one, UUID) else one for one in values])
    return key.in_(select(func.json_each(told).table_valued("value").c.value))
