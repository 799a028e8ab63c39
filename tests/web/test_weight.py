"""How heavy pages are that are full of rows."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from benchmarks.many import fill
from daemon.store.core.database import Database
from daemon.store.tables import ContentUpdate, MonitoredSite, Snapshot
from tests.many import site_id
from tests.web.conftest import Pages

MOST_BYTES = 40_000
NAME = "Planning applications, Upper Harbourside"
SUMMARY = (
    "Replaced \u201cThe next meeting is on 12 May at 19:00\u201d "
    "with \u201cThe next meeting is on 19 May at 19:30\u201d."
)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind of database is enough for what is written from it."""
    return sqlite_url


@pytest.mark.parametrize("path", ["/changes", f"/sites/{site_id(0)}/states"])
async def test_fifty_rows_of_real_names_are_light(
    pages: Pages, database: Database, path: str
) -> None:
    await fill(database, sites=300, changes=900)
    async with database.writing() as session:
        await session.execute(update(MonitoredSite).values(name=NAME + MonitoredSite.name))
        await session.execute(update(ContentUpdate).values(summary=SUMMARY))
        await session.execute(update(Snapshot).values(title=NAME))
    text = (await pages.get(path)).text
    assert text.count(NAME) >= 50
    assert len(text.encode()) <= MOST_BYTES
