"""A database that is slow or broken: pages say so, and what the daemon writes is written."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import text

from daemon.store.core.database import Database
from daemon.web import routes
from daemon.web.access.who import Who
from daemon.web.answers import Answer, page
from daemon.web.request import Request
from daemon.web.routes import ROUTES, Route
from tests.living import PATIENCE_SECONDS
from tests.web.conftest import Pages
from tests.web.test_edge import assert_safe
from tests.web.test_readers import ENDLESS


@pytest.fixture
def patience_seconds() -> float:
    """Little of it, as the daemon has."""
    return 1.8


@asynccontextmanager
async def without_runs(database: Database) -> AsyncIterator[None]:
    """A database in which a table is missing for a while."""
    async with database.writing() as session:
        await session.execute(text("ALTER TABLE runs RENAME TO runs_away"))
    yield
    async with database.writing() as session:
        await session.execute(text("ALTER TABLE runs_away RENAME TO runs"))


async def test_a_broken_database_is_said_until_it_is_well_again(
    pages: Pages, database: Database
) -> None:
    async with without_runs(database):
        answer = await pages.get("/health")
        assert answer.status == 503
        assert answer.headers["Retry-After"] == "5"
        assert "checks go on meanwhile" in answer.text
        assert_safe(answer.headers)
    assert (await pages.get("/health")).status == 200


async def test_a_file_that_is_gone_is_said_until_it_is_back(
    pages: Pages, database: Database
) -> None:
    if database.path is None:
        pytest.skip("a server has no file")
    away = database.path.rename(database.path.with_suffix(".away"))
    assert (await pages.get("/health")).status == 503
    assert not database.path.exists()
    away.rename(database.path)
    assert (await pages.get("/health")).status == 200


async def test_slow_pages_hold_up_nothing_that_is_written(
    pages: Pages, database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    endless = text(ENDLESS[database_url.partition("+")[0]])
    begun = asyncio.Semaphore(0)

    async def search(request: Request) -> Answer:
        async with request.database.reading() as session:
            await session.execute(text("SELECT 1"))
            begun.release()
            await session.execute(endless)
        return page("error.html", title="", status=200, problem="", hint="")

    monkeypatch.setattr(routes, "ROUTES", (*ROUTES, Route("GET", "/slow", search, who=Who.OWNER)))
    async with asyncio.timeout(PATIENCE_SECONDS), asyncio.TaskGroup() as group:
        asked = [group.create_task(pages.get("/slow")) for _more_than_connections in range(5)]
        for _each_connection in range(3):
            await begun.acquire()
        async with database.writing() as session:
            await session.execute(text("UPDATE pages SET next_check_at = next_check_at"))
    for task in asked:
        assert task.result().status == 503
        assert_safe(task.result().headers)
    assert (await pages.get("/health")).status == 200
