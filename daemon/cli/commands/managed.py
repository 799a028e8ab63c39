"""Pausing, resuming and removing, alike for sites and products that the command line manages."""

from __future__ import annotations

from collections.abc import Sequence

import click

from daemon.cli.commands.completed_names import Names
from daemon.cli.terminal import exits
from daemon.cli.terminal.command import Failure
from daemon.cli.terminal.setting import Setting
from daemon.cli.terminal.show import say
from daemon.cli.terminal.times import utc_now

words = click.argument("words", type=Names(), nargs=-1, required=True, metavar="NAME|URL...")

_IN_THE_FILE = {
    "remove": "remove its [[{kind}]] table",
    "pause": "write `paused = true` there",
    "resume": "remove `paused = true` there",
}
_DONE = {"remove": "removed", "pause": "paused", "resume": "resumed"}


async def manage(setting: Setting, kind: str, named: Sequence[str], how: str) -> None:
    """Pause, resume or remove the sites or products that these words name: all of them, or none.

    Errors: Failure for a word that names nothing, and for what the configuration manages.
    """
    from daemon.cli.commands.finding import the_products_named, the_sites_named
    from daemon.operations.opening import stored
    from daemon.store.catalogue.products import retire_products, set_products_active
    from daemon.store.catalogue.sites import retire_sites, set_active

    is_site = kind == "site"
    find = the_sites_named if is_site else the_products_named
    retire = retire_sites if is_site else retire_products
    activate = set_active if is_site else set_products_active
    async with stored(setting.load()) as database:
        found = await find(database, named)
        managed = [one.name for one in found if one.managed_by == "config"]
        _refuse_managed(setting, kind, managed, how)
        ids = [one.id for one in found]
        async with database.writing() as session:
            if how == "remove":
                await retire(session, ids, utc_now())
            else:
                await activate(session, ids, how == "resume", utc_now())
    for name in dict.fromkeys(one.name for one in found):
        say(f"{_DONE[how]} {name}")


def _refuse_managed(setting: Setting, kind: str, names: Sequence[str], how: str) -> None:
    if names:
        todo = _IN_THE_FILE[how].format(kind=kind)
        told = [
            f"{name!r} is managed by {_place(setting, kind, name)}: {todo}; the daemon follows"
            for name in dict.fromkeys(names)
        ]
        raise Failure("\n".join(told), exits.USAGE)


def _place(setting: Setting, kind: str, name: str) -> str:
    """The file and the line where this site or product is described."""
    from daemon.config.reading.lines import find_lines
    from daemon.config.reading.source import label_of, read_text

    path = setting.path()
    if path is None:
        return "a configuration that is not here"
    config = setting.load()
    sites, products = (one.name for one in config.sites), (one.name for one in config.products)
    for place, known in enumerate(sites if kind == "site" else products):
        if known == name:
            line = find_lines(read_text(path)).get((kind, place))
            return f"{label_of(path)}:{line}" if line else label_of(path)
    return label_of(path)
