"""What links in messages do on the pages: ask first, then one thing, for their recipient alone."""

from __future__ import annotations

import logging
import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import aiohttp
import pytest
from pydantic import SecretStr
from sqlalchemy import select, update

from daemon.config.notify import NotifyConfig
from daemon.model.viewer import Actor, Viewer
from daemon.notify.links import Deed, Link, write_link
from daemon.operations.channels import report_channels
from daemon.operations.people.users import disable
from daemon.store import tables
from daemon.store.core.database import Database
from daemon.store.record.outbox import sync_routes
from tests.alerting.things import route
from tests.making import ADMIN, count
from tests.many import change_id, have_many, site_id
from tests.web.conftest import NOW, Answer, Pages, text_of

DAY = timedelta(days=1)
NOTHING = "This link does nothing"
CHANGE, SITE = change_id(0), site_id(0)


@pytest.fixture
def web_settings() -> dict[str, Any]:
    """People log in."""
    return {"requests_per_second": 0, "public_url": "http://localhost:8788"}


@pytest.fixture(autouse=True)
async def people(database: Database) -> None:
    """Ada, whose site 0 and whose channel `mail` it is, and Eve."""
    await have_many(database, ["ada", "eve"], 2, 2)
    async with database.writing() as session:
        await sync_routes(session, {"ada": [route(name="mail")], "eve": [route(name="phone")]})


def path(
    pages: Pages,
    deed: Deed,
    about: UUID | str,
    user_id: str = "ada",
    lasts: timedelta = DAY,
) -> str:
    """The path of a link."""
    link = Link(deed, user_id, about, NOW + lasts)
    return f"/links/{write_link(pages.context.key, link)}"


async def send(pages: Pages, path: str) -> Answer:
    """Send the form of a link, as a person or a mail program does."""
    return await pages.ask("POST", path, {"List-Unsubscribe": "One-Click"})


def undo_in(answer: Answer) -> str:
    found = re.search(r'action="(/links/[^"]+)"', answer.text)
    assert found is not None
    return found[1]


async def verdicts(database: Database) -> list[tuple[str, str]]:
    async with database.reading() as session:
        rows = await session.execute(select(tables.Rating.user_id, tables.Rating.verdict))
        return [(row.user_id, row.verdict) for row in rows]


async def silenced(database: Database) -> Any:
    async with database.reading() as session:
        query = select(tables.MonitoredSite.muted_until).where(tables.MonitoredSite.id == SITE)
        return await session.scalar(query)


async def paused(database: Database, user_id: str = "ada") -> list[str]:
    async with database.reading() as session:
        found = await session.scalar(
            select(tables.User.preferences).where(tables.User.id == user_id)
        )
        return list((found or {}).get("paused", {}))


ABOUT: list[tuple[Deed, UUID | str]] = [
    (Deed.USEFUL, CHANGE),
    (Deed.NOISE, CHANGE),
    (Deed.SILENCE, SITE),
    (Deed.UNSUBSCRIBE, "mail"),
]


async def state(database: Database) -> tuple[Any, ...]:
    return await verdicts(database), await silenced(database), await paused(database)


@pytest.mark.parametrize(("deed", "about"), ABOUT)
async def test_looking_at_a_link_changes_nothing(
    pages: Pages, database: Database, deed: Deed, about: UUID | str
) -> None:
    for method in ("GET", "HEAD"):
        answer = await pages.ask(method, path(pages, deed, about))
        assert answer.status == 200
    shown = await pages.get(path(pages, deed, about))
    assert shown.text.count("<button") == 1
    assert ("mail" if deed is Deed.UNSUBSCRIBE else "Site 000000") in shown.text
    assert await state(database) == ([], None, [])


async def test_no_page_of_a_link_is_kept_indexed_or_named_to_others(pages: Pages) -> None:
    for asked in (path(pages, Deed.SILENCE, SITE), "/links/forged"):
        for answer in (await pages.get(asked), await send(pages, asked)):
            assert answer.headers["Cache-Control"] == "no-store"
            assert answer.headers["X-Robots-Tag"] == "noindex"
            assert answer.headers["Referrer-Policy"] == "no-referrer"
            assert "Set-Cookie" not in answer.headers
            assert "ETag" not in answer.headers


@pytest.mark.parametrize(("deed", "word"), [(Deed.USEFUL, "useful"), (Deed.NOISE, "noise")])
async def test_a_change_is_rated_in_the_name_of_who_got_it(
    pages: Pages, database: Database, deed: Deed, word: str
) -> None:
    for _ in range(2):  # again is harmless
        answer = await send(pages, path(pages, deed, CHANGE))
        assert (answer.status, f"rated as {word}" in answer.text) == (200, True)
        assert await verdicts(database) == [("ada", word)]
    taken_back = await send(pages, undo_in(answer))
    assert "taken back" in taken_back.text
    assert await verdicts(database) == []


async def test_a_site_is_silenced_for_a_week(pages: Pages, database: Database) -> None:
    asked = path(pages, Deed.SILENCE, SITE)
    for _ in range(2):
        answer = await send(pages, asked)
        assert "Site 000000 is silenced" in text_of(answer.text)
        assert await silenced(database) == NOW + 7 * DAY
    assert "is silenced" in (await pages.get(asked)).text
    assert "again" in (await send(pages, undo_in(answer))).text
    assert await silenced(database) is None


async def test_a_site_that_is_silenced_for_longer_stays_so(
    pages: Pages, database: Database
) -> None:
    longer = NOW + 30 * DAY
    async with database.writing() as session:
        await session.execute(update(tables.MonitoredSite).values(muted_until=longer))
    answer = await send(pages, path(pages, Deed.SILENCE, SITE))
    assert (answer.status, await silenced(database)) == (200, longer)


@pytest.mark.parametrize("is_multipart", [True, False])
async def test_a_mail_program_unsubscribes_by_one_click(
    pages: Pages, database: Database, is_multipart: bool
) -> None:
    url = f"{pages.url}{path(pages, Deed.UNSUBSCRIBE, 'mail')}"
    with aiohttp.MultipartWriter("form-data") as parts:
        part = parts.append("One-Click")
        part.set_content_disposition("form-data", name="List-Unsubscribe")
    data = parts if is_multipart else {"List-Unsubscribe": "One-Click"}
    headers = {"Origin": "https://mail.example", "Sec-Fetch-Site": "cross-site"}
    async with (
        aiohttp.ClientSession(headers=headers) as program,
        program.post(url, data=data, allow_redirects=False) as answer,
    ):
        assert answer.status == 200
    assert (await paused(database), await paused(database, "eve")) == (["mail"], [])


async def test_who_has_unsubscribed_can_subscribe_again(pages: Pages, database: Database) -> None:
    asked = path(pages, Deed.UNSUBSCRIBE, "mail")
    for _ in range(2):
        done = await send(pages, asked)
        assert "Nothing more is sent to mail" in done.text
    assert "Nothing more is sent to mail" in (await pages.get(asked)).text
    assert "sent to mail again" in (await send(pages, undo_in(done))).text
    assert await paused(database) == []
    async with database.reading() as session:
        query = select(tables.AuditEntry.user_id, tables.AuditEntry.how, tables.AuditEntry.what)
        rows = await session.execute(query.order_by(tables.AuditEntry.id))
        assert [tuple(row) for row in rows] == [
            ("ada", "link", "channel paused"),
            ("ada", "link", "channel resumed"),
        ]


async def test_channels_say_that_they_were_unsubscribed_from(
    pages: Pages, database: Database
) -> None:
    channels = [
        NotifyConfig(name=name, url=SecretStr(f"mailto:{owner}@example.org"), owner=owner)
        for name, owner in (("mail", "ada"), ("phone", "eve"))
    ]
    await send(pages, path(pages, Deed.UNSUBSCRIBE, "mail"))
    reports = await report_channels(database, channels, ADMIN)
    assert [(one.view.name, one.paused_since) for one in reports] == [
        ("mail", NOW),
        ("phone", None),
    ]
    theirs = await report_channels(database, channels, Viewer("eve"))
    assert [one.paused_since for one in theirs] == [None]


async def test_what_is_wrong_with_a_link_is_not_told(pages: Pages, database: Database) -> None:
    good = path(pages, Deed.SILENCE, SITE)
    wrong = [
        "/links/x",
        f"{good}A",
        good[:-4],
        path(pages, Deed.SILENCE, SITE, lasts=timedelta(0)),
        path(pages, Deed.SILENCE, site_id(1)),  # somebody else's
        path(pages, Deed.SILENCE, SITE, user_id="eve"),
        path(pages, Deed.SILENCE, SITE, user_id="nobody"),
        path(pages, Deed.SILENCE, CHANGE),
        path(pages, Deed.USEFUL, change_id(1)),
        path(pages, Deed.USEFUL, SITE),
        path(pages, Deed.UNSUBSCRIBE, "phone"),
        path(pages, Deed.UNSUBSCRIBE, "mail", user_id="eve"),
    ]
    answers = [await pages.get(one) for one in wrong] + [await send(pages, one) for one in wrong]
    assert {(one.status, text_of(one.text)) for one in answers} == {(404, text_of(answers[0].text))}
    assert NOTHING in answers[0].text
    assert await state(database) == ([], None, [])
    assert await count(database, tables.AuditEntry) == 0


@pytest.mark.parametrize(("deed", "about"), ABOUT)
async def test_links_about_what_is_gone_do_nothing(
    pages: Pages, database: Database, deed: Deed, about: UUID | str
) -> None:
    asked = path(pages, deed, about)
    async with database.writing() as session:
        await session.execute(update(tables.MonitoredSite).values(deleted_at=NOW))
        await sync_routes(session, {})
    assert (await send(pages, asked)).status == 404
    assert await state(database) == ([], None, [])


async def test_who_may_not_log_in_can_unsubscribe_and_nothing_else(
    pages: Pages, database: Database
) -> None:
    await disable(database, Actor(ADMIN), "ada", NOW)
    found = {deed: (await send(pages, path(pages, deed, about))).status for deed, about in ABOUT}
    assert found == {
        Deed.USEFUL: 404,
        Deed.NOISE: 404,
        Deed.SILENCE: 404,
        Deed.UNSUBSCRIBE: 200,
    }


async def test_no_log_has_a_link(pages: Pages, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    asked = path(pages, Deed.UNSUBSCRIBE, "mail")
    await pages.get(asked)
    await send(pages, asked)
    await pages.ask("PUT", asked)
    assert asked.removeprefix("/links/") not in caplog.text


async def test_nothing_else_is_done_by_one_click(pages: Pages) -> None:
    answer = await pages.ask("POST", f"/sites/{SITE}/silence", {"List-Unsubscribe": "One-Click"})
    assert answer.status == 401
