"""The head of every page counts what is unseen and what fails, in its names, title and icon."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import update

from daemon.model.status import ErrorClass
from daemon.pipeline.recording import record
from daemon.store.core.database import Database
from daemon.store.tables import MonitoredSite
from tests.making import PAST, begin_run, changed, claim, failed, have_sites, spec
from tests.web.conftest import Pages, text_of


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
