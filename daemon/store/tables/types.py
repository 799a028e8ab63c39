"""Column types and expressions that mean the same on SQLite and PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    DateTime,
    Dialect,
    Numeric,
    String,
    and_,
    literal,
    literal_column,
    or_,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

from daemon.store.tables.garbled import (
    Garbled,
    JsonArray,
    JsonbArray,
    JsonbObject,
    JsonObject,
    garbled,
)

Object = JsonObject().with_variant(JsonbObject(), "postgresql")
Array = JsonArray().with_variant(JsonbArray(), "postgresql")

_MONEY_PLACES = 4
_MONEY_UNIT = Decimal(10) ** -_MONEY_PLACES
_MONEY_LIMIT = Decimal(10) ** 12  # in ten-thousandths it fits an SQLite integer with room to add


class Instant(TypeDecorator[datetime]):
    """An aware UTC instant on every backend; a naive one raises ValueError."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"an instant needs a time zone: {value!r}")
        value = value.astimezone(UTC)
        # SQLite stores text without a zone, in one form only, so that text order is time order.
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if not isinstance(value, datetime):  # none, or garbled
            return value
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Word(TypeDecorator[str]):
    """One of a closed list of words, also checked by the table; any other is garbled."""

    impl = String
    cache_ok = True

    def __init__(self, length: int, words: Iterable[str]) -> None:
        super().__init__(length)
        self.words = tuple(words)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        is_one = value is None or value in self.words or isinstance(value, Garbled)
        return value if is_one else garbled(value)


class Money(TypeDecorator[Decimal]):
    """An exact amount with four decimal places; never a float.

    Units:  currency units. SQLite, which has no decimal type, keeps ten-thousandths as integers,
            so that minima, orders and comparisons are exact there too.
    Errors: ValueError for NaN and infinities, which PostgreSQL would store and call the largest,
            and for what is too large on one of the databases.
    """

    impl = Numeric(20, _MONEY_PLACES)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(BigInteger())
        return dialect.type_descriptor(Numeric(20, _MONEY_PLACES))

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Decimal | int | None:
        if value is None:
            return None
        if not value.is_finite() or abs(value) >= _MONEY_LIMIT:
            raise ValueError(f"not an amount of money: {value}")
        exact = value.quantize(_MONEY_UNIT)
        return int(exact.scaleb(_MONEY_PLACES)) if dialect.name == "sqlite" else exact

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        if value is None or isinstance(value, Garbled):
            return value
        amount = Decimal(value)
        if not amount.is_finite():
            return garbled(value)
        return amount.scaleb(-_MONEY_PLACES) if dialect.name == "sqlite" else amount


class db_now(FunctionElement[datetime]):  # noqa: N801 - reads as the SQL function it stands for
    """The database's own clock, `offset_seconds` from now; leases are measured by it alone."""

    type = Instant()
    inherit_cache = True
    name = "db_now"

    def __init__(self, offset_seconds: Any = 0.0) -> None:
        super().__init__(offset_seconds)


@compiles(db_now, "sqlite")
def _db_now_sqlite(element: db_now, compiler: SQLCompiler, **kw: Any) -> str:
    offset = compiler.process(element.clauses, **kw)
    # Six decimals, as SQLAlchemy writes instants: text order must be time order.
    return f"strftime('%Y-%m-%d %H:%M:%f000', 'now', ({offset}) || ' seconds')"


@compiles(db_now, "postgresql")
def _db_now_postgresql(element: db_now, compiler: SQLCompiler, **kw: Any) -> str:
    offset = compiler.process(element.clauses, **kw)
    # Not clock_timestamp(): an index cannot be searched by a value that may vary by row.
    return f"(statement_timestamp() + make_interval(secs => CAST({offset} AS double precision)))"


class later_of(FunctionElement[datetime]):  # noqa: N801 - reads as the SQL function it stands for
    """The later of two instants, neither of them NULL."""

    type = Instant()
    inherit_cache = True
    name = "later_of"


@compiles(later_of, "sqlite")
def _later_of_sqlite(element: later_of, compiler: SQLCompiler, **kw: Any) -> str:
    return f"max({compiler.process(element.clauses, **kw)})"


@compiles(later_of, "postgresql")
def _later_of_postgresql(element: later_of, compiler: SQLCompiler, **kw: Any) -> str:
    return f"greatest({compiler.process(element.clauses, **kw)})"


class utc_day(FunctionElement[str]):  # noqa: N801 - reads as the SQL function it stands for
    """The day of an instant in UTC, as text: 2026-11-30."""

    type = String()
    inherit_cache = True
    name = "utc_day"


@compiles(utc_day, "sqlite")
def _utc_day_sqlite(element: utc_day, compiler: SQLCompiler, **kw: Any) -> str:
    return f"substr({compiler.process(element.clauses, **kw)}, 1, 10)"


@compiles(utc_day, "postgresql")
def _utc_day_postgresql(element: utc_day, compiler: SQLCompiler, **kw: Any) -> str:
    return f"to_char(({compiler.process(element.clauses, **kw)}) AT TIME ZONE 'UTC', 'YYYY-MM-DD')"


class in_one_form(FunctionElement[datetime]):  # noqa: N801 - reads as a SQL function
    """An instant normalised to our own format; now, if it is none.

    Shape: SQLite compares texts: one in another format never equals the value read from it.
    """

    type = Instant()
    inherit_cache = True
    name = "in_one_form"


@compiles(in_one_form, "sqlite")
def _in_one_form_sqlite(element: in_one_form, compiler: SQLCompiler, **kw: Any) -> str:
    instant = compiler.process(element.clauses, **kw)
    form = "'%Y-%m-%d %H:%M:%f000'"
    written = f"coalesce(strftime({form}, {instant}), strftime({form}, 'now'))"
    return (
        f"CASE WHEN {instant} LIKE '____-__-__ __:__:__.______' THEN {instant} ELSE {written} END"
    )


@compiles(in_one_form, "postgresql")
def _in_one_form_postgresql(element: in_one_form, compiler: SQLCompiler, **kw: Any) -> str:
    return compiler.process(element.clauses, **kw)


class has_tag(FunctionElement[bool]):  # noqa: N801 - reads as a SQL function
    """Whether a column of tags holds this one, which is JSON text; an index serves it."""

    type = Boolean()
    inherit_cache = True
    name = "has_tag"


@compiles(has_tag, "sqlite")
def _has_tag_sqlite(element: has_tag, compiler: SQLCompiler, **kw: Any) -> str:
    tags, tag = (compiler.process(one, **kw) for one in element.clauses)
    # Not by the functions for JSON: a garbled value would end the query.
    return f"(instr({tags}, {tag}) > 0)"


@compiles(has_tag, "postgresql")
def _has_tag_postgresql(element: has_tag, compiler: SQLCompiler, **kw: Any) -> str:
    tags, tag = (compiler.process(one, **kw) for one in element.clauses)
    return f"({tags} @> CAST({tag} AS jsonb))"


def has_tags(column: Any) -> ColumnElement[bool]:
    """Whether a column of tags holds any."""
    # Word for word as the index of SQLite has it, or it is not recognised there.
    has: ColumnElement[bool] = column.op("<>", is_comparison=True)(literal_column("'[]'"))
    return has


def has_any_tag(column: Any, tags: Iterable[str]) -> ColumnElement[bool]:
    """Whether a column of tags holds one of these."""
    has_one = or_(*(has_tag(column, literal(json.dumps(tag), String())) for tag in tags))
    return and_(has_tags(column), has_one)


def insert_for(connection: AsyncConnection, table: Any) -> Any:
    """The dialect's own INSERT, which supports ON CONFLICT."""
    kind: Any = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    return kind(table)
