"""`history`: shows the events of one site in order of time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from daemon.cli.commands.completed_names import WatchedName
from daemon.cli.terminal.command import Command
from daemon.cli.terminal.setting import Setting
from daemon.cli.terminal.show import (
    BAD,
    DIM,
    GOOD,
    PLAIN,
    SEVERITY,
    Clean,
    Style,
    hint,
    is_terminal,
    json_line,
    say,
)
from daemon.display.outcomes import rendering_words
from daemon.display.times import ago, seconds, stamp, utc_now
from daemon.display.words import percent, short_id
from daemon.model.request import BROWSER
from daemon.wording import byte_size

if TYPE_CHECKING:  # for annotations alone
    from daemon.operations.sites import AttemptView, ChangeView, SiteHistory, SnapshotView

_QUIET = ("unchanged", "not_modified")


@dataclass(frozen=True, slots=True)
class Event:
    """One event, or `times` equal ones in a row."""

    at: datetime
    what: str
    style: Style
    detail: str
    facts: dict[str, Any]
    times: int = 1


@click.command(cls=Command)
@click.argument("name", type=WatchedName(), metavar="NAME|URL")
@click.option("--limit", type=click.IntRange(1, 100_000), default=50, help="Of each; default 50.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per event.")
@click.pass_obj
def history(setting: Setting, name: str, limit: int, as_json: bool) -> None:
    """Show what happened to a site, newest first: changes, states and attempts.

    Attempts in a row that found nothing new, or failed for the same reason, are counted together,
    except with --json.
    """
    from daemon.cli.commands.sites.trend import USUAL_DAYS, in_a_line
    from daemon.model.trend import total
    from daemon.operations import sites
    from daemon.operations.installation.opening import asked

    config = setting.load()
    clean = Clean(config.secrets())
    found = asyncio.run(asked(config, sites.history, name, limit, USUAL_DAYS, utc_now()))
    events = _events(found, clean)
    if as_json:
        for event in events:
            json_line({"at": stamp(event.at), "event": event.what, **event.facts})
    elif not events:
        hint("nothing has happened yet")
    else:
        if found.days and is_terminal():
            say(in_a_line(total(list(found.days.values())), USUAL_DAYS), DIM)
            say()
        _show(list(_together(events)))


def _events(found: SiteHistory, clean: Clean) -> list[Event]:
    events = [_of_change(view, clean) for view in found.changes]
    events += [_of_state(view, clean) for view in found.states]
    events += [_of_attempt(view, clean) for view in found.attempts]
    # The result of an attempt is shown above it.
    return sorted(events, key=lambda event: (event.at, event.what in _RANK), reverse=True)


_RANK = frozenset({"state", *SEVERITY})


def _of_change(view: ChangeView, clean: Clean) -> Event:
    detail = f"{clean.line(view.summary)}  ({percent(view.confidence_score)}, {short_id(view.id)})"
    facts = {
        "id": str(view.id),
        "is_significant": view.is_significant,
        "confidence_score": view.confidence_score,
        "summary": clean.line(view.summary),
    }
    return Event(
        view.detected_at, view.change_type, SEVERITY.get(view.change_type, PLAIN), detail, facts
    )


def _of_state(view: SnapshotView, clean: Clean) -> Event:
    title = clean.line(view.title) or "(no title)"
    again = f", seen {view.times_seen} times" if view.times_seen > 1 else ""
    facts = {
        "id": str(view.id),
        "title": clean.line(view.title),
        "kind": view.kind,
        "last_seen_at": stamp(view.last_seen_at),
        "times_seen": view.times_seen,
        "has_source": view.has_source,
    }
    return Event(
        view.first_seen_at,
        "state",
        {"fg": "blue"},
        f"{title} ({view.kind}{again}, {short_id(view.id)})",
        facts,
    )


def _of_attempt(view: AttemptView, clean: Clean) -> Event:
    failed = view.error_class is not None
    parts = [str(view.status or ""), seconds(view.elapsed_seconds), byte_size(view.wire_bytes)]
    parts.append("rendered" if view.renderer == BROWSER else "")
    parts += rendering_words(view.is_restless, view.stopped_requests)
    detail = " · ".join(filter(None, parts))
    if failed:
        detail = f"{view.error_class}: {clean.line(view.error_detail)}"
    facts = {
        "id": str(view.id),
        "elapsed_seconds": round(view.elapsed_seconds, 4),
        "status": view.status,
        "renderer": view.renderer,
        "is_restless": view.is_restless,
        "stopped_requests": view.stopped_requests,
        "wire_bytes": view.wire_bytes,
        "body_bytes": view.body_bytes,
        "error_class": view.error_class,
        "error_detail": clean.line(view.error_detail) if failed else None,
        "final_url": clean.url(view.final_url) if view.final_url else None,
    }
    style = BAD if failed else GOOD if view.verdict in _QUIET else PLAIN
    return Event(view.started_at, view.verdict, style, detail, facts)


def _together(events: Sequence[Event]) -> Iterator[Event]:
    """Merge equal attempts in a row."""
    held: Event | None = None
    for event in events:
        if held is not None and _is_again(held, event):
            held = replace(held, times=held.times + 1)
            continue
        if held is not None:
            yield held
        held = event
    if held is not None:
        yield held


def _is_again(held: Event, event: Event) -> bool:
    if held.what != event.what or held.what in _RANK:
        return False
    return (
        held.what in _QUIET or held.facts["error_class"] == event.facts["error_class"] is not None
    )


def _show(events: Sequence[Event]) -> None:
    from daemon.cli.terminal.table import Column, table

    now = utc_now()
    columns = [
        Column("AGO", right=True, plain="AT"),
        Column("WHAT"),
        Column("DETAIL", share=1, wraps=True),
    ]
    rows = [
        (ago(e.at, now), (_what(e), e.style), (e.detail, DIM if e.what in _QUIET else PLAIN))
        for e in events
    ]
    table(columns, rows, [(stamp(e.at) or "", _what(e), e.detail) for e in events])


def _what(event: Event) -> str:
    words = event.what.replace("_", " ")
    return words if event.times == 1 else f"{words} ×{event.times}"
