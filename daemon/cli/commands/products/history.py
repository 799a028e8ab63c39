"""`products history`: shows what a product cost, as figures, a chart, and check by check."""

from __future__ import annotations

import asyncio
import csv
import shutil
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from daemon.cli.commands.completed_names import WatchedName
from daemon.cli.terminal.command import Command
from daemon.cli.terminal.setting import Setting
from daemon.cli.terminal.show import DIM, STRONG, Clean, hint, is_terminal, json_line, say
from daemon.display.times import ago, local, stamp, utc_now
from daemon.display.words import percent

if TYPE_CHECKING:  # for annotations alone
    from daemon.operations.products import (
        PriceAlertView,
        PriceCheckView,
        PriceDayView,
        PriceHistory,
        PricePoint,
        Statistics,
    )

_CHART_HEIGHT = 8
_CHART_WIDTH = 72
_MARGIN = 14
_ALERTS_SHOWN = 10
_COLUMNS = (
    "at", "product", "url", "price", "currency", "availability", "list_price",
    "confidence_score", "is_believed", "reason", "is_repeat", "variant", "source", "alerts",
    "alerts_sent_at",
)  # fmt: skip


@click.command(cls=Command)
@click.argument("name", type=WatchedName(), metavar="NAME|URL")
@click.option("--days", type=click.IntRange(1, 3650), default=90, help="How far back; default 90.")
@click.option("--limit", type=click.IntRange(1, 1_000_000), help="At most so many checks.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per check.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV, oldest first.")
@click.pass_obj
def history(
    setting: Setting, name: str, days: int, limit: int | None, as_json: bool, as_csv: bool
) -> None:
    """Show what a product cost: figures, a chart, and its alerts.

    In a pipe, and with --json or --csv, check by check.
    """
    if as_json and as_csv:
        raise click.UsageError("give --json or --csv, not both")
    from daemon.operations.installation.opening import asked
    from daemon.operations.products import price_histories

    config = setting.load()
    clean = Clean(config.secrets())
    since = utc_now() - timedelta(days=days)
    found = asyncio.run(asked(config, price_histories, name, since, limit))
    rows = [row for past in found for row in _rows(past, clean)]
    if as_json:
        for row in rows:
            json_line(row)
    elif as_csv:
        _write_csv(rows)
    elif is_terminal():
        for past in found:
            _show(past, days, clean)
    else:
        _write_lines(rows)


def _rows(past: PriceHistory, clean: Clean) -> Iterator[dict[str, Any]]:
    from daemon.display.prices import plain_amount

    told: dict[datetime, list[PriceAlertView]] = {}
    for alert in past.alerts:
        told.setdefault(alert.created_at, []).append(alert)
    for check in past.checks:
        alerts = told.get(check.scraped_at, [])
        yield {
            "at": stamp(check.scraped_at),
            "product": clean.line(past.view.name),
            "url": clean.url(past.view.url),
            "price": plain_amount(check.price, check.currency) or None,
            "currency": check.currency,
            "availability": check.availability,
            "list_price": plain_amount(check.details.get("list_price"), check.currency) or None,
            "confidence_score": check.confidence_score,
            "is_believed": check.is_believed,
            "reason": check.details.get("reason"),
            "is_repeat": check.is_repeat,
            "variant": clean.line(check.variant) or None,
            "source": check.details.get("source"),
            "alerts": [alert.alert_type for alert in alerts],
            "alerts_sent_at": [stamp(alert.sent_at) for alert in alerts],
        }
    for day in reversed(past.days):
        yield from reversed(list(_day_rows(past, day, clean)))


def _day_rows(past: PriceHistory, day: PriceDayView, clean: Clean) -> Iterator[dict[str, Any]]:
    """The prices that are left of a day: its lowest, its highest and its last."""
    from daemon.display.prices import plain_amount

    for one in day.figures.moves:
        yield dict.fromkeys(_COLUMNS) | {
            "at": stamp(one.at),
            "product": clean.line(past.view.name),
            "url": clean.url(past.view.url),
            "price": plain_amount(one.price, day.currency),
            "currency": day.currency,
            "is_believed": True,
            "variant": clean.line(day.variant) or None,
            "source": "daily_figures",
            "alerts": [],
            "alerts_sent_at": [],
        }


def _write_csv(rows: Sequence[dict[str, Any]]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for row in reversed(rows):
        writer.writerow([_cell(row[column]) for column in _COLUMNS])


def _cell(value: Any) -> str:
    text = _tab_value(value)
    # Text from a page must not become a formula in a spreadsheet.
    return f"'{text}" if isinstance(value, str) and text[:1] in "=+-@" and text else text


def _tab_value(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(one or "-" for one in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _write_lines(rows: Sequence[dict[str, Any]]) -> None:
    click.echo("\t".join(column.upper() for column in _COLUMNS))
    for row in rows:
        cells = (_tab_value(row[column]) for column in _COLUMNS)
        click.echo("\t".join(cell.replace("\t", " ") for cell in cells))


def _show(past: PriceHistory, days: int, clean: Clean) -> None:
    from daemon.cli.terminal.offers import stock
    from daemon.display.prices import money

    view, now = past.view, utc_now()
    shown, style = stock(view.availability.value)
    price = click.style(money(view.price, view.currency), **STRONG)
    say(f"{click.style(clean.line(view.name), **STRONG)}  {price}  {click.style(shown, **style)}")
    say(clean.url(view.url), DIM)
    if view.target_price is not None:
        say(f"target {money(view.target_price, view.target_currency)}", DIM)
    if view.error_class is not None:
        say(f"failing: {view.error_class}: {clean.line(view.error_detail)}", {"fg": "red"})
    points = past.points()
    if not points:
        hint("no prices yet")
        return
    _show_figures(points, now)
    _show_chart(points, days, now)
    _show_alerts(past.alerts, clean, now)
    _show_doubts(past.checks, now)


def _show_figures(points: Sequence[PricePoint], now: datetime) -> None:
    from daemon.cli.terminal.table import Column, table
    from daemon.operations.products import figures_of

    columns = [
        Column("DAYS", right=True),
        Column("LOWEST", right=True),
        Column("AVERAGE", right=True),
        Column("HIGHEST", right=True),
        Column("CHEAPER THAN", right=True),
        Column("DEAL", right=True),
        Column("LAST MOVE", right=True),
    ]
    currency = points[-1].currency
    rows = [_figures(one, currency, now) for one in figures_of(points, now)]
    say()
    table(columns, rows, rows)


def _figures(one: Statistics, currency: str | None, now: datetime) -> list[str]:
    from daemon.display.prices import amount_of

    return [
        str(one.days),
        amount_of(one.lowest, currency),
        amount_of(one.average, currency),
        amount_of(one.highest, currency),
        f"{one.percentile} % of the time",
        f"{one.deal_score} of 10" if one.is_sure else "too early",
        ago(one.changed_at, now),
    ]


def _show_chart(points: Sequence[PricePoint], days: int, now: datetime) -> None:
    from daemon.cli.terminal.chart import chart

    last = points[-1]
    steps = [
        (point.checked_at, point.price)
        for point in points
        if point.price is not None
        and (point.currency, point.variant) == (last.currency, last.variant)
    ]
    start = max(now - timedelta(days=days), steps[0][0])
    width = min(shutil.get_terminal_size().columns - _MARGIN, _CHART_WIDTH)
    say()
    for line in chart(steps, start, now, max(width, 10), _CHART_HEIGHT, last.currency):
        say(line)
    say(f"{'':>6}{local(start)[:10]} to {local(now)[:10]}, {last.currency or 'currency open'}", DIM)


def _show_alerts(alerts: Sequence[PriceAlertView], clean: Clean, now: datetime) -> None:
    from daemon.cli.terminal.offers import alert_line
    from daemon.display.prices import alert_of

    if alerts:
        say()
    for alert in alerts[:_ALERTS_SHOWN]:
        sent = f"sent {local(alert.sent_at)}" if alert.sent_at else "not sent"
        shown = alert_line(alert_of(alert.details), clean)
        say(f"{ago(alert.created_at, now):>4} ago  {shown}  {click.style(sent, **DIM)}")


def _show_doubts(checks: Sequence[PriceCheckView], now: datetime) -> None:
    """Show prices that were not believed: kept, but not part of the figures."""
    from daemon.display.prices import money

    doubts = [c for c in checks if not c.is_believed and c.price is not None]
    if doubts:
        say()
    for check in doubts[:_ALERTS_SHOWN]:
        reason = str(check.details.get("reason", "")).replace("_", " ")
        why = f"({reason})" if reason else "(as at the check before)"
        told = f"{money(check.price, check.currency)}, {percent(check.confidence_score)} sure"
        say(f"{ago(check.scraped_at, now):>4} ago  not believed {why}: {told}", DIM)
