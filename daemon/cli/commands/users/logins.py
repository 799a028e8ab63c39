"""`users link`, `password` and `connect`: how somebody logs in."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from daemon.cli.commands.users.acting import act, user
from daemon.cli.terminal import exits
from daemon.cli.terminal.command import Command, Failure
from daemon.cli.terminal.setting import Setting
from daemon.cli.terminal.show import GOOD, Clean, hint, say
from daemon.display.times import utc_now

if TYPE_CHECKING:  # for annotations alone
    from daemon.config import Config
    from daemon.config.sections import PreferencesConfig
    from daemon.model.viewer import Actor
    from daemon.operations.installation.opening import Database


@click.command(cls=Command)
@user
@click.pass_obj
def link(setting: Setting, word: str) -> None:
    """Print a link that logs a user in once, within ten minutes.

    Whoever has it is let in as them: give it to nobody else.
    """
    from daemon.operations.people.logins import make_link

    config = setting.load()
    if not config.web.has_logins:
        told = "nobody logs in here: there is no web.public_url, which links begin with"
        raise Failure(told, exits.USAGE)
    secret = act(config, make_link, word, utc_now())
    say(f"{config.web.public_url}/login/link/{secret}")
    hint("it works once, within ten minutes")


@click.command(cls=Command)
@user
@click.option("--remove", "removes", is_flag=True, help="Take it away.")
@click.pass_obj
def password(setting: Setting, word: str, removes: bool) -> None:
    """Give a user a password, which is asked for or read from the standard input.

    Their sessions end. It is of use with [web.password] enabled.
    """
    from daemon.login.passwords import Passwords
    from daemon.operations.people.users import change_password

    config = setting.load()
    typed = None if removes else _typed()
    changed = act(config, change_password, word, typed, Passwords(), utc_now())
    name = Clean(config.secrets()).line(changed.id)
    say(f"{name} has no password now" if removes else f"{name} has a new password", GOOD)
    if not (removes or config.web.password.enabled):
        hint("passwords are not taken yet: set enabled = true in [web.password]")


def _typed() -> str:
    if sys.stdin.isatty():
        typed: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
        return typed
    return sys.stdin.readline().rstrip("\r\n")


@click.command(cls=Command)
@user
@click.argument("identity", metavar="IDENTITY")
@click.pass_obj
def connect(setting: Setting, word: str, identity: str) -> None:
    """Let IDENTITY, as github|12345, log in as this user, who may have several."""
    from daemon.operations.people.users import connect as connect_user

    config = setting.load()
    changed = act(config, connect_user, word, identity, utc_now())
    clean = Clean(config.secrets())
    say(f"{clean.line(identity)} logs in as {clean.line(changed.id)}", GOOD)


@click.command(cls=Command)
@user
@click.argument("given", nargs=-1, metavar="[KEY=VALUE]...")
@click.pass_obj
def prefer(setting: Setting, word: str, given: Sequence[str]) -> None:
    """Show or change what a user prefers: time_zone, dates, page_size, severity, quiet.

    An empty VALUE takes one back to what is usual.
    """
    from daemon.operations.installation.opening import asked
    from daemon.operations.people.preferences import change_preferences
    from daemon.operations.people.users import the_user

    config = setting.load()
    view = asyncio.run(asked(config, the_user, word))
    pairs = {key: value for key, equals, value in (one.partition("=") for one in given) if equals}
    if len(pairs) != len(given):
        raise click.UsageError("write each as KEY=VALUE, as quiet=22:00-07:00")
    if pairs:
        act(config, change_preferences, config, view.id, pairs, utc_now())
    clean = Clean(config.secrets())
    for key, value in act(config, _preferred, config, view.id).model_dump(mode="json").items():
        say(clean.line(f"{key} = {'as usual' if value is None else value}"))


async def _preferred(
    database: Database, _actor: Actor, config: Config, user_id: str
) -> PreferencesConfig:
    from daemon.operations.people.preferences import preferences_of

    return await preferences_of(database, config, user_id)
