"""`pause`, `resume`, `remove` and `tag`, for sites and products of the command line."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from daemon.cli.commands.completed_names import TAGS, TagName, WatchedName
from daemon.cli.terminal import exits
from daemon.cli.terminal.command import Command, Failure
from daemon.cli.terminal.setting import Setting
from daemon.cli.terminal.show import hint, say
from daemon.display.times import utc_now

if TYPE_CHECKING:  # for annotations alone
    from daemon.model.errors import ManagedError
    from daemon.operations.lookup import Kind

words = click.argument("words", type=WatchedName(), nargs=-1, required=True, metavar="NAME|URL...")
words_if_any = click.argument("words", type=WatchedName(), nargs=-1, metavar="[NAME|URL]...")

_IN_THE_FILE = {
    "remove": "remove its [[{kind}]] table",
    "pause": "write `paused = true` there",
    "resume": "remove `paused = true` there",
}
_TAG = TagName()
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


def _command_by_tag(kind: Kind, how: str, *paragraphs: str) -> click.Command:
    @words_if_any
    @TAGS
    @click.pass_obj
    def manage(setting: Setting, words: Sequence[str], tags: Sequence[str]) -> None:
        refuse_nothing(words, tags)
        _manage(setting, kind, words, how, tags)

    return click.command(how, cls=Command, help="\n\n".join(paragraphs))(manage)


pause_sites = _command_by_tag(
    "site", "pause", "Stop checking these sites until they are resumed; their history stays."
)
resume_sites = _command_by_tag(
    "site", "resume", "Check these sites again, now and then on their schedule."
)
remove_sites = _command("site", "remove", "Watch these sites no longer.", _HISTORY)
pause_products = _command_by_tag(
    "product", "pause", "Stop checking these products until they are resumed; their history stays."
)
resume_products = _command_by_tag(
    "product", "resume", "Check these products again, now and then on their schedule."
)
remove_products = _command(
    "product", "remove", "Follow these products no longer.", f"{_HISTORY}\n{_ADDRESSES}"
)


def refuse_nothing(words: Sequence[str], tags: Sequence[str]) -> None:
    """Raise when neither a name nor a tag says what is meant."""
    if not (words or tags):
        raise click.UsageError("name what you mean, or give --tag for all with a tag")


def _manage(
    setting: Setting, kind: Kind, named: Sequence[str], how: str, tags: Sequence[str] = ()
) -> None:
    """Pause, resume or remove what these words name or has such a tag: all of it, or nothing.

    Errors: Failure, with the place, for what the configuration manages.
    """
    from daemon.model.errors import ManagedError
    from daemon.operations import managing
    from daemon.operations.installation.opening import asked

    do: Any = {"pause": managing.pause, "resume": managing.resume, "remove": managing.remove}[how]
    more = [tags] if tags else []
    try:
        found = asyncio.run(asked(setting.load(), do, kind, named, utc_now(), *more))
    except ManagedError as exc:
        raise in_the_file(setting, exc, _IN_THE_FILE[how].format(kind=kind)) from exc
    for name in dict.fromkeys(one.name for one in found):
        say(f"{_DONE[how]} {name}")


def _tagging(kind: Kind) -> click.Command:
    @click.argument("name", type=WatchedName(), metavar="NAME|URL")
    @click.argument("changes", nargs=-1, required=True, metavar="+TAG|-TAG...")
    @click.pass_obj
    def tag(setting: Setting, name: str, changes: Sequence[str]) -> None:
        _tag(setting, kind, name, changes)

    return click.command(
        "tag",
        cls=Command,
        # A tag to take off looks like an option, and is none.
        context_settings={"ignore_unknown_options": True},
        help=f"Give a {kind} tags, or take some off: +work -old; a word alone is added.",
    )(tag)


tag_site, tag_product = _tagging("site"), _tagging("product")


def _tag(setting: Setting, kind: Kind, name: str, changes: Sequence[str]) -> None:
    from daemon.model.errors import ManagedError
    from daemon.operations.installation.opening import asked
    from daemon.operations.managing import TagChange, tag

    change = TagChange(
        [_TAG.convert(word.removeprefix("+"), None, None) for word in changes if word[:1] != "-"],
        [_TAG.convert(word.removeprefix("-"), None, None) for word in changes if word[:1] == "-"],
    )
    config = setting.load()
    try:
        tagged = asyncio.run(asked(config, tag, kind, [name], change, utc_now()))
    except ManagedError as exc:
        raise in_the_file(setting, exc, "write its tags there") from exc
    for its_name, tags in tagged.items():
        say(f"{its_name}: {', '.join(tags) or 'no tags'}")
    for group in config.groups:
        if group.tag in (*change.added, *change.removed):
            hint(f"what [[group]] {group.tag} gives, a {kind} takes when it is added: it stays")


def in_the_file(setting: Setting, error: ManagedError, todo: str) -> Failure:
    """The failure for what a file describes, with its place and what to write there."""
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
