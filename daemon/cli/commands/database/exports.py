"""`export`: writes what is watched to a file, for us or for other programs."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from daemon.cli.commands.completed_names import TAGS
from daemon.cli.terminal import exits
from daemon.cli.terminal.command import Command, Failure
from daemon.cli.terminal.files import to_be_written
from daemon.cli.terminal.setting import Setting
from daemon.cli.terminal.show import hint, say
from daemon.display.words import count

if TYPE_CHECKING:  # for annotations alone
    from daemon.transfer.exporting import Exported

_FORMATS = ("toml", "json", "csv", "opml")
_GROUPED = ("toml", "json")  # which have tables of groups
_ENDINGS = {".json": "json", ".csv": "csv", ".opml": "opml", ".xml": "opml"}


@click.command(cls=Command)
@click.argument("file", type=click.Path(allow_dash=True), required=False)
@click.option("--format", "format_", type=click.Choice(_FORMATS), help="Else by the name of FILE.")
@click.option("--added", "only_added", is_flag=True, help="Only what config.toml does not have.")
@TAGS
@click.option("--with-secrets", is_flag=True, help="The values of headers and query keys too.")
@click.option("--replace", "replaces", is_flag=True, help="Overwrite FILE.")
@click.pass_obj
def export(
    setting: Setting,
    /,
    file: str | None,
    format_: str | None,
    replaces: bool,
    **narrowing: Any,
) -> None:
    """Write all sites and products to FILE, or to standard output: for `import`, or config.toml.

    TOML and JSON carry everything that is asked for, CSV all but headers, OPML names, URLs and
    types. What is left out is told. For all that was found, see `backup`.
    """
    from daemon.operations.installation.opening import asked
    from daemon.transfer.exporting import ExportOptions
    from daemon.transfer.sites import export_all, lines_of

    config = setting.load()
    path = None if file in (None, "-") else to_be_written(file or "")
    wanted = format_ or _ENDINGS.get(path.suffix.lower() if path else "", "toml")

    options = ExportOptions(with_groups=wanted in _GROUPED, **narrowing)
    exported = asyncio.run(asked(config, export_all, config, options))
    lines = lines_of(exported, wanted)
    if path is None:
        for line in lines:
            click.echo(line)
    else:
        if path.is_dir():
            raise Failure(f"{path} is a folder: name a file in it", exits.USAGE)
        _write(path, "".join(f"{line}\n" for line in lines), replaces=replaces)
        say(f"{path}: {_told(exported)}")
    _tell(exported, wanted)


def _write(file: Path, text: str, *, replaces: bool) -> None:
    from daemon.transfer.files import beside, put_in_place

    with beside(file) as part:
        part.write_text(text, encoding="utf-8")
        put_in_place(part, file, replaces=replaces)


def _told(exported: Exported) -> str:
    tables = exported.tables
    products = count(len(tables["product"]), "product")
    return count(len(tables["site"]), "site") + (f" and {products}" if tables["product"] else "")


def _tell(exported: Exported, format_: str) -> None:
    from daemon.transfer.exporting import lost

    for renamed in exported.renamed:
        hint(f"renamed: {renamed}")
    if exported.hidden:
        number = count(len(exported.hidden), "secret")
        hint(f"{number} exported as placeholders; --with-secrets exports the values")
    for option, times in lost(exported.tables, format_).items():
        hint(f"left out, {format_} has no place for it: {option} ({times:,})")
