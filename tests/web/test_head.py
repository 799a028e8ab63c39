"""The head of every page counts what is unseen and what fails, in its names, title and icon."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from sqlalchemy import text, update

from daemon.model.status import ErrorClass
from daemon.model.viewer import Role, Viewer
from daemon.pipeline.recording import record
from daemon.store.core.database import Database
from daemon.store.tables import MonitoredSite
from daemon.web.memory.head import Head
from tests.making import (
    PAST,
    Statements,
    begin_run,
    changed,
    claim,
    failed,
    have_sites,
    spec,
)
from tests.web.conftest import Pages, text_of

ADMIN = Viewer("local", Role.ADMIN)


async def watched(database: Database) -> None:
    """Two sites: of one a change is unseen, the other fails."""
    run_id = await begin_run(database)
    names = {"Blog": "https://a.example/", "News": "https://b.example/"}
    await have_sites(database, *(spec(name, url) for name, url in names.items()))
    blog, news = sorted(await claim(database, run_id), key=lambda page: page.request.url)
    found = [changed(blog, "one", "two"), failed(news, ErrorClass.HTTP_5XX)]
    async with database.writing() as session:
        await record(session, run_id, found)
    async with database.writing() as session:
        await session.execute(update(MonitoredSite).values(seen_at=PAST - timedelta(days=1)))


async def test_a_page_counts_what_is_unseen_and_what_fails(
    pages: Pages, database: Database
) -> None:
    await watched(database)
    answer = await pages.get("/health")
    assert "<title>(1) 1 failing · Health · changelogger</title>" in answer.text
    assert "/assets/icon-failing." in answer.text


async def test_nothing_to_see_is_not_counted(pages: Pages) -> None:
    answer = await pages.get("/health")
    assert "<title>Health · changelogger</title>" in answer.text
    assert "/assets/icon." in answer.text
    assert "unseen" not in text_of(answer.text.partition("</header>")[0])


async def test_counts_are_kept_for_some_seconds_unless_somebody_acts(
    pages: Pages, database: Database
) -> None:
    await pages.get("/health")
    await watched(database)
    assert "(1)" not in (await pages.get("/health")).text
    pages.context.head.forget()
    assert "(1)" in (await pages.get("/health")).text


@asynccontextmanager
async def gone(database: Database) -> AsyncIterator[None]:
    """A database whose changes are away for a while."""
    async with database.writing() as session:
        await session.execute(text("ALTER TABLE content_updates RENAME TO changes_away"))
    yield
    async with database.writing() as session:
        await session.execute(text("ALTER TABLE changes_away RENAME TO content_updates"))


@pytest.fixture
def patience_seconds() -> float:
    """Little of it, as the daemon has."""
    return 1.8


async def test_counts_that_take_too_long_are_left_out(
    pages: Pages, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """A lock on a table is what makes a count slow; SQLite cannot be held up so."""
    if not database.is_shared:
        pytest.skip("SQLite does not lock tables")
    await watched(database)
    caplog.set_level(logging.WARNING)
    async with database.writing() as session:
        await session.execute(text("LOCK TABLE monitored_sites IN ACCESS EXCLUSIVE MODE"))
        with Statements(pages.context.reading.engine) as sent:
            slow = await pages.get("/health")
            again = await pages.get("/health")
    for answer in (slow, again):
        assert answer.status == 200
        assert "<title>Health · changelogger</title>" in answer.text
        assert "is not counted: the database took too long" in text_of(answer.text)
    assert len([one for one in sent.sent if "content_updates" in one]) == 1
    told = [record.msg for record in caplog.records if "counts_not_shown" in str(record.msg)]
    assert len(told) == 1
    assert "(1)" not in (await pages.get("/health")).text


async def test_counts_are_tried_again_after_a_while(database: Database) -> None:
    await watched(database)
    head, now = Head(), PAST
    async with gone(database):
        assert (await head.counts(database, ADMIN, now))["is_uncounted"]
    assert (await head.counts(database, ADMIN, now + timedelta(seconds=29)))["is_uncounted"]
    counts = await head.counts(database, ADMIN, now + timedelta(seconds=31))
    assert counts == {"unseen_count": "1", "failing_count": "1"}
