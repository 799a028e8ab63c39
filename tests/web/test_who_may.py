"""Every address for everybody: strangers, another owner, the owner, an admin."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest

from daemon.login.identity import Visit
from daemon.operations.people import sessions
from daemon.store import tables
from daemon.store.core.database import Database
from daemon.web import csrf
from daemon.web.access.who import Who
from daemon.web.routes import ROUTES, Route
from tests.making import add_one_of_each, add_rows, id_at
from tests.web.conftest import NOW, Answer, Pages
from tests.web.test_cost import ALERT, address

OWNER, OTHER, ADMIN = "github|1", "eve", "root"
ENDS = ("/logout", "/me/logout")  # the session that the walk goes with
NEVER = str(id_at(NOW))  # of nothing


@pytest.fixture
def web_settings() -> dict[str, Any]:
    """People log in."""
    return {"requests_per_second": 0, "public_url": "http://localhost:8788"}


def of_nothing(route: Route) -> str:
    """The address of something that is not there."""
    return re.sub(r"{\w+}", NEVER, route.path.replace("{date}", "2026-01-01"))


class Walk:
    """Three people who are logged in, and one who is not."""

    def __init__(self, pages: Pages) -> None:
        self.pages = pages
        self.secrets: dict[str, str] = {}

    async def begin(self, database: Database) -> None:
        lengths = self.pages.context.config().web
        for name in (OWNER, OTHER, ADMIN):
            begun = await sessions.begin(database, name, Visit("link"), lengths, NOW)
            self.secrets[name] = begun.secret

    async def ask(self, name: str, route: Route, path: str) -> Answer:
        self.pages.session.cookie_jar.clear()
        secret = self.secrets.get(name)
        headers = {"Cookie": f"changelogger={secret}"} if secret else {}
        data = None
        if route.is_unsafe:
            headers["Sec_Fetch_Site"] = "same-origin"
            data = {csrf.FIELD: csrf.token((secret or "").encode())}
        return await self.pages.ask(route.method, path, data, **headers)


async def test_nobody_gets_what_is_not_theirs(pages: Pages, database: Database) -> None:
    async with database.writing() as session:
        rows = await add_one_of_each(session)
        rows[tables.ContentUpdate].owner_id = OWNER
        rows[tables.PriceAlert].details = msgspec.to_builtins(ALERT)
    people = [
        tables.User(id=name, email=f"{name}@example.org", role=role)
        for name, role in ((OTHER, "owner"), (ADMIN, "admin"))
    ]
    await add_rows(database, *people)
    walk = Walk(pages)
    await walk.begin(database)
    wrong = [
        f"{route.method} {route.path}: {problem}"
        for route in ROUTES
        if route.path not in ENDS and route.who is not Who.PROGRAM
        for problem in [await problem_of(walk, route, address(route, rows))]
        if problem
    ]
    assert not wrong, wrong


async def problem_of(walk: Walk, route: Route, path: str) -> str:
    """What is wrong with how an address answers everybody; "" if nothing is."""
    stranger = await walk.ask("", route, path)
    if route.who is Who.NOBODY:
        return "" if stranger.status < 500 else f"a stranger gets {stranger.status}"
    if stranger.status != (401 if route.is_unsafe else 303):
        return f"a stranger gets {stranger.status}"
    if not route.is_unsafe and not stranger.headers["Location"].startswith("/login"):
        return f"a stranger is led to {stranger.headers['Location']}"
    other, nothing = (
        await walk.ask(OTHER, route, path),
        await walk.ask(OTHER, route, of_nothing(route)),
    )
    if route.who is Who.ADMIN:
        return "" if other.status == 404 else f"an owner gets {other.status}"
    if "{" in route.path and (other.status, nothing.status) not in {(404, 404), (400, 400)}:
        return f"another owner gets {other.status}, of nothing {nothing.status}"
    if route.is_unsafe:  # what it does is tested elsewhere, and may end what comes next
        return ""
    for name in (OWNER, ADMIN):
        found = await walk.ask(name, route, path)
        is_file = "{state}" in route.path or route.path.endswith("/failure")
        is_missing = found.status == 404 and not is_file
        is_led_away = found.headers.get("Location", "").startswith("/login")
        if found.status in (401, 403, 500) or is_missing or is_led_away:
            return f"{name} gets {found.status}"
    return ""
