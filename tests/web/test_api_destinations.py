"""Destinations of one's own for programs: added, proved by a code, listed and removed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.notify.sinks import SECRET, Sink
from tests.web.conftest import Answer, Pages
from tests.web.test_destinations_page import mine, sink

__all__ = ["mine", "sink"]  # the fixtures

API = "/api/v1/destinations"


async def ask(mine: Pages, method: str, path: str, body: Any = None) -> Answer:
    data = None if body is None else json.dumps(body).encode()
    more = {} if body is None else {"Content_Type": "application/json"}
    return await mine.ask(method, path, data, **more)


async def told(mine: Pages, method: str, path: str, body: Any = None, status: int = 200) -> Any:
    answer = await ask(mine, method, path, body)
    assert answer.status == status, answer.text
    return json.loads(answer.text) if answer.text else None


async def test_a_destination_is_added_proved_and_removed(mine: Pages, sink: Sink) -> None:
    wanted = {"name": "hook", "kind": "webhook", "address": sink.url, "secret": SECRET}
    made = await ask(mine, "POST", API, wanted)
    one = json.loads(made.text)
    path = f"{API}/{one['id']}"
    assert (made.status, made.headers["Location"], one["secret"]) == (201, path, None)
    assert (one["state"], one["where"], one["sent"]) == ("unproved", "127.0.0.1", [])
    assert (await told(mine, "POST", f"{path}/test"))["tested_at"] is not None
    wrong = await told(mine, "POST", f"{path}/confirm", {"code": "0"}, 400)
    [error] = wrong["errors"]
    assert (error["pointer"], "not the one that was sent last" in error["detail"]) == (
        "/code",
        True,
    )
    code = sink.got[-1]["data"]["code"]
    proved = await told(mine, "POST", f"{path}/confirm", {"code": code})
    assert (proved["state"], proved["confirmed_at"] is not None) == ("ok", True)
    assert proved["sent"]
    listed = await ask(mine, "GET", API)
    assert json.loads(listed.text) == {"items": [proved], "next": None}
    assert await told(mine, "GET", path) == proved
    for answer in (made, listed):
        assert sink.url not in answer.text
        assert SECRET not in answer.text
    await told(mine, "DELETE", path, status=204)
    await told(mine, "GET", path, status=404)
    assert (await told(mine, "GET", API))["items"] == []


async def test_a_key_that_is_made_is_told_once(mine: Pages, sink: Sink) -> None:
    wanted = {"name": "hook", "kind": "webhook", "address": sink.url}
    one = await told(mine, "POST", API, wanted, 201)
    assert one.pop("secret").startswith("whsec_")
    assert await told(mine, "GET", f"{API}/{one['id']}") == one
    assert "already" in (await ask(mine, "POST", API, wanted)).text


async def test_a_receiver_that_takes_no_test_is_told(mine: Pages, sink: Sink) -> None:
    wanted = {"name": "hook", "kind": "webhook", "address": sink.url, "secret": SECRET}
    path = f"{API}/{(await told(mine, 'POST', API, wanted, 201))['id']}"
    sink.behave = lambda number: 503
    refused = await told(mine, "POST", f"{path}/test", status=409)
    assert "it was not taken: the receiver answered 503" in refused["detail"]
    assert sink.url not in refused["detail"]
    assert "503" in (await told(mine, "GET", path))["failure"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"name": "a", "kind": "pager"}, "/kind"),
        ({"name": "", "kind": "webhook", "address": "https://a.example/"}, "/name"),
        ({"name": "a", "kind": "webhook", "address": "ftp://hunter2"}, "/address"),
        ({"name": "a", "kind": "ntfy", "address": "topic", "secret": "hunter 2"}, "/secret"),
        ({"name": "a"}, "/kind"),
        ({"name": "a", "kind": "ntfy", "topic": "hunter2"}, "/topic"),
    ],
)
async def test_what_is_wrong_is_told_at_its_place(
    mine: Pages, body: dict[str, str], pointer: str
) -> None:
    refused = await ask(mine, "POST", API, body)
    assert (refused.status, "hunter" in refused.text) == (400, False), refused.text
    assert [one["pointer"] for one in json.loads(refused.text)["errors"]] == [pointer]
