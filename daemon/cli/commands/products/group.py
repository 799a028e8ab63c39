"""`products`: lists products with their prices."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from daemon.cli.commands.completed_names import TAGS
from daemon.cli.commands.owned import add_owners, the_owner
from daemon.cli.terminal.command import Command, DefaultGroup
from daemon.cli.terminal.setting import Setting
from daemon.cli.terminal.show import (
    BAD,
    DIM,
    GOOD,
    PLAIN,
    STRONG,
    Clean,
    Style,
    hint,
    json_line,
)
from daemon.display.times import ago, stamp, utc_now

if TYPE_CHECKING:  # for annotations alone
    from daemon.cli.terminal.table import Cell
    from daemon.operations.products import Followed

TREND_DAYS = 90
_TREND_WIDTH = 12
_STATE_STYLE: dict[str, Style] = {"ok": GOOD, "new": DIM, "paused": DIM, "failing": BAD}

products = DefaultGroup(
    "products",
    default="list",
    help="List the products that are followed; add or change some; show their prices.",
    lazy={
        "list": (
            "daemon.cli.commands.products.group:list_",
            "List the products, their prices and their stock.",
        ),
        "add": ("daemon.cli.commands.products.add:add", "Follow the price at a URL."),
        "history": (
            "daemon.cli.commands.products.history:history",
            "Show the prices of a product.",
        ),
        "check": ("daemon.cli.commands.process.check:check", "Check products now."),
        "pause": ("daemon.cli.commands.managed:pause_products", "Stop checking; keep the history."),
        "resume": ("daemon.cli.commands.managed:resume_products", "Check paused products again."),
        "tag": (
            "daemon.cli.commands.managed:tag_product",
            "Give tags, or take some off.",
        ),
        "forget-cookies": (
            "daemon.cli.commands.forget_cookies:of_products",
            "Drop the cookies that products keep.",
        ),
        "remove": ("daemon.cli.commands.managed:remove_products", "Follow products no longer."),
    },
)


@click.command("list", cls=Command)
@click.option("--owner", metavar="USER", default="", help="Only those of this owner.")
@click.option("--category", help="Only those of this category.")
@TAGS
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per product.")
@click.pass_obj
def list_(
    setting: Setting,
    owner: str,
    category: str | None,
    tags: Sequence[str],
    as_json: bool,
) -> None:
    """List the products: latest and lowest price, target, stock, and 90 days as a line."""
    from daemon.operations.installation.opening import asked
    from daemon.operations.products import ProductFilter, list_products

    config = setting.load()
    clean = Clean(config.secrets())
    wanted = ProductFilter(the_owner(config, owner) or None, category, tags)
    found = asyncio.run(asked(config, list_products, TREND_DAYS, utc_now(), wanted))
    if as_json:
        for one in found:
            json_line(product_json(one, clean))
    elif not found:
        is_narrowed = owner or category or tags
        hint(
            "no product is so" if is_narrowed else "no products yet: changelogger products add URL"
        )
    else:
        _show(found, clean)


def product_json(one: Followed, clean: Clean) -> dict[str, Any]:
    """A product as one JSON object; amounts are text."""
    from daemon.display.prices import plain_amount
    from daemon.operations.products import state_of

    view, figures = one.view, one.figures
    return {
        "name": clean.line(view.name),
        "state": state_of(view),
        "id": str(view.id),
        "url": clean.url(view.url),
        "category": view.category,
        "tags": view.tags,
        "price": plain_amount(view.price, view.currency) or None,
        "currency": view.currency,
        "availability": view.availability.value,
        "lowest": plain_amount(figures.lowest, view.currency) if figures else None,
        "highest": plain_amount(figures.highest, view.currency) if figures else None,
        "target_price": plain_amount(view.target_price, view.target_currency) or None,
        "target_currency": view.target_currency,
        "is_at_target": view.is_at_target,
        "deal_score": str(figures.deal_score) if figures and figures.is_sure else None,
        "check_frequency": view.check_frequency,
        "time_zone": view.time_zone,
        "hours": view.hours,
        "days": view.days,
        "notify_on": view.rules.notify_on,
        "detect_within": view.detect_within,
        "owner_id": view.owner_id,
        "managed_by": view.managed_by,
        "last_checked_at": stamp(view.last_checked_at),
        "next_check_at": stamp(view.next_check_at),
        "last_changed_at": stamp(view.last_changed_at),
        "error_class": view.error_class,
        "error_detail": clean.line(view.error_detail) if view.error_detail else None,
    }


def _show(found: Sequence[Followed], clean: Clean) -> None:
    from daemon.cli.terminal.table import Column, table

    now = utc_now()
    columns = [
        Column("NAME", share=2),
        Column("PRICE", right=True),
        Column("LOWEST", right=True),
        Column("TARGET", right=True),
        Column("STOCK", plain="AVAILABILITY"),
        Column("90 DAYS", plain="CURRENCY", yields=True),
        Column("STATE"),
        Column("CHECKED", right=True, plain="CHECKED_AT"),
        Column("SHOP", share=1, plain="URL"),
    ]
    rows = [_row(one, clean, now) for one in found]
    plain = [_tab_row(one, clean) for one in found]
    add_owners(columns, [one.view.owner_id for one in found], rows, plain)
    table(columns, rows, plain)


def _row(one: Followed, clean: Clean, now: datetime) -> list[Cell]:
    from daemon.cli.terminal.offers import stock
    from daemon.display.prices import amount_of, money
    from daemon.operations.products import state_of

    view, state = one.view, state_of(one.view)
    price: Style = {**GOOD, **STRONG} if view.is_at_target else PLAIN
    told = view.error_class or state if state == "failing" else state
    return [
        (clean.line(view.name), DIM if state == "paused" else PLAIN),
        (money(view.price, view.currency), price),
        amount_of(one.figures.lowest if one.figures else None, view.currency),
        money(view.target_price, view.target_currency),
        stock(view.availability.value),
        _trend(one, now),
        (told, _STATE_STYLE[state]),
        ago(view.last_checked_at, now),
        (clean.url(view.url).partition("://")[2].partition("/")[0], DIM),
    ]


def _trend(one: Followed, now: datetime) -> str:
    from daemon.cli.terminal.chart import sparkline

    steps = [
        (point.checked_at, point.price)
        for point in one.points
        if point.price is not None and point.currency == one.view.currency
    ]
    return sparkline(steps, now - timedelta(days=TREND_DAYS), now, _TREND_WIDTH)


def _tab_row(one: Followed, clean: Clean) -> list[str]:
    from daemon.display.prices import plain_amount
    from daemon.operations.products import state_of

    view, state = one.view, state_of(one.view)
    return [
        clean.line(view.name),
        plain_amount(view.price, view.currency),
        plain_amount(one.figures.lowest, view.currency) if one.figures else "",
        plain_amount(view.target_price, view.target_currency),
        view.availability.value,
        view.currency or "",
        view.error_class or "" if state == "failing" else state,
        stamp(view.last_checked_at) or "",
        clean.url(view.url),
    ]
