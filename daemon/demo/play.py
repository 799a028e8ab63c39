"""Runs the daemon on the demonstration's web, with its database in a folder."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from daemon.config import Config
from daemon.config.sites import RULE_FIELDS
from daemon.demo.site import DemoPage, DemoSite, demo_site
from daemon.model.site import Rules
from daemon.runtime import service
from daemon.runtime.observer import Observer

INTERVAL_SECONDS = 6.0
CURRENCY = "EUR"  # of every price on the demonstration's web
_CHECK_EVERY = "1s"
_NO_RULES = Rules()


async def play(
    folder: Path,
    observer: Observer,
    opened: Callable[[DemoSite], None],
    *,
    has_pages: bool = False,
) -> None:
    """Run until cancelled: the site on loopback, and the daemon with a database in this folder.

    Shape: the database exists already; `opened` is called with the site before the daemon starts.
           With `has_pages` the daemon shows them, on any free port.
    """
    async with demo_site(INTERVAL_SECONDS) as site:
        opened(site)
        await service.run(demo_config(folder, site.pages, has_pages=has_pages), {}, str, observer)


async def play_for(
    seconds: float,
    folder: Path,
    observer: Observer,
    opened: Callable[[DemoSite], None],
    *,
    has_pages: bool = False,
) -> None:
    """As `play`, but end after this time."""
    try:
        async with asyncio.timeout(seconds) as limit:
            await play(folder, observer, opened, has_pages=has_pages)
    except TimeoutError:
        if not limit.expired():
            raise


def demo_config(
    folder: Path, pages: tuple[DemoPage, ...] = (), *, has_pages: bool = False
) -> Config:
    """The configuration for these pages, with everything a hundred times as fast."""
    tree: dict[str, Any] = {
        "database": {"url": f"sqlite:///{folder / 'changelogger.db'}"},
        "fetch": {"allow_networks": ["127.0.0.0/8"], "delay_seconds": 0.0, "per_host": 4},
        "schedule": {"minimum_interval": "1s", "jitter": 0.0, "catch_up": "0"},
        "health": {"port": 0},
        "web": {"enabled": has_pages, "port": 0, "search_changes": has_pages},
        "site": [_site(page) for page in pages],
        "product": [_product(page) for page in pages if page.target_price is not None],
    }
    return Config.model_validate(tree).settled(())


def _site(page: DemoPage) -> dict[str, Any]:
    given = {field: getattr(page.rules, field) for field in RULE_FIELDS}
    rules = {
        field: list(value) if isinstance(value, tuple) else value
        for field, value in given.items()
        if value != getattr(_NO_RULES, field)
    }
    table = {"name": page.name, "url": page.url, "type": page.site_type}
    return {**table, "check_frequency": _CHECK_EVERY, **rules}


def _product(page: DemoPage) -> dict[str, Any]:
    table = {"name": page.name, "url": page.url, "check_frequency": _CHECK_EVERY}
    return {**table, "target_price": str(page.target_price), "currency": CURRENCY}
