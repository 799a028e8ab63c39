"""The page that a person begins with, and the one for who was away."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from daemon.store.core.database import Database
from daemon.store.tables import ContentUpdate, MonitoredSite
from tests.making import Statements, add_rows, id_at
from tests.many import change_id, detected_at, have_many, site_id
from tests.operations.lists.test_catch_up import dead, ran
from tests.web.conftest import NOW, Pages, text_of
from tests.web.test_changes_page import shown

SITES, CHANGES = 60, 130


@pytest.fixture
async def many(pages: Pages, database: Database) -> Pages:
    await have_many(database, ["local", "bob"], SITES, CHANGES)
    return pages


async def test_nothing_was_found_yet(pages: Pages) -> None:
    answer = await pages.get("/")
    assert answer.status == 200
    assert "No change was found yet" in text_of(answer.text)
    assert '<a href="/sites/new">Add a site</a>' in answer.text


async def test_it_says_what_is_unseen_and_what_cannot_be_seen(many: Pages) -> None:
    told = text_of((await many.get("/")).text)
    assert re.search(r"\d+ unseen changes, \d+ critical , \d+ major \.", told)
    assert re.search(r"\d+ sites cannot be seen", told)
    assert "Mark all seen" in told
    assert "next now" in told
    assert "name not found" in told
    assert told.index("failing") < told.index("Site 000001") < told.index("blind")


async def test_the_title_and_the_icon_count(many: Pages, database: Database) -> None:
    text = (await many.get("/")).text
    assert re.search(r"<title>\(\d+\) \d+ failing · Today", text)
    many.context.forget()
    async with database.writing() as session:
        await session.execute(update(MonitoredSite).values(error_class=None, is_active=False))
        await session.execute(update(MonitoredSite).values(seen_at=NOW))
    text = (await many.get("/")).text
    assert "<title>Today" in text
    assert "No new changes" in text
    assert shown(text)[0] == CHANGES - 1  # what was seen last is still there


async def test_all_is_marked_seen_and_what_came_meanwhile_is_not(
    many: Pages, database: Database
) -> None:
    page = (await many.get("/")).text
    until = re.search(r'name="until" value="([^"]+)"', page)
    assert until is not None
    later = detected_at(CHANGES + 1)
    await add_rows(
        database,
        ContentUpdate(
            id=change_id(CHANGES + 1), site_id=site_id(0), owner_id="local", detected_at=later
        ),
    )
    async with database.writing() as session:
        own = update(MonitoredSite).where(MonitoredSite.id == site_id(0))
        await session.execute(own.values(last_changed_at=later))
    after = (await many.follow(await many.post("/seen", until=until[1]))).text
    assert "1 unseen change" in text_of(after)
    assert "Undo" in after


async def test_what_was_stored_while_the_page_was_read_is_not_marked(
    many: Pages, database: Database
) -> None:
    page = (await many.get("/")).text
    fields = dict(re.findall(r'name="(until|shown)" value="([^"]+)"', page))
    began_at = detected_at(CHANGES) - timedelta(seconds=30)
    change = ContentUpdate(
        id=id_at(NOW), site_id=site_id(0), owner_id="local", detected_at=began_at
    )
    await add_rows(database, change)
    async with database.writing() as session:
        own = update(MonitoredSite).where(MonitoredSite.id == site_id(0))
        await session.execute(own.values(last_changed_at=began_at))
    assert fields["shown"] == NOW.isoformat()
    after = (await many.follow(await many.post("/seen", **fields))).text
    assert "1 unseen change" in text_of(after)


async def test_what_was_missed_is_ranked_and_what_was_not_seen_is_said(
    many: Pages, database: Database
) -> None:
    await add_rows(database, dead(NOW, "local"), ran(NOW - timedelta(days=9), NOW))
    answer = await many.get("/catch-up?since=2026-01-01")
    told = text_of(answer.text)
    assert answer.status == 200
    assert f"{CHANGES} changes on {SITES} sites" in told
    assert "and 1 more" in told
    assert "/changes?site=" in answer.text
    assert "50 of 60 sites are listed" in told
    assert "notification by mail was given up: 550 mailbox full" in told
    assert "Nothing is known of the time before" in told
    assert told.index("What has changed") < told.index("What could not be seen")


async def test_nothing_was_missed(pages: Pages, database: Database) -> None:
    await add_rows(database, ran(NOW - timedelta(days=9), NOW))
    told = text_of((await pages.get("/catch-up")).text)
    assert "nothing has changed" in told
    assert "Everything could be seen in that time" in told
    assert (await pages.get("/catch-up?tag=none")).status == 404


@pytest.mark.parametrize("query", ["since=whenever", "since=2999-01-01", "days=3"])
async def test_a_time_that_is_none_is_refused(pages: Pages, query: str) -> None:
    assert (await pages.get(f"/catch-up?{query}")).status == 400


@pytest.mark.parametrize(
    "path", ["/", "/changes", "/changes?unseen=1&category=price", "/catch-up?since=2026-01-01"]
)
async def test_a_page_takes_four_statements_and_weighs_little(
    many: Pages, engine: AsyncEngine, path: str
) -> None:
    await many.get("/health")  # the counts in the head of all pages are kept for a while
    reading = many.context.reading.engine
    with Statements(reading) as statements:
        answer = await many.get(path)
    assert answer.status == 200
    assert len(answer.text.encode()) <= 40_000
    selected = [one for one in statements.sent if one.startswith(("SELECT", "WITH"))]
    assert 0 < len(selected) <= 4, selected
