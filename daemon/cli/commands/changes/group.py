"""`changes`: what was found, newest first, and each with all its reasons."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from daemon.cli.commands.completed_names import Names
from daemon.cli.terminal import exits
from daemon.cli.terminal.command import Command, DefaultGroup, Failure
from daemon.cli.terminal.setting import Setting
from daemon.cli.terminal.show import (
    DIM,
    PLAIN,
    SEVERITY,
    Clean,
    hint,
    json_line,
    percent,
    say,
    short_id,
)
from daemon.cli.terminal.since import SINCE
from daemon.cli.terminal.times import stamp

if TYPE_CHECKING:  # for annotations alone
    from daemon.cli.terminal.table import Cell
    from daemon.config import Config
    from daemon.store.core.database import Database
    from daemon.store.views.changes import ChangeDetail, ChangeView

_HEX = frozenset("0123456789abcdef-")

changes = DefaultGroup(
    "changes",
    default="list",
    takes_words=True,
    help="List the changes that were found, newest first; or show one of them whole.",
    lazy={
        "list": ("daemon.cli.commands.changes.group:list_", "List changes, newest first."),
        "show": ("daemon.cli.commands.changes.change:show", "Show all about one change."),
        "rate": (
            "daemon.cli.commands.changes.change:rate",
            "Say whether a change was worth telling.",
        ),
    },
)

_LIMIT = 50


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which changes are asked for, in the words of the command line."""

    name: str | None
    severities: tuple[str, ...]
    significant: bool
    since: datetime | None
    limit: int | None
    last_run: bool


@click.command("list", cls=Command)
@click.argument("name", type=Names(), required=False, metavar="[NAME|URL]")
@click.option("--severity", metavar="A,B", help="Only these: minor, moderate, major, critical.")
@click.option("--significant", is_flag=True, help="Only those that matter.")
@SINCE
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    help=f"0 for all; default {_LIMIT}, or all with --urls or --last-run.",
)
@click.option("--last-run", is_flag=True, help="Only those of the last `run` or `check`.")
@click.option("--urls", is_flag=True, help="Print the URLs of the sites alone, each once.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per change.")
@click.pass_obj
def list_(setting: Setting, /, urls: bool, as_json: bool, **asked: Any) -> None:
    """List the changes that were found, newest first: of one site, or of all.

    The id at the start of a line is what `diff` and `changes show` take.
    """
    if asked["limit"] is None:
        asked["limit"] = 0 if urls or asked["last_run"] else _LIMIT
    wanted = _wanted(**asked)
    config = setting.load()
    found = asyncio.run(_found(config, wanted))
    clean = Clean(config.secrets())
    if as_json:
        for view in found:
            json_line(change_view_json(view, clean))
    elif urls:
        for url in dict.fromkeys(view.url for view in found):
            say(url)
    elif not found:
        hint("no changes")
    else:
        _show(found, clean)


def _wanted(
    name: str | None,
    severity: str | None,
    significant: bool,
    since: datetime | None,
    limit: int,
    last_run: bool,
) -> Wanted:
    severities = tuple(word.strip().lower() for word in (severity or "").split(",") if word.strip())
    for word in severities:
        if word not in SEVERITY:
            raise click.BadParameter(
                f"{word!r} is none of {', '.join(SEVERITY)}", param_hint="--severity"
            )
    return Wanted(name, severities, significant, since, limit or None, last_run)


async def _found(config: Config, wanted: Wanted) -> list[ChangeView]:
    from daemon.cli.commands.finding import no_site, sites_named
    from daemon.operations.opening import stored
    from daemon.store.queue import runs
    from daemon.store.views.changes import ChangeFilter, list_changes

    async with stored(config) as database:
        site_ids = None
        if wanted.name is not None:
            named, missing = await sites_named(database, [wanted.name])
            if missing:
                raise await no_site(database, wanted.name)
            site_ids = tuple(site.id for site in named[wanted.name])
        async with database.reading() as session:
            run_id = await runs.latest_run(session) if wanted.last_run else None
            if wanted.last_run and run_id is None:
                return []
            return await list_changes(
                session,
                ChangeFilter(
                    site_ids=site_ids,
                    change_types=wanted.severities,
                    only_significant=wanted.significant,
                    since=wanted.since,
                    run_id=run_id,
                    limit=wanted.limit,
                ),
            )


def change_view_json(view: ChangeView, clean: Clean) -> dict[str, Any]:
    """A change as one JSON object."""
    return {
        "id": str(view.id),
        "short_id": short_id(view.id),
        "site": clean.line(view.site_name),
        "url": clean.url(view.url),
        "owner_id": view.owner_id,
        "detected_at": stamp(view.detected_at),
        "title": clean.line(view.title),
        "change_type": view.change_type,
        "is_significant": view.is_significant,
        "confidence_score": view.confidence_score,
        "category": view.category,
        "summary": clean.line(view.summary),
        "reasons": [_reason(reason, clean) for reason in view.reasons],
        "run_id": str(view.run_id) if view.run_id else None,
    }


def _reason(reason: dict[str, Any], clean: Clean) -> dict[str, Any]:
    return {**reason, "text": clean.line(str(reason.get("text", "")))}


def _show(found: Sequence[ChangeView], clean: Clean) -> None:
    from daemon.cli.terminal.table import Column, Since, table

    columns = [
        Column("ID"),
        Column("AGO", right=True, plain="AT"),
        Column("SEVERITY"),
        Column("SURE", right=True),
        Column("SITE", share=2),
        Column("SUMMARY", share=3, wraps=True),
    ]
    rows: list[list[Cell]] = [
        [
            (short_id(view.id), DIM),
            Since(view.detected_at),
            (view.change_type, SEVERITY.get(view.change_type, PLAIN)),
            percent(view.confidence_score),
            clean.line(view.site_name),
            (clean.line(view.summary), PLAIN if view.is_significant else DIM),
        ]
        for view in found
    ]
    table(columns, rows)


async def change_with(database: Database, change_id: str) -> ChangeDetail:
    """The one change that an id, or a part of it, names.

    Errors: Failure when there is none, or more than one.
    """
    from daemon.store.views.changes import find_change

    word = change_id.strip().lower()
    if len(word) < 4 or _HEX.issuperset(word) is False:
        raise Failure(f"{change_id!r} is no id: lists show eight characters", exits.USAGE)
    async with database.reading() as session:
        found = await find_change(session, word)
    if not found:
        raise Failure(f"there is no change {change_id}; see `changes`", exits.NOT_FOUND)
    if len(found) > 1:
        ids = ", ".join(str(one.view.id) for one in found)
        raise Failure(f"{change_id} may be any of {ids}: give more of it", exits.NOT_FOUND)
    return found[0]
