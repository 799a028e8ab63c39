"""`users destinations`: where a user has themselves told, beside the [[notify]] tables."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import click

from daemon.cli.commands.users.acting import act, user
from daemon.cli.terminal import exits
from daemon.cli.terminal.command import Command, Failure
from daemon.cli.terminal.setting import Setting
from daemon.cli.terminal.show import DIM, GOOD, Clean, json_line, say
from daemon.display.times import local, stamp, utc_now

if TYPE_CHECKING:  # for annotations alone
    from datetime import datetime

    from daemon.config import Config
    from daemon.model.viewer import Actor
    from daemon.operations.installation.opening import Database
    from daemon.operations.people.destinations import DestinationReport, Destinations


@click.command(cls=Command)
@user
@click.option("--test", "tested", type=click.UUID, metavar="ID", help="Send a test to this one.")
@click.option("--remove", "removed", type=click.UUID, metavar="ID", help="Remove this one.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per destination.")
@click.pass_obj
def destinations(
    setting: Setting, word: str, tested: UUID | None, removed: UUID | None, as_json: bool
) -> None:
    """List where a user has themselves told, beside the [[notify]] tables of the file.

    People add and prove them behind their name on the pages; an address can be shown to nobody.
    A test brings the code that proves one, as long as it is not proved.
    """
    from daemon.model.errors import NotifyError

    config = setting.load()
    clean = Clean(config.secrets())
    if removed is not None:
        name = act(config, _removed, word, removed, utc_now())
        say(f"the destination {clean.line(name)} is removed", GOOD)
    elif tested is not None:
        try:
            name = act(config, _tested, config, word, tested, utc_now())
        except NotifyError as exc:
            told = f"it was not taken: {clean.line(exc.detail)}"
            raise Failure(told, exits.FAILING) from exc
        say(f"the destination {clean.line(name)} took it", GOOD)
    else:
        _show(act(config, _destinations_of, config, word), clean, as_json)


def _show(found: Destinations, clean: Clean, as_json: bool) -> None:
    for one in found.own:
        if as_json:
            json_line(_destination_json(one, clean))
        else:
            say(f"{one.view.id}  {clean.line(one.view.name)}  {clean.line(_told(one))}")
    paused = [one.view.name for one in found.given if one.paused_since]
    if paused and not as_json:
        say(f"of the file, paused: {clean.line(', '.join(paused))}", DIM)
    if not found.own and not as_json:
        say("no destinations of their own", DIM)


def _told(one: DestinationReport) -> str:
    """How a destination is and fared, in words."""
    told = [f"{one.label}{f' at {one.where}' if one.where else ''}, {one.problem or one.state}"]
    if one.fared.delivered_at:
        told.append(f"last sent {local(one.fared.delivered_at)}")
    if failure := one.fared.failure or one.view.test_error:
        told.append(f"last not taken: {failure}")
    return ", ".join(told)


def _destination_json(one: DestinationReport, clean: Clean) -> dict[str, object]:
    failure = one.fared.failure or one.view.test_error
    return {
        "id": str(one.view.id),
        "name": clean.line(one.view.name),
        "kind": one.view.kind,
        "state": one.state,
        "created_at": stamp(one.view.created_at),
        "tested_at": stamp(one.view.tested_at),
        "confirmed_at": stamp(one.view.confirmed_at),
        "paused_since": stamp(one.paused_since),
        "delivered_at": stamp(one.fared.delivered_at),
        "failure": clean.line(failure) if failure else None,
        "waiting": one.fared.waiting,
    }


async def _destinations_of(
    database: Database, actor: Actor, config: Config, word: str
) -> Destinations:
    from daemon.operations.people.destinations import list_destinations
    from daemon.operations.people.users import the_user

    found = await the_user(database, actor.viewer, word)
    return await list_destinations(database, actor.viewer, config, found.id)


async def _removed(database: Database, actor: Actor, word: str, id_: UUID, now: datetime) -> str:
    from daemon.operations.people.destinations import remove

    await _refuse_others(database, actor, word, id_)
    return (await remove(database, actor, id_, now)).name


async def _tested(
    database: Database, actor: Actor, config: Config, word: str, id_: UUID, now: datetime
) -> str:
    from daemon.operations.people.proving import send_test

    await _refuse_others(database, actor, word, id_)
    return (await send_test(database, actor, config, id_, now)).name


async def _refuse_others(database: Database, actor: Actor, word: str, id_: UUID) -> None:
    """Raise unless the destination is this user's: a wrong id must hit nobody else."""
    from daemon.model.viewer import Viewer
    from daemon.operations.people.destinations import the_destination
    from daemon.operations.people.users import the_user

    found = await the_user(database, actor.viewer, word)
    await the_destination(database, Viewer(found.id), id_)
