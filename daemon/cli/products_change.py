"""`products pause`, `resume` and `remove`: of products that the command line manages."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from daemon.cli import exits
from daemon.cli.setting import Setting
from daemon.cli.shape import Command, Failure
from daemon.cli.show import say
from daemon.cli.times import utc_now

if TYPE_CHECKING:  # for annotations alone
    from daemon.store.database import Database
    from daemon.store.product_views import ProductView

_IN_THE_FILE = {
    "remove": "remove its [[product]] table",
    "pause": "write `paused = true` there",
    "resume": "remove `paused = true` there",
}
_DONE = {"remove": "removed", "pause": "paused", "resume": "resumed"}

_words = click.argument("words", nargs=-1, required=True, metavar="NAME|URL...")


@click.command(cls=Command)
@_words
@click.pass_obj
def pause(setting: Setting, words: Sequence[str]) -> None:
    """Stop checking these products until they are resumed; their history stays."""
    asyncio.run(_change(setting, words, "pause"))


@click.command(cls=Command)
@_words
@click.pass_obj
def resume(setting: Setting, words: Sequence[str]) -> None:
    """Check these products again, now and then on their schedule."""
    asyncio.run(_change(setting, words, "resume"))


@click.command(cls=Command)
@_words
@click.pass_obj
def remove(setting: Setting, words: Sequence[str]) -> None:
    """Follow these products no longer.

    Their history stays, and is theirs again when they are added under the same name and URL.
    A name means the product at all its addresses, a URL that address alone.
    """
    asyncio.run(_change(setting, words, "remove"))


async def _change(setting: Setting, words: Sequence[str], how: str) -> None:
    from daemon.cli.opened import stored
    from daemon.store.products import retire_products, set_products_active

    async with stored(setting.load()) as database:
        found = await _meant(database, words)
        _refuse_managed(found, how)
        ids = [product.id for product in found]
        async with database.writing() as session:
            if how == "remove":
                await retire_products(session, ids, utc_now())
            else:
                await set_products_active(session, ids, how == "resume", utc_now())
    for name in dict.fromkeys(product.name for product in found):
        say(f"{_DONE[how]} {name}")


async def _meant(database: Database, words: Sequence[str]) -> list[ProductView]:
    from daemon.cli.finding import the_products_named

    # All or none: a wrong word must not leave half of it done.
    return await the_products_named(database, words)


def _refuse_managed(found: Sequence[ProductView], how: str) -> None:
    managed = dict.fromkeys(one.name for one in found if one.managed_by == "config")
    if managed:
        told = [
            f"{name!r} is managed by the configuration: {_IN_THE_FILE[how]}, "
            "then restart the daemon"
            for name in managed
        ]
        raise Failure("\n".join(told), exits.USAGE)
