"""What programs change: by whom it may be, and what they are told of it."""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from pathlib import Path
from string import Template
from typing import Any

import msgspec
import pytest
from sqlalchemy import update

from daemon.config import load
from daemon.login.identity import Visit
from daemon.model.viewer import Actor, Scope, Viewer
from daemon.operations.people import sessions, tokens
from daemon.operations.people.users import Quotas, set_quotas
from daemon.store import tables
from daemon.store.core.database import Database
from daemon.web import csrf
from daemon.web.access.who import Who
from daemon.web.context import Context
from daemon.web.memory.file_lines import FileLines
from daemon.web.pages.api.description import written
from daemon.web.pages.api.table import ENDPOINTS
from daemon.web.routes import ROUTES, Route
from tests.loopback import serving
from tests.making import ADMIN as LOCAL
from tests.making import Rows, add_one_of_each, add_rows, id_at
from tests.web.conftest import NOW, Answer, Pages
from tests.web.test_cost import ALERT, address

API = "/api/v1"
OWNER, OTHER, ADMIN = "github|1", "eve", "root"
BOTH = Scope.READ, Scope.WRITE
CHANGED = [route for route in ROUTES if route.who is Who.PROGRAM and route.is_unsafe]
_CURL = argparse.ArgumentParser()
_CURL.add_argument("url")
_CURL.add_argument("-X", dest="method", default="GET")
_CURL.add_argument("-H", dest="header", action="append")
_CURL.add_argument("-d", dest="data", type=str.encode)
BODIES = {
    "/sites": {"url": "https://new.example/"},
    "/sites/try": {"url": "http://127.0.0.1:9/"},
    "/products": {"url": "https://new.example/lamp"},
    "/products/try": {"url": "http://127.0.0.1:9/"},
    "/changes/{id}/rating": {"rating": "useful"},
    "/seen/undo": {"marked_at": "2026-05-04T12:00:00Z"},
    "/destinations": {"name": "mine", "kind": "mail"},
    "/destinations/{id}/confirm": {"code": "000000"},
}
REFUSED = {"/destinations", "/destinations/{id}/confirm"}  # no kind is allowed; no such code
NEVER = str(id_at(NOW))  # of nothing


@pytest.fixture
def web_settings() -> dict[str, Any]:
    """People log in, and programs show tokens."""
    return {"requests_per_second": 0, "public_url": "http://localhost:8788"}


@pytest.fixture
async def rows(database: Database) -> Rows:
    """One of each of the owner's, and two other people."""
    async with database.writing() as session:
        found = await add_one_of_each(session)
        found[tables.ContentUpdate].owner_id = OWNER
        found[tables.PriceAlert].details = msgspec.to_builtins(ALERT)
    people = [
        tables.User(id=name, email=f"{name}@example.org", role=role)
        for name, role in ((OTHER, "owner"), (ADMIN, "admin"))
    ]
    await add_rows(database, *people)
    return found


@dataclass(frozen=True, slots=True)
class Program:
    """A program with somebody's token."""

    pages: Pages
    token: str = ""

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if isinstance(body, bytes):
            return await self.pages.ask(method, path, body, **headers)
        if body is not None:
            headers.setdefault("Content_Type", "application/json")
        data = None if body is None else json.dumps(body).encode()
        return await self.pages.ask(method, f"{API}{path}", data, **headers)

    async def told(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        answer = await self.ask(method, path, body)
        assert answer.status == status, answer.text
        return json.loads(answer.text) if answer.text else None


async def program(pages: Pages, name: str, *scopes: Scope) -> Program:
    made = Actor(Viewer(name))
    database = pages.context.database
    return Program(pages, await tokens.make(database, made, "script", scopes or BOTH, None, NOW))


@pytest.fixture
async def mine(pages: Pages, rows: Rows) -> Program:
    """A program of the owner's that may read and write."""
    assert rows[tables.User].id == OWNER
    return await program(pages, OWNER)


def body_for(route: Route) -> Any:
    path = route.path.removeprefix(API)
    return BODIES.get(path) if route.method != "DELETE" else None


def of(path: str, rows: Rows) -> str:
    """The address of something that is there, below the beginning of all."""
    route = next(one for one in CHANGED if one.path == f"{API}{path}")
    return address(route, rows).removeprefix(API)


async def test_each_address_is_for_whose_it_is_and_programs_that_may_write(
    pages: Pages, rows: Rows
) -> None:
    refused = [
        Program(pages), Program(pages, "cl_x"), await program(pages, OWNER, Scope.READ),
        await program(pages, OWNER, Scope.FEED),
    ]  # fmt: skip
    other = await program(pages, OTHER)
    allowed = [await program(pages, name, Scope.WRITE) for name in (ADMIN, OWNER)]
    last = lambda route: (route.method == "DELETE", route.path.endswith("/drop"))  # noqa: E731
    for route in sorted(CHANGED, key=last):
        path, body = address(route, rows).removeprefix(API), body_for(route)
        if route.method == "PATCH":
            body = {}
        for one in refused:
            answer = await one.ask(route.method, path, body)
            assert answer.status == 401, (route.path, answer.text)
            assert 'scope="write"' in answer.headers["WWW-Authenticate"]
            assert "may write" in json.loads(answer.text)["hint"]
        if "{" in route.path:
            nothing = route.path.removeprefix(API).replace("{id}", NEVER)
            for asked in (path, nothing):
                answer = await other.ask(route.method, asked, body)
                assert answer.status == 404, (asked, answer.text)
        for one in allowed[: 1 if route.method == "DELETE" else 2]:
            answer = await one.ask(route.method, path, body)
            is_refused = answer.status == 400 and route.path.removeprefix(API) in REFUSED
            is_fine = answer.status < 300 or answer.status == 409 or is_refused
            assert is_fine, (route.method, path, answer.status, answer.text)
    assert (await other.told("GET", "/sites"))["items"] == []


async def test_a_site_lives_and_goes(mine: Program) -> None:
    wanted = {"url": "https://new.example/fees", "tags": ["a"], "check_frequency": "2h"}
    made = await mine.ask("POST", "/sites", wanted)
    site = json.loads(made.text)
    path = f"/sites/{site['id']}"
    assert (made.status, made.headers["Location"]) == (201, f"{API}{path}")
    assert (site["name"], site["owner_id"], site["tags"]) == ("new.example/fees", OWNER, ["a"])
    for again in (wanted, {**wanted, "name": "new.example/fees", "links": True}):
        answer = await mine.ask("POST", "/sites", again)
        assert (answer.status, answer.headers["Location"]) == (409, f"{API}{path}")
    read = await mine.ask("GET", path)
    assert (json.loads(read.text), read.headers["ETag"]) == (site, made.headers["ETag"])
    edit = {"name": "Fees", "check_frequency": None, "include": ["main"], "hours": "08:00-18:00"}
    merge = {"Content_Type": "application/merge-patch+json", "If_Match": read.headers["ETag"]}
    changed = await mine.ask("PATCH", path, edit, **merge)
    told = json.loads(changed.text)
    assert (changed.status, told["name"]) == (200, "Fees")
    assert told["options"] == {
        "name": "Fees", "tags": ["a"], "check_frequency": "daily", "hours": "08:00-18:00",
        "include": ["main"], "time_zone": told["options"]["time_zone"],
    }  # fmt: skip
    for method, body in (("PATCH", {}), ("DELETE", None)):
        late = await mine.ask(method, path, body, If_Match=read.headers["ETag"])
        assert late.status == 412
        assert "read it again" in json.loads(late.text)["hint"]
    assert (await mine.ask("DELETE", path, If_Match=changed.headers["ETag"])).status == 204
    assert (await mine.ask("GET", path)).status == 404
    assert (await mine.ask("DELETE", path)).status == 404


async def test_of_programs_that_know_the_same_one_alone_changes_it(
    mine: Program, rows: Rows
) -> None:
    wanted = {"url": "https://new.example/fees"}
    kinds: list[tuple[str, str, str, list[Any], Any]] = []
    for noun in ("sites", "products"):
        path = f"/{noun}/{(await mine.told('POST', f'/{noun}', wanted, 201))['id']}"
        bodies: list[Any] = [{"tags": [f"t{number}"]} for number in range(5)]
        kinds.append((path, "PATCH", path, bodies, lambda told: {"tags": told["tags"]}))
    change = f"/changes/{rows[tables.ContentUpdate].id}"
    await mine.told("DELETE", f"{change}/rating")
    ratings = [{"rating": one} for one in ("useful", "noise")]
    kinds.append((change, "PUT", f"{change}/rating", ratings, told_rating))
    for path, method, changed_at, bodies, read in kinds:
        known = (await mine.ask("GET", path)).headers["ETag"]
        async with asyncio.TaskGroup() as group:
            asked = [
                group.create_task(mine.ask(method, changed_at, body, If_Match=known))
                for body in bodies
            ]
        statuses = [one.result().status for one in asked]
        assert sorted(statuses) == [200, *[412] * (len(bodies) - 1)], (path, statuses)
        assert read(await mine.told("GET", path)) == bodies[statuses.index(200)]


def told_rating(told: Any) -> Any:
    return {"rating": told["rating"]}


async def test_an_admins_program_adds_for_any_user(pages: Pages, rows: Rows) -> None:
    admin = await program(pages, ADMIN)
    wanted = {"url": "https://new.example/", "owner": OTHER}
    assert (await admin.told("POST", "/sites", wanted, 201))["owner_id"] == OTHER
    made = await admin.told("POST", "/products", wanted, 201)
    theirs = await (await program(pages, OTHER)).told("GET", f"/products/{made['id']}")
    assert theirs["id"] == made["id"]
    refused = await admin.told("POST", "/sites", {**wanted, "owner": "nobody"}, 400)
    [wrong] = refused["errors"]
    assert (wrong["pointer"], OTHER in wrong["detail"]) == ("/owner", True)


async def test_a_site_is_paused_silenced_and_checked(mine: Program, rows: Rows) -> None:
    path = of("/sites/{id}/pause", rows).removesuffix("/pause")
    assert (await mine.told("POST", f"{path}/pause"))["state"] == "paused"
    answer = await mine.ask("POST", f"{path}/check")
    assert (answer.status, "is paused" in answer.text) == (409, True)
    await mine.told("POST", f"{path}/resume")
    due = await mine.told("POST", f"{path}/check", status=202)
    assert due["next_check_at"] == "2026-05-04T12:00:00Z"
    week = await mine.told("POST", f"{path}/silence", {"for": "7d"})
    assert week["silenced_until"] == "2026-05-11T12:00:00Z"
    day = await mine.told("POST", f"{path}/silence", {"until": "2026-05-05T14:00:00+02:00"})
    assert day["silenced_until"] == "2026-05-05T12:00:00Z"
    assert (await mine.told("POST", f"{path}/silence"))["silenced_until"].startswith("9999")
    assert (await mine.told("POST", f"{path}/unsilence"))["silenced_until"] is None


async def test_a_product_lives_and_goes(mine: Program) -> None:
    urls = ["https://a.example/kettle", "https://b.example/kettle"]
    wanted = {"name": "Kettle", "urls": urls, "target_price": "79.90", "currency": "EUR"}
    made = await mine.ask("POST", "/products", wanted)
    assert made.status == 201, made.text
    again = await mine.ask("POST", "/products", wanted)
    assert (again.status, again.headers["Location"]) == (409, made.headers["Location"])
    path = made.headers["Location"].removeprefix(API)
    edit = {"name": "Pot", "target_price": 70, "drop_percent": "5", "check_frequency": "1h"}
    told = await mine.told("PATCH", path, edit)
    assert (told["name"], told["target_price"]) == ("Pot", "70.00")
    assert told["options"]["drop_percent"] == "5"
    listed = (await mine.told("GET", "/products?q=Pot"))["items"]
    assert [one["name"] for one in listed] == ["Pot", "Pot"]
    assert (await mine.told("PATCH", path, {"target_price": None}))["target_price"] is None
    assert (await mine.told("POST", f"{path}/pause"))["state"] == "paused"
    await mine.told("DELETE", path, status=204)
    assert len((await mine.told("GET", "/products?q=Pot"))["items"]) == 1


async def test_changes_are_rated_and_marked(mine: Program, rows: Rows, database: Database) -> None:
    site, change = rows[tables.MonitoredSite], rows[tables.ContentUpdate]
    async with database.writing() as session:
        at = change.detected_at
        known = {"last_changed_at": at, "seen_at": at - timedelta(hours=1), "rated_noise": 1}
        await session.execute(update(tables.MonitoredSite).values(**known))
    path = f"/changes/{change.id}"
    assert (await mine.told("GET", path))["rating"] == "noise"
    rated = await mine.told("PUT", f"{path}/rating", {"rating": "useful"})
    assert (rated["useful"], rated["noise"], rated["leaning"] > 0) == (1, 0, True)
    assert (await mine.told("GET", path))["rating"] == "useful"
    assert (await mine.told("DELETE", f"{path}/rating"))["useful"] == 0
    assert (await mine.told("GET", path))["rating"] is None
    [listed] = (await mine.told("GET", "/changes?unseen=true&significant=false"))["items"]
    assert (listed["is_unseen"], listed["rating"]) == (True, None)
    assert (await mine.told("GET", f"/sites/{site.id}/changes?unseen=true"))["items"] == [listed]
    seen = await mine.told("POST", f"{path}/seen")
    assert seen["sites"] == 1
    assert (await mine.told("GET", "/changes?unseen=true"))["items"] == []
    assert await mine.told("POST", "/seen/undo", {"marked_at": seen["marked_at"]}) == {"sites": 1}
    assert (await mine.told("POST", f"/sites/{site.id}/seen"))["sites"] == 1
    assert (await mine.told("POST", f"{path}/unseen"))["sites"] == 1
    assert (await mine.told("POST", "/seen", {"until": "2026-05-04T12:00:00Z"}))["sites"] == 1


async def test_notifications_are_sent_again_or_dropped(mine: Program, rows: Rows) -> None:
    path = f"/notifications/{rows[tables.Notice].id}"
    [listed] = (await mine.told("GET", "/notifications?status=pending"))["items"]
    assert listed == await mine.told("GET", path)
    assert (await mine.told("POST", f"{path}/drop"))["status"] == "dropped"
    await mine.told("POST", f"{path}/drop", status=409)
    assert (await mine.told("POST", f"{path}/send"))["status"] == "pending"


WRONG: list[tuple[str, str, Any, list[str]]] = [
    ("POST", "/sites", {}, ["/url"]),
    ("POST", "/sites", {"url": "ftp://x.example"}, ["/url"]),
    ("POST", "/sites", {"url": 5, "tags": "a", "colour": 1}, ["/colour"]),
    ("POST", "/sites", {"url": 5, "tags": "a"}, ["/tags", "/url"]),
    ("POST", "/sites", {"url": "https://a.example", "include": ["p", "p:::"]}, ["/include/1"]),
    ("POST", "/sites", {"url": "https://a.example", "headers": {"Cookie": "x"}}, ["/headers"]),
    ("POST", "/sites", {"url": "https://a.example", "owner": "root"}, ["/owner"]),
    ("POST", "/sites", {"url": "https://a.example", "name": "a\0b"}, ["/name"]),
    ("POST", "/sites", {"url": "https://a.example", "x/~y": 1}, ["/x~1~0y"]),
    ("POST", "/sites", [], [""]),
    ("POST", "/products", {"name": "x"}, ["/url"]),
    ("POST", "/products", {"url": "https://a.example", "target_price": -1}, ["/target_price"]),
    ("PATCH", "/sites/{id}", {"url": "https://b.example"}, ["/url"]),
    ("PATCH", "/sites/{id}", {"name": None}, ["/name"]),
    ("PATCH", "/sites/{id}", {"check_frequency": "soon"}, ["/check_frequency"]),
    ("PATCH", "/products/{id}", {"currency": "XXXX"}, ["/currency"]),
    ("PUT", "/changes/{id}/rating", {"rating": "fine"}, ["/rating"]),
    ("PUT", "/changes/{id}/rating", None, ["/rating"]),
    ("DELETE", "/changes/{id}/rating", {"rating": "useful"}, [""]),
    ("POST", "/sites/{id}/silence", {"for": "soon"}, ["/for"]),
    ("POST", "/sites/{id}/silence", {"until": "2026-05-04T11:00:00Z"}, ["/until"]),
    ("POST", "/sites/{id}/silence", {"until": "2026-05-05T11:00:00"}, ["/until"]),
    ("POST", "/sites/{id}/silence", {"for": "1d", "until": "2027-01-01T00:00:00Z"}, ["/until"]),
    ("POST", "/sites/{id}/pause", {"for": "1d"}, [""]),
    ("POST", "/seen/undo", {}, ["/marked_at"]),
    ("POST", "/seen/undo", {"marked_at": "0001-01-01T00:00:00+14:00"}, ["/marked_at"]),
    ("POST", "/seen", {"until": "9999-12-31T23:59:59-14:00"}, ["/until"]),
]  # fmt: skip


async def test_what_is_wrong_is_told_at_its_place(mine: Program, rows: Rows) -> None:
    for method, path, body, places in WRONG:
        answer = await mine.ask(method, of(path, rows), body)
        told = json.loads(answer.text)
        assert (answer.status, sorted(one["pointer"] for one in told["errors"])) == (400, places), (
            path, body, told,
        )  # fmt: skip
        assert answer.headers["Content-Type"].startswith("application/problem+json")
        assert all(one["detail"] for one in told["errors"])


JSON = {"Content_Type": "application/json"}


UNTAKEN: list[tuple[Mapping[str, str], bytes, int]] = [
    (JSON, b"{", 400),
    (JSON, b"\xff", 400),
    (JSON, b'{"rating": "\\ud800"}', 400),
    (JSON, b"[" * 60_000, 400),
    (JSON, b"{" + b" " * 70_000 + b"}", 413),
    ({"Content_Type": "text/plain"}, b"{}", 415),
    ({"Content_Type": "application/x-www-form-urlencoded"}, b"rating=useful", 415),
    ({**JSON, "Accept": "text/html"}, b'{"rating": "useful"}', 406),
    ({**JSON, "Accept": "*/*, application/json;q=0"}, b'{"rating": "useful"}', 406),
    ({**JSON, "Accept": "text/html, application/*;q=0.1"}, b'{"rating": "useful"}', 200),
    ({**JSON, "If_Match": "*"}, b'{"rating": "useful"}', 200),
    ({**JSON, "If_Match": '"x", W/"y"'}, b'{"rating": "useful"}', 412),
]


async def test_what_cannot_be_taken_is_said(mine: Program, rows: Rows) -> None:
    path = f"{API}{of('/changes/{id}/rating', rows)}"
    for headers, body, status in UNTAKEN:
        answer = await mine.ask("PUT", path, body, **headers)
        assert answer.status == status, (headers, body[:20], answer.text)
        assert json.loads(answer.text).get("status", 200) == status
    patch = await mine.ask("PATCH", path.removeprefix(API), {})
    assert (patch.status, patch.headers["Allow"]) == (405, "PUT, DELETE")


async def test_what_a_file_describes_is_changed_there(
    mine: Program, rows: Rows, context: Context, tmp_path: Path
) -> None:
    file = tmp_path / "config.toml"
    file.write_text(
        f'[[owner]]\nid = "{OWNER}"\nemail = "ada@example.org"\n\n'
        '[[site]]\nname = "Blog"\nurl = "https://a.example/"\n\n'
        '[[product]]\nname = "Lamp"\nurl = "https://shop.example/lamp"\n'
    )
    known = load(file, {})
    config = known.model_copy(update={"web": context.config().web})
    object.__setattr__(context, "config", lambda: config)
    object.__setattr__(context, "lines", FileLines(lambda: file))
    async with context.database.writing() as session:
        for table in (tables.MonitoredSite, tables.Product):
            await session.execute(update(table).values(managed_by="config"))
    for kind, line in (("site", 5), ("product", 9)):
        one = of(f"/{kind}s/{{id}}", rows)
        for method, path, body in (
            ("PATCH", one, {"name": "x"}), ("DELETE", one, None), ("POST", f"{one}/pause", None),
        ):  # fmt: skip
            answer = await mine.ask(method, path, body)
            told = json.loads(answer.text)
            assert (answer.status, f"{file}:{line}" in told["hint"]) == (409, True), told
    assert (await mine.ask("POST", f"{of('/sites/{id}', rows)}/check")).status == 202


async def test_nobody_adds_beyond_what_they_may_have(mine: Program, database: Database) -> None:
    await set_quotas(database, Actor(LOCAL), OWNER, Quotas(2, timedelta(hours=1)), NOW)
    answer = await mine.ask("POST", "/sites", {"url": "https://a.example/new"})
    assert (answer.status, "may have 2" in answer.text) == (409, True)


async def test_a_try_keeps_nothing_and_is_bounded(mine: Program, database: Database) -> None:
    async with serving(news="<title>News</title><p>The ferry goes at noon.</p>") as site:
        wanted = {"url": site.url("/news"), "include": ["p"], "appears": ["ferry"]}
        [tried] = (await mine.told("POST", "/sites/try", wanted))["tries"]
        assert (tried["is_failed"], tried["status"], tried["title"]) == (False, 200, "News")
        assert tried["text"] == "The ferry goes at noon."
        for _ in range(5):
            await mine.told("POST", "/products/try", {"url": site.url("/none")})
        answer = await mine.ask("POST", "/sites/try", wanted)
    assert (answer.status, answer.headers["Retry-After"]) == (429, "60")
    listed = (await mine.told("GET", "/sites"))["items"]
    assert [one["name"] for one in listed] == ["Blog"]


async def test_the_examples_of_the_documentation_work(mine: Program, rows: Rows) -> None:
    text = (Path(__file__).parents[2] / "docs" / "api.md").read_text().replace("\\\n", "")
    lines = re.findall(r"^    (curl .+)$", text, re.MULTILINE)
    await run(mine, lines, CHANGE=str(rows[tables.ContentUpdate].id))


async def run(mine: Program, lines: list[str], **known: str) -> None:
    """Send what these lines say to our own server."""
    assert len(lines) > 3
    known["TOKEN"] = mine.token
    for line in lines:
        asked = _CURL.parse_args(shlex.split(Template(line).substitute(known))[1:])
        headers = dict(one.split(": ", 1) for one in asked.header)
        path = asked.url[asked.url.index(API) :]
        answer = await mine.pages.ask(asked.method, path, asked.data, **headers)
        assert answer.status < 300, (line, answer.text)
        if answer.status == 201:
            known["SITE"] = json.loads(answer.text)["id"]


async def test_people_read_of_it_on_a_page(mine: Program, database: Database) -> None:
    lengths = mine.pages.context.config().web
    begun = await sessions.begin(database, OWNER, Visit("link"), lengths, NOW)
    cookie = {"Cookie": f"changelogger={begun.secret}"}
    shown = await mine.pages.get("/api", **cookie)
    for one in ENDPOINTS:
        assert f"<code>{one.method} {one.path}</code>" in shown.text
    lines = [unescape(one) for one in re.findall(r"<pre[^>]*>(.+?)</pre>", shown.text)]
    assert all("http://localhost:8788/api/v1/" in line for line in lines)
    await run(mine, lines)
    saved = await mine.pages.get("/api/openapi.json", **cookie)
    assert saved.headers["Content-Disposition"] == 'attachment; filename="openapi.json"'
    assert saved.text == written()
    token = {csrf.FIELD: csrf.token(begun.secret.encode()), "name": "ours", "scope": "write"}
    made = await mine.pages.ask("POST", "/me/tokens", token, Sec_Fetch_Site="none", **cookie)
    secret = re.findall(r"Bearer (cl_[\w-]+)", made.text)[0]
    assert (await Program(mine.pages, secret).told("POST", "/seen"))["marked_at"]
    assert (await Program(mine.pages, secret).told("GET", "/me"))["id"] == OWNER
    for path in ("/api", "/api/openapi.json"):
        assert (await mine.ask("GET", path)).status == 404  # below /api/v1: no page of theirs
        assert (await mine.pages.get(path)).status == 303
