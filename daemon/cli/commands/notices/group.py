"""`notices`: lists, shows, retries and drops notices."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from daemon.cli.terminal.command import Command, DefaultGroup
from daemon.cli.terminal.setting import Setting
from daemon.cli.terminal.show import (
    BAD,
    DIM,
    GOOD,
    PLAIN,
    STRONG,
    WARM,
    Clean,
    Fact,
    Style,
    hint,
    json_line,
    say,
    say_facts,
)
from daemon.display.times import local, stamp, utc_now
from daemon.display.words import count, short_id

if TYPE_CHECKING:  # for annotations alone
    from daemon.cli.terminal.table import Cell
    from daemon.operations.notifications import NoticeView

STATUS: dict[str, Style] = {
    "sent": GOOD,
    "pending": WARM,
    "held": DIM,
    "dead": BAD,
    "dropped": DIM,
}

notices = DefaultGroup(
    "notices",
    default="list",
    help="List the notices to people, newest first; show, send, retry or drop some.",
    lazy={
        "list": ("daemon.cli.commands.notices.group:list_", "List notices, newest first."),
        "show": (
            "daemon.cli.commands.notices.group:show",
            "Show all about one notice, with its words.",
        ),
        "send": ("daemon.cli.commands.notices.send:send", "Send what is due now, once."),
        "retry": (
            "daemon.cli.commands.notices.group:retry",
            "Send notices again that were not taken.",
        ),
        "drop": ("daemon.cli.commands.notices.group:drop", "Never send these notices."),
    },
)


@click.command("list", cls=Command)
@click.option(
    "--status",
    "statuses",
    multiple=True,
    type=click.Choice(tuple(STATUS)),
    help="Only these; may be given again.",
)
@click.option("--channel", metavar="NAME", help="Only those for this [[notify]].")
@click.option("--limit", type=click.IntRange(min=0), default=50, help="0 for all; default 50.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per notice.")
@click.pass_obj
def list_(
    setting: Setting, statuses: Sequence[str], channel: str | None, limit: int, as_json: bool
) -> None:
    """List notices, newest first, with what became of each.

    held waits for its hour, for others, or for a model; pending is to be sent; dead was not taken.
    """
    from daemon.operations.installation.opening import asked
    from daemon.operations.notifications import list_notifications

    config = setting.load()
    found = asyncio.run(asked(config, list_notifications, statuses, channel, limit or None))
    clean = Clean(config.secrets())
    if as_json:
        for view in found:
            json_line(notice_json(view, clean))
    elif not found:
        hint("no notices")
    else:
        _show_list(found, clean)


def notice_json(view: NoticeView, clean: Clean) -> dict[str, Any]:
    """A notice as one JSON object."""
    return {
        "id": str(view.id),
        "short_id": short_id(view.id),
        "kind": view.kind,
        "owner_id": view.user_id,
        "channel": view.channel,
        "status": view.status,
        "tries": view.tries,
        "created_at": stamp(view.created_at),
        "next_attempt_at": stamp(view.next_attempt_at),
        "sent_at": stamp(view.sent_at),
        "error_detail": clean.line(view.error_detail) or None,
        "idempotency_key": view.idempotency_key,
        "bundle_id": str(view.bundle_id) if view.bundle_id else None,
        "change_id": str(view.content_update_id) if view.content_update_id else None,
        "title": clean.line(_title(view)),
    }


def _title(view: NoticeView) -> str:
    from daemon.notify.phrases import title_of

    return title_of(view.kind, view.payload)


def _show_list(found: Sequence[NoticeView], clean: Clean) -> None:
    from daemon.cli.terminal.table import Age, Column, table

    columns = [
        Column("ID"),
        Column("AGO", right=True, plain="AT"),
        Column("STATUS"),
        Column("TRIES", right=True),
        Column("CHANNEL", share=1),
        Column("NOTICE", share=3, wraps=True),
    ]
    rows: list[list[Cell]] = [
        [
            (short_id(view.id), DIM),
            Age(view.created_at),
            (view.status, STATUS[view.status]),
            str(view.tries),
            clean.line(view.channel_name),
            clean.line(_title(view)),
        ]
        for view in found
    ]
    table(columns, rows)


@click.command(cls=Command)
@click.argument("notice_id", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def show(setting: Setting, notice_id: str, as_json: bool) -> None:
    """Show all about one notice: its way so far, and its words."""
    from daemon.notify.render import words_of
    from daemon.operations.installation.opening import asked
    from daemon.operations.notifications import the_notification

    config = setting.load()
    view = asyncio.run(asked(config, the_notification, notice_id))
    clean = Clean(config.secrets())
    text = clean.text(words_of(view.kind, view.payload).text)
    if as_json:
        json_line(notice_json(view, clean) | {"text": text})
        return
    say(clean.line(_title(view)), STRONG)
    say()
    say_facts(_facts(view, clean))
    say()
    say(text)


def _facts(view: NoticeView, clean: Clean) -> list[Fact]:
    facts: list[Fact] = [
        ("status", f"{view.status}, tried {count(view.tries, 'time')}", STATUS[view.status]),
        ("channel", clean.line(view.channel_name), PLAIN),
        ("for", clean.line(view.user_id), PLAIN),
        ("written", local(view.created_at), PLAIN),
    ]
    if view.sent_at:
        facts.append(("sent", local(view.sent_at), PLAIN))
    if view.status in ("pending", "held"):
        facts.append(("next", local(view.next_attempt_at), PLAIN))
    if view.error_detail:
        facts.append(("reason", clean.line(view.error_detail), BAD))
    return [*facts, ("key", view.idempotency_key, DIM), ("id", str(view.id), DIM)]


_words = click.argument("words", nargs=-1, metavar="[ID]...")


@click.command(cls=Command)
@_words
@click.option("--all-dead", is_flag=True, help="Every notice that was given up.")
@click.pass_obj
def retry(setting: Setting, words: Sequence[str], all_dead: bool) -> None:
    """Send notices again that were given up, dropped or wait: under the same key, now.

    The running daemon sends them within a second.
    """
    from daemon.operations.installation.opening import asked
    from daemon.operations.notifications import retry_notifications

    meant = _meant(words, all_dead)
    changed = asyncio.run(asked(setting.load(), retry_notifications, meant, utc_now()))
    say(f"{count(changed, 'notice')} to be sent now")


@click.command(cls=Command)
@_words
@click.option("--all-dead", is_flag=True, help="Every notice that was given up.")
@click.pass_obj
def drop(setting: Setting, words: Sequence[str], all_dead: bool) -> None:
    """Never send these notices; what was sent already stays sent."""
    from daemon.operations.installation.opening import asked
    from daemon.operations.notifications import drop_notifications

    meant = _meant(words, all_dead)
    changed = asyncio.run(asked(setting.load(), drop_notifications, meant))
    say(f"{count(changed, 'notice')} dropped")


def _meant(words: Sequence[str], all_dead: bool) -> Sequence[str] | None:
    if bool(words) is all_dead:
        raise click.UsageError("name notices by their ids, or give --all-dead")
    return words or None
