"""`users tokens`: by which tokens programs come in as a user."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import click

from daemon.cli.commands.users.acting import act, user
from daemon.cli.terminal.command import Command
from daemon.cli.terminal.setting import Setting
from daemon.cli.terminal.show import DIM, GOOD, Clean, json_line, say
from daemon.display.times import local, stamp, utc_now

if TYPE_CHECKING:  # for annotations alone
    from datetime import datetime

    from daemon.model.viewer import Actor
    from daemon.operations.installation.opening import Database
    from daemon.operations.people.tokens import TokenView


@click.command(cls=Command)
@user
@click.option("--revoke", type=click.UUID, metavar="ID", help="Let in nobody by this one.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per token.")
@click.pass_obj
def tokens(setting: Setting, word: str, revoke: UUID | None, as_json: bool) -> None:
    """List the tokens of a user that let programs in, or revoke one.

    People make them behind their name on the pages; what a token is can be shown to nobody.
    """
    config = setting.load()
    clean = Clean(config.secrets())
    if revoke is not None:
        name = act(config, _revoked, word, revoke, utc_now())
        say(f"the token {clean.line(name)} is revoked", GOOD)
        return
    for one in (found := act(config, _tokens_of, word, utc_now())):
        if as_json:
            json_line(_token_json(one, clean))
        else:
            used = local(one.last_used_at) if one.last_used_at else "never"
            ends = local(one.ends_at) if one.ends_at else "never"
            told = f"for {', '.join(one.scopes)}, last used {used}, ends {ends}"
            say(f"{one.id}  {clean.line(one.name)}  {told}")
    if not found and not as_json:
        say("no tokens", DIM)


def _token_json(one: TokenView, clean: Clean) -> dict[str, object]:
    return {
        "id": str(one.id),
        "name": clean.line(one.name),
        "scopes": list(one.scopes),
        "created_at": stamp(one.created_at),
        "last_used_at": stamp(one.last_used_at) if one.last_used_at else None,
        "ends_at": stamp(one.ends_at) if one.ends_at else None,
    }


async def _tokens_of(database: Database, actor: Actor, word: str, now: datetime) -> list[TokenView]:
    from daemon.model.viewer import Viewer
    from daemon.operations.people.tokens import list_tokens
    from daemon.operations.people.users import the_user

    found = await the_user(database, actor.viewer, word)
    return await list_tokens(database, Viewer(found.id), now)


async def _revoked(database: Database, actor: Actor, word: str, id_: UUID, now: datetime) -> str:
    from daemon.operations.people.tokens import revoke_of
    from daemon.operations.people.users import the_user

    found = await the_user(database, actor.viewer, word)
    return await revoke_of(database, actor, found.id, id_, now)
