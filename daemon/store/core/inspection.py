"""Searches an SQLite file for rows whose values do not fit their columns, in SQL.

Garbled rows are left out when they are read; this also finds those that are never read, such as a
page whose next check is no instant.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    Table,
    and_,
    case,
    exists,
    func,
    or_,
    select,
    text,
    types,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from daemon.store.core.database import Database
from daemon.store.core.json_columns import set_aside
from daemon.store.tables import Base, MonitoredSite, Page, Product
from daemon.store.tables.garbled import JsonArray
from daemon.store.tables.types import Instant, Money, Word

_MOST_TOLD = 50  # of one table
_ID_DIGITS = 32
_SHAPES = {
    Instant: "____-__-__ __:__:__.______",
    types.Date: "____-__-__",
    types.Uuid: "_" * _ID_DIGITS,
}
_KINDS: dict[type[types.TypeEngine[Any]], tuple[str, ...]] = {
    Money: ("integer",),
    types.Integer: ("integer",),
    types.Boolean: ("integer",),
    types.Float: ("integer", "real"),
    types.LargeBinary: ("blob",),
    types.String: ("text",),
}


async def inspect(database: Database) -> None:
    """Report the rows with garbled values, up to a limit; PostgreSQL has none.

    Errors: StoreError.
    """
    if database.is_shared:
        return
    for table in Base.metadata.sorted_tables:
        async with database.reading() as session:
            await _inspect(session, table)


async def _inspect(session: AsyncSession, table: Table) -> None:
    garbled = [(and_(c.is_not(None), ~_fits(c)), c.name) for c in table.columns]
    column = case(*garbled, else_=None)
    key = [func.quote(c, type_=types.Text) for c in table.primary_key]  # whatever its value
    rows = await session.execute(
        select(column, *key).select_from(table).where(column.is_not(None)).limit(_MOST_TOLD)
    )
    for bad, *parts in rows:
        row = ", ".join(map(_shown, parts, table.primary_key))
        set_aside(table.name, row, "", f"{bad} holds what does not fit it")


def _shown(part: str, column: Column[Any]) -> str:
    """A part of a key, formatted as in other reports of its row."""
    value = part.strip("'")
    is_id = isinstance(column.type, types.Uuid) and len(value) == _ID_DIGITS
    return (
        f"{value[:8]}-{value[8:12]}-{value[12:16]}-{value[16:20]}-{value[20:]}" if is_id else value
    )


def _fits(column: ColumnElement[Any]) -> ColumnElement[bool]:
    if isinstance(column.type, Word):
        return column.in_(column.type.words)
    if isinstance(column.type, types.JSON):
        shape = "array" if isinstance(column.type, JsonArray) else "object"
        found = case((func.json_valid(column) == 1, func.json_type(column)), else_="none")
        return and_(found.in_((shape, "null")), func.typeof(column) == "text")
    for kind, shape in _SHAPES.items():
        if isinstance(column.type, kind):
            return and_(func.typeof(column) == "text", func.like(shape, column) == 1)
    kinds = next(kinds for kind, kinds in _KINDS.items() if isinstance(column.type, kind))
    return or_(*(func.typeof(column) == one for one in kinds))


async def renew_ids(session: AsyncSession) -> None:
    """Give pages, sites and products new ids where theirs are garbled.

    Shape: rows that referred to them have lost them; but with a garbled id, nothing of the same
           name or request could be made beside them, and no start would succeed.
    """
    for key in (Page.id, MonitoredSite.id, Product.product_id):
        is_garbled = or_(func.typeof(key) != "text", func.length(key) != _ID_DIGITS)
        await session.execute(
            update(key.class_)
            .where(is_garbled, *_unreferred(key))
            .values({key: text("lower(hex(randomblob(16)))")})
            .execution_options(synchronize_session=False)
        )


def _unreferred(key: InstrumentedAttribute[UUID]) -> Iterator[ColumnElement[bool]]:
    """Conditions that no row refers to this one, as the database protects referenced ids."""
    own = key.class_.__table__.c[key.key]
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if any(one.column is own for one in column.foreign_keys):
                yield ~exists().where(column == own)
