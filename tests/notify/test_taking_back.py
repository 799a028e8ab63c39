"""An outage of our own line: what was told of hosts before that was known, and what was not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, text

from daemon.model.outcome import Outage, Outcome
from daemon.model.page import Page
from daemon.pipeline.recording import record
from daemon.store.core.database import Database
from daemon.store.tables import Attempt, Notice
from tests.alerting.things import NOON, route
from tests.making import begin_run, claim, claimed_page, failed, initial
from tests.notify.test_sender import Box, Clock, have_routes, sender, update_pages

LATER = NOON + timedelta(minutes=20)


@pytest.fixture
async def run_id(database: Database) -> UUID:
    return await begin_run(database)


async def written(database: Database, run_id: UUID, outcome: Outcome) -> Page:
    """The page, claimed again after this outcome of it."""
    async with database.writing() as session:
        assert await record(session, run_id, [outcome])
        await session.execute(update_pages())
    [page] = await claim(database, run_id)
    return page


def lost(page: Page, **more: Any) -> Outcome:
    """An attempt that shows that it was our own line."""
    found = failed(page, started_at=LATER)
    return replace(found, outage=Outage(frozenset({page.host}), NOON), **more)


async def kinds(database: Database) -> list[str]:
    async with database.reading() as session:
        return list(await session.scalars(select(Notice.kind).order_by(Notice.created_at)))


async def test_what_was_not_told_yet_is_taken_back(database: Database, run_id: UUID):
    await have_routes(database, route(failures=1))
    page = await claimed_page(database, run_id)
    page = await written(database, run_id, failed(page, started_at=NOON))
    assert await kinds(database) == ["failing"]
    page = await written(database, run_id, lost(page))
    [site] = page.sites
    assert (site.failure_history.failure_streak, site.failure_history.alerted) == (0, {})
    await written(database, run_id, initial(page, started_at=LATER))
    assert await kinds(database) == []


async def test_who_was_told_before_that_a_site_fails_hears_that_it_is_back(
    database: Database, run_id: UUID
):
    late = route(name="late", target="t2", digest="0 18 * * *", failures=1)
    await have_routes(database, route(failures=1), late)
    page = await claimed_page(database, run_id)
    page = await written(database, run_id, failed(page, started_at=NOON))
    boxes = {"mail": Box(), "late": Box()}
    clock = Clock(NOON + timedelta(minutes=5))
    await sender(database, run_id, clock, boxes).drain()
    page = await written(database, run_id, lost(page))
    await written(database, run_id, initial(page, started_at=LATER))
    clock.on(days=1)
    await sender(database, run_id, clock, boxes).drain()
    assert [message.kind for message in boxes["mail"].taken] == ["failing", "recovered"]
    assert boxes["late"].taken == []


async def test_a_notice_that_is_garbled_keeps_no_outage_from_being_written(
    database: Database, run_id: UUID
):
    await have_routes(database, route(failures=1))
    page = await claimed_page(database, run_id)
    page = await written(database, run_id, failed(page, started_at=NOON))
    garbled = "'[1]'" if database.is_shared else "'{not json'"
    async with database.writing() as session:
        await session.execute(text(f"UPDATE notices SET payload = {garbled}"))
    await written(database, run_id, lost(page))
    async with database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(Attempt)) == 2
