"""What somebody who has not logged in learns: that there is a login, and nothing else."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from html import unescape
from typing import Any
from urllib.parse import unquote

import aiohttp
import msgspec
import pytest
from yarl import URL

from daemon import __version__
from daemon.config.sections import HealthConfig
from daemon.config.web import WebConfig
from daemon.login.identity import Visit
from daemon.model.viewer import DAEMON, Actor
from daemon.monitoring.health import Health
from daemon.monitoring.metrics import Metrics
from daemon.monitoring.server import serve as serve_figures
from daemon.operations.people import sessions, users
from daemon.store import tables
from daemon.store.core.database import Database
from daemon.web.context import Context
from daemon.web.routes import ROUTES
from tests.making import Rows, Statements, add_one_of_each, add_rows
from tests.web.conftest import NOW, Pages, text_of
from tests.web.test_cost import ALERT, address
from tests.web.test_edge import said
from tests.web.test_login import PASSWORD
from tests.web.test_who_may import of_nothing

METHODS = ("GET", "HEAD", "POST", "PUT", "OPTIONS", "TRACE")
ODD = [
    "/", "//", "/../", "/%2e%2e/config.toml", "/.env", "/.git/config", "/robots.txt", "/status",
    "/metrics", "/livez", "/readyz", "/favicon.ico", "/api", "/api/", "/api/v1", "/api/v2/sites",
    "/openapi.json", "/docs", "/admin", "/server-status", "/sites/", "/sites/x/y/z", "/users/x",
    "/assets/app.css", "/assets/app.0123456789ab.css", "/login?to=//evil.test", "/login?no=1",
    "/login/no", "/login/no/callback?state=x", "/login/github/callback?state=x&code=y",
    "/login/link/x", "/feeds/x/changes.atom", "/nowhere?q=%ff", "/" + "x" * 3000, "/sites?state=x",
]  # fmt: skip
HEADERS = {
    "cache-control", "content-encoding", "content-length", "content-security-policy",
    "content-type", "cross-origin-opener-policy", "cross-origin-resource-policy", "date",
    "location", "permissions-policy", "referrer-policy", "server", "set-cookie", "vary",
    "www-authenticate", "x-content-type-options", "x-robots-tag",
}  # fmt: skip
RAW = [
    b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: evil.test\r\nConnection: close\r\n\r\n",
    b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"HELLO\r\n\r\n",
]


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind of database is enough: what strangers see is not of it."""
    return sqlite_url


@pytest.fixture
def web_settings() -> dict[str, Any]:
    """Every way to log in."""
    provider = {"client_id": "x", "client_secret": "y", "kind": "github", "name": "github"}
    return {
        "requests_per_second": 0,
        "public_url": "http://localhost:8788",
        "password": {"enabled": True},
        "trusted_header": {"user_header": "Remote-User", "trusted_networks": ["192.0.2.0/24"]},
        "login": [provider],
    }


@pytest.fixture
async def rows(database: Database) -> Rows:
    """One of each kind, so that there is something to learn."""
    async with database.writing() as session:
        rows = await add_one_of_each(session)
        rows[tables.PriceAlert].details = msgspec.to_builtins(ALERT)
        rows[tables.MonitoredSite].name = "Payroll"
    return rows


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    """A program of a stranger: it keeps no cookies."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as client:
        yield client


class Stranger:
    """Asks, and notes whatever no stranger is to be told."""

    def __init__(self, pages: Pages, client: aiohttp.ClientSession, rows: Rows) -> None:
        self.url, self.client = pages.url, client
        user, site = rows[tables.User], rows[tables.MonitoredSite]
        self.secrets = [__version__, "aiohttp", "Python", "SQLite", "Traceback", "127.0.0.1"]
        self.secrets += [user.id, user.email, site.name, site.url, rows[tables.Host].host]
        self.learnt: list[str] = []

    async def ask(self, method: str, path: str, **headers: str) -> tuple[int, str, str]:
        """The status, the words and where it leads, without its own path."""
        asked = self.client.request(
            method, URL(self.url + path, encoded=True), headers=headers, allow_redirects=False
        )
        async with asked as answer:
            text, own = await answer.text("utf-8"), unquote(path)
            leads_to = unquote(unquote(answer.headers.get("Location", "")))
        words = unescape(text_of(text)).replace(own, "PATH")
        self._note(f"{method} {path[:80]}", answer.headers, text + leads_to.replace(own, ""))
        if answer.headers.get("Content-Type", "").startswith("text/html"):
            numbers = re.findall(r"\d+", words.replace("PATH", ""))
            self.learnt += [f"{path}: {one}" for one in numbers if one != str(answer.status)]
        return answer.status, words, leads_to.replace(own, "PATH")

    def _note(self, asked: str, headers: Any, told: str) -> None:
        head = "".join(f"{name}: {value}\n" for name, value in headers.items())
        self.learnt += [f"{asked}: {one}" for one in self.secrets if one in told + head]
        self.learnt += [f"{asked}: {name}" for name in headers if name.lower() not in HEADERS]
        if headers.get("Server") != "changelogger":
            self.learnt.append(f"{asked}: {headers.get('Server')}")


async def test_a_stranger_learns_nothing_at_any_address(
    pages: Pages, client: aiohttp.ClientSession, rows: Rows
) -> None:
    stranger = Stranger(pages, client, rows)
    for route in ROUTES:
        there, nothing = address(route, rows), of_nothing(route)
        for method in (route.method, "PUT"):
            of_it, of_none = await stranger.ask(method, there), await stranger.ask(method, nothing)
            if route.path != "/assets/{name}":
                assert of_it == of_none, f"{method} {route.path}"
    for path in ODD:
        for method in METHODS:
            await stranger.ask(method, path)
        await stranger.ask("GET", path, Authorization="Bearer cl_x")
        await stranger.ask("GET", path, Remote_User="github|1", Cookie="changelogger=x")
        await stranger.ask("GET", path, **{"Remote-User": "github|1"})
    assert stranger.learnt == []


async def test_what_is_no_request_learns_nothing_either(pages: Pages) -> None:
    for raw in RAW:
        answer = (await said(pages, raw)).decode()
        assert "\r\nServer: changelogger\r\n" in answer
        for word in (__version__, "aiohttp", "Python", "Traceback", "Server-Timing"):
            assert word not in answer


async def test_figures_are_on_loopback_and_tell_no_foreign_name_anything(
    client: aiohttp.ClientSession,
) -> None:
    assert HealthConfig().host == WebConfig().host == "127.0.0.1"
    async with serve_figures(Health(), Metrics("0"), HealthConfig(port=0)) as url:
        for path in ("/", "/livez", "/readyz", "/status", "/metrics", "/nowhere"):
            for method in METHODS:
                headers = {"Host": "watch.example.org", "Connection": "close"}
                asked = client.request(method, url + path, headers=headers)
                async with asked as answer:
                    told = await answer.text() + str(answer.headers)
                assert (answer.status, answer.headers["Server"]) == (421, "changelogger")
                for word in (__version__, "aiohttp", "Python", "sqlite", "pid"):
                    assert word not in told, (method, path)


async def test_a_login_takes_the_same_way_whoever_is_meant(
    pages: Pages, context: Context, database: Database
) -> None:
    # As many and the same statements, and one hash of a password each: there is nothing to time.
    people = {"ada": PASSWORD, "eve": "", "dan": PASSWORD}
    for name, password in people.items():
        await add_rows(database, tables.User(id=name, email=f"{name}@example.org"))
        if password:
            actor = Actor(DAEMON)
            await users.change_password(database, actor, name, password, context.passwords, NOW)
    await users.disable(database, Actor(DAEMON), "dan", NOW)
    await pages.get("/login")
    ways = {}
    for name in (*people, "nobody", "nobody@example.org", "ada@example.org"):
        with Statements(database.engine) as sent, Statements(context.reading.engine) as read:
            answer = await pages.post("/login/password", user=name, password="not it, surely")
        ways[name] = (answer.status, text_of(answer.text), *sent.sent, *read.sent)
    assert len(set(ways.values())) == 1


async def test_a_cookie_that_was_guessed_is_answered_as_none(
    pages: Pages, context: Context, database: Database
) -> None:
    await add_rows(database, tables.User(id="ada", email="ada@example.org"))
    begun = await sessions.begin(database, "ada", Visit("link"), context.config().web, NOW)
    answers = []
    for cookie in ("", "changelogger=", "changelogger=x", f"changelogger={begun.secret}x"):
        pages.session.cookie_jar.clear()
        answer = await pages.get("/sites", **({"Cookie": cookie} if cookie else {}))
        answers.append((answer.status, answer.headers["Location"], answer.text))
    assert len(set(answers)) == 1
