"""`sites at`: prints what a site showed at an instant."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING

import click

from daemon.cli.commands.completed_names import WatchedName
from daemon.cli.terminal import exits
from daemon.cli.terminal.command import Command, Failure
from daemon.cli.terminal.setting import Setting
from daemon.cli.terminal.show import Clean, hint, say
from daemon.cli.terminal.since import SinceParam
from daemon.display.since import parse_at
from daemon.display.times import local

if TYPE_CHECKING:  # for annotations alone
    from daemon.config import Config
    from daemon.operations.lists.states import AsItWas


@click.command(cls=Command)
@click.argument("name", type=WatchedName(), metavar="NAME|URL")
@click.argument("instant", type=SinceParam(parse_at), metavar="WHEN")
@click.option("--original", is_flag=True, help="The bytes that it was read from, as they are.")
@click.pass_obj
def at(setting: Setting, name: str, instant: datetime, original: bool) -> None:
    """Print what a site showed on a day, as its rules read it: friday, 2026-11-20, 3 days ago."""
    from daemon.operations.installation.opening import asked
    from daemon.operations.lists.states import as_it_was

    config = setting.load()
    found = asyncio.run(asked(config, as_it_was, name, instant))
    data = _bytes(config, found, original)
    hint(_span(found))
    if original:
        click.echo(data, nl=False)
    else:
        say(Clean(config.secrets()).text(data.decode()))


def _bytes(config: Config, found: AsItWas, original: bool) -> bytes:
    """All of the text, or what it was read from.

    Errors: Failure when it is not known, or no longer kept.
    """
    from daemon.operations.installation.opening import asked
    from daemon.operations.lists.states import download

    if found.state is None:
        raise Failure(_why_not(found), exits.NOT_FOUND)
    kept = asked(
        config, download, found.site.id, found.state.id, "original" if original else "text"
    )
    return asyncio.run(kept).data


def _why_not(found: AsItWas) -> str:
    name = found.site.name
    if found.entered is not None:
        return f"what {name} showed then is no longer kept"
    first = f": its first state is of {local(found.after.at)}" if found.after else ""
    return f"nothing was known of {name} then{first}"


def _span(found: AsItWas) -> str:
    since = local(found.entered.at) if found.entered else ""
    until = f"until {local(found.after.at)}" if found.after else "to this day"
    return f"so from {since} {until}"
