"""Outcomes are written and their notices decided together: at what cost to the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from daemon.model.outcome import Outcome
from daemon.model.page import Page
from daemon.model.site import Rules
from daemon.pipeline.recording import record
from daemon.store.core.database import Database
from daemon.store.tables import ContentUpdate, Notice
from tests.alerting.things import route
from tests.making import (
    Statements,
    begin_run,
    changed,
    claim,
    failed,
    finding,
    have_sites,
    initial,
    spec,
    update,
)
from tests.notify.test_sender import have_routes, update_pages

URLS = [f"https://site.example/{number}" for number in range(3)]


@pytest.fixture
async def run_id(database: Database) -> UUID:
    return await begin_run(database)


async def known_pages(database: Database, run_id: UUID) -> list[Page]:
    """Three pages that were seen before, claimed again."""
    await have_routes(database, route(failures=1, only_significant=False))
    await have_sites(database, *(spec(url, url) for url in URLS))
    pages = await claim(database, run_id)
    await written(database, run_id, [initial(page) for page in pages])
    async with database.writing() as session:
        await session.execute(update_pages())
    return await claim(database, run_id)


async def written(database: Database, run_id: UUID, outcomes: Sequence[Outcome]) -> None:
    async with database.writing() as session:
        assert len(await record(session, run_id, outcomes)) == len(outcomes)


async def test_a_group_of_news_reads_the_routes_once(
    database: Database, engine: AsyncEngine, run_id: UUID
) -> None:
    one, two, three = await known_pages(database, run_id)
    news = [changed(one, "text", "else"), failed(two), failed(three)]
    with Statements(engine) as seen:
        await written(database, run_id, news)
    assert sum("preferences" in statement for statement in seen.sent) == 1
    async with database.reading() as session:
        kinds = sorted(await session.scalars(select(Notice.kind)))
    assert kinds == ["change", "failing", "failing"]


async def test_a_site_has_notices_of_the_changes_that_it_asks_for(
    database: Database, run_id: UUID
) -> None:
    await have_routes(database, route())
    asked = zip(URLS, ("significant", "every", "none"), strict=True)
    await have_sites(
        database, *(spec(url, url, rules=Rules(notify_on=word)) for url, word in asked)
    )
    pages = await claim(database, run_id)
    assert {site.rules_hash for page in pages for site in page.sites} == {"plain"}
    await written(database, run_id, [initial(page) for page in pages])
    async with database.writing() as session:
        await session.execute(update_pages())
    news = [_dull(changed(page, "text", "else")) for page in await claim(database, run_id)]
    await written(database, run_id, news)
    async with database.reading() as session:
        [notice] = await session.scalars(select(Notice))
        recorded = list(await session.scalars(select(ContentUpdate.id)))
    assert notice.payload["site"] == URLS[1]
    assert notice.payload["is_significant"] is False
    assert len(recorded) == len(URLS)


def _dull(outcome: Outcome) -> Outcome:
    """The outcome with changes that do not matter."""
    return replace(
        outcome,
        sites=tuple(
            replace(one, update=update("text", "else", finding=finding(is_significant=False)))
            for one in outcome.sites
        ),
    )


async def test_who_has_no_news_asks_for_no_routes(
    database: Database, engine: AsyncEngine, run_id: UUID
) -> None:
    pages = await known_pages(database, run_id)
    with Statements(engine) as seen:
        await written(database, run_id, [initial(page) for page in pages])
    assert not any("preferences" in statement for statement in seen.sent)
