"""`notify`: lists the destinations, and sends a test message to one."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from daemon.cli.commands.completed_names import Channels
from daemon.cli.terminal import exits
from daemon.cli.terminal.command import Command, DefaultGroup, Failure
from daemon.cli.terminal.setting import Setting
from daemon.cli.terminal.show import Clean, hint, json_line, say
from daemon.display.times import utc_now

if TYPE_CHECKING:  # for annotations alone
    from daemon.operations.channels import ChannelView

notify = DefaultGroup(
    "notify",
    default="list",
    help="List the places where people are told, or send a test to one.",
    lazy={
        "list": (
            "daemon.cli.commands.notices.notify:list_",
            "List the [[notify]] tables in force.",
        ),
        "test": ("daemon.cli.commands.notices.notify:test", "Send a real message to one of them."),
    },
)


@click.command("list", cls=Command)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per place.")
@click.pass_obj
def list_(setting: Setting, as_json: bool) -> None:
    """List the places where people are told; their URLs are secrets and are not shown."""
    from daemon.cli.terminal.table import Column, table
    from daemon.operations.channels import list_channels
    from daemon.operations.viewers import local_owner

    config = setting.load()
    places = [_shown(one) for one in list_channels(config.notify, local_owner(config))]
    if as_json:
        for place in places:
            json_line(place)
    elif places:
        columns = [Column(name.upper()) for name in places[0]]
        table(columns, [[value or "" for value in place.values()] for place in places])
    else:
        hint("nobody is told: add a [[notify]] table to config.toml")


def _shown(one: ChannelView) -> dict[str, str | None]:
    return {
        "name": one.name,
        "owner": one.owner,
        "kind": one.kind,
        "when": one.digest or "at once",
        "quiet": one.quiet,
    }


@click.command(cls=Command)
@click.argument("name", type=Channels())
@click.pass_obj
def test(setting: Setting, name: str) -> int:
    """Send a real message to the place of this name, now, and say whether it was taken.

    The exit code is 1 when it was not.
    """
    from daemon.model.errors import NotifyError
    from daemon.operations.channels import send_test
    from daemon.operations.viewers import local_owner

    config = setting.load()
    try:
        asyncio.run(send_test(config, local_owner(config), name, utc_now()))
    except NotifyError as exc:
        clean = Clean(config.secrets())
        raise Failure(f"{name} did not take it: {clean.line(exc.detail)}", exits.FAILING) from exc
    say(f"{name} took it")
    return exits.FINE
