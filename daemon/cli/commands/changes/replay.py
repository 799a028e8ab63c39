"""`replay`: shows what other rules would have made of a site's stored states."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from daemon.cli.commands.completed_names import WatchedName
from daemon.cli.terminal.command import Command
from daemon.cli.terminal.files import there
from daemon.cli.terminal.setting import Setting
from daemon.cli.terminal.show import (
    BAD,
    DIM,
    GOOD,
    PLAIN,
    WARM,
    Clean,
    Style,
    hint,
    json_line,
    say,
)
from daemon.cli.terminal.since import SINCE
from daemon.display.times import stamp
from daemon.display.words import count, short_id

if TYPE_CHECKING:  # for annotations alone
    from daemon.cli.terminal.table import Cell
    from daemon.config import Config
    from daemon.operations.replay import Replayed

_STYLES: dict[str, Style] = {
    "appears": WARM,
    "vanishes": GOOD,
    "more": WARM,
    "less": GOOD,
    "fails": BAD,
}


@click.command(cls=Command)
@click.argument("name", type=WatchedName(), metavar="NAME|URL")
@click.option(
    "--rules",
    "file",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="TOML with the options of one site, or a configuration with this site in it.",
)
@SINCE
@click.option("--all", "everything", is_flag=True, help="Also what stays as it was.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per step.")
@click.pass_obj
def replay(
    setting: Setting, name: str, file: Path, since: datetime | None, everything: bool, as_json: bool
) -> None:
    """Show what other rules would have made of a site's past.

    The stored states are read again by the rules of FILE and judged again, in their order; printed
    is which changes would appear, vanish or be graded otherwise. Nothing is stored.
    """
    config = setting.load()
    there(file, folder_too=False)
    found = asyncio.run(_replayed(config, name, file, since))
    clean = Clean(config.secrets())
    shown = [one for one in found if everything or one.effect != "same"]
    if as_json:
        for one in shown:
            json_line(_json(one, clean))
        return
    if shown:
        _show(shown, clean)
    _sum_up(found)


async def _replayed(
    config: Config, name: str, file: Path, since: datetime | None
) -> list[Replayed]:
    from daemon.operations import replay as operations
    from daemon.operations.installation.opening import asked
    from daemon.sandbox.pool import Sandbox

    rules_of = partial(operations.rules_from, config, file)
    async with Sandbox(config.documents) as sandbox:
        return await asked(config, operations.replay, sandbox, name, rules_of, since)


def _json(one: Replayed, clean: Clean) -> dict[str, Any]:
    step = one.step
    return {
        "at": stamp(step.at),
        "effect": one.effect,
        "id": str(step.update_id) if step.update_id else None,
        "then": {
            "change_type": step.change_type,
            "is_significant": step.is_significant,
            "summary": clean.line(step.summary),
        },
        "now": {
            "change_type": one.change_type,
            "is_significant": one.is_significant,
            "confidence_score": one.confidence_score,
            "summary": clean.line(one.summary),
        },
        "read_from": one.read_from,
    }


def _show(shown: Sequence[Replayed], clean: Clean) -> None:
    from daemon.cli.terminal.table import Column, table

    columns = [
        Column("ID"),
        Column("AGO", right=True, plain="AT"),
        Column("EFFECT"),
        Column("THEN"),
        Column("NOW"),
        Column("SUMMARY", share=1, wraps=True),
    ]
    table(columns, [_row(one, clean) for one in shown])


def _row(one: Replayed, clean: Clean) -> list[Cell]:
    from daemon.cli.terminal.table import Age

    step = one.step
    told = one.summary if one.change_type or one.effect == "fails" else step.summary
    return [
        (short_id(step.update_id) if step.update_id else "–", DIM),
        Age(step.at),
        (one.effect, _STYLES.get(one.effect, PLAIN)),
        step.change_type or "–",
        one.change_type or "–",
        clean.line(told),
    ]


def _sum_up(found: Sequence[Replayed]) -> None:
    counts = Counter(one.effect for one in found)
    told = [f"{counts[effect]} {effect}" for effect in (*_STYLES, "same") if counts[effect]]
    then = sum(one.step.is_significant for one in found)
    now = sum(one.is_significant for one in found)
    say(
        f"{count(len(found), 'step')} replayed: {', '.join(told) or 'nothing to judge'}; "
        f"{then} mattered then, {now} would now; {_notified(found)}"
    )
    if any(one.read_from == "text" for one in found):
        hint("where the source is no longer kept, the text that was read then was judged")


def _notified(found: Sequence[Replayed]) -> str:
    now = sum(one.is_notified for one in found)
    then = sum(one.was_notified for one in found)
    return f"{count(now, 'notification')} instead of {then:,}"
