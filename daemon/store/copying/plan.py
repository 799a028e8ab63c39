"""Plans what is copied of each table, in which order, and how rows are sorted everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Index,
    LargeBinary,
    Select,
    String,
    Table,
    TextClause,
    UniqueConstraint,
    delete,
    insert,
    select,
    tuple_,
    update,
)
from sqlalchemy import bindparam as bound
from sqlalchemy.sql.dml import Delete, Insert, Update

from daemon.store.tables import Base, Run, User

_ROWS_AT_ONCE = 500
_LARGE_ROWS_AT_ONCE = 50  # a row of these may hold a whole page
_FIRST = (Run.__table__, User.__table__)

Key = tuple[Any, ...]


@dataclass(frozen=True)
class CopyPlan:
    """One table: its columns, its key, and what else must be unique in it."""

    table: Table

    @cached_property
    def columns(self) -> tuple[Column[Any], ...]:
        return tuple(self.table.columns)

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @cached_property
    def key(self) -> tuple[Column[Any], ...]:
        return tuple(self.table.primary_key.columns)

    @cached_property
    def key_places(self) -> tuple[int, ...]:
        return tuple(self.names.index(column.name) for column in self.key)

    @cached_property
    def json_places(self) -> tuple[int, ...]:
        return tuple(i for i, column in enumerate(self.columns) if isinstance(column.type, JSON))

    @cached_property
    def nullable_json(self) -> tuple[int, ...]:
        """The columns that may hold NULL and JSON's own null, which read the same."""
        return tuple(i for i in self.json_places if self.columns[i].nullable)

    @cached_property
    def lengths(self) -> dict[int, int]:
        """The maximum length of text columns, which only PostgreSQL enforces."""
        types = ((i, column.type) for i, column in enumerate(self.columns))
        return {i: t.length for i, t in types if isinstance(t, String) and t.length}

    @property
    def rows_at_once(self) -> int:
        large = any(isinstance(column.type, LargeBinary) for column in self.columns)
        return _LARGE_ROWS_AT_ONCE if large else _ROWS_AT_ONCE

    def rows(self, dialect: str) -> Select[Any]:
        """Every row in the order of its key; after its columns, which JSON columns are NULL."""
        nulls = [self.columns[i].is_(None) for i in self.nullable_json]
        return select(*self.columns, *nulls).order_by(*self._order(dialect))

    def identities(self, dialect: str) -> Select[Any]:
        """The key of every row in its order, with all that must be unique in the table."""
        return select(*self.key, *_unique_columns(self.table)).order_by(*self._order(dialect))

    def _order(self, dialect: str) -> list[ColumnElement[Any]]:
        # PostgreSQL sorts text by language rules by default; byte order is the same everywhere.
        by_bytes = dialect == "postgresql"
        return [c.collate("C") if by_bytes and isinstance(c.type, String) else c for c in self.key]

    def insertion(self) -> Insert:
        """A statement that takes rows by their columns' names."""
        return insert(self.table)

    def change(self) -> Update:
        """A statement that takes rows by names, the key as `key_0`, `key_1` and so on."""
        matches = [column == bound(f"key_{i}") for i, column in enumerate(self.key)]
        others: dict[str, Any] = {c.name: bound(c.name) for c in self.columns if c not in self.key}
        return update(self.table).where(*matches).values(others)

    def removal(self, keys: Sequence[Key]) -> Delete:
        """A statement that removes the rows with these keys."""
        if len(self.key) == 1:
            return delete(self.table).where(self.key[0].in_([key[0] for key in keys]))
        return delete(self.table).where(tuple_(*self.key).in_(keys))


def plans() -> list[CopyPlan]:
    """Every table, after those that it refers to.

    Shape: runs and users come first, as they identify an interrupted copy.
    """
    tables = Base.metadata.sorted_tables
    rest = [table for table in tables if table not in _FIRST]
    return [CopyPlan(table) for table in (*_FIRST, *rest)]


def sortable(key: Key) -> Key:
    """A key that Python sorts in the order in which both databases return it."""
    return tuple(map(_sortable, key))


def _sortable(value: Any) -> Any:
    if isinstance(value, UUID):
        return value.bytes
    return value.encode() if isinstance(value, str) else value


def _unique_columns(table: Table) -> list[ColumnElement[Any] | TextClause]:
    found: dict[str, ColumnElement[Any] | TextClause] = {}
    for one in (*table.constraints, *table.indexes):
        if isinstance(one, UniqueConstraint) or (isinstance(one, Index) and one.unique):
            found |= {column.name: column for column in one.columns}
        if isinstance(one, Index) and one.unique:
            # Unique only among these rows: one that leaves or joins them may make room or collide.
            where = one.dialect_options["sqlite"]["where"]
            found |= {} if where is None else {str(where): where}
    return list(found.values())
