"""`sites mute` and `unmute`: stops and resumes the notifications of sites."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

import click

from daemon.cli.commands.completed_names import TAGS
from daemon.cli.commands.managed import refuse_nothing, words_if_any
from daemon.cli.terminal.command import Command
from daemon.cli.terminal.setting import Setting
from daemon.cli.terminal.show import say
from daemon.display.times import local, utc_now


@click.command(cls=Command)
@words_if_any
@TAGS
@click.option(
    "--for", "length", metavar="TIME", help="For so long, such as 8h or 7d; else until unmuted."
)
@click.pass_obj
def mute(setting: Setting, words: Sequence[str], tags: Sequence[str], length: str | None) -> None:
    """Go on checking these sites and keep what is found, but tell nobody of it."""
    from daemon.operations.sites import FOR_EVER
    from daemon.schedule.next_check import parse_duration

    try:
        until = utc_now() + parse_duration(length) if length else FOR_EVER
    except (ValueError, OverflowError) as exc:
        raise click.BadParameter(str(exc), param_hint="--for") from exc
    told = f" until {local(until)}" if length else ""
    _mute(setting, words, tags, until, f"muted{told}")


@click.command(cls=Command)
@words_if_any
@TAGS
@click.pass_obj
def unmute(setting: Setting, words: Sequence[str], tags: Sequence[str]) -> None:
    """Tell of these sites again, from now on."""
    _mute(setting, words, tags, None, "told of again")


def _mute(
    setting: Setting,
    words: Sequence[str],
    tags: Sequence[str],
    until: datetime | None,
    done: str,
) -> None:
    refuse_nothing(words, tags)
    from daemon.operations.installation.opening import asked
    from daemon.operations.sites import mute

    for site in asyncio.run(asked(setting.load(), mute, words, until, tags)):
        say(f"{site.name}: {done}")
