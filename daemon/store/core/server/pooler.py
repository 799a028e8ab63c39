"""Notices a connection pooler before PostgreSQL, and asks of it only what it can keep.

A pooler in transaction mode serves every transaction by another connection of the server: what one
has set, prepared or locked for longer is gone in the next, or has come to somebody else.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any
from weakref import WeakSet

from sqlalchemy import Engine, event
from sqlalchemy.ext.asyncio import AsyncEngine

# Kept by every pooler, or dropped without harm.
_OF_A_CLIENT = frozenset({"application_name"})
PROTOCOL_VIOLATION = "08P01"  # PgBouncer's, for a setting that it does not pass on
# Of a transaction that has begun; the default is only for those to come.
_NOW = {"default_transaction_read_only": "transaction_read_only"}
_MET: WeakSet[Engine] = WeakSet()  # the engines that have a pooler before their server
_TOLD = {
    "statement pooling mode": "the pooler before the database is in statement mode, which keeps no "
    "transaction together: set its pool_mode to transaction",
    "query_wait_timeout": "the pooler before the database had no connection to it left in time: "
    "let it have more (default_pool_size)",
}


def heed_poolers(engine: AsyncEngine) -> None:
    """Connect this engine as a pooler allows it, from the moment one was met.

    Shape:  `connect_args` are those for a server. With a pooler, what they set is set anew in each
            transaction, and nothing is prepared by name. Nothing is asked of whoever has none.
    Source: a pooler has no process of its own to name, so it greets with a number that is not the
            one of the server's process (https://github.com/pgbouncer/pgbouncer/issues/249).
    """
    own = engine.sync_engine

    @event.listens_for(own, "do_connect")
    def connect(dialect: Any, _record: Any, args: Any, params: Mapping[str, Any]) -> Any:
        if own not in _MET and (connection := _connected(dialect, args, params)) is not None:
            return connection
        connection = dialect.connect(*args, **_modest(params))
        _MET.add(own)
        return connection


def has_pooler(engine: AsyncEngine) -> bool:
    """Whether the last connection of this engine led to a pooler."""
    return engine.sync_engine in _MET


def told_of_pooler(reason: str) -> str:
    """The words of an error, or those of what a pooler means by them and its owner can do."""
    return next((told for words, told in _TOLD.items() if words in reason), reason)


def _connected(dialect: Any, args: Any, params: Mapping[str, Any]) -> Any:
    """A connection to the server itself; None when something stands in between."""
    try:
        connection = dialect.connect(*args, **params)
    except dialect.loaded_dbapi.Error as exc:
        if getattr(exc, "sqlstate", None) != PROTOCOL_VIOLATION:
            raise
        return None
    try:
        if connection.run_async(_is_direct):
            return connection
    except BaseException:
        connection.terminate()
        raise
    connection.close()
    return None


async def _is_direct(connection: Any) -> bool:
    """Whether the process that greeted is the one that works."""
    async with connection.transaction():
        statement = await connection.prepare("SELECT pg_backend_pid()", name="")
        return bool(await statement.fetchval() == connection.get_server_pid())


def _modest(params: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters of a connection that leaves nothing behind after a transaction."""
    settings = params.get("server_settings", {})
    return {
        **params,
        "server_settings": {name: settings[name] for name in settings if name in _OF_A_CLIENT},
        "connection_class": _connection_class(
            "".join(
                f" SET LOCAL {_NOW.get(name, name)} = '{value}';"
                for name, value in settings.items()
                if name not in _OF_A_CLIENT
            )
        ),
        "prepared_statement_cache_size": 0,
        "statement_cache_size": 0,
        "prepared_statement_name_func": str,  # without a name it is replaced by the next
    }


@cache
def _connection_class(settings: str) -> type:
    """A driver's connection whose every transaction begins with these statements."""
    import asyncpg

    class PooledConnection(asyncpg.Connection):  # type: ignore[misc]  # it carries no types
        async def execute(self, query: str, *args: Any, **options: Any) -> Any:
            if query.startswith("BEGIN"):
                query += settings  # in the same message: there is no further answer to wait for
            return await super().execute(query, *args, **options)

        async def set_type_codec(self, *args: Any, **options: Any) -> None:
            # It asks for the type in two steps, which only a transaction keeps together.
            async with self.transaction():
                await super().set_type_codec(*args, **options)

    return PooledConnection
