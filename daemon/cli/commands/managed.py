"""`pause`, `resume` and `remove`, for sites and products of the command line."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from daemon.cli.commands.completed_names import WatchedName
from daemon.cli.terminal import exits
from daemon.cli.terminal.command import Command, Failure
from daemon.cli.terminal.setting import Setting
from daemon.cli.terminal.show import say
from daemon.cli.terminal.times import utc_now

if TYPE_CHECKING:  # for annotations alone
    from daemon.model.errors import ManagedError
    from daemon.operations.lookup import Kind

words = click.argument("words", type=WatchedName(), nargs=-1, required=True, metavar="NAME|URL...")

_IN_THE_FILE = {
    "remove": "remove its [[{kind}]] table",
    "pause": "write `paused = true` there",
    "resume": "remove `paused = true` there",
}
_DONE = {"remove": "removed", "pause": "paused", "resume": "resumed"}
_HISTORY = (
    "Their history stays, and is theirs again when they are added under the same name and URL."
)
_ADDRESSES = "A name means the product at all its addresses, a URL that address alone."


def _command(kind: Kind, how: str, *paragraphs: str) -> click.Command:
    @words
    @click.pass_obj
    def manage(setting: Setting, words: Sequence[str]) -> None:
        _manage(setting, kind, words, how)

    return click.command(how, cls=Command, help="\n\n".join(paragraphs))(manage)


pause_sites = _command(
    "site", "pause", "Stop checking these sites until they are resumed; their history stays."
)
resume_sites = _command(
    "site", "resume", "Check these sites again, now and then on their schedule."
)
remove_sites = _command("site", "remove", "Watch these sites no longer.", _HISTORY)
pause_products = _command(
    "product", "pause", "Stop checking these products until they are resumed; their history stays."
)
resume_products = _command(
    "product", "resume", "Check these products again, now and then on their schedule."
)
remove_products = _command(
    "product", "remove", "Follow these products no longer.", f"{_HISTORY}\n{_ADDRESSES}"
)


def _manage(setting: Setting, kind: Kind, named: Sequence[str], how: str) -> None:
    """Pause, resume or remove the sites or products that these words name: all of them, or none.

    Errors: Failure, with the place, for what the configuration manages.
    """
    from daemon.model.errors import ManagedError
    from daemon.operations import managing
    from daemon.operations.opening import asked

    do = {"pause": managing.pause, "resume": managing.resume, "remove": managing.remove}[how]
    try:
        found = asyncio.run(asked(setting.load(), do, kind, named, utc_now()))
    except ManagedError as exc:
        raise _in_the_file(setting, exc, _IN_THE_FILE[how].format(kind=kind)) from exc
    for name in dict.fromkeys(one.name for one in found):
        say(f"{_DONE[how]} {name}")


def _in_the_file(setting: Setting, error: ManagedError, todo: str) -> Failure:
    told = [
        f"{name!r} is managed by {_place(setting, error.kind, name)}: {todo}; the daemon follows"
        for name in error.names
    ]
    return Failure("\n".join(told), exits.USAGE)


def _place(setting: Setting, kind: str, name: str) -> str:
    """The file and the line where this site or product is described."""
    from daemon.config.reading.loading import places_in
    from daemon.config.reading.source import label_of

    path = setting.path()
    if path is None:
        return "a configuration that is not here"
    config, places = setting.load(), places_in(path, os.environ)
    sites, products = (one.name for one in config.sites), (one.name for one in config.products)
    for place, known in enumerate(sites if kind == "site" else products):
        if known == name and places is not None:
            return places.where((kind, place))
    return label_of(path)
