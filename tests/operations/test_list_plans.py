"""What lists of changes cost: how many statements, and no table that is read or sorted in whole."""

from __future__ import annotations

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from daemon.model.viewer import Role, Viewer
from daemon.operations.lists.attention import attention
from daemon.operations.lists.changes import ChangesWanted, page_of_changes
from daemon.operations.lists.paging import Turn
from daemon.operations.lists.seen import mark_seen, undo_mark
from daemon.operations.lists.today import today
from daemon.store.core.database import Database
from tests.making import Statements
from tests.many import detected_at, have_many, site_id
from tests.plans import sorts, whole_tables

ADA, ROOT = Viewer("ada"), Viewer("root", Role.ADMIN)
# A probe for changes without an owner, the counts, the page, and how far a search has gone.
MOST_STATEMENTS = 4
BY_TIME = {
    "all": ChangesWanted(),
    "since": ChangesWanted(since=detected_at(700)),
    "grave": ChangesWanted(change_types=("critical", "major")),
    "minor": ChangesWanted(change_types=("minor",)),
    "rare": ChangesWanted(category="none such", only_significant=True),
    "site": ChangesWanted(site_id=site_id(4)),
}
BY_SITE = {
    "tag": ChangesWanted(tags=("rare",)),
    "unseen": ChangesWanted(only_unseen=True),
    "both": ChangesWanted(tags=("rare", "fifth"), only_unseen=True, category="content"),
}


@pytest.fixture
async def many(database: Database) -> Database:
    await have_many(database, ["ada", "bob"], 300, 900)
    return database


async def check(database: Database, statements: Statements, *, may_sort: bool) -> None:
    """No statement reads a table in whole, or sorts one."""
    asked = [
        (one, values)
        for one, values in zip(statements.sent, statements.values, strict=True)
        if one.startswith(("SELECT", "UPDATE", "WITH"))
    ]
    assert 0 < len(asked) <= MOST_STATEMENTS
    async with database.reading() as session:
        connection = await session.connection()
        for statement, values in asked:
            assert not await whole_tables(connection, statement, values), statement
            assert may_sort or not await sorts(connection, statement, values), statement


@pytest.mark.parametrize("name", BY_TIME)
async def test_a_page_by_time_is_read_from_an_index(
    many: Database, engine: AsyncEngine, name: str
) -> None:
    for viewer in (ADA, ROOT):
        with Statements(engine) as statements:
            found = await page_of_changes(many, viewer, BY_TIME[name], Turn(limit=2))
        await check(many, statements, may_sort=False)
        if found.page.next is not None:
            for is_back in (False, True):
                with Statements(engine) as statements:
                    turn = Turn(found.page.next, is_back, limit=2)
                    await page_of_changes(many, viewer, BY_TIME[name], turn)
                await check(many, statements, may_sort=False)


@pytest.mark.parametrize("name", BY_SITE)
async def test_changes_of_few_sites_are_read_from_their_sites(
    many: Database, engine: AsyncEngine, name: str
) -> None:
    for viewer in (ADA, ROOT):
        with Statements(engine) as statements:
            assert (await page_of_changes(many, viewer, BY_SITE[name])).page.items
        await check(many, statements, may_sort=True)


async def test_marks_are_found_by_their_indexes(many: Database, engine: AsyncEngine) -> None:
    for viewer in (ADA, ROOT):
        now = detected_at(10_000)
        counts = (await attention(many, viewer, now)).unseen  # those in the head of each page
        with Statements(engine) as statements:
            found = await today(many, viewer, now, counts=counts)
        assert found.unseen
        assert found.troubled.sites
        await check(many, statements, may_sort=True)
        with Statements(engine) as statements:
            assert (await mark_seen(many, viewer, now)).sites
            assert await undo_mark(many, viewer, now)
        await check(many, statements, may_sort=False)
