"""Logging in and out: by link, password and header, for how long, and what strangers see."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import select, update

from daemon.alerting.values import Route
from daemon.config.sections import PreferencesConfig
from daemon.login.identity import Visit
from daemon.model.viewer import DAEMON, Actor, Role, Viewer
from daemon.operations.people import logins, sessions, users
from daemon.operations.people.logins import PER_USER
from daemon.operations.people.users import Quotas
from daemon.store import tables
from daemon.store.core.database import Database
from daemon.store.record.outbox import routes_of
from daemon.web import csrf
from daemon.web.context import Context
from daemon.web.server import serve
from tests.making import add_rows, count
from tests.web.conftest import FREE, NOW, Answer, Pages, text_of

PASSWORD = "correct horse battery staple"
SYSTEM = Actor(DAEMON)
USERS = {"ada": "owner", "root": "admin"}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind of database is enough for pages: what they ask is tested on both."""
    return sqlite_url


@pytest.fixture
def web_settings() -> dict[str, Any]:
    """People log in."""
    return {
        "requests_per_second": 0,
        "public_url": "http://localhost:8788",
        "password": {"enabled": True},
        "trusted_header": {"user_header": "Remote-User", "trusted_networks": ["192.0.2.0/24"]},
    }


@pytest.fixture(autouse=True)
async def people(database: Database) -> None:
    rows = [
        tables.User(id=name, email=f"{name}@example.org", username=name.title(), role=role)
        for name, role in USERS.items()
    ]
    await add_rows(database, *rows)


async def link_of(database: Database, name: str = "ada") -> str:
    return f"/login/link/{await logins.make_link(database, SYSTEM, name, NOW)}"


async def log_in(pages: Pages, name: str = "ada") -> Answer:
    """Log in by a link."""
    path = await link_of(pages.context.database, name)
    await pages.get(path)
    return await pages.post(path)


async def is_in(pages: Pages) -> bool:
    return (await pages.get("/sites")).status == 200


async def have_password(context: Context) -> None:
    await users.change_password(context.database, SYSTEM, "ada", PASSWORD, context.passwords, NOW)


def set_clock(context: Context, at: datetime) -> None:
    object.__setattr__(context, "clock", lambda: at)


async def test_a_link_logs_in_once_and_only_by_a_form(pages: Pages, database: Database) -> None:
    path = await link_of(database)
    for _each_of_several_looks in range(2):
        assert "Log in with this browser?" in (await pages.get(path)).text
    answer = await pages.post(path)
    assert (answer.status, answer.headers["Location"]) == (303, "/")
    assert "changelogger=" in answer.headers["Set-Cookie"]
    assert await is_in(pages)
    pages.session.cookie_jar.clear()
    assert (await pages.get(path)).status == 404
    assert (await pages.post(path)).status == 404
    assert not await is_in(pages)


async def test_a_link_ends_after_ten_minutes(pages: Pages, database: Database) -> None:
    secret = await logins.make_link(database, SYSTEM, "ada", NOW - timedelta(minutes=11))
    assert (await pages.get(f"/login/link/{secret}")).status == 404


async def test_what_was_asked_for_is_shown_after_the_login(pages: Pages, context: Context) -> None:
    await have_password(context)
    there = (await pages.get("/sites?state=failing")).headers["Location"]
    assert there == "/login?to=/sites%3Fstate%3Dfailing"
    to = re.search(r'name="to" value="([^"]*)"', (await pages.get(there)).text)
    assert to is not None
    answer = await pages.post("/login/password", user="Ada", password=PASSWORD, to=to[1])
    assert answer.headers["Location"] == "/sites?state=failing"


@pytest.mark.parametrize("to", ["/nowhere", "/logout", "/assets/app.css", "/login"])
async def test_a_login_leads_to_nothing_but_a_page(pages: Pages, context: Context, to: str) -> None:
    await have_password(context)
    await pages.get("/login")
    answer = await pages.post("/login/password", user="ada", password=PASSWORD, to=to)
    assert answer.headers["Location"] == "/"


@pytest.mark.parametrize("to", ["//evil.test", "https://evil.test/", "/\\evil.test"])
async def test_no_login_leads_elsewhere(pages: Pages, to: str) -> None:
    assert (await pages.get(f"/login?to={to}")).status == 400


async def test_each_login_gets_another_session_and_ends_the_one_before(
    pages: Pages, database: Database
) -> None:
    # A session that somebody planted in this browser is never the one that is logged in.
    pages.session.cookie_jar.update_cookies({"changelogger": "planted"})
    path = await link_of(database)
    pages.session.cookie_jar.clear()
    await pages.get(path)
    await pages.post(path)
    first = pages.secret
    assert first != b"planted"
    await log_in_again(pages, database)
    assert pages.secret != first
    assert await count(database, tables.WebSession) == 1


async def log_in_again(pages: Pages, database: Database) -> None:
    """Log in while logged in; forms without a login are signed by the browser's own cookie."""
    session = pages.secret.decode()
    path = await link_of(database)
    page = await pages.get(path)
    token = re.search(r'name="csrf" value="([^"]*)"', page.text)
    assert token is not None
    answer = await pages.ask("POST", path, {"csrf": token[1]}, Sec_Fetch_Site="same-origin")
    assert answer.status == 303
    assert session not in answer.headers["Set-Cookie"]


async def test_a_wrong_name_is_answered_as_a_wrong_password(pages: Pages, context: Context) -> None:
    await have_password(context)
    await pages.get("/login")
    told = [
        await pages.post("/login/password", user=name, password=password)
        for name, password in (("ada", "wrong"), ("nobody", PASSWORD), ("root", PASSWORD), ("", ""))
    ]
    assert {answer.status for answer in told} == {403}
    assert len({text_of(answer.text) for answer in told}) == 1
    assert not await is_in(pages)


@pytest.mark.parametrize("name", ["ada", "nobody"])
async def test_failures_are_limited_for_each_name_whoever_has_it(
    pages: Pages, context: Context, name: str
) -> None:
    await have_password(context)
    await pages.get("/login")
    for _failure in range(PER_USER.failures):
        answer = await pages.post("/login/password", user=name, password="wrong")
        assert answer.status == 403
    answer = await pages.post("/login/password", user=name, password=PASSWORD)
    assert (answer.status, "try again later" in answer.text) == (429, True)
    set_clock(context, NOW + PER_USER.within)
    answer = await pages.post("/login/password", user=name, password=PASSWORD)
    assert answer.status == (303 if name == "ada" else 403)


async def test_what_people_type_is_kept_nowhere(
    pages: Pages, context: Context, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    await pages.get("/login")
    answer = await pages.post("/login/password", user=PASSWORD, password="hunter2hunter2")
    async with database.reading() as session:
        failures = (await session.scalars(select(tables.LoginFailure.key))).all()
        [entry] = (await session.scalars(select(tables.AuditEntry))).all()
    assert len(failures) == 2
    assert (entry.what, entry.user_id, entry.target) == ("login failed", "", "")
    for told in (answer.text, caplog.text, *failures):
        assert PASSWORD not in told
        assert "hunter2" not in told


async def test_a_session_ends_at_logout_role_change_and_disabling(
    pages: Pages, database: Database
) -> None:
    async def everywhere() -> None:
        await sessions.end_everywhere(database, Actor(Viewer("ada")), NOW)

    async def change(role: Role) -> None:
        await users.set_role(database, SYSTEM, "ada", role, NOW)

    for end in (
        lambda: pages.post("/logout"),
        lambda: pages.post("/me/logout"),
        everywhere,
        lambda: change(Role.ADMIN),
        lambda: change(Role.OWNER),
        lambda: users.disable(database, SYSTEM, "ada", NOW),
    ):
        pages.session.cookie_jar.clear()
        await log_in(pages)
        assert await is_in(pages)
        await end()
        assert not await is_in(pages)
    assert await count(database, tables.WebSession) == 0


async def test_a_session_ends_when_it_is_not_used_and_at_the_latest_then(
    pages: Pages, context: Context
) -> None:
    await log_in(pages)
    section, at = context.config().web, NOW
    while at < NOW + section.session_longest - section.session_idle / 2:
        at += section.session_idle / 2
        set_clock(context, at)
        assert await is_in(pages), at - NOW
    set_clock(context, NOW + section.session_longest)
    assert not await is_in(pages)
    set_clock(context, NOW)
    pages.session.cookie_jar.clear()
    await log_in(pages)
    set_clock(context, NOW + section.session_idle)
    assert not await is_in(pages)


async def test_a_role_counts_from_the_next_request_on(pages: Pages, database: Database) -> None:
    await log_in(pages)
    assert (await pages.get("/users")).status == 404
    async with database.writing() as session:
        await session.execute(update(tables.User).values(role="admin"))
    assert (await pages.get("/users")).status == 200


async def test_a_stranger_sees_the_login_and_nothing_else(pages: Pages) -> None:
    texts = []
    for path in ("/", "/health", "/nowhere", "/users", "/sites/new"):
        answer = await pages.get(path)
        assert answer.status == 303
        assert answer.headers["Location"].startswith("/login")
        texts.append(answer.text)
    assert (await pages.ask("POST", "/seen", {"csrf": "x"})).status == 401
    assert (await pages.ask("PUT", "/seen")).status == 401
    shown = await pages.get("/login")
    for word in ("/sites", "/health", "version", "unseen", "failing"):
        assert word not in text_of(shown.text), word
        assert f'href="{word}"' not in shown.text
    assert shown.status == 200


async def test_a_form_is_taken_from_the_session_that_it_was_shown_in(
    pages: Pages, database: Database
) -> None:
    await log_in(pages)
    other = await sessions.begin(database, "root", Visit("link"), pages.context.config().web, NOW)
    cookie = f"changelogger={other.secret}"
    pages_secret = pages.secret
    pages.session.cookie_jar.clear()
    stolen = {csrf.FIELD: csrf.token(pages_secret)}
    answer = await pages.ask("POST", "/logout", stolen, Sec_Fetch_Site="same-origin", Cookie=cookie)
    assert answer.status == 403


async def test_a_trusted_header_logs_in_from_trusted_networks_alone(
    pages: Pages, context: Context, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await pages.get("/sites", Remote_User="ada")
    assert answer.status == 403
    assert caplog.text.count("event='login_refused'") == 1
    assert "127.0.0.1" in caplog.text
    assert "Remote-User" not in answer.text
    section = context.config().web.trusted_header
    object.__setattr__(section, "trusted_networks", ("127.0.0.1/32",))
    assert (await pages.get("/sites", Remote_User="ada")).status == 200
    assert (await pages.get("/users", Remote_User="ada")).status == 404
    assert (await pages.get("/users", Remote_User="root")).status == 200
    for name in ("nobody", "github|1", " "):
        assert (await pages.get("/sites", Remote_User=name)).status in (303, 403)


async def test_an_admin_adds_changes_and_removes_users_but_not_themselves(
    pages: Pages, database: Database
) -> None:
    await log_in(pages, "root")
    added = await pages.post("/users", id="github|7/x", email="eve@example.org", role="owner")
    path = added.headers["Location"]
    assert path == "/users/github%7C7%2Fx"
    assert "eve@example.org" in (await pages.follow(added)).text
    assert (await pages.post("/users", id="github|7/x")).status == 409
    assert (await pages.post(f"{path}/role", role="admin")).status == 303
    assert (await pages.post(f"{path}/disable")).status == 303
    assert (await pages.post(f"{path}/enable")).status == 303
    assert "cannot be restored" in (await pages.get(f"{path}/remove")).text
    assert (await pages.post(f"{path}/remove")).status == 303
    assert (await pages.get(path)).status == 404
    for what in ("role", "disable", "remove"):
        assert (await pages.post(f"/users/root/{what}")).status == 409
    async with database.reading() as session:
        done = (await session.scalars(select(tables.AuditEntry.what))).all()
    assert {"login", "user added", "user admin", "user disabled", "user removed"} <= set(done)


async def test_the_sessions_of_a_person_are_shown_to_them_alone(
    pages: Pages, database: Database
) -> None:
    lengths = pages.context.config().web
    for name, agent in (("ada", "Ada's other browser"), ("root", "Root's browser")):
        await sessions.begin(database, name, Visit("link", agent), lengths, NOW)
    await log_in(pages)
    shown = text_of((await pages.get("/me")).text)
    assert "other browser" in shown
    assert "Root" not in shown


async def test_two_people_watch_one_page_under_one_name_and_see_only_their_own(
    pages: Pages, database: Database
) -> None:
    found = {}
    for name in ("ada", "root"):
        pages.session.cookie_jar.clear()
        await log_in(pages, name)
        added = await pages.post("/sites/new", url="https://example.org/", name="Example")
        found[name] = added.headers["Location"]
        assert (await pages.follow(added)).status == 200
        again = await pages.post("/sites/new", url="https://example.org/b", name="Example")
        assert again.status == 400
    async with database.reading() as session:
        rows = await session.execute(select(tables.MonitoredSite.owner_id, tables.MonitoredSite.id))
        assert {owner: f"/sites/{id_}" for owner, id_ in rows.all()} == found
    pages.session.cookie_jar.clear()
    await log_in(pages)
    assert (await pages.get(found["root"])).status == 404
    assert found["root"] not in (await pages.get("/sites")).text


async def test_a_limit_is_said_where_it_is_reached(pages: Pages, database: Database) -> None:
    await users.set_quotas(database, SYSTEM, "ada", Quotas(1, timedelta(hours=1)), NOW)
    await log_in(pages)
    often = await pages.post("/sites/new", url="https://example.org/", check_frequency="5m")
    assert (often.status, "every 1 h at most" in often.text) == (400, True)
    assert (await pages.post("/sites/new", url="https://example.org/")).status == 303
    more = await pages.post("/sites/new", url="https://example.com/")
    assert (more.status, "may have 1 sites and products, and has 1" in more.text) == (400, True)


async def test_what_a_person_likes_counts_for_them_alone(pages: Pages, database: Database) -> None:
    await log_in(pages)
    for wrong in ({"time_zone": "Berlin"}, {"page_size": "7"}, {"page_size": "x"}, {"quiet": "x"}):
        answer = await pages.post("/me", **wrong)
        assert (answer.status, next(iter(wrong)) in answer.text) == (400, True), wrong
    liked = {"time_zone": "Asia/Tokyo", "dates": "exact", "severity": "major", "page_size": "10"}
    assert (await pages.post("/me", **liked, quiet="22:00-07:00")).status == 303
    shown = (await pages.get("/me")).text
    for told in ('data-zone="Asia/Tokyo"', "21:00:00 JST", "severity=major&amp;severity=critical"):
        assert told in shown, told
    assert "severity=minor" not in shown
    pages.session.cookie_jar.clear()
    await log_in(pages, "root")
    assert "Tokyo" not in (await pages.get("/me")).text
    route = msgspec.to_builtins(Route("mail", "target"))
    async with database.writing() as session:
        ada = (await session.scalars(select(tables.User).where(tables.User.id == "ada"))).one()
        ada.preferences = {**ada.preferences, "notify": [route]}
        await session.flush()
        [timed] = (await routes_of(session, ["ada"]))["ada"]
    assert (timed.quiet, timed.time_zone) == ("22:00-07:00", "Asia/Tokyo")


async def test_what_the_file_gives_is_shown_and_not_edited(pages: Pages, context: Context) -> None:
    given = PreferencesConfig(quiet="22:00-06:00", page_size=20)
    owner = context.config().owners[0].model_copy(update={"id": "ada", "preferences": given})
    changed = context.config().model_copy(update={"owners": (owner,)})
    object.__setattr__(context, "config", lambda: changed)
    await log_in(pages)
    assert "22:00-06:00" in (await pages.get("/me")).text
    answer = await pages.post("/me", page_size="50")
    assert (answer.status, "managed by the configuration" in answer.text) == (409, True)


async def test_over_https_a_cookie_is_of_this_host_and_never_sent_in_plain(
    pages: Pages, context: Context, database: Database
) -> None:
    section = context.config().web.model_copy(update={"public_url": "https://watch.example"})
    changed = context.config().model_copy(update={"web": section})
    path = await link_of(database)
    other = replace(context, config=lambda: changed)
    async with serve(other, FREE) as url:
        page = await pages.session.get(f"{url}{path}")
        given = page.headers["Set-Cookie"]
        token = re.search(r'name="csrf" value="([^"]*)"', await page.text())
        assert token is not None
        headers = {"Cookie": given.split(";")[0], "Origin": "https://watch.example"}
        form = {"csrf": token[1]}
        done = await pages.session.post(
            f"{url}{path}", data=form, headers=headers, allow_redirects=False
        )
    assert given.startswith("__Host-changelogger-browser=")
    assert done.headers["Set-Cookie"].startswith("__Host-changelogger=")
    for cookie in (given, done.headers["Set-Cookie"]):
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
        assert "Domain" not in cookie
    assert done.headers["Strict-Transport-Security"].startswith("max-age=")


async def test_another_daemon_of_the_database_takes_the_session_and_its_forms(
    pages: Pages, context: Context
) -> None:
    await log_in(pages)
    other = replace(context, key=b"another" * 5)
    async with serve(other, FREE) as url:
        pages.url = url
        assert await is_in(pages)
        assert (await pages.post("/me/logout")).status == 303
    assert not await is_in_at(pages, context)


async def is_in_at(pages: Pages, context: Context) -> bool:
    async with serve(context, FREE) as url:
        pages.url = url
        return await is_in(pages)
