"""An admin looks as another owner: sees what they see, marked on each page, and changes nothing."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from daemon.login.identity import Visit
from daemon.model.viewer import Actor, Role
from daemon.operations.people import sessions
from daemon.operations.people.users import set_role
from daemon.store import tables
from daemon.store.core.database import Database
from daemon.web import csrf
from daemon.web.routes import ROUTES
from daemon.web.signed.as_owner import read_as_owner, write_as_owner
from tests.making import ADMIN, add_rows, count
from tests.many import have_many, site_id
from tests.web.conftest import NOW, Answer, Pages, text_of

MARK = "You look at the pages as ada"
COOKIE = "changelogger-as-owner"


@pytest.fixture
def web_settings() -> dict[str, Any]:
    """People log in."""
    return {"requests_per_second": 0, "public_url": "http://localhost:8788"}


@pytest.fixture(autouse=True)
async def people(database: Database) -> None:
    """Ada and Eve, whose sites 0 and 1 are, and Root, who is an admin."""
    await have_many(database, ["ada", "eve"], 2, 2)
    await add_rows(database, tables.User(id="root", email="root@example.org", role="admin"))


async def log_in(pages: Pages, database: Database, name: str = "root") -> None:
    lengths = pages.context.config().web
    begun = await sessions.begin(database, name, Visit("link"), lengths, NOW)
    pages.session.cookie_jar.clear()
    pages.session.cookie_jar.update_cookies({"changelogger": begun.secret})


async def look(pages: Pages, name: str = "ada") -> Answer:
    return await pages.post(f"/users/{name}/as-owner")


async def audited(database: Database) -> list[tuple[str, str, str]]:
    async with database.reading() as session:
        entry = tables.AuditEntry
        query = select(entry.user_id, entry.what, entry.target).where(entry.what != "login")
        rows = await session.execute(query.order_by(entry.id))
        return [(row.user_id, row.what, row.target) for row in rows]


async def test_an_admin_sees_what_an_owner_sees(pages: Pages, database: Database) -> None:
    await log_in(pages, database)
    assert (await pages.get(f"/sites/{site_id(1)}")).status == 200
    begun = await look(pages)
    assert (begun.status, begun.headers["Location"]) == (303, "/")
    sites = text_of((await pages.get("/sites")).text)
    assert ("Site 000000" in sites, "Site 000001" in sites) == (True, False)
    for path in (f"/sites/{site_id(1)}", "/users", "/users/eve", "/health", "/nowhere"):
        answer = await pages.get(path)
        assert (path, answer.status, MARK in text_of(answer.text)) == (path, 404, True)
    for path in ("/", "/sites", f"/sites/{site_id(0)}", "/changes", "/catch-up", "/notifications"):
        answer = await pages.get(path)
        assert (path, answer.status, MARK in text_of(answer.text)) == (path, 200, True)


async def test_whoever_looks_changes_nothing(pages: Pages, database: Database) -> None:
    await log_in(pages, database)
    await look(pages)
    before = await count(database, tables.AuditEntry)
    for route in ROUTES:
        if route.is_unsafe and route.as_owner is None and route.who.value == "owner":
            path = route.path.replace("{id}", str(site_id(0)))
            assert (route.path, (await pages.post(path)).status) == (route.path, 403)
    async with database.reading() as session:
        sites = (await session.scalars(select(tables.MonitoredSite))).all()
    assert len(sites) == 2
    assert all(one.is_active and one.muted_until is one.deleted_at is None for one in sites)
    assert await count(database, tables.AuditEntry) == before


async def test_what_is_a_persons_alone_is_not_shown(pages: Pages, database: Database) -> None:
    await log_in(pages, database)
    await look(pages)
    answer = await pages.get("/me")
    assert (answer.status, "ada@example.org" in answer.text) == (403, False)
    for route in ROUTES:
        if not route.is_unsafe and route.path.startswith("/me"):
            assert not route.is_for_who_looks


async def test_it_ends_by_one_click_and_is_written_down(pages: Pages, database: Database) -> None:
    await log_in(pages, database)
    await look(pages)
    shown = await pages.get(f"/sites/{site_id(1)}")  # an error has the button as well
    assert 'action="/as-oneself"' in shown.text
    assert f'name="{csrf.FIELD}"' in shown.text
    ended = await pages.post("/as-oneself")
    assert "no longer look as ada" in text_of((await pages.follow(ended)).text)
    assert (await pages.get("/users")).status == 200
    assert await audited(database) == [
        ("root", "looked as owner", "ada"),
        ("root", "looked as oneself", "ada"),
    ]


async def test_it_ends_with_the_login_and_with_the_role(pages: Pages, database: Database) -> None:
    await log_in(pages, database)
    await look(pages)
    kept = next(one for one in pages.session.cookie_jar if one.key == COOKIE)
    assert (kept["httponly"], kept["samesite"], kept["max-age"]) == (True, "Lax", "")
    await log_in(pages, database)
    pages.session.cookie_jar.update_cookies({COOKIE: kept.value})
    assert MARK not in text_of((await pages.get("/")).text)  # another login
    await look(pages)
    await set_role(database, Actor(ADMIN), "root", Role.OWNER, NOW)
    assert (await pages.get("/sites")).status == 303


async def test_nobody_else_looks_as_somebody(pages: Pages, database: Database) -> None:
    await log_in(pages, database, "eve")
    assert (await look(pages)).status == 404
    made = write_as_owner(pages.context.key, pages.secret, "ada")
    answer = await pages.get(f"/sites/{site_id(0)}", Cookie=cookies(pages, made))
    assert answer.status == 404
    await log_in(pages, database)
    for forged in ("x", "A" * 60, made, write_as_owner(b"other", pages.secret, "ada")):
        answer = await pages.get("/users", Cookie=cookies(pages, forged))
        assert (answer.status, "You look at" in answer.text) == (200, False)
    assert (await look(pages, "root")).status == 409
    assert (await look(pages, "nobody")).status == 404
    assert await audited(database) == []


def cookies(pages: Pages, kept: str) -> str:
    return f"changelogger={pages.secret.decode()}; {COOKIE}={kept}"


def test_the_cookie_is_for_one_login() -> None:
    kept = write_as_owner(b"key", b"login", "ada")
    assert read_as_owner(b"key", b"login", kept) == "ada"
    assert read_as_owner(b"key", b"other", kept) == ""
    assert read_as_owner(b"other", b"login", kept) == ""
