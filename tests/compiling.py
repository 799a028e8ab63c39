"""Statements are compiled once for all tests, not once for each engine: a fifth of their time."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.dialects.sqlite.aiosqlite import SQLiteDialect_aiosqlite

_compiled: dict[Any, Any] = {}


def share() -> None:
    """From here on, engines whose dialects are alike share what they have compiled."""
    for dialect in (PGDialect_asyncpg, SQLiteDialect_aiosqlite):
        # Dialects are a part of the keys of what is compiled.
        dialect.__hash__ = _hash  # type: ignore[assignment]
        dialect.__eq__ = _is_alike  # type: ignore[method-assign]
    event.listen(Engine, "engine_connect", _share)


def _share(connection: Connection) -> None:
    engine = connection.engine
    engine._compiled_cache = _compiled.setdefault(engine.dialect, engine._compiled_cache)


def _traits(dialect: Any) -> tuple[Any, ...]:
    """All in which our engines differ when they write a statement, or read its rows."""
    return type(dialect), dialect.statement_compiler, dialect._json_deserializer


def _hash(dialect: Any) -> int:
    return hash(_traits(dialect))


def _is_alike(one: Any, other: Any) -> bool:
    return _traits(one) == _traits(other)
