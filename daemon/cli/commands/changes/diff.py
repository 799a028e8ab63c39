"""`diff`: compares the two states of a change, or any two of a site, by words or by lines."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from daemon.cli.commands.changes.group import checked_id
from daemon.cli.terminal.command import Command
from daemon.cli.terminal.setting import Setting
from daemon.cli.terminal.show import SIGN_STYLE, STRONG, Clean, hint, is_terminal, json_line
from daemon.display.times import local, stamp
from daemon.display.words import short_id

if TYPE_CHECKING:  # for annotations alone
    from daemon.config import Config
    from daemon.operations.changes import ChangeDiff, ComparedStates, DiffLine


@click.command(cls=Command)
@click.argument("first", metavar="ID")
@click.argument("second", metavar="[ID]", required=False)
@click.option("--words", "how", flag_value="words", help="Set off the words that differ.")
@click.option("--unified", "how", flag_value="unified", help="Lines, as `diff -u` writes them.")
@click.option("--color/--no-color", default=None, help="Colours also in a pipe, or never.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per line.")
@click.pass_context
def diff(
    ctx: click.Context,
    first: str,
    second: str | None,
    how: str | None,
    color: bool | None,
    as_json: bool,
) -> None:
    """Show what a change changed, or how two states of a site differ.

    On a terminal by words, in a pipe by lines, unless one is asked for. One ID is that of a change,
    as `changes` lists it; two are those of states, as `history` shows them, the earlier one first.
    """
    setting = ctx.ensure_object(Setting)
    if color is not None:
        ctx.color = color
    config = setting.load()
    clean = Clean(config.secrets())
    found = _of_change(config, first) if second is None else _of_states(config, first, second)
    if found.difference is None:
        _show_stored(found, clean, as_json=as_json)
        return
    if as_json:
        for line in found.difference.lines:
            json_line(_json(line, clean))
        return
    has_colours = bool(ctx.color) or (ctx.color is None and is_terminal())
    for text in _heads(found, found.difference, clean):
        click.echo(text)
    for text in _body(found.difference.lines, clean, how, in_colour=has_colours):
        click.echo(text)


@dataclass(frozen=True, slots=True)
class _Found:
    """Two states to be shown, or what was written down of the change between them."""

    site_name: str
    difference: ComparedStates | None
    after_at: datetime
    change: ChangeDiff | None = None


def _of_change(config: Config, word: str) -> _Found:
    from daemon.operations.changes import diff_of
    from daemon.operations.installation.opening import asked

    found = asyncio.run(asked(config, diff_of, checked_id(word)))
    view = found.detail.view
    return _Found(view.site_name, found.difference, view.detected_at, found)


def _of_states(config: Config, before: str, after: str) -> _Found:
    from daemon.operations.comparing import diff_of_states
    from daemon.operations.installation.opening import asked

    words = checked_id(before), checked_id(after)
    found = asyncio.run(asked(config, diff_of_states, words))
    return _Found(found.site_name, found.difference, found.difference.after.seen_at)


def _heads(found: _Found, difference: ComparedStates, clean: Clean) -> Iterator[str]:
    name = clean.line(found.site_name)
    before, after = difference.before, difference.after
    yield click.style(f"--- {name}  {local(before.seen_at)}", **STRONG)
    yield click.style(f"+++ {name}  {local(found.after_at)}", **STRONG)
    if before.title != after.title:
        yield click.style(f"-title: {clean.line(before.title)}", fg="red")
        yield click.style(f"+title: {clean.line(after.title)}", fg="green")


def _body(
    lines: tuple[DiffLine, ...], clean: Clean, how: str | None, *, in_colour: bool
) -> Iterator[str]:
    from daemon.cli.terminal.diffing import by_lines, by_words

    if how == "words" or (how is None and in_colour):
        return by_words(lines, clean, in_colour=in_colour)
    return by_lines(lines, clean)


def _json(line: DiffLine, clean: Clean) -> dict[str, Any]:
    return {
        "mark": line.mark.value,
        "text": clean.text(line.text),
        "before_line": line.before_line,
        "after_line": line.after_line,
    }


def _show_stored(shown: _Found, clean: Clean, *, as_json: bool) -> None:
    """Show the stored diff of a change whose states are unusable."""
    found = shown.change
    if found is None:
        return
    view = found.detail.view
    text = clean.text(found.detail.raw_content)
    why = f"cannot be read ({found.unreadable})" if found.unreadable else "are no longer kept"
    hint(f"the states of {short_id(view.id)} {why}; this was written down at the time")
    if as_json:
        json_line({"id": str(view.id), "detected_at": stamp(view.detected_at), "diff": text})
        return
    for line in text.splitlines():
        click.echo(click.style(line, **SIGN_STYLE.get(line[:1], {})))
