"""Lists come from a standby, and what somebody has written themselves is in them all the same."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from daemon.store.core.database import Database
from daemon.store.core.opening import open_for_readers
from daemon.store.core.server.replica import Replica, written_up_to
from daemon.web.context import Context
from daemon.web.memory.head import Head
from daemon.web.memory.recent import Recent
from daemon.web.memory.written import ANYTHING, Written
from daemon.web.server import serve
from tests.living import PATIENCE_SECONDS
from tests.making import have_sites, spec
from tests.standby import caught_up, paused
from tests.transfer.things import config_of
from tests.web.conftest import FREE, Pages

COOKIE = "changelogger-written"


@pytest.fixture
def database_url(postgres_url: str) -> str:
    return postgres_url


@pytest.fixture
async def replica(context: Context, standby_url: str) -> AsyncIterator[Replica]:
    """The standby, which is read from."""
    async with open_for_readers(config_of(standby_url), PATIENCE_SECONDS) as readers:
        replica = Replica(context.reading, readers, 60)
        await caught_up(replica, await written_up_to(context.reading))
        yield replica


@asynccontextmanager
async def browsing(context: Context, replica: Replica) -> AsyncIterator[Pages]:
    """A browser of a daemon of its own, which reads from the standby."""
    fresh: dict[str, Any] = {"head": Head(), "recent": Recent(), "written": Written()}
    own = replace(context, replica=replica, **fresh)
    async with serve(own, FREE) as url:
        pages = Pages(url, own)
        try:
            yield pages
        finally:
            await pages.session.close()


async def add_site(pages: Pages, name: str) -> None:
    answer = await pages.post("/sites/new", name=name, url=f"https://{name}.example/")
    assert answer.status == 303, answer.text


async def test_lists_are_read_from_the_standby(
    context: Context, database: Database, replica: Replica, standby_url: str
) -> None:
    async with browsing(context, replica) as pages, paused(standby_url):
        await have_sites(database, spec("Skerry"))
        assert "Skerry" not in (await pages.get("/sites")).text
        assert "Skerry" not in (await pages.get("/api/v1/sites")).text
        replica.reason = "it is too far behind"
        pages.context.forget()
        assert "Skerry" in (await pages.get("/sites")).text
        assert "Skerry" in (await pages.get("/api/v1/sites")).text


async def test_what_somebody_has_written_is_shown_to_them_at_once(
    context: Context, replica: Replica, standby_url: str
) -> None:
    async with browsing(context, replica) as one, browsing(context, replica) as other:
        async with paused(standby_url):
            await add_site(one, "mine")
            await replica.look()
            assert "mine" in (await one.get("/sites")).text
            assert "mine" not in (await other.get("/sites")).text  # of nobody who has written
            cookies = {cookie.key: cookie.value for cookie in one.session.cookie_jar}
            other.context.forget()
            told = f"{COOKIE}={cookies[COOKIE]}"
            assert "mine" in (await other.get("/sites", Cookie=told)).text
        await caught_up(replica, await written_up_to(context.reading))
        assert replica.has(int(cookies[COOKIE]))
        other.context.forget()
        assert "mine" in (await other.get("/sites")).text


async def test_a_program_without_cookies_sees_what_it_has_written(
    context: Context, replica: Replica, standby_url: str
) -> None:
    async with browsing(context, replica) as pages, paused(standby_url):
        body = b'{"name": "Made", "url": "https://made.example/"}'
        answer = await pages.ask("POST", "/api/v1/sites", body, Content_Type="application/json")
        assert answer.status == 201
        pages.session.cookie_jar.clear()
        assert "Made" in (await pages.get("/api/v1/sites")).text


async def test_a_standby_that_fails_meanwhile_is_replaced_by_the_primary(
    context: Context, database: Database, replica: Replica
) -> None:
    await have_sites(database, spec("Blog"))
    await caught_up(replica, await written_up_to(context.reading))
    async with browsing(context, replica) as pages:
        await replica.database.close()
        replica.database.engine.sync_engine.url = None  # type: ignore[assignment]
        answer = await pages.get("/sites")
        assert answer.status == 200
        assert "Blog" in answer.text


@pytest.mark.parametrize("told", ["", "x", "-1", "1e9", "9" * 30, "\u0664"])
def test_a_cookie_with_anything_else_says_nothing(told: str) -> None:
    assert Written().after("local", told) == 0


def test_who_is_remembered_longest_is_forgotten_first() -> None:
    written = Written(most=2)
    for number, name in enumerate(("ann", "ben", "ann", "cleo")):
        written.note(name, number + 1)
    assert [written.after(name, "3") for name in ("ann", "ben", "cleo")] == [3, 3, 4]
    assert written.after("ann", str(ANYTHING)) == ANYTHING


async def test_without_a_standby_nothing_is_kept(pages: Pages) -> None:
    await add_site(pages, "mine")
    assert COOKIE not in {cookie.key for cookie in pages.session.cookie_jar}
