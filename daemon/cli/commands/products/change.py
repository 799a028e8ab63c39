"""`products pause`, `resume` and `remove`: of products that the command line manages."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import click

from daemon.cli.commands.managed import manage, words
from daemon.cli.terminal.command import Command
from daemon.cli.terminal.setting import Setting


@click.command(cls=Command)
@words
@click.pass_obj
def pause(setting: Setting, words: Sequence[str]) -> None:
    """Stop checking these products until they are resumed; their history stays."""
    asyncio.run(manage(setting, "product", words, "pause"))


@click.command(cls=Command)
@words
@click.pass_obj
def resume(setting: Setting, words: Sequence[str]) -> None:
    """Check these products again, now and then on their schedule."""
    asyncio.run(manage(setting, "product", words, "resume"))


@click.command(cls=Command)
@words
@click.pass_obj
def remove(setting: Setting, words: Sequence[str]) -> None:
    """Follow these products no longer.

    Their history stays, and is theirs again when they are added under the same name and URL.
    A name means the product at all its addresses, a URL that address alone.
    """
    asyncio.run(manage(setting, "product", words, "remove"))
