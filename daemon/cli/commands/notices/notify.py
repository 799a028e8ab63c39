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
    from daemon.config import Config
    from daemon.operations.channels import ChannelReport

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

    config = setting.load()
    places = [_shown(one) for one in asyncio.run(_reports(config))]
    if as_json:
        for place in places:
            json_line(place)
    elif places:
        columns = [Column(name.upper()) for name in places[0]]
        table(columns, [[value or "" for value in place.values()] for place in places])
    else:
        hint("nobody is told: add a [[notify]] table to config.toml")


async def _reports(config: Config) -> list[ChannelReport]:
    """The channels, with what the database says of them, if there is one that answers."""
    from daemon.model.errors import StoreError
    from daemon.operations.channels import report_channels, unreported_channels
    from daemon.operations.installation.opening import stored_if_any
    from daemon.operations.viewers import local_owner

    known = config.notify, local_owner(config)
    try:
        async with stored_if_any(config) as database:
            if database is not None:
                return await report_channels(database, *known)
    except StoreError as exc:
        hint(f"which of them are paused is not known: {Clean(config.secrets()).line(str(exc))}")
    return unreported_channels(*known)


def _shown(one: ChannelReport) -> dict[str, str | None]:
    view = one.view
    return {
        "name": view.name,
        "owner": view.owner,
        "kind": view.kind,
        "when": "paused" if one.paused_since else view.digest or "at once",
        "quiet": view.quiet,
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
