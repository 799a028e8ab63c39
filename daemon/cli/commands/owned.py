"""Whose sites and products are meant by `--owner`, and the column that tells them apart."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # for annotations alone
    from daemon.cli.terminal.table import Cell, Column
    from daemon.config import Config


def among_people(config: Config, table: Mapping[str, Any]) -> tuple[Config, dict[str, Any]]:
    """The configuration that knows all users as owners, and the options with the id of theirs.

    Errors: AmbiguousError.
    """
    from daemon.operations.installation.opening import stored_if_any
    from daemon.operations.people.owners import owner_id_of, with_people
    from daemon.operations.viewers import local_owner

    async def run(word: str) -> tuple[Config, str]:
        async with stored_if_any(config) as database:
            if database is None:
                return config, word
            asked = database, local_owner(config), config
            return await with_people(*asked), await owner_id_of(*asked, word)

    if not (word := table.get("owner")):
        return config, dict(table)
    known, owner_id = asyncio.run(run(str(word)))
    return known, {**table, "owner": owner_id}


def the_owner(config: Config, word: str) -> str:
    """The id of the owner whom a word means; "" for none.

    Errors: AmbiguousError; RequestError, which names who there is.
    """
    if not word:
        return ""
    from daemon.operations.installation.opening import asked
    from daemon.operations.people.owners import the_owner_id

    return asyncio.run(asked(config, the_owner_id, config, word))


def add_owners(
    columns: list[Column],
    owners: Sequence[str | None],
    rows: Sequence[list[Cell]],
    plain: Sequence[list[str]],
) -> None:
    """Add a last column that says whose each row is, where they are of more than one owner."""
    from daemon.cli.terminal.table import Column

    if len(set(owners)) > 1:
        columns.append(Column("OWNER", yields=True))
        for owner, row, bare in zip(owners, rows, plain, strict=True):
            row.append(owner or "")
            bare.append(owner or "")
