"""`sites trend`: shows the checks of a site as figures, day by day."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from daemon.cli.commands.completed_names import WatchedName
from daemon.cli.terminal.command import Command
from daemon.cli.terminal.setting import Setting
from daemon.cli.terminal.show import BAD, DIM, PLAIN, hint, is_terminal, json_line, say
from daemon.display.times import seconds, utc_now
from daemon.display.words import count
from daemon.wording import byte_size

if TYPE_CHECKING:  # for annotations alone
    from daemon.cli.terminal.table import Cell
    from daemon.model.trend import CheckFigures

USUAL_DAYS = 30


@click.command(cls=Command)
@click.argument("name", type=WatchedName(), metavar="NAME|URL")
@click.option(
    "--days", type=click.IntRange(1, 3650), default=USUAL_DAYS, help="How far back; default 30."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per day.")
@click.pass_obj
def trend(setting: Setting, name: str, days: int, as_json: bool) -> None:
    """Show how often a site answered, how fast, and how often it changed, day by day.

    Days are those of UTC. Checks count also when the record of each is not kept any more.
    """
    from daemon.operations import sites
    from daemon.operations.installation.opening import asked

    found = asyncio.run(asked(setting.load(), sites.trend, name, days, utc_now()))
    if as_json:
        for day, figures in found.items():
            json_line(figures_json(figures) | {"day": day.isoformat()})
    elif not found:
        hint("no checks yet")
    else:
        _show(found, days)


def in_a_line(figures: CheckFigures, days: int) -> str:
    """The figures of some days in a line: checks answered, changes, and response times."""
    parts = [f"last {count(days, 'day')}: {answered(figures)} of {count(figures.checks, 'check')}"]
    parts[0] += " answered"
    parts.append(count(figures.changed, "change"))
    median = figures.seconds_at(0.5)
    if median is not None:
        parts.append(f"median {seconds(median)}")
    return ", ".join(parts)


def answered(figures: CheckFigures) -> str:
    """The share of checks with a response; 100 % only if all had one."""
    share = figures.answered / figures.checks if figures.checks else 0.0
    return f"{min(share, 0.999) if figures.failures else share:.1%}".replace("%", " %")


def figures_json(figures: CheckFigures) -> dict[str, Any]:
    """The figures of a day as one JSON object."""
    return {
        "checks": figures.checks,
        "answered": figures.answered,
        "changed": figures.changed,
        "failures": dict(figures.failures),
        "wire_bytes": figures.wire_bytes,
        "median_seconds": _rounded(figures.seconds_at(0.5)),
        "p95_seconds": _rounded(figures.seconds_at(0.95)),
        "slowest_seconds": _rounded(figures.slowest_seconds),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _show(found: Mapping[date, CheckFigures], days: int) -> None:
    from daemon.cli.terminal.table import Column, table
    from daemon.model.trend import total

    if is_terminal():
        say(in_a_line(total(list(found.values())), days))
        say()
    columns = [
        Column("DAY"),
        Column("CHECKS", right=True),
        Column("ANSWERED", right=True),
        Column("CHANGES", right=True),
        Column("MEDIAN", right=True, plain="MEDIAN_SECONDS"),
        Column("SLOWEST", right=True, plain="SLOWEST_SECONDS"),
        Column("RECEIVED", right=True, plain="BYTES"),
        Column("FAILURES", share=1, wraps=True),
    ]
    newest_first = sorted(found.items(), reverse=True)
    table(
        columns,
        [_row(day, one) for day, one in newest_first],
        [_tab_row(day, one) for day, one in newest_first],
    )


def _row(day: date, one: CheckFigures) -> list[Cell]:
    median = one.seconds_at(0.5)
    return [
        day.isoformat(),
        str(one.checks),
        (answered(one), BAD if one.failures else PLAIN),
        (str(one.changed), PLAIN if one.changed else DIM),
        "–" if median is None else seconds(median),
        "–" if median is None else seconds(one.slowest_seconds),
        byte_size(one.wire_bytes),
        (_failures(one), DIM),
    ]


def _tab_row(day: date, one: CheckFigures) -> list[str]:
    median = one.seconds_at(0.5)
    return [
        day.isoformat(),
        str(one.checks),
        str(one.answered),
        str(one.changed),
        "" if median is None else f"{median:.3f}",
        "" if median is None else f"{one.slowest_seconds:.3f}",
        str(one.wire_bytes),
        _failures(one),
    ]


def _failures(one: CheckFigures) -> str:
    by_count = sorted(one.failures.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{name} ×{times}" if times > 1 else name for name, times in by_count)
