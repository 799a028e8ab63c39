"""`sites forget-cookies` and `products forget-cookies`: drop the cookies that are kept."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from daemon.cli.commands.completed_names import TAGS
from daemon.cli.commands.managed import refuse_nothing, words_if_any
from daemon.cli.terminal.command import Command
from daemon.cli.terminal.setting import Setting
from daemon.cli.terminal.show import hint, say

if TYPE_CHECKING:  # for annotations alone
    from daemon.operations.lookup import Kind


def _forgetting(kind: Kind) -> click.Command:
    @words_if_any
    @TAGS
    @click.pass_obj
    def forget(setting: Setting, words: Sequence[str], tags: Sequence[str]) -> None:
        refuse_nothing(words, tags)
        _forget(setting, kind, words, tags)

    told = f"Drop the cookies that these {kind}s keep: their next check begins without any."
    return click.command("forget-cookies", cls=Command, help=told)(forget)


of_sites, of_products = _forgetting("site"), _forgetting("product")


def _forget(setting: Setting, kind: Kind, words: Sequence[str], tags: Sequence[str]) -> None:
    from daemon.operations.installation.opening import asked
    from daemon.operations.managing import forget_cookies

    names = asyncio.run(asked(setting.load(), forget_cookies, kind, words, tags))
    for name in names:
        say(f"{name}: cookies forgotten")
    if not names:
        hint("none of these keeps cookies")
