"""Shows the revision of the schema, and migrates it up or down."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection

from daemon.model.errors import SchemaError, StoreError
from daemon.store.core.engine import database_errors, open_engine, reason_of

_DEADLOCK = "40P01"
_TRIES = 10
_PACKAGE = Path(__file__).resolve().parents[2]


def scripts() -> Path:
    """The folder of the migrations: inside an installed package, or at the top of a checkout."""
    installed = _PACKAGE / "migrations"
    return installed if installed.is_dir() else _PACKAGE.parent / "alembic"


def upgrade(url: str, revision: str = "head") -> None:
    """Upgrade the schema to a revision; an empty or missing database is created.

    Errors: SchemaError when the database was written by a newer version; StoreError otherwise.
    """
    _run(url, lambda config: command.upgrade(config, revision))


def downgrade(url: str, revision: str) -> None:
    """Downgrade the schema to a revision, dropping what later ones added."""
    _run(url, lambda config: command.downgrade(config, revision))


def check(url: str) -> None:
    """Raise SchemaError when tables and models differ."""
    _run(url, command.check)


def head() -> str:
    """The newest revision of this version."""
    newest = ScriptDirectory(str(scripts())).get_current_head()
    if newest is None:
        raise StoreError(f"no migrations in {scripts()}")
    return newest


def current(url: str) -> str | None:
    """The revision that the database is at, or None when it has no schema."""
    found: list[str | None] = []
    _connected(url, lambda c: found.append(MigrationContext.configure(c).get_current_revision()))
    return found[0]


def _run(url: str, work: Callable[[Config], None]) -> None:
    def with_connection(connection: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(scripts()).replace("%", "%%"))
        config.attributes["connection"] = connection
        work(config)

    _connected(url, with_connection)


def _connected(url: str, work: Callable[[Connection], None]) -> None:
    async def main() -> None:
        engine = open_engine(url, pool_size=1)
        try:
            async with engine.begin() as connection:
                await connection.run_sync(work)
        finally:
            await engine.dispose()

    try:
        _insist(lambda: asyncio.run(main()))
    except CommandError as exc:
        raise SchemaError(
            f"the database schema does not fit this version of changelogger: {exc}"
        ) from exc
    except database_errors() as exc:
        raise StoreError(f"the database cannot be used: {reason_of(exc)}") from exc


def _insist(work: Callable[[], None]) -> None:
    """Do it again where it stood in a circle of daemons that wait for each other's tables.

    Shape: PostgreSQL ends one of them, and all that this one had done is undone.
    """
    for _ in range(_TRIES - 1):
        try:
            return work()
        except database_errors() as exc:
            if getattr(getattr(exc, "orig", None), "sqlstate", None) != _DEADLOCK:
                raise
    return work()
