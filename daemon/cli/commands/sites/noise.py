"""`sites noise`: shows what is ignored on a site, and why."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from daemon.cli.commands.completed_names import WatchedName
from daemon.cli.terminal.command import Command
from daemon.cli.terminal.setting import Setting
from daemon.cli.terminal.show import Clean, hint, json_line
from daemon.display.times import local

if TYPE_CHECKING:  # for annotations alone
    from daemon.operations.sites import Ignored


_NOTHING_YET = "nothing is ignored yet; what comes and goes is learned from three states on"
_NOTHING_OF_A_VALUE = (
    "nothing is masked: what is chosen is watched to the letter, until `mask` names a noise rule"
)


@click.command(cls=Command)
@click.argument("name", type=WatchedName(), metavar="NAME|URL")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per thing ignored.")
@click.pass_obj
def noise(setting: Setting, name: str, as_json: bool) -> None:
    """Show what of a site is ignored, and why.

    Lines that were learned to come and go or to move by themselves, what is masked (ages,
    counters, tokens), what goes back and forth too often to be told, what the site's own options
    leave out, and what ratings have done. Of a chosen line or two nothing is masked but what
    `mask` names.
    """
    from daemon.operations import sites
    from daemon.operations.installation.opening import asked

    config = setting.load()
    clean = Clean(config.secrets())
    found = asyncio.run(asked(config, sites.noise, name))
    for seen_at, problem in found.unreadable.items():
        hint(f"the state of {local(seen_at)} is left out: {problem}")
    if as_json:
        for one in found.ignored:
            json_line(asdict(one) | {"what": clean.line(one.what)})
    elif not found.ignored:
        hint(_NOTHING_OF_A_VALUE if found.is_value else _NOTHING_YET)
    else:
        _show(found.ignored, clean)


def _show(found: Sequence[Ignored], clean: Clean) -> None:
    from daemon.cli.terminal.table import Column, table

    columns = [
        Column("WHY"),
        Column("LINES", right=True),
        Column("WHAT", share=2, wraps=True),
        Column("DETAIL", share=1, wraps=True),
    ]
    rows = [
        [one.why, "–" if one.lines is None else str(one.lines), clean.line(one.what), one.detail]
        for one in found
    ]
    table(columns, rows, rows)
