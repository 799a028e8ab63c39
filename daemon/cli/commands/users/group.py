"""`users`: lists and shows users."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from daemon.cli.commands.users.acting import user
from daemon.cli.terminal.command import Command, DefaultGroup
from daemon.cli.terminal.setting import Setting
from daemon.cli.terminal.show import (
    DIM,
    PLAIN,
    STRONG,
    WARM,
    Clean,
    Fact,
    json_line,
    say,
    say_facts,
)
from daemon.display.times import local, stamp
from daemon.display.words import count
from daemon.wording import duration

if TYPE_CHECKING:  # for annotations alone
    from daemon.cli.terminal.table import Cell
    from daemon.operations.people.users import UserDetails, UserView

_CHANGES = "daemon.cli.commands.users.changing"
_LOGINS = "daemon.cli.commands.users.logins"

users = DefaultGroup(
    "users",
    default="list",
    help="List the users; add, change, log in or remove some.",
    lazy={
        "list": ("daemon.cli.commands.users.group:list_", "List the users."),
        "show": ("daemon.cli.commands.users.group:show", "Show all about a user."),
        "add": (f"{_CHANGES}:add", "Add a user."),
        "link": (f"{_LOGINS}:link", "Make a link that logs a user in once."),
        "password": (f"{_LOGINS}:password", "Give a user a password, or take it away."),
        "connect": (f"{_LOGINS}:connect", "Let a provider's identity log a user in."),
        "admin": (f"{_CHANGES}:admin", "Let a user see and change everything, or no more."),
        "limit": (f"{_CHANGES}:limit", "Limit how much a user may have watched."),
        "prefer": (f"{_LOGINS}:prefer", "Show or change what a user prefers."),
        "tokens": (
            "daemon.cli.commands.users.tokens:tokens",
            "List or revoke what lets programs in as a user.",
        ),
        "destinations": (
            "daemon.cli.commands.users.destinations:destinations",
            "List, test or remove where a user has themselves told.",
        ),
        "disable": (f"{_CHANGES}:disable", "Let a user log in no more."),
        "enable": (f"{_CHANGES}:enable", "Let a user log in again."),
        "remove": (f"{_CHANGES}:remove", "Delete a user with everything of theirs."),
    },
)


@click.command("list", cls=Command)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per user.")
@click.pass_obj
def list_(setting: Setting, as_json: bool) -> None:
    """List the users: their roles, what they watch, and when they logged in last."""
    from daemon.operations.installation.opening import asked
    from daemon.operations.people.users import list_users

    config = setting.load()
    found = asyncio.run(asked(config, list_users))
    clean = Clean(config.secrets())
    if as_json:
        for one in found:
            json_line(user_json(one, clean))
    else:
        _show_list(found, clean)


def user_json(view: UserView, clean: Clean) -> dict[str, Any]:
    """A user as one JSON object."""
    return {
        "id": clean.line(view.id),
        "email": clean.line(view.email),
        "username": clean.line(view.username) or None,
        "role": str(view.role),
        "managed_by": view.managed_by,
        "created_at": stamp(view.created_at),
        "disabled_at": stamp(view.disabled_at),
        "last_login_at": stamp(view.last_login_at),
        "max_sites": view.max_sites,
        "shortest_interval_seconds": view.shortest_interval_seconds,
        "sites": view.sites,
        "products": view.products,
    }


def _show_list(found: Sequence[UserView], clean: Clean) -> None:
    from daemon.cli.terminal.table import Age, Column, table

    columns = [
        Column("USER", share=2),
        Column("MAIL", share=2),
        Column("ROLE"),
        Column("SITES", right=True),
        Column("PRODUCTS", right=True),
        Column("LOGIN AGO", right=True, plain="LOGIN AT"),
    ]
    rows: list[list[Cell]] = [
        [
            (clean.line(one.id), STRONG),
            clean.line(one.email),
            ("disabled", WARM) if one.is_disabled else (str(one.role), PLAIN),
            str(one.sites),
            str(one.products),
            Age(one.last_login_at) if one.last_login_at else ("never", DIM),
        ]
        for one in found
    ]
    table(columns, rows)


@click.command(cls=Command)
@user
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def show(setting: Setting, word: str, as_json: bool) -> None:
    """Show all about a user, by id, name or mail address: what is theirs, and what they did."""
    from daemon.operations.installation.opening import asked
    from daemon.operations.people.users import show_user

    config = setting.load()
    found = asyncio.run(asked(config, show_user, word))
    clean = Clean(config.secrets())
    if as_json:
        shown = user_json(found.user, clean) | {"theirs": dict(found.theirs)}
        json_line(shown | {"identities": [clean.line(one) for one in found.identities]})
        return
    say_facts(_facts(found, clean))
    for entry in found.recent:
        target = f" {entry.target}" if entry.target else ""
        place = f" from {entry.address}" if entry.address else ""
        say(clean.line(f"{local(entry.at)}  {entry.what}{target} by {entry.how}{place}"), DIM)


def _facts(found: UserDetails, clean: Clean) -> list[Fact]:
    view = found.user
    facts: list[Fact] = [
        ("user", clean.line(view.id), STRONG),
        ("mail", clean.line(view.email), PLAIN),
        ("role", f"{view.role}, disabled" if view.is_disabled else str(view.role), PLAIN),
        ("limits", limits(view), PLAIN),
        ("last login", local(view.last_login_at) if view.last_login_at else "never", PLAIN),
        ("has", having(found), PLAIN),
    ]
    if view.username:
        facts.insert(1, ("name", clean.line(view.username), PLAIN))
    if found.identities:
        facts.append(("also", clean.line(", ".join(found.identities)), PLAIN))
    return facts


def limits(view: UserView) -> str:
    """How much a user may have watched, in words."""
    told = [] if view.max_sites is None else [f"at most {view.max_sites:,} sites and products"]
    if view.shortest_interval_seconds is not None:
        told.append(f"checked every {duration(view.shortest_interval_seconds)} at most")
    return ", ".join(told) or "none"


def having(found: UserDetails) -> str:
    """What is a user's, in words."""
    told = [count(number, noun) for noun, number in found.theirs.items() if number]
    return ", ".join(told) or "nothing"
