"""A daemon that has watched a hostile web: its words stand wherever words of others can."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote, urlsplit

from sqlalchemy import update

from daemon.config import Config, WebConfig, load
from daemon.model.viewer import Actor
from daemon.monitoring.health import ComponentState, Health
from daemon.monitoring.metrics import Metrics
from daemon.notify.links import Deed, Link, write_link
from daemon.operations import changes, notifications, products, sites
from daemon.operations.backtest import Backtests
from daemon.operations.comparing import Comparer
from daemon.operations.installation.configuration import apply
from daemon.operations.people import destinations, logins, proving, users
from daemon.operations.people.destinations import NewDestination
from daemon.operations.people.users import NewUser
from daemon.operations.trying import Tries
from daemon.runtime.app import App, open_app
from daemon.runtime.check_now import check_all
from daemon.store.core.opening import open_for_readers
from daemon.store.people.destinations import begin_test
from daemon.store.search.keeping import IndexKeeper
from daemon.store.tables import MonitoredSite, Product
from daemon.store.views.changes import ChangeFilter
from daemon.web.context import Context
from daemon.web.server import serve
from tests import loopback
from tests.living import CONFIG, PATIENCE_SECONDS
from tests.making import ADMIN

MARKUP = "<img src=x onerror=hurt=1><script>hurt=1</script><style>*{display:none}</style>"
REVERSED = "\u202egnp.exe\u2066"
LONG = "x" * 3_000
# What a page says of itself: escaped there, so that it arrives here as words.
TOLD = MARKUP.replace("<", "&lt;")
PAGE = """<!doctype html><title>{told} {reversed}</title><main><h1>News {told}</h1>
<p>Nothing happened today, and the ferry leaves at noon as it did for years.</p>
{paragraphs}</main>"""
OFFER = """<!doctype html><title>Kettle {told}</title><h1>Kettle {told}</h1>
<script type="application/ld+json">{{"@context": "https://schema.org", "@type": "Product",
"name": "Kettle \\u003cscript\\u003ehurt=1", "sku": "\\u003cb\\u003e",
"offers": {{"@type": "Offer", "price": "{price}", "priceCurrency": "EUR",
"availability": "https://schema.org/InStock"}}}}</script>
<p class="price">{price} EUR</p><p class="was">99.90 EUR {told}</p>"""
PRICES = ("89.90", "84.90", "69.90", "66.00")  # of each day
SITE = """
[[site]]
name = '{name}'
url = "{url}"
tags = ["news", "security"]
check_frequency = "1h"
"""
PRODUCT = """
[[product]]
name = 'Kettle {name}'
url = "{url}"
target_price = "70"
currency = "EUR"
check_frequency = "1h"
"""
NOTIFY = """
[[notify]]
name = '{name}'
url = "https://told.invalid/"
"""


LOGINS = {
    "public_url": "http://localhost",
    "password": {"enabled": True},
    "login": [
        {"name": "corp", "issuer": "https://id.invalid", "client_id": "x", "client_secret": "y"},
        {"name": "github", "kind": "github", "client_id": "x", "client_secret": "y"},
    ],
}


@dataclass(frozen=True, slots=True)
class Watched:
    """Where the pages are, and one id of each kind of thing that they show.

    Shape: `next_day` has the web changed and checked once more.
    """

    url: str
    ids: Mapping[str, str]
    next_day: Callable[[], Awaitable[None]]


@asynccontextmanager
async def watched(folder: Path, database: Path) -> AsyncIterator[Watched]:
    """Watch the hostile web through three of its days, in a copy of this empty database."""
    shutil.copyfile(database, folder / "changelogger.db")
    bodies = {"news": _news(0), "quiet": "<p>All is well.", "broken": "", "kettle": _offer("89.90")}
    async with loopback.serving(**bodies) as web:
        config = _config(folder, web)
        async with open_app(config, "check") as app:
            await apply(app.database, ADMIN, config, app.clock())
            days = enumerate(PRICES)

            async def next_day() -> None:
                day, price = next(days)
                web.bodies |= {"/news": _news(day), "/kettle": _offer(price)}
                web.redirects["/broken"] = (302, f"http://{REVERSED}{MARKUP}/{LONG}")
                assert await check_all(app) == []

            for _day in range(3):
                await next_day()
            await IndexKeeper(app.database).step(app.clock(), seconds=600)
            async with app.database.writing() as session:
                quiet = update(MonitoredSite).where(MonitoredSite.name.startswith("Quiet"))
                await session.execute(quiet.values(managed_by="cli"))
                await session.execute(update(Product).values(managed_by="cli"))
            with_logins = config.model_copy(update={"web": WebConfig.model_validate(LOGINS)})
            async with served(app, config) as url, served(app, with_logins) as logins_url:
                ids = await _ids(app) | {"logins": logins_url, **await _people(app)}
                ids |= await _destinations(app, config)
                yield Watched(url, ids, next_day)


def _news(day: int) -> str:
    told = [f"<p>Day {n}: {TOLD} {REVERSED} {LONG} and more." for n in range(day)]
    return PAGE.format(told=TOLD, reversed=REVERSED, paragraphs="".join(told))


def _offer(price: str) -> str:
    return OFFER.format(told=TOLD, price=price)


def _config(folder: Path, web: loopback.Site) -> Config:
    path = folder / "config.toml"
    names = {"news": f"News {MARKUP}", "quiet": f"Quiet {'y' * 100}", "broken": "Broken"}
    tables = [SITE.format(name=name, url=web.url(f"/{at}")) for at, name in names.items()]
    tables.append(PRODUCT.format(name=MARKUP, url=web.url("/kettle")))
    tables.append(NOTIFY.format(name=f"Hook {MARKUP}"))
    path.write_text(CONFIG + "".join(tables))
    url = f"sqlite:///{folder / 'changelogger.db'}"
    allowed = {"CHANGELOGGER__WEB__DESTINATIONS": '["webhook", "ntfy"]'}
    allowed |= {"CHANGELOGGER__WEB__SEARCH_CHANGES": "true"}
    return load(path, {"CHANGELOGGER__DATABASE__URL": url, **allowed})


@asynccontextmanager
async def served(app: App, config: Config) -> AsyncIterator[str]:
    health = Health()
    health.report("database", ComponentState.OK, MARKUP)
    async with open_for_readers(config.database, PATIENCE_SECONDS) as reading:
        context = Context(
            config=lambda: config,
            reading=reading,
            database=app.database,
            health=health,
            metrics=Metrics("0"),
            clock=lambda: datetime.now(UTC),
            comparer=Comparer(lambda: app.components.context.sandbox),
            tries=Tries(lambda: app.components.context),
            backtests=Backtests(lambda: app.components.context.sandbox),
            key=app.base.signing_key,
        )
        async with serve(context, WebConfig(port=0)) as url:
            yield url


async def _people(app: App) -> dict[str, str]:
    """A user with a name of markup, and the secret of a link."""
    actor, now = Actor(ADMIN), datetime.now(UTC)
    eve = await users.add(app.database, actor, NewUser(f"eve {MARKUP}", "eve@example.org"), now)
    secret = await logins.make_link(app.database, actor, eve.id, now)
    return {"user": quote(eve.id, safe=""), "token": secret}


async def _destinations(app: App, config: Config) -> dict[str, str]:
    """A destination that is proved, and one that was sent a code in vain."""
    actor, now, ids = Actor(ADMIN), datetime.now(UTC), {}
    for word in ("destination", "unproved"):
        new = NewDestination(f"{word} {MARKUP}"[:60], "webhook", "https://told.invalid/")
        view, _ = await destinations.add(app.database, actor, config, new, now)
        ids[word] = str(view.id)
        async with app.database.writing() as session:
            await begin_test(session, view.id, "123456", now + timedelta(hours=1), now)
            if word == "unproved":
                continue
        await proving.confirm(app.database, actor, config, view.id, "123456", now)
    return ids


async def _ids(app: App) -> dict[str, str]:
    now = app.clock()
    [change, *_] = await changes.list_changes(app.database, ADMIN, ChangeFilter(limit=1))
    detail = await changes.the_change(app.database, ADMIN, str(change.id))
    [followed] = await products.list_products(app.database, ADMIN, 90, now)
    found = await sites.list_sites(app.database, ADMIN)
    [told, *_] = await notifications.list_notifications(app.database, ADMIN)
    useful = Link(Deed.USEFUL, change.owner_id, change.id, now + timedelta(days=1))
    return {
        "change": str(change.id),
        "link": write_link(app.base.signing_key, useful),
        "before": str(detail.before_snapshot_id),
        "after": str(detail.after_snapshot_id),
        "site": str(change.site_id),
        "by_hand": str(next(site.id for site in found if site.managed_by == "cli")),
        "failing": str(next(site.id for site in found if site.name == "Broken")),
        "product": str(followed.view.id),
        "notification": str(told.id),
        "host": urlsplit(followed.view.url).netloc,
    }
