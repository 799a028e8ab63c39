"""`db`: where the schema stands, and moving it; `db copy` has a file of its own."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from daemon.cli.terminal import exits
from daemon.cli.terminal.command import Failure, Group
from daemon.cli.terminal.setting import Setting
from daemon.cli.terminal.show import json_line, say
from daemon.wording import byte_size

if TYPE_CHECKING:  # for annotations alone
    from daemon.config import Config


@click.group(
    cls=Group,
    lazy={"copy": ("daemon.cli.commands.database.copy:copy", "Copy all to another database.")},
)
def db() -> None:
    """Show, upgrade or downgrade the database's schema, or copy all of it elsewhere."""


@db.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def current(setting: Setting, as_json: bool) -> int:
    """Show where the schema stands, and where this version needs it.

    The exit code is 1 when the two differ.
    """
    from daemon.operations.opening import shown_database
    from daemon.store.core import schema
    from daemon.store.core.opening import revision_of

    config = setting.load()
    found = asyncio.run(revision_of(config.database))
    if as_json:
        shown = {"database": shown_database(config), "revision": found, "needed": schema.HEAD}
        json_line(shown | {"is_current": found == schema.HEAD})
    else:
        say(f"{shown_database(config)}: {_standing(found, schema.HEAD)}")
    return exits.FINE if found == schema.HEAD else exits.FAILING


def _standing(found: str | None, needed: str) -> str:
    if found == needed:
        return f"at {found}, which is current"
    if found is None:
        return f"empty; `changelogger db upgrade` brings it to {needed}"
    if found > needed:
        return f"at {found}, from a newer changelogger; this one needs {needed}"
    return f"at {found}; `changelogger db upgrade` brings it to {needed}"


@db.command()
@click.pass_obj
def upgrade(setting: Setting) -> None:
    """Bring the schema up to what this version needs; make the database if there is none.

    `run` does the same by itself. Stop the daemon first.
    """
    from daemon.operations.opening import prepare, shown_database
    from daemon.store.core import schema

    config = setting.load()
    prepare(config, upgrades=True)
    say(f"{shown_database(config)}: at {schema.HEAD}")


@db.command()
@click.argument("revision")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def downgrade(setting: Setting, revision: str, yes: bool) -> None:
    """Bring the schema down to REVISION: to go back to an older version of changelogger.

    What later revisions have added is dropped, with its contents. `base` drops everything.
    """
    from daemon.operations.opening import locked, shown_database
    from daemon.store.core import migrate, schema
    from daemon.store.core.opening import refuse_other_schema, revision_of

    config = setting.load()
    _need_one(config)
    found = asyncio.run(revision_of(config.database))
    if found is not None and found > schema.HEAD:
        refuse_other_schema(found)
    question = f"Drop what was added after {revision} in {shown_database(config)}?"
    if not yes and not click.confirm(question):
        raise Failure("nothing was done", exits.USAGE)
    with locked(config):
        migrate.downgrade(config.database.dsn, revision)
    say(f"{shown_database(config)}: at {revision}")


@db.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def vacuum(setting: Setting, as_json: bool) -> None:
    """Write the database anew without the room that dropped rows left in it.

    An SQLite file gives room back by itself from then on. Stop the daemon first.
    """
    from daemon.operations.opening import locked, shown_database

    config = setting.load()
    _need_one(config)
    with locked(config):
        before, after = asyncio.run(_vacuumed(config))
    if as_json:
        json_line({"before_bytes": before, "after_bytes": after})
    else:
        say(f"{shown_database(config)}: {byte_size(before)} before, {byte_size(after)} now")


def _need_one(config: Config) -> None:
    from daemon.operations.opening import shown_database
    from daemon.store.core.opening import is_missing

    if is_missing(config.database):
        raise Failure(f"there is no database at {shown_database(config)}", exits.DATABASE)


async def _vacuumed(config: Config) -> tuple[int, int]:
    from daemon.operations.opening import stored
    from daemon.store.retention.space import Scales, vacuum
    from daemon.system.process import disk

    async with stored(config) as database:
        before = (await Scales(database).measure()).total_bytes
        if database.path is not None and (free := disk(database.path).free_bytes) < 2 * before:
            raise Failure(
                f"{byte_size(2 * before)} of free disk are needed, and {byte_size(free)} are there",
                exits.DATABASE,
            )
        await vacuum(database)
        return before, (await Scales(database).measure()).total_bytes
