"""`sites forget-cookies` and `products forget-cookies`: drop the cookies that are kept."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import click

from daemon.cli.commands.completed_names import TAGS
from daemon.cli.commands.managed import refuse_nothing, words_if_any
from daemon.cli.terminal.command import Command
from daemon.cli.terminal.setting import Setting
from daemon.cli.terminal.show import hint, say


@click.command("forget-cookies", cls=Command)
@words_if_any
@TAGS
@click.pass_obj
def of_sites(setting: Setting, words: Sequence[str], tags: Sequence[str]) -> None:
    """Drop the cookies that these sites keep: their next check begins without any."""
    refuse_nothing(words, tags)
    from daemon.operations.opening import asked
    from daemon.operations.sites import forget_cookies

    _tell(asyncio.run(asked(setting.load(), forget_cookies, words, tags)))


@click.command("forget-cookies", cls=Command)
@words_if_any
@TAGS
@click.pass_obj
def of_products(setting: Setting, words: Sequence[str], tags: Sequence[str]) -> None:
    """Drop the cookies that these products keep: their next check begins without any."""
    refuse_nothing(words, tags)
    from daemon.operations.opening import asked
    from daemon.operations.products import forget_cookies

    _tell(asyncio.run(asked(setting.load(), forget_cookies, words, tags)))


def _tell(names: Sequence[str]) -> None:
    for name in names:
        say(f"{name}: cookies forgotten")
    if not names:
        hint("none of these keeps cookies")
