"""`sites pause`, `resume` and `remove`: of sites that the command line manages."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from daemon.cli import exits
from daemon.cli.setting import Setting
from daemon.cli.shape import Command, Failure
from daemon.cli.show import say
from daemon.cli.times import local, utc_now

if TYPE_CHECKING:  # for annotations alone
    from daemon.store.database import Database
    from daemon.store.views import SiteView

_IN_THE_FILE = {
    "remove": "remove its [[site]] table",
    "pause": "write `paused = true` there",
    "resume": "remove `paused = true` there",
}
_DONE = {"remove": "removed", "pause": "paused", "resume": "resumed"}

_FOR_EVER = datetime(9999, 12, 31, tzinfo=UTC)

_words = click.argument("words", nargs=-1, required=True, metavar="NAME|URL...")


@click.command(cls=Command)
@_words
@click.pass_obj
def pause(setting: Setting, words: Sequence[str]) -> None:
    """Stop checking these sites until they are resumed; their history stays."""
    asyncio.run(_change(setting, words, "pause"))


@click.command(cls=Command)
@_words
@click.pass_obj
def resume(setting: Setting, words: Sequence[str]) -> None:
    """Check these sites again, now and then on their schedule."""
    asyncio.run(_change(setting, words, "resume"))


@click.command(cls=Command)
@_words
@click.pass_obj
def remove(setting: Setting, words: Sequence[str]) -> None:
    """Watch these sites no longer.

    Their history stays, and is theirs again when they are added under the same name and URL.
    """
    asyncio.run(_change(setting, words, "remove"))


@click.command(cls=Command)
@_words
@click.option(
    "--for", "length", metavar="TIME", help="For so long, such as 8h or 7d; else until unmuted."
)
@click.pass_obj
def mute(setting: Setting, words: Sequence[str], length: str | None) -> None:
    """Go on checking these sites and keep what is found, but tell nobody of it."""
    from daemon.schedule import parse_duration

    try:
        until = utc_now() + parse_duration(length) if length else _FOR_EVER
    except (ValueError, OverflowError) as exc:
        raise click.BadParameter(str(exc), param_hint="--for") from exc
    told = f" until {local(until)}" if length else ""
    asyncio.run(_mute(setting, words, until, f"muted{told}"))


@click.command(cls=Command)
@_words
@click.pass_obj
def unmute(setting: Setting, words: Sequence[str]) -> None:
    """Tell of these sites again, from now on."""
    asyncio.run(_mute(setting, words, None, "told of again"))


async def _mute(setting: Setting, words: Sequence[str], until: datetime | None, done: str) -> None:
    from daemon.cli.opened import stored
    from daemon.store.outbox import set_muted

    async with stored(setting.load()) as database:
        found = await _meant(database, words)
        async with database.writing() as session:
            await set_muted(session, [site.id for site in found], until)
    for site in found:
        say(f"{site.name}: {done}")


async def _change(setting: Setting, words: Sequence[str], how: str) -> None:
    from daemon.cli.opened import stored
    from daemon.store.sites import retire_sites, set_active

    async with stored(setting.load()) as database:
        found = await _meant(database, words)
        _refuse_managed(setting, found, how)
        ids = [site.id for site in found]
        async with database.writing() as session:
            if how == "remove":
                await retire_sites(session, ids, utc_now())
            else:
                await set_active(session, ids, how == "resume", utc_now())
    for site in found:
        say(f"{_DONE[how]} {site.name}")


async def _meant(database: Database, words: Sequence[str]) -> list[SiteView]:
    from daemon.cli.finding import the_site_named

    # All or none: a wrong word must not leave half of it done.
    found = {site.id: site for site in [await the_site_named(database, word) for word in words]}
    return list(found.values())


def _refuse_managed(setting: Setting, found: Sequence[SiteView], how: str) -> None:
    managed = [site for site in found if site.managed_by == "config"]
    if managed:
        told = [
            f"{site.name!r} is managed by {_place(setting, site.name)}: "
            f"{_IN_THE_FILE[how]}, then restart the daemon"
            for site in managed
        ]
        raise Failure("\n".join(told), exits.USAGE)


def _place(setting: Setting, name: str) -> str:
    """The file and the line where this site is described."""
    from daemon.config.lines import find_lines
    from daemon.config.source import label_of, read_text

    path = setting.path()
    if path is None:
        return "a configuration that is not here"
    for place, site in enumerate(setting.load().sites):
        if site.name == name:
            line = find_lines(read_text(path)).get(("site", place))
            return f"{label_of(path)}:{line}" if line else label_of(path)
    return label_of(path)
