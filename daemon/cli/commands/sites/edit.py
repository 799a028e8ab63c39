"""`sites edit`: changes what a site is called, when it is checked, how it is read and judged."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from daemon.cli.commands.adding import tell_not_installed
from daemon.cli.commands.completed_names import WatchedName
from daemon.cli.commands.managed import in_the_file
from daemon.cli.commands.rules import editable_options, option_of, written
from daemon.cli.commands.sites.group import site_json
from daemon.cli.terminal import exits
from daemon.cli.terminal.command import Command, Failure
from daemon.cli.terminal.setting import Setting
from daemon.cli.terminal.show import Clean, hint, json_line, say
from daemon.display.times import utc_now

if TYPE_CHECKING:  # for annotations alone
    from daemon.config import Config
    from daemon.model.viewer import Viewer
    from daemon.operations.installation.opening import Database
    from daemon.operations.sites import SiteView


@click.command(cls=Command)
@click.argument("word", type=WatchedName(), metavar="NAME|URL")
@click.option("--name", help="What to call it.")
@click.option("--every", "check_frequency", metavar="TIME", help="15m, daily, '0 9 * * mon', auto.")
@editable_options
@click.option(
    "--tag", "tags", multiple=True, metavar="TAG", help="All that it has from now on; repeatable."
)
@click.option(
    "--unset", multiple=True, metavar="OPTION", help="As usual again, such as hours; repeatable."
)
@click.option("--json", "as_json", is_flag=True, help="Print the site as one JSON object.")
@click.pass_obj
def edit(setting: Setting, /, word: str, unset: Sequence[str], as_json: bool, **given: Any) -> None:
    """Change a site that was added here, on the pages or by a program, from its next check on.

    What is not given stays, and an option that is given replaces what it was. The address, and how
    it is asked for, stay as well: `sites add` watches another one. What a file describes is changed
    there.
    """
    from daemon.model.errors import ManagedError, NameTakenError

    config, table = setting.load(), written(given) | dict.fromkeys(map(_key, unset))
    if not table:
        raise click.UsageError("say what is to change, such as --name or --every")
    try:
        before, after = asyncio.run(_edited(config, word, table))
    except ManagedError as exc:
        raise in_the_file(setting, exc, "change it there") from exc
    except NameTakenError as exc:
        raise Failure(f"{exc}; take another --name", exits.USAGE, exc) from exc
    clean = Clean(config.secrets())
    if as_json:
        json_line(site_json(after, clean))
        return
    changes = list(_differences(before, after))
    if not changes:
        hint(f"{after.name} is so already")
        return
    say(f"changed {clean.line(after.name)}, from its next check on")
    for line in changes:
        say(f"  {clean.line(line)}")


async def _edited(config: Config, word: str, table: Mapping[str, Any]) -> tuple[SiteView, SiteView]:
    """The site before and after.

    Errors: NotFoundError, AmbiguousError, ConflictError; ConfigError, which names the options.
    """
    from daemon.operations import editing
    from daemon.operations.installation.opening import asked
    from daemon.operations.sites import the_site

    async def run(database: Database, viewer: Viewer) -> tuple[SiteView, SiteView]:
        before = await the_site(database, viewer, word)
        editing.refuse_fixed(before)
        wanted = editing.edited_site(config, table, option_of, before)
        tell_not_installed(wanted.rules)
        after = await editing.edit_site(database, viewer, before.id, wanted, utc_now())
        return before, after

    return await asked(config, run)


def _key(option: str) -> str:
    """The key of the file for an option of the command line.

    Errors: UsageError for one that cannot be changed.
    """
    from daemon.config.explain import nearest
    from daemon.operations.editing import SITE_OPTIONS

    name = f"--{option.removeprefix('--')}"
    keys = {option_of((key,)): key for key in SITE_OPTIONS}
    if name not in keys:
        known = (one.removeprefix("--") for one in keys)
        raise click.UsageError(f"--unset knows no {option!r}: {nearest(option, known)}")
    return keys[name]


def _differences(before: SiteView, after: SiteView) -> Iterator[str]:
    """What differs, a line for each option."""
    from daemon.operations.editing import options_of_site

    old, new = options_of_site(before), options_of_site(after)
    for key in dict.fromkeys((*old, *new)):
        if old.get(key) != new.get(key):
            yield f"{key}: {_shown(old.get(key))} → {_shown(new.get(key))}"


def _shown(value: Any) -> str:
    if value is None or value == []:
        return "as usual"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
