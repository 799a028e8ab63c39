"""Reads a database's schema revision without loading the migrations."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from sqlalchemy import inspect, text

from daemon.model.errors import SchemaError
from daemon.store.core.database import Database
from daemon.store.tables import Attempt, Base
from daemon.wording import listed

HEAD = "0040"
VERSION_TABLE = "alembic_version"
OURS = frozenset(Base.metadata.tables)
# The index of words is made and dropped while the daemon runs: no migration knows it, and no copy.
INDEX = "change_words"
# How the parts are named into which PostgreSQL divides attempts: daemons make and drop them.
PARTS = f"{Attempt.__tablename__}_"
# On PostgreSQL alone, and of an expression, which no model has.
SHARD_INDEX = "ix_pages_shard_due"
_REVISION = re.compile(r"(?!0000)[0-9]{4}")
_TABLES_TOLD = 3
_WAY_OUT = (
    "restore a backup (`changelogger restore FILE --replace`) or, where you know the revision, "
    "state it as docs/commands.md says under `db`; if the database is another program's, "
    "give changelogger one of its own ([database] url)"
)


async def revision(database: Database) -> str | None:
    """The revision of the database, or None when it has no schema yet.

    Errors: SchemaError when its revision is unclear, as in `stated`; StoreError when the database
            is unreachable.
    """
    async with database.reading() as session:
        connection = await session.connection()
        tables = await connection.run_sync(lambda c: inspect(c).get_table_names())
        found: Sequence[object] = ()
        if VERSION_TABLE in tables:
            found = (await session.scalars(text(f"SELECT * FROM {VERSION_TABLE}"))).all()  # noqa: S608
    return stated(found, tables)


def stated(found: Sequence[object], tables: Collection[str], way_out: str = _WAY_OUT) -> str | None:
    """The one revision that was found in a database with these tables; None when it has no schema.

    Errors: SchemaError, with a way out, when there is none beside our tables, or several, or one
            that no changelogger wrote.
    """
    if len(found) == 1 and _REVISION.fullmatch(str(found[0])):
        return str(found[0])
    if found or OURS.intersection(tables):
        raise SchemaError(f"{_lost(found, tables)}: {way_out}")
    return None


def _lost(found: Sequence[object], tables: Collection[str]) -> str:
    """The problem with the revision of a database."""
    if len(found) > 1:
        told = ", ".join(sorted(map(_shown, found)))
        return f"the database states {len(found)} revisions of its schema ({told}), not one"
    if found:
        return f"the database states a revision that no changelogger has: {_shown(found[0])}"
    there = sorted(OURS.intersection(tables))
    told = listed(there, _TABLES_TOLD)
    state = "is empty" if VERSION_TABLE in tables else "is missing"
    return f"the database has tables ({told}) and no revision of them, for {VERSION_TABLE} {state}"


def _shown(found: object) -> str:
    return repr(found)[:40]
