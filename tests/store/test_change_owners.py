"""The owner that each change has beside it: written with it, filled in, and moved with its site."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from daemon.model.site import Owner
from daemon.pipeline.recording import record
from daemon.store.catalogue.owners import sync_owners
from daemon.store.core import migrate
from daemon.store.core.database import Database
from daemon.store.retention.change_owners import fill_change_owners
from daemon.store.tables import ContentUpdate, MonitoredSite
from daemon.store.tables.ids import new_id
from tests.making import (
    OWNER,
    PAST,
    Statements,
    add_one_of_each,
    add_rows,
    begin_run,
    changed,
    claimed_page,
    in_database,
)
from tests.plans import whole_tables


async def owners(database: Database) -> list[str | None]:
    async with database.reading() as session:
        return list(await session.scalars(select(ContentUpdate.owner_id)))


async def have_changes(database: Database, site_id: UUID, number: int) -> None:
    """Changes as an older version has left them."""
    at = (PAST + timedelta(minutes=one) for one in range(number))
    rows = (ContentUpdate(id=new_id(), site_id=site_id, detected_at=one) for one in at)
    await add_rows(database, *rows)


async def test_a_change_is_written_with_the_owner_of_its_site(database: Database) -> None:
    run_id = await begin_run(database)
    page = await claimed_page(database, run_id)
    async with database.writing() as session:
        await record(session, run_id, [changed(page, "one", "two")])
    assert await owners(database) == [OWNER.id]


async def test_changes_of_an_older_version_are_given_their_owner(
    database: Database, site_id: UUID
) -> None:
    await have_changes(database, site_id, 12)
    assert await owners(database) == [None] * 12
    assert await fill_change_owners(database) == 12
    assert await owners(database) == [OWNER.id] * 12
    assert await fill_change_owners(database) == 0


async def test_changes_go_with_their_site_to_its_new_owner(
    database: Database, site_id: UUID
) -> None:
    await have_changes(database, site_id, 3)
    await fill_change_owners(database)
    async with database.writing() as session:
        await sync_owners(session, [OWNER, Owner("bob", "bob@example.org")])
        await session.execute(update(MonitoredSite).values(owner_id="bob"))
    # The newest is found after it has changed hands: the others still are the former owner's.
    await add_rows(
        database,
        ContentUpdate(
            id=new_id(), site_id=site_id, owner_id="bob", detected_at=PAST + timedelta(days=1)
        ),
    )
    await fill_change_owners(database)
    assert await owners(database) == ["bob"] * 4


async def test_filling_reads_no_whole_table(database: Database, engine: AsyncEngine) -> None:
    async with database.writing() as session:
        await add_one_of_each(session)
    with Statements(engine) as statements:
        assert await fill_change_owners(database) == 1
    async with database.reading() as session:
        connection = await session.connection()
        for statement, values in zip(statements.sent, statements.values, strict=True):
            if statement.startswith(("SELECT", "UPDATE")):
                assert not await whole_tables(connection, statement, values), statement


def test_all_that_an_older_version_found_counts_as_seen(database_url: str) -> None:
    in_database(database_url, have_a_change)
    assert in_database(database_url, unseen) == ["Blog"]
    migrate.downgrade(database_url, "0024")
    migrate.upgrade(database_url)
    assert in_database(database_url, unseen) == []
    in_database(database_url, have_changed_now)
    assert in_database(database_url, unseen) == ["Blog"]


async def have_a_change(database: Database) -> None:
    async with database.writing() as session:
        await add_one_of_each(session)
        await session.execute(update(MonitoredSite).values(seen_at=PAST, last_changed_at=PAST))
    await have_changed_now(database)


async def have_changed_now(database: Database) -> None:
    async with database.writing() as session:
        seen = (await session.scalars(select(MonitoredSite.seen_at))).one()
        assert seen is not None
        later = seen + timedelta(microseconds=1)
        await session.execute(update(MonitoredSite).values(last_changed_at=later))


async def unseen(database: Database) -> list[str]:
    async with database.reading() as session:
        where = MonitoredSite.last_changed_at > MonitoredSite.seen_at
        return list(await session.scalars(select(MonitoredSite.name).where(where)))
