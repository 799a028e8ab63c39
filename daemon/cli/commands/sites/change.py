"""`sites pause`, `resume` and `remove`: of sites that the command line manages."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import click

from daemon.cli.commands.managed import manage, words
from daemon.cli.terminal.command import Command
from daemon.cli.terminal.setting import Setting
from daemon.cli.terminal.show import say
from daemon.cli.terminal.times import local, utc_now

_FOR_EVER = datetime(9999, 12, 31, tzinfo=UTC)


@click.command(cls=Command)
@words
@click.pass_obj
def pause(setting: Setting, words: Sequence[str]) -> None:
    """Stop checking these sites until they are resumed; their history stays."""
    asyncio.run(manage(setting, "site", words, "pause"))


@click.command(cls=Command)
@words
@click.pass_obj
def resume(setting: Setting, words: Sequence[str]) -> None:
    """Check these sites again, now and then on their schedule."""
    asyncio.run(manage(setting, "site", words, "resume"))


@click.command(cls=Command)
@words
@click.pass_obj
def remove(setting: Setting, words: Sequence[str]) -> None:
    """Watch these sites no longer.

    Their history stays, and is theirs again when they are added under the same name and URL.
    """
    asyncio.run(manage(setting, "site", words, "remove"))


@click.command(cls=Command)
@words
@click.option(
    "--for", "length", metavar="TIME", help="For so long, such as 8h or 7d; else until unmuted."
)
@click.pass_obj
def mute(setting: Setting, words: Sequence[str], length: str | None) -> None:
    """Go on checking these sites and keep what is found, but tell nobody of it."""
    from daemon.schedule.next_check import parse_duration

    try:
        until = utc_now() + parse_duration(length) if length else _FOR_EVER
    except (ValueError, OverflowError) as exc:
        raise click.BadParameter(str(exc), param_hint="--for") from exc
    told = f" until {local(until)}" if length else ""
    asyncio.run(_mute(setting, words, until, f"muted{told}"))


@click.command(cls=Command)
@words
@click.pass_obj
def unmute(setting: Setting, words: Sequence[str]) -> None:
    """Tell of these sites again, from now on."""
    asyncio.run(_mute(setting, words, None, "told of again"))


async def _mute(setting: Setting, words: Sequence[str], until: datetime | None, done: str) -> None:
    from daemon.cli.commands.finding import the_sites_named
    from daemon.operations.opening import stored
    from daemon.store.record.outbox import set_muted

    async with stored(setting.load()) as database:
        found = await the_sites_named(database, words)
        async with database.writing() as session:
            await set_muted(session, [site.id for site in found], until)
    for site in found:
        say(f"{site.name}: {done}")
