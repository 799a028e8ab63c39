"""Who joins a page, or asks for it, while it is being checked: the next check comes at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from daemon.model.page import Page as PageValue
from daemon.operations.managing import check_now
from daemon.pipeline.recording import record
from daemon.store.core.database import Database
from daemon.store.core.engine import open_engine
from daemon.store.queue.pages import put_back
from daemon.store.tables import Page
from tests.making import ADMIN, PAST, begin_run, claim, claimed_page, have_sites, initial, spec

NEXT = datetime.now(UTC) + timedelta(days=1)


@pytest.fixture
async def run_id(database: Database) -> UUID:
    return await begin_run(database)


async def end_check(database: Database, run_id: UUID, page: PageValue) -> None:
    async with database.writing() as session:
        assert await record(session, run_id, [initial(page, next_check_at=NEXT)])


async def next_check_at(database: Database) -> datetime:
    async with database.reading() as session:
        return (await session.scalars(select(Page.next_check_at))).one()


async def test_who_joins_a_page_that_is_being_checked_is_read_for_after_that_check(
    database: Database, run_id: UUID
) -> None:
    page = await claimed_page(database, run_id)
    await have_sites(database, spec(), spec("Joiner"), now=datetime.now(UTC))
    assert await claim(database, await begin_run(database)) == []
    await end_check(database, run_id, page)
    [again] = await claim(database, run_id)
    assert {site.name for site in again.sites} == {"Blog", "Joiner"}
    assert await claim(database, await begin_run(database)) == []
    await end_check(database, run_id, again)
    assert await next_check_at(database) == NEXT


async def test_who_joins_outside_of_the_hours_of_a_page_asks_for_no_check_then(
    database: Database, run_id: UUID
) -> None:
    office = {"check_frequency": "1h", "hours": "08:00-18:00", "time_zone": "UTC"}
    page = await claimed_page(database, run_id, spec(**office))
    at_night = PAST.replace(hour=23)
    await have_sites(database, spec(**office), spec("Joiner", **office), now=at_night)
    await end_check(database, run_id, page)
    assert await next_check_at(database) == NEXT


async def test_a_page_that_is_asked_for_while_it_is_checked_is_checked_again(
    database: Database, run_id: UUID
) -> None:
    page = await claimed_page(database, run_id)
    due = await check_now(database, ADMIN, ["Blog"], datetime.now(UTC))
    assert [one.name for one in due.due] == ["Blog"]
    assert await claim(database, await begin_run(database)) == []
    await end_check(database, run_id, page)
    assert [one.id for one in await claim(database, run_id)] == [page.id]


async def test_a_page_that_is_given_back_to_wait_for_its_host_waits(
    database: Database, run_id: UUID
) -> None:
    page = await claimed_page(database, run_id)
    await have_sites(database, spec(), spec("Joiner"), now=datetime.now(UTC))
    async with database.writing() as session:
        await put_back(session, [(page, NEXT)])
    assert await next_check_at(database) == NEXT


async def test_an_overdue_page_keeps_its_turn_when_somebody_joins(database: Database) -> None:
    await have_sites(database, spec())
    before = await next_check_at(database)
    await have_sites(database, spec(), spec("Joiner"), now=datetime.now(UTC))
    assert await next_check_at(database) == before


async def test_nobody_claims_a_page_without_those_who_are_just_joining(postgres_url: str) -> None:
    from tests.making import sync_sites

    database = Database(open_engine(postgres_url))
    await have_sites(database, spec())
    run_id = await begin_run(database)
    async with database.writing() as session:
        await sync_sites(session, [spec(), spec("Joiner")], datetime.now(UTC))
        assert await claim(database, run_id) == []
    [page] = await claim(database, run_id)
    assert {site.name for site in page.sites} == {"Blog", "Joiner"}
    await database.close()
