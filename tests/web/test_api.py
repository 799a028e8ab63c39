"""The interface for programs: who is let in, for what, and what they are told."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from daemon.model.viewer import Actor, Scope, Viewer
from daemon.operations.people import tokens
from daemon.store import tables
from daemon.store.core.database import Database
from daemon.web.pages.api.description import document, written
from daemon.web.pages.api.table import ENDPOINTS, PREFIX
from daemon.web.routes import ROUTES, Route
from tests.making import Rows, add_one_of_each, add_rows
from tests.web.conftest import NOW, Answer, Pages
from tests.web.test_cost import ALERT, address

OWNER, OTHER, ADMIN = "github|1", "eve", "root"
FOR_PROGRAMS = [route for route in ROUTES if route.path.startswith(PREFIX)]
READ_BY_THEM = [route for route in FOR_PROGRAMS if not route.is_unsafe]


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


async def token(database: Database, name: str, *scopes: Scope) -> dict[str, str]:
    """What a program of this person sends."""
    made = await tokens.make(database, Actor(Viewer(name)), "script", scopes, None, NOW)
    return {"Authorization": f"Bearer {made}"}


def told(answer: Answer) -> Any:
    return json.loads(answer.text)


async def test_each_address_is_for_whose_it_is_and_programs_that_may_read(
    pages: Pages, database: Database, rows: Rows
) -> None:
    reads = {name: await token(database, name, Scope.READ) for name in (OWNER, OTHER, ADMIN)}
    refused = [
        {}, {"Authorization": "Bearer cl_x"}, {"Authorization": "Basic eA=="},
        await token(database, OWNER, Scope.WRITE), await token(database, OWNER, Scope.FEED),
    ]  # fmt: skip
    for route in READ_BY_THEM:
        path = address(route, rows)
        for headers in refused:
            answer = await pages.get(path, **headers)
            assert answer.status == 401, path
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")
            assert answer.headers["Content-Type"].startswith("application/problem+json")
        for name in (OWNER, ADMIN):
            answer = await pages.get(path, **reads[name])
            assert answer.status == 200, (path, answer.text)
            validate(route, told(answer))
            again = await pages.get(path, If_None_Match=answer.headers["ETag"], **reads[name])
            assert again.status == 304
        other = await pages.get(path, **reads[OTHER])
        assert other.status == (404 if "{" in route.path else 200), path
        if "{" not in route.path and "items" in told(other):
            assert told(other)["items"] == []
    assert (await pages.get("/api/v1/nothing")).status == 401
    assert (await pages.get("/api/v1/nothing", **reads[OWNER])).status == 404
    assert (await pages.ask("POST", "/api/v1/status", None, **reads[OWNER])).status == 405


def validate(route: Route, answer: Any) -> None:
    """Hold an answer to the model that describes it."""
    for one in ENDPOINTS:
        if (route.path, one.method) == (f"{PREFIX}{one.path}", "GET") and one.model:
            one.model.model_validate_json(json.dumps(answer))


async def test_a_token_that_is_refused_is_a_line_for_the_operator_and_no_hint_for_others(
    pages: Pages, database: Database, rows: Rows, caplog: pytest.LogCaptureFixture
) -> None:
    before = NOW - timedelta(days=2)
    ended = await tokens.make(
        database, Actor(Viewer(OWNER)), "old", [Scope.READ], before + timedelta(days=1), before
    )
    revoked = await token(database, OTHER, Scope.READ)
    [shown] = await tokens.list_tokens(database, Viewer(OTHER), NOW)
    await tokens.revoke(database, Actor(Viewer(OTHER)), shown.id, NOW)
    wrong = [{"Authorization": f"Bearer {one}"} for one in (ended, "cl_nothing", "x" * 5_000)]
    answers = [await pages.get("/api/v1/sites", **one) for one in (*wrong, revoked)]
    assert len({answer.text for answer in answers}) == 1
    assert caplog.text.count("event='token_refused' address='127.0.0.1'") == len(answers)
    await pages.get("/api/v1/sites")  # who shows none guesses nothing
    assert caplog.text.count("token_refused") == len(answers)
    assert ended not in caplog.text


async def test_lists_are_turned_by_cursors_that_only_their_token_makes(
    pages: Pages, database: Database, rows: Rows
) -> None:
    site = rows[tables.MonitoredSite]
    more = [tables.ContentUpdate(site_id=site.id, owner_id=OWNER, detected_at=NOW) for _ in "ab"]
    await add_rows(database, *more)
    mine, other = [await token(database, OWNER, Scope.READ) for _ in "ab"]
    first = told(await pages.get("/api/v1/changes?limit=2", **mine))
    path = f"limit=2&cursor={first['next']}"
    second = told(await pages.get(f"/api/v1/changes?{path}", **mine))
    seen = [one["id"] for one in (*first["items"], *second["items"])]
    assert (len(seen), len(set(seen)), second["next"]) == (3, 3, None)
    assert (await pages.get(f"/api/v1/changes?{path}", **other)).status == 400
    assert (await pages.get(f"/api/v1/sites?{path}", **mine)).status == 400
    for wrong in (
        "limit=201",
        "limit=x",
        "severity=huge",
        "nothing=1",
        "cursor=x",
        "tag=a%00b",
        "limit=",
    ):
        answer = await pages.get(f"/api/v1/changes?{wrong}", **mine)
        assert answer.status == 400, wrong
        assert told(answer)["detail"]
    long = f"/api/v1/sites?q=a{'+' * 255}"
    assert (await pages.get(long, **mine)).status == 400
    assert (await pages.get("/api/v1/sites?q=&cursor=", **mine)).status == 200


def test_the_description_is_the_one_that_programs_were_written_for() -> None:
    frozen = Path(__file__).parents[2] / "docs" / "openapi.json"
    assert frozen.read_text() == written(), "say the change in CHANGELOG.md, and freeze it anew"


async def test_a_program_follows_from_now_on_over_restarts(
    pages: Pages, database: Database, rows: Rows
) -> None:
    mine, other = [await token(database, OWNER, Scope.READ) for _ in "ab"]
    begun = told(await pages.get("/api/v1/changes/new", **mine))
    assert begun["items"] == []
    change = tables.ContentUpdate(
        site_id=rows[tables.MonitoredSite].id, owner_id=OWNER, detected_at=NOW + timedelta(hours=1)
    )
    await add_rows(database, change)
    object.__setattr__(pages.context, "clock", lambda: NOW + timedelta(hours=2))
    object.__setattr__(pages.context, "key", b"of another run")
    path = f"/api/v1/changes/new?cursor={begun['next']}"
    found = told(await pages.get(path, **mine))
    assert [one["id"] for one in found["items"]] == [str(change.id)]
    again = told(await pages.get(f"/api/v1/changes/new?cursor={found['next']}", **mine))
    assert (again["items"], again["is_more"]) == ([], False)
    assert (await pages.get(path, **other)).status == 400
    assert (await pages.get(f"/api/v1/sites?cursor={begun['next']}", **mine)).status == 400


def test_the_description_names_every_address_and_only_models() -> None:
    described = document()
    assert {f"{PREFIX}{path}" for path in described["paths"]} | {f"{PREFIX}/openapi.json"} == {
        route.path for route in FOR_PROGRAMS
    }
    refs = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(described)))
    assert refs <= set(described["components"]["schemas"])
