"""`db`: shows and migrates the schema, and rewrites contents; `db copy` has a file of its own."""

from __future__ import annotations

import asyncio
from dataclasses import asdict

import click

from daemon.cli.terminal import exits
from daemon.cli.terminal.command import Failure, Group
from daemon.cli.terminal.setting import Setting
from daemon.cli.terminal.show import json_line, say
from daemon.display.words import count
from daemon.wording import byte_size


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
    from daemon.operations.installation.database import standing
    from daemon.operations.viewers import local_owner

    config = setting.load()
    found = asyncio.run(standing(config, local_owner(config)))
    if as_json:
        shown = {"database": found.shown, "revision": found.revision, "needed": found.needed}
        json_line(shown | {"is_current": found.is_current})
    else:
        say(f"{found.shown}: {_standing(found.revision, found.needed)}")
    return exits.FINE if found.is_current else exits.FAILING


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
    from daemon.operations.installation.database import upgrade
    from daemon.operations.installation.opening import shown_database
    from daemon.operations.viewers import local_owner

    config = setting.load()
    revision = upgrade(config, local_owner(config))
    say(f"{shown_database(config)}: at {revision}")


@db.command()
@click.argument("revision")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def downgrade(setting: Setting, revision: str, yes: bool) -> None:
    """Bring the schema down to REVISION: to go back to an older version of changelogger.

    What later revisions have added is dropped, with its contents. `base` drops everything.
    """
    from daemon.operations.installation.database import downgrade, refuse_downgrade
    from daemon.operations.installation.opening import shown_database
    from daemon.operations.viewers import local_owner

    config = setting.load()
    viewer = local_owner(config)
    asyncio.run(refuse_downgrade(config, viewer))
    question = f"Drop what was added after {revision} in {shown_database(config)}?"
    if not yes and not click.confirm(question):
        raise Failure("nothing was done", exits.USAGE)
    downgrade(config, viewer, revision)
    say(f"{shown_database(config)}: at {revision}")


@db.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def vacuum(setting: Setting, as_json: bool) -> None:
    """Write the database anew without the room that dropped rows left in it.

    An SQLite file gives room back by itself from then on. Stop the daemon first.
    """
    from daemon.operations.installation.database import vacuum
    from daemon.operations.installation.opening import shown_database
    from daemon.operations.viewers import local_owner

    config = setting.load()
    done = vacuum(config, local_owner(config))
    if as_json:
        json_line({"before_bytes": done.before_bytes, "after_bytes": done.after_bytes})
    else:
        before, after = byte_size(done.before_bytes), byte_size(done.after_bytes)
        say(f"{shown_database(config)}: {before} before, {after} now")


@db.command()
@click.option("--forget", is_flag=True, help="Drop the secrets whose key is not here.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def reencrypt(setting: Setting, forget: bool, as_json: bool) -> int:
    """Encrypt all secrets under the newest key; the older ones are not needed then.

    These are the secrets of requests, and the addresses of destinations that users have added.

    [database] encryption_key holds the keys, the newest first. `run` does the same when it
    starts. The exit code is 1 while there are secrets whose key is not here. If that key is lost,
    --forget drops them: what the file describes gets them anew, what was added by commands has
    to be added again.
    """
    from daemon.operations.installation.database import reencrypt
    from daemon.operations.installation.opening import asked

    done = asyncio.run(asked(setting.load(), reencrypt, forget=forget))
    if as_json:
        json_line(asdict(done))
    else:
        addresses = f" and {count(done.addresses, 'destination')}" if done.addresses else ""
        say(f"{count(done.requests, 'request')}{addresses} encrypted anew")
        for names, told in ((done.forgotten, "without secrets now"), (done.closed, "no key for")):
            if names:
                say(f"{told}: {', '.join(names)}")
    return exits.FAILING if done.closed else exits.FINE
