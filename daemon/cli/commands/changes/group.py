"""`changes`: lists changes, newest first."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from daemon.cli.commands.completed_names import TAGS, WatchedName
from daemon.cli.terminal import exits
from daemon.cli.terminal.command import Command, DefaultGroup, Failure
from daemon.cli.terminal.setting import Setting
from daemon.cli.terminal.show import DIM, PLAIN, SEVERITY, Clean, hint, json_line, say
from daemon.cli.terminal.since import SINCE
from daemon.display.times import stamp
from daemon.display.words import percent, short_id

if TYPE_CHECKING:  # for annotations alone
    from daemon.cli.terminal.table import Cell
    from daemon.config import Config
    from daemon.operations.changes import ChangeView
    from daemon.operations.lists.search import Query

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
_SWITCH = "set search_changes = true under [web] in config.toml, and start the daemon again"


@click.command("list", cls=Command)
@click.argument("name", type=WatchedName(), required=False, metavar="[NAME|URL]")
@TAGS
@click.option("--severity", metavar="A,B", help="Only these: minor, moderate, major, critical.")
@click.option("--significant", is_flag=True, help="Only those that matter.")
@SINCE
@click.option(
    "--search", metavar="WORDS", help='Only those with these words: price "in stock" -demo.'
)
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    help=f"0 for all; default {_LIMIT}, or all with --urls or --last-run.",
)
@click.option("--last-run", is_flag=True, help="Only those of the last `run` or `check`.")
@click.option("--urls", is_flag=True, help="Print the URLs of the sites alone, each once.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per change.")
@click.pass_obj
def list_(
    setting: Setting,
    /,
    name: str | None,
    last_run: bool,
    urls: bool,
    as_json: bool,
    search: str | None,
    **narrowing: Any,
) -> None:
    """List the changes that were found, newest first: of one site, or of all.

    The id at the start of a line is what `diff` and `changes show` take.
    """
    from daemon.operations.changes import ChangeFilter, list_changes
    from daemon.operations.installation.opening import asked

    wanted = ChangeFilter(**_wanted(**narrowing, usual_limit=0 if urls or last_run else _LIMIT))
    config = setting.load()
    query = None if search is None else _searchable(config, search)
    limits: dict[str, Any] = {"site": name, "last_run": last_run, "search": query}
    found = asyncio.run(asked(config, list_changes, wanted, **limits))
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


def _searchable(config: Config, words: str) -> Query:
    """What these words ask for, once it is known that changes can be found by them.

    Errors: Failure.
    """
    from daemon.model.errors import InputError
    from daemon.operations.installation.opening import asked
    from daemon.operations.lists.search import findable, query_of

    try:
        query = query_of("--search", words)
    except InputError as exc:
        raise Failure(f"{exc}: {exc.hint}", exits.USAGE) from exc
    if not config.web.search_changes:
        raise Failure(f"changes are not searched: {_SWITCH}", exits.USAGE)
    known = asyncio.run(asked(config, findable))
    if not known.is_any:
        raise Failure("no change can be found yet: the daemon makes the index", exits.NOT_FOUND)
    if not known.is_all:
        hint(
            f"only changes since {stamp(known.since)} can be found yet: the daemon adds the others"
        )
    return query


def _wanted(
    tags: Sequence[str],
    severity: str | None,
    significant: bool,
    since: datetime | None,
    limit: int | None,
    usual_limit: int,
) -> dict[str, Any]:
    """The fields of the filter."""
    return {
        "tags": tuple(tags),
        "change_types": _severities(severity),
        "only_significant": significant,
        "since": since,
        "limit": (usual_limit if limit is None else limit) or None,
    }


def _severities(given: str | None) -> tuple[str, ...]:
    severities = tuple(word.strip().lower() for word in (given or "").split(",") if word.strip())
    for word in severities:
        if word not in SEVERITY:
            raise click.BadParameter(
                f"{word!r} is none of {', '.join(SEVERITY)}", param_hint="--severity"
            )
    return severities


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
    from daemon.cli.terminal.table import Age, Column, table

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
            Age(view.detected_at),
            (view.change_type, SEVERITY.get(view.change_type, PLAIN)),
            percent(view.confidence_score),
            clean.line(view.site_name),
            (clean.line(view.summary), PLAIN if view.is_significant else DIM),
        ]
        for view in found
    ]
    table(columns, rows)


def checked_id(word: str) -> str:
    """The word, if it may be the id of a change or a part of one.

    Errors: Failure for other words.
    """
    part = word.strip().lower()
    if len(part) < 4 or not _HEX.issuperset(part):
        raise Failure(f"{word!r} is no id: lists show eight characters", exits.USAGE)
    return part
