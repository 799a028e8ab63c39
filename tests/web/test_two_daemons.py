"""Two daemons on one database, each with connections and a memory of its own: one login."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from daemon.fetch.posting import Poster
from daemon.login.passwords import Passwords, Work
from daemon.model.viewer import DAEMON, Actor, Role, Scope, Viewer
from daemon.operations.people import logins, tokens, users
from daemon.operations.people.logins import PER_USER
from daemon.store import tables
from daemon.store.core.database import Database
from daemon.store.core.engine import open_engine
from daemon.store.core.opening import open_for_readers
from daemon.web.context import Context
from daemon.web.memory.head import Head
from daemon.web.memory.recent import Recent
from daemon.web.server import serve
from tests.living import PATIENCE_SECONDS
from tests.loopback import SETTINGS
from tests.making import add_rows, count
from tests.provider import CLIENT, SECRET, ProviderOnLoopback, providing
from tests.web.conftest import FREE, NOW, Pages
from tests.web.test_login import PASSWORD
from tests.web.test_providers import back_from, begin, have_providers

JANE = "corp|248289761001"
SYSTEM = Actor(DAEMON)


@pytest.fixture
async def provider() -> AsyncIterator[ProviderOnLoopback]:
    async with providing(NOW) as provider:
        yield provider


@pytest.fixture
def web_settings(provider: ProviderOnLoopback) -> dict[str, Any]:
    """People log in by a provider, a password or a link."""
    corp = {"issuer": provider.issuer, "client_id": CLIENT, "client_secret": SECRET, "name": "corp"}
    return {
        "requests_per_second": 0,
        "public_url": "http://localhost:8788",
        "password": {"enabled": True},
        "login": [corp],
    }


@pytest.fixture
async def other(context: Context, database_url: str, database: Database) -> AsyncIterator[Context]:
    """Another daemon on the database; both know Jane."""
    await add_rows(database, tables.User(id=JANE, email="jane@example.org", username="Jane"))
    own = Database(open_engine(database_url))
    try:
        async with (
            open_for_readers(context.config().database, PATIENCE_SECONDS) as reading,
            Poster(SETTINGS) as poster,
        ):
            beside: dict[str, Any] = {
                "head": Head(),
                "recent": Recent(),
                "passwords": Passwords(Work(2, 1, 1)),
            }
            other = replace(context, database=own, reading=reading, **beside)
            have_providers(context, poster)
            have_providers(other, poster)
            yield other
    finally:
        await own.close()


@pytest.fixture
async def away(other: Context, pages: Pages) -> AsyncIterator[Pages]:
    """The pages of the other daemon, in the same browser."""
    async with serve(other, FREE) as url:
        beside = Pages(url, other)
        await beside.session.close()
        beside.session = pages.session
        yield beside


async def is_in(*both: Pages) -> list[bool]:
    return [(await one.get("/sites")).status == 200 for one in both]


async def log_in(pages: Pages) -> None:
    """Log in by a link."""
    path = f"/login/link/{await logins.make_link(pages.context.database, SYSTEM, JANE, NOW)}"
    await pages.get(path)
    assert (await pages.post(path)).status == 303


async def test_a_login_begun_at_one_ends_at_the_other_once(pages: Pages, away: Pages) -> None:
    path = await back_from(await begin(pages, to="/sites%3Fstate%3Dfailing"))
    ended = await away.get(path)
    assert (ended.status, ended.headers["Location"]) == (303, "/sites?state=failing")
    assert await is_in(pages, away) == [True, True]
    await away.post("/logout")
    assert await is_in(pages, away) == [False, False]
    for one in (pages, away):
        assert (await one.get(path)).status == 403  # its state was used


async def test_a_link_is_used_once_by_whichever_comes_first(
    pages: Pages, away: Pages, database: Database
) -> None:
    path = f"/login/link/{await logins.make_link(database, SYSTEM, JANE, NOW)}"
    await pages.get(path)
    async with asyncio.TaskGroup() as group:
        asked = [group.create_task(one.post(path)) for one in (pages, away)]
    assert sorted(task.result().status for task in asked) == [303, 404]
    assert await count(database, tables.WebSession) == 1


async def test_what_ends_a_session_at_one_ends_it_at_the_other(
    pages: Pages, away: Pages, database: Database
) -> None:
    async def elsewhere() -> None:
        await users.set_role(database, SYSTEM, JANE, Role.ADMIN, NOW)

    for end in (lambda: pages.post("/logout"), lambda: pages.post("/me/logout"), elsewhere):
        await log_in(away)
        assert await is_in(pages, away) == [True, True]
        await end()
        assert await is_in(pages, away) == [False, False]


async def test_forms_of_one_are_taken_by_the_other(pages: Pages, away: Pages) -> None:
    await log_in(pages)
    added = await away.post("/sites/new", url="https://example.org/", name="Example")
    assert added.status == 303
    assert "Example" in (await pages.follow(added)).text


async def test_failures_at_one_count_at_the_other(
    pages: Pages, away: Pages, context: Context, database: Database
) -> None:
    await users.change_password(database, SYSTEM, JANE, PASSWORD, context.passwords, NOW)
    await pages.get("/login")
    for number in range(PER_USER.failures):
        one = (pages, away)[number % 2]
        assert (await one.post("/login/password", user=JANE, password="wrong")).status == 403
    for one in (pages, away):
        assert (await one.post("/login/password", user=JANE, password=PASSWORD)).status == 429


async def test_a_token_that_is_revoked_at_one_is_refused_by_the_other(
    pages: Pages, away: Pages, other: Context, database: Database
) -> None:
    actor = Actor(Viewer(JANE))
    secret = await tokens.make(database, actor, "script", [Scope.READ], None, NOW)
    headers = {"Authorization": f"Bearer {secret}"}
    async with aiohttp.ClientSession() as client:

        async def statuses() -> list[int]:
            found = []
            for one in (pages, away):
                async with client.get(f"{one.url}/api/v1/me", headers=headers) as answer:
                    found.append(answer.status)
            return found

        assert await statuses() == [200, 200]
        [shown] = await tokens.list_tokens(other.database, Viewer(JANE), NOW)
        later = NOW + timedelta(minutes=1)
        await tokens.revoke(other.database, actor, shown.id, later)
        assert await statuses() == [401, 401]
