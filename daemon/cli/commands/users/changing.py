"""`users add`, `admin`, `limit`, `disable`, `enable` and `remove`."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from shlex import quote

import click

from daemon.cli.commands.users.acting import act, user
from daemon.cli.commands.users.group import having, limits
from daemon.cli.terminal import exits
from daemon.cli.terminal.command import Command, Failure
from daemon.cli.terminal.setting import Setting
from daemon.cli.terminal.show import GOOD, Clean, hint, say
from daemon.display.times import utc_now

_NO_LIMIT = "none"


@click.command(cls=Command)
@click.argument("id_", metavar="ID")
@click.option("--email", default="", metavar="ADDRESS", help="Where mail reaches them.")
@click.option("--username", metavar="NAME", help="What they are called.")
@click.option("--admin", "is_admin", is_flag=True, help="Let them see and change everything.")
@click.pass_obj
def add(setting: Setting, id_: str, email: str, username: str | None, is_admin: bool) -> None:
    """Add a user under ID: a word of yours, or an identity of a provider, as github|12345.

    They log in by `users link`, a password, the proxy's header, or at that provider.
    """
    from daemon.model.viewer import Role
    from daemon.operations.installation.opening import prepare
    from daemon.operations.people.users import NewUser
    from daemon.operations.people.users import add as add_user

    config = setting.load()
    prepare(config)
    role = Role.ADMIN if is_admin else Role.OWNER
    added = act(config, add_user, NewUser(id_, email, username, role), utc_now())
    name = Clean(config.secrets()).line(added.id)
    say(f"{name} is a user now", GOOD)
    if config.web.has_logins:
        hint(f"to log them in: changelogger users link {quote(name)}")


@click.command(cls=Command)
@user
@click.option("--off", is_flag=True, help="Make them an owner again.")
@click.pass_obj
def admin(setting: Setting, word: str, off: bool) -> None:
    """Let a user see and change everything; they must log in again."""
    from daemon.model.viewer import Role
    from daemon.operations.people.users import set_role

    config = setting.load()
    role = Role.OWNER if off else Role.ADMIN
    changed = act(config, set_role, word, role, utc_now())
    say(f"{Clean(config.secrets()).line(changed.id)} is an {role} now", GOOD)


@click.command(cls=Command)
@user
@click.option("--sites", metavar="NUMBER", help="At most so many sites and products, or none.")
@click.option("--interval", metavar="LENGTH", help="Checked every LENGTH at most, or none.")
@click.pass_obj
def limit(setting: Setting, word: str, sites: str | None, interval: str | None) -> None:
    """Limit how many sites and products a user may add, and how often each is checked.

    What is not given stays as it is; "none" takes a limit away. What is there already stays.
    """
    from daemon.operations.installation.opening import asked
    from daemon.operations.people.users import Quotas, set_quotas, the_user

    config = setting.load()
    view = asyncio.run(asked(config, the_user, word))
    seconds = view.shortest_interval_seconds
    before = Quotas(view.max_sites, None if seconds is None else timedelta(seconds=seconds))
    quotas = Quotas(
        before.max_sites if sites is None else _number(sites),
        before.shortest_interval if interval is None else _length(interval),
    )
    changed = act(config, set_quotas, view.id, quotas, utc_now())
    say(f"{Clean(config.secrets()).line(changed.id)}: {limits(changed)}", GOOD)


def _number(text: str) -> int | None:
    if text.lower() == _NO_LIMIT:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise click.UsageError(f"--sites {text}: give a number, or none")
    return int(text)


def _length(text: str) -> timedelta | None:
    from daemon.config.values import RefusedError, parse_length

    if text.lower() == _NO_LIMIT:
        return None
    try:
        length = parse_length(text)
    except RefusedError as exc:
        raise click.UsageError(f"--interval {text}: {exc}") from exc
    if not isinstance(length, timedelta):
        raise click.UsageError(f"--interval {text}: give a length of time, as 15m")
    return length


@click.command(cls=Command)
@user
@click.pass_obj
def disable(setting: Setting, word: str) -> None:
    """Let a user log in no more, and end their sessions; what they watch goes on."""
    from daemon.operations.people.users import disable as disable_user

    config = setting.load()
    changed = act(config, disable_user, word, utc_now())
    say(f"{Clean(config.secrets()).line(changed.id)} can log in no more", GOOD)


@click.command(cls=Command)
@user
@click.pass_obj
def enable(setting: Setting, word: str) -> None:
    """Let a user log in again."""
    from daemon.operations.people.users import enable as enable_user

    config = setting.load()
    changed = act(config, enable_user, word, utc_now())
    say(f"{Clean(config.secrets()).line(changed.id)} can log in again", GOOD)


@click.command(cls=Command)
@user
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def remove(setting: Setting, word: str, yes: bool) -> None:
    """Delete a user with everything of theirs, after saying what that is.

    Their sites, products, changes, notifications, sessions and tokens cannot be restored.
    """
    from daemon.model.errors import ManagedError
    from daemon.operations.installation.opening import asked
    from daemon.operations.people.users import removable
    from daemon.operations.people.users import remove as remove_user

    config = setting.load()
    try:
        found = asyncio.run(asked(config, removable, word))
    except ManagedError as exc:
        told = f"{exc.names[0]} is named by the file: remove its [[owner]] table"
        raise Failure(told, exits.USAGE) from exc
    name = Clean(config.secrets()).line(found.user.id)
    hint(f"{name} has {having(found)}, with all that was found on them")
    if not yes and not click.confirm(f"Delete {name} with all of that?"):
        raise Failure("nothing was removed", exits.FAILING)
    act(config, remove_user, found.user.id, utc_now())
    say(f"{name} is gone, with everything of theirs", GOOD)
