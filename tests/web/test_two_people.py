"""Two people, who log in by two providers, watch one page, each for themselves."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from daemon.config import Config
from daemon.fetch.posting import Poster
from daemon.sandbox.pool import Sandbox
from daemon.store import tables
from daemon.store.core.database import Database
from daemon.web.context import Context
from daemon.web.server import serve
from tests.loopback import SETTINGS, Site, serving
from tests.notify.mailbox import Inbox, receiving_mail
from tests.notify.sinks import SECRET as SIGNED_WITH
from tests.notify.sinks import Sink, receiving
from tests.notify.test_road import Road, road
from tests.operations.test_destinations import World
from tests.provider import CLIENT, SECRET, ProviderOnLoopback, providing
from tests.web.conftest import FREE, NOW, Pages, text_of
from tests.web.test_destinations_page import KEY
from tests.web.test_providers import EMAILS, have_providers, log_in

JANE, OCTO = "corp|248289761001", "github|12345"
MINE = "/me/destinations"
HOUR = timedelta(hours=1)
FEES = "<title>Fees</title><main><h1>Fees</h1><p>The membership costs {} EUR a month.</main>"
AT_NIGHT = NOW + 2 * HOUR  # 14:00 UTC, 23:00 in Tokyo
IN_THE_MORNING = NOW + 10 * HOUR + timedelta(minutes=2)  # 22:02 UTC, 07:02 in Tokyo


@dataclass
class Person:
    """Somebody in a browser of their own."""

    id: str
    browser: Pages
    site: str = ""
    places: list[str] = field(default_factory=list)

    async def add(self, url: str) -> None:
        added = await self.browser.post("/sites/new", url=url, name="Fees", check_frequency="1h")
        assert added.status == 303, text_of(added.text)
        self.site = added.headers["Location"]

    async def add_destination(self, **fields: str) -> str:
        added = await self.browser.post(MINE, name="mine", **fields)
        self.places.append(added.headers["Location"])
        assert (await self.browser.post(f"{self.places[-1]}/test")).status == 303
        return self.places[-1]

    async def confirm(self, code: str) -> None:
        assert (await self.browser.post(f"{self.places[-1]}/confirm", code=code)).status == 303


@dataclass
class Two:
    """Both, what tells them, and the page that they watch."""

    jane: Person
    octo: Person
    world: World
    page: Site
    road: Road

    async def change(self, price: int, at: datetime) -> None:
        """Have the page say something else, and checked then; told two minutes later."""
        self.page.bodies["/fees"] = FEES.format(price)
        self.road.clock.now = at
        await self.road.round()
        await self.world.deliver(at + timedelta(minutes=2))

    @property
    def told(self) -> tuple[int, int]:
        """How often Jane was told by mail, and Octo by the webhook, beside the codes."""
        mails = [mail for _, mail in self.world.inbox.mails if "code" not in mail["Subject"]]
        posts = [one for one in self.world.sink.got if "code" not in one["data"]]
        return len(mails), len(posts)


def tree_of(database_url: str, provider: ProviderOnLoopback, port: int) -> dict[str, Any]:
    every = {"issuer": provider.issuer, "client_id": CLIENT, "client_secret": SECRET}
    lets_in = {"allow": ["@example.org"], "create_users": True}
    mail = {"host": "127.0.0.1", "port": port, "security": "none", "sender": "us@example.org"}
    return {
        "database": {"url": database_url, "encryption_key": KEY},
        "fetch": {"allow_networks": ["127.0.0.0/8"]},
        "mail": mail,
        "web": {
            "requests_per_second": 0,
            "public_url": "http://localhost:8788",
            "destinations": ["mail", "webhook"],
            "login": [
                {"name": "corp", **every, **lets_in},
                {"name": "github", "kind": "github", **every, **lets_in},
            ],
        },
    }


@pytest.fixture
async def two(
    context: Context, database: Database, database_url: str, sandbox: Sandbox
) -> AsyncIterator[Two]:
    inbox, sink = Inbox(), Sink()
    async with AsyncExitStack() as stack:
        port = await stack.enter_async_context(receiving_mail(inbox))
        await stack.enter_async_context(receiving(sink))
        provider = await stack.enter_async_context(providing(NOW))
        provider.emails = EMAILS
        config = Config.model_validate(tree_of(database_url, provider, port)).settled(())
        context = replace(context, config=lambda: config)
        have_providers(context, await stack.enter_async_context(Poster(SETTINGS)))
        url = await stack.enter_async_context(serve(context, FREE))
        people: list[Person] = []
        for name, id_ in (("corp", JANE), ("github", OCTO)):
            browser = Pages(url, context)
            stack.push_async_callback(browser.session.close)
            assert (await log_in(browser, name)).status == 303
            people.append(Person(id_, browser))
        page = await stack.enter_async_context(serving())
        on = await stack.enter_async_context(road(database, sandbox))
        jane, octo = people
        yield Two(jane, octo, World(database, config, sink, inbox), page, on)


async def test_each_has_their_own_notifications_at_their_own_places_and_hours(
    two: Two, database: Database
) -> None:
    jane, octo, inbox, sink = two.jane, two.octo, two.world.inbox, two.world.sink
    two.page.bodies["/fees"] = FEES.format(10)
    for person in (jane, octo):
        await person.add(two.page.url("/fees"))
    await jane.add_destination(kind="mail")
    await jane.confirm(re.findall(r"\d{6}", inbox.mails[-1][1]["Subject"])[0])
    await octo.add_destination(kind="webhook", address=sink.url, secret=SIGNED_WITH)
    await octo.confirm(sink.got[-1]["data"]["code"])
    for person, zone in ((jane, "Asia/Tokyo"), (octo, "Etc/UTC")):
        kept = await person.browser.post("/me", time_zone=zone, quiet="22:00-07:00")
        assert kept.status == 303, text_of(kept.text)

    await two.change(10, NOW)
    asked = two.page.asked["/fees"]
    await two.change(12, AT_NIGHT)
    assert two.page.asked["/fees"] == asked + 1  # one page, whoever watches it
    assert two.told == (0, 1)  # Jane sleeps
    await two.world.deliver(IN_THE_MORNING)
    assert two.told == (1, 1)
    recipients, mail = inbox.mails[-1]
    assert recipients == ["jane@example.org"]
    assert "Fees" in mail["Subject"]
    for told in (mail.as_string(), str(sink.got[-1])):
        assert "12 EUR" in told
    assert not [word for word in ("octo", OCTO, sink.url) if word in mail.as_string().lower()]
    assert not [word for word in ("jane", JANE) if word in str(sink.got[-1]).lower()]
    await apart(two, database)


async def apart(two: Two, database: Database) -> None:
    """Neither sees, nor can touch, anything of the other's."""
    async with database.reading() as session:
        changes = (await session.execute(select(tables.ContentUpdate))).scalars().all()
        notices = (await session.execute(select(tables.Notice))).scalars().all()
    assert {one.owner_id for one in changes} == {one.user_id for one in notices} == {JANE, OCTO}
    for person, other in ((two.jane, two.octo), (two.octo, two.jane)):
        theirs = [f"/changes/{one.id}" for one in changes if one.owner_id == other.id]
        theirs += [f"/notifications/{one.id}" for one in notices if one.user_id == other.id]
        theirs += [other.site, f"{other.site}/checks", f"{other.site}/states", *other.places]
        for path in theirs:
            assert (await other.browser.get(path)).status == 200, path
            assert (await person.browser.get(path)).status == 404, path
        for path in (f"{other.site}/remove", f"{other.site}/silence", f"{other.places[0]}/remove"):
            assert (await person.browser.post(path, **{"for": "1d"})).status == 404, path
        shown = ["/", "/sites", "/changes", "/notifications", "/catch-up?since=7d", "/me", MINE]
        for path in shown:
            text = (await person.browser.get(path)).text
            assert not [one for one in (*theirs, other.id) if one in text], path
        assert (await person.browser.get("/users")).status == 404
