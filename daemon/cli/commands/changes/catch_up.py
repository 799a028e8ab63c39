"""`catch-up`: what was missed, the most important first, and what could not be seen."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from daemon.cli.commands.changes.group import change_view_json
from daemon.cli.commands.completed_names import TAGS
from daemon.cli.terminal.command import Command
from daemon.cli.terminal.setting import Setting
from daemon.cli.terminal.show import DIM, PLAIN, SEVERITY, STRONG, WARM, Clean, hint, json_line, say
from daemon.cli.terminal.since import SINCE
from daemon.display.caught_up import since_words
from daemon.display.prices import alert_text, plain_amount, price_now
from daemon.display.times import stamp, utc_now
from daemon.display.words import percent, short_id

if TYPE_CHECKING:  # for annotations alone
    from daemon.cli.terminal.table import Cell
    from daemon.operations.lists.catch_up import AlertSince, CaughtUp, RankedSite
    from daemon.operations.lists.trouble import Unwatched

_USUALLY = timedelta(days=7)
_SHOWN_SITES = 20


@click.command("catch-up", cls=Command)
@SINCE
@TAGS
@click.option(
    "--limit",
    type=click.IntRange(1, 200),
    default=_SHOWN_SITES,
    help=f"At most so many sites of each kind; default {_SHOWN_SITES}.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per line.")
@click.pass_obj
def catch_up(
    setting: Setting, since: datetime | None, tags: Sequence[str], limit: int, as_json: bool
) -> None:
    """Show what you missed since then, or in the last 7 days, the most important first.

    Each site is one line, by its most important change, however often it has changed. At the end
    stands what could not be seen: sites that failed, were blind, paused or silenced, times in
    which no daemon ran, and notifications that were given up.
    """
    from daemon.operations.installation.opening import asked
    from daemon.operations.lists.catch_up import catch_up as caught_up
    from daemon.operations.lists.changes import ChangesWanted

    config, now = setting.load(), utc_now()
    wanted = ChangesWanted(since=since or now - _USUALLY, tags=tuple(tags))
    found = asyncio.run(asked(config, caught_up, wanted, now, limit))
    clean = Clean(config.secrets())
    if as_json:
        for line in _json(found, clean):
            json_line(line)
    else:
        _show(found, clean)


def _show(found: CaughtUp, clean: Clean) -> None:
    from daemon.operations.lists.catch_up import summary_of

    ranking = found.ranking
    say(f"since {since_words(found.since)}: {summary_of(found)}", STRONG)
    if ranking.ranked_from is not None:
        hint(f"only what came after {since_words(ranking.ranked_from)} is ranked")
    _show_sites(ranking.sites, clean)
    _show_prices(found.alerts, clean)
    _show_unseen(found, clean)


def _show_sites(sites: Sequence[RankedSite], clean: Clean) -> None:
    if not sites:
        return
    from daemon.cli.terminal.table import Age, Column, table

    columns = [
        Column("ID"),
        Column("AGO", right=True, plain="AT"),
        Column("SEVERITY"),
        Column("SURE", right=True),
        Column("CHANGES", right=True),
        Column("SITE", share=2),
        Column("SUMMARY", share=3, wraps=True),
    ]
    rows: list[list[Cell]] = []
    for one in sites:
        view = one.change.view
        rows.append(
            [
                (short_id(view.id), DIM),
                Age(view.detected_at),
                (view.change_type, SEVERITY.get(view.change_type, PLAIN)),
                percent(view.confidence_score),
                str(one.changes),
                clean.line(view.site_name),
                clean.line(view.summary),
            ]
        )
    say()
    table(columns, rows)


def _show_prices(alerts: Sequence[AlertSince], clean: Clean) -> None:
    if not alerts:
        return
    from daemon.cli.terminal.table import Age, Column, table

    columns = [Column("AGO", right=True, plain="AT"), Column("ALERT"), Column("PRODUCT", share=2)]
    columns += [Column("PRICE", share=3, wraps=True), Column("SINCE")]
    rows: list[list[Cell]] = [
        [
            Age(one.view.created_at),
            one.view.alert_type.replace("_", " "),
            clean.line(one.view.product_name),
            clean.line(alert_text(one.alert)),
            clean.line(price_now(one.alert, one.price, one.currency)),
        ]
        for one in alerts
    ]
    say()
    table(columns, rows)


def _show_unseen(found: CaughtUp, clean: Clean) -> None:
    from daemon.operations.lists.catch_up import unseen_of_all
    from daemon.operations.lists.trouble import trouble_of

    say()
    if found.is_complete:
        say("everything could be seen in that time")
        return
    say("what could not be seen:", STRONG)
    for sentence in unseen_of_all(found):
        say(f"  {clean.line(sentence)}", WARM)
    for one in found.unwatched.sites:
        trouble = trouble_of(one, found.now)
        since = f" since {since_words(trouble.since)}" if trouble.since else ""
        why = f": {clean.line(trouble.why)}" if trouble.why else ""
        say(f"  {clean.line(one.site.name)}: {trouble.state}{since}{why}")
    if found.unwatched.number.number > len(found.unwatched.sites):
        hint(f"  {len(found.unwatched.sites)} of {found.unwatched.number} sites: raise --limit")


def _json(found: CaughtUp, clean: Clean) -> Iterator[dict[str, Any]]:
    """The lines for programs: each says in `kind` what it is."""
    from daemon.cli.terminal.offers import alert_json

    for one in found.ranking.sites:
        yield {
            "kind": "site",
            "changes": one.changes,
            "first_at": stamp(one.first_at),
            "last_at": stamp(one.last_at),
            "change": change_view_json(one.change.view, clean),
        }
    for alert in found.alerts:
        yield {
            "kind": "price_alert",
            "at": stamp(alert.view.created_at),
            "product": clean.line(alert.view.product_name),
            "url": clean.url(alert.view.url),
            **alert_json(alert.alert),
            "price_now": plain_amount(alert.price, alert.currency) or None,
            "currency_now": alert.currency,
        }
    for unwatched in found.unwatched.sites:
        yield _unwatched_json(unwatched, found.now, clean)
    for began, ended in found.gaps:
        yield {"kind": "not_running", "began_at": stamp(began), "ended_at": stamp(ended)}
    if found.known_from is not None:
        yield {"kind": "not_known", "before": stamp(found.known_from)}
    if found.undelivered.number:
        reason = clean.line(found.undelivered.reason)
        yield {"kind": "undelivered", "number": found.undelivered.number, "reason": reason}


def _unwatched_json(one: Unwatched, now: datetime, clean: Clean) -> dict[str, Any]:
    from daemon.operations.lists.trouble import trouble_of

    trouble = trouble_of(one, now)
    return {
        "kind": "not_seen",
        "site": clean.line(one.site.name),
        "url": clean.url(one.site.url),
        "state": trouble.state,
        "why": clean.line(trouble.why),
        "since": stamp(trouble.since),
        "checks": one.checks,
        "failed": one.failed,
    }
