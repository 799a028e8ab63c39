"""`import` and `sites import`: adds sites and products from a file, ours or of another program."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from daemon.cli.commands.owned import among_people
from daemon.cli.commands.rules import site_from, written
from daemon.cli.terminal import exits
from daemon.cli.terminal.command import Command
from daemon.cli.terminal.files import there
from daemon.cli.terminal.setting import Setting
from daemon.cli.terminal.show import hint, is_terminal, json_line, say
from daemon.cli.terminal.table import Column, table
from daemon.display.times import seconds, utc_now
from daemon.display.words import count
from daemon.model.errors import WHOLE, ConfigError, Fault
from daemon.redaction import MASK

if TYPE_CHECKING:  # for annotations alone
    from daemon.config import Config
    from daemon.transfer.entry import Read
    from daemon.transfer.importing import Imported, ImportNote

_F = TypeVar("_F", bound=Callable[..., Any])
_FORMATS = (
    "toml json csv xlsx opml urls bookmarks changedetection distill uptime-kuma urlwatch webchanges"
).split()
_LINES_SHOWN = 50
_OFTEN = 3  # a note is printed this often on its own lines
_NAMES_SHOWN = 20
_LOSSES = (
    Column("SITE", share=1, wraps=True),
    Column("PLACE", share=1, wraps=True, yields=True),
    Column("NOT CARRIED OVER", share=3, wraps=True),
)
_OPTIONS = (
    click.option("--type", metavar="TYPE", help="The type of sites that have none."),
    click.option("--every", "check_frequency", metavar="TIME", help="15m, 6h, '0 9 * * mon'."),
    click.option("--tag", "tags", multiple=True, metavar="TAG", help="For all; repeatable."),
    click.option("--owner", metavar="USER", help="Whose they are; else the first owner's."),
    click.option("--json", "as_json", is_flag=True, help="Print one JSON object."),
)


def _defaults(command: _F) -> _F:
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@click.command("import", cls=Command)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--format", "format_", type=click.Choice(_FORMATS), help="Else it is recognised.")
@click.option("--dry-run", "is_dry", is_flag=True, help="Store nothing, only tell.")
@_defaults
@click.pass_obj
def import_(
    setting: Setting, /, file: Path, format_: str | None, is_dry: bool, as_json: bool, **given: Any
) -> int:
    """Watch what FILE names: an export, OPML, CSV, XLSX, a list of URLs, or another program's file.

    Files of changedetection.io (a backup, its data folder or url-watches.json), urlwatch,
    webchanges, Distill and Uptime Kuma are understood, and bookmarks of browsers. `-` is standard
    input. What is watched already is passed over. What
    cannot be carried over is listed with its reason, and the entry imported all the same, paused
    where it could not work; the exit code is then 6. Entries that cannot be used are told, and the
    exit code is then 2, as when the file names nothing to watch.
    """
    from daemon.transfer.sites import read_file

    began = time.monotonic()
    config, defaults = _checked(setting.load(), given)
    with _named(file):
        name, read = read_file(there(file), format_)
        result = _import(config, read, defaults, is_dry=is_dry)
        _refuse_nothing(result, name)
    _tell_faults(result)
    took = time.monotonic() - began
    if as_json:
        json_line(_shown(result) | {"format": name, "seconds": round(took, 3)})
    else:
        _tell_notes(result)
        _tell_notified(result)
        _list_losses(result)
        say(("would be: " if is_dry else "") + _told(result, "entries"))
        hint(f"{name}, took {seconds(took)}")
    return _exit_code(result)


@click.command("import", cls=Command)
@click.argument("file", type=click.Path(path_type=Path))
@_defaults
@click.pass_obj
def import_sites(setting: Setting, /, file: Path, as_json: bool, **given: Any) -> int:
    """Watch the URLs of FILE, one per line; `-` is standard input.

    A name may follow the URL after a tab or a comma, or tags after a space. Empty lines and lines
    that begin with # are passed over, as are URLs that are watched already. Lines that cannot be
    used are told, the others imported; the exit code is then 2. `changelogger import` reads other
    formats.
    """
    from daemon.transfer.sites import read_file

    began = time.monotonic()
    config, defaults = _checked(setting.load(), given)
    with _named(file):
        result = _import(config, read_file(there(file), "urls")[1], defaults, is_dry=False)
        _refuse_nothing(result, "urls")
    _tell_faults(result)
    if as_json:
        counts = {"added": len(result.sites), "known": result.known, "refused": len(result.faults)}
        json_line({**counts, "seconds": round(time.monotonic() - began, 3)})
    else:
        _tell_notes(result)
        _list_losses(result)
        say(_told(result, "lines"))
        hint(f"took {seconds(time.monotonic() - began)}")
    return _exit_code(result)


def _refuse_nothing(result: Imported, format_: str) -> None:
    """Refuse a file that names nothing: it is hardly the one that was meant."""
    if result.is_empty:
        lost = [f"{note.place}: {note.text}" for note in result.losses]
        problem = f"names nothing to watch, read as {format_}"
        hint_ = "; ".join(lost[:_OFTEN]) or "is it the right file? --format names another format"
        raise ConfigError([Fault(WHOLE, "", problem, hint_)])


def _exit_code(result: Imported) -> int:
    if result.faults:
        return exits.USAGE
    return exits.PARTLY if result.losses else exits.FINE


@contextmanager
def _named(file: Path) -> Iterator[None]:
    """Name the file in errors about it, as readers only see its bytes."""
    try:
        yield
    except ConfigError as exc:
        faults = [
            replace(one, where=str(file)) if one.where == WHOLE else one for one in exc.faults
        ]
        raise ConfigError(faults) from exc


def _checked(config: Config, given: dict[str, Any]) -> tuple[Config, dict[str, Any]]:
    """The options, after the same checks as those of `sites add`, with the owner they name."""
    config, defaults = among_people(config, written(given))
    site_from(config, {"url": "https://example.org/", **defaults})
    return config, defaults


def _import(config: Config, read: Read, defaults: dict[str, Any], *, is_dry: bool) -> Imported:
    from daemon.operations.installation.opening import prepare, stored_if_any
    from daemon.operations.people.owners import with_people
    from daemon.operations.viewers import local_owner
    from daemon.transfer.sites import import_entries

    async def run() -> Imported:
        now = None if is_dry else utc_now()
        viewer = local_owner(config)
        async with stored_if_any(config) as database:
            known = await with_people(database, viewer, config) if database else config
            return await import_entries(database, viewer, known, read, defaults, now)

    if not is_dry:
        prepare(config)
    return asyncio.run(run())


def _tell_faults(result: Imported) -> None:
    for fault in result.faults[:_LINES_SHOWN]:
        click.echo(str(fault), err=True)
    _tell_rest(len(result.faults))


def _tell_notes(result: Imported) -> None:
    """Tell what is no loss; of losses there is a table for people, and lines in a pipe."""
    told = [note for note in result.notes if not (note.is_loss and is_terminal())]
    grouped = list(_grouped(told))
    for note, more in grouped[:_LINES_SHOWN]:
        hint(": ".join(filter(None, (note.place, note.name, note.text))) + more)
    _tell_rest(len(grouped))


def _list_losses(result: Imported) -> None:
    """Show people which sites lost what."""
    grouped = list(_grouped(result.losses))
    if grouped and is_terminal():
        rows = list(_without_repeats(grouped))
        table(_LOSSES, rows[:_LINES_SHOWN])
        _tell_rest(len(rows))


def _without_repeats(grouped: Sequence[tuple[ImportNote, str]]) -> Iterator[tuple[str, str, str]]:
    """The rows, with the name and the place of an entry in its first row alone."""
    before = None
    for note, more in grouped:
        is_same = (note.name, note.place) == before and not more
        yield ("", "", note.text) if is_same else (note.name + more, note.place, note.text)
        before = note.name, note.place


def _grouped(notes: Sequence[ImportNote]) -> Iterator[tuple[ImportNote, str]]:
    """Each note; if many entries have it, only the first, and how many others."""
    several = Counter(note.text for note in notes)
    for note in notes:
        times = several[note.text]
        more = f" (as {count(times - 1, 'other')})" if times > _OFTEN else ""
        if times:
            yield note, more
        if more:
            several[note.text] = 0


def _tell_notified(result: Imported) -> None:
    """Show whom the other program notified, as for config.toml, with addresses masked."""
    from daemon.config.reading.writing import toml_value

    if not result.notified:
        return
    hint("whom it told is told by [[notify]] here; write into config.toml, with the whole URL:")
    everything = len(result.sites) + len(result.products)
    for url, names in list(result.notified.items())[:_LINES_SHOWN]:
        hint(f'  [[notify]]\n  name = "…"\n  url = "{masked_address(url)}"')
        if len(names) < everything:
            shown = ", ".join(map(toml_value, names[:_NAMES_SHOWN]))
            hint(f"  names = [{shown}{', …' * (len(names) > _NAMES_SHOWN)}]")
    _tell_rest(len(result.notified))


def masked_address(url: str) -> str:
    """The scheme of a destination's address; the rest may be a secret."""
    scheme, mark, _ = url.partition("://" if "://" in url else ":")
    return f"{scheme}{mark}{MASK}"


def _tell_rest(number: int) -> None:
    if number > _LINES_SHOWN:
        hint(f"… and {number - _LINES_SHOWN:,} more; --json tells all")


def _told(result: Imported, nouns: str) -> str:
    told = [f"{count(len(result.sites), 'site')} added"]
    if result.products:
        told.insert(0, f"{count(len(result.products), 'product')} and")
        told = [" ".join(told)]
    if result.known:
        told.append(f"{result.known:,} known already")
    if lessened := len({note.name for note in result.losses if note.name}):
        told.append(f"{lessened:,} not in full")
    if refused := len({fault.where for fault in result.faults}):
        noun = nouns if refused > 1 else {"entries": "entry", "lines": "line"}[nouns]
        told.append(f"{refused:,} {noun} refused")
    return ", ".join(told)


def _shown(result: Imported) -> dict[str, Any]:
    return {
        "sites": len(result.sites),
        "products": len(result.products),
        "known": result.known,
        "refused": len({fault.where for fault in result.faults}),
        "notes": [
            {"place": n.place, "name": n.name, "note": n.text, "is_loss": n.is_loss}
            for n in result.notes
        ],
        "notified": [
            {"url": masked_address(url), "names": names} for url, names in result.notified.items()
        ],
        "faults": [str(fault) for fault in result.faults],
    }
