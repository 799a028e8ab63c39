"""How each channel fares, and the test that is sent to one from its page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from aiohttp import web

from daemon.config import Config
from daemon.store.core.database import Database
from daemon.web.context import Context
from daemon.web.server import serve
from tests.asked import Seen, serving
from tests.web.conftest import FREE, NOW, Pages, text_of
from tests.web.test_notification_pages import have, notice

HOSTILE = "<script>alert(1)</script>"


async def answer(request: web.Request) -> web.Response:
    return web.Response(status=500 if request.path == "/bad" else 200)


@pytest.fixture
async def hook() -> AsyncIterator[Seen]:
    async with serving(answer) as seen:
        yield seen


@pytest.fixture
async def told(context: Context, hook: Seen) -> AsyncIterator[Pages]:
    """The pages of a daemon whose channels take all, take nothing, and are sent nothing."""
    tables = [
        {"name": "good", "url": f"{hook.origin}/good", "digest": "daily", "tags": ["work"]},
        {"name": "bad", "url": f"{hook.origin}/bad", "least_severity": "major"},
        {"name": "mute", "url": f"{hook.origin}/mute"},
    ]
    fetch = {"allow_networks": ["127.0.0.1/32"]}
    tree = {"database": context.config().database.model_dump(), "notify": tables, "fetch": fetch}
    config = Config.model_validate(tree).settled(())
    other = replace(context, config=lambda: config)
    async with serve(other, FREE) as url:
        pages = Pages(url, other)
        yield pages
        await pages.session.close()


async def test_each_channel_says_how_it_fares(told: Pages, database: Database) -> None:
    rows = [
        notice(1, channel="good", sent_at=NOW - timedelta(minutes=1)),
        notice(2, channel="good", status="held"),
        notice(3, channel="bad", status="dead", error_detail=f"it said 500 {HOSTILE}"),
        notice(4, channel="bad", status="dead", error_detail="an older one"),
    ]
    await have(database, *rows)
    answer = await told.get("/notifications")
    shown = text_of(answer.text)
    assert HOSTILE not in answer.text
    wishes = "everything that matters; only what is tagged work; as a digest, daily"
    assert f"good webhook of local {wishes}" in shown
    assert "1m ago none 1" in shown
    assert "changes from major on never 3m ago it said 500" in shown
    assert "an older one" not in shown
    assert "mute webhook of local everything that matters never none 0" in shown


async def test_a_test_is_sent_and_what_came_of_it_said(told: Pages, hook: Seen) -> None:
    sent = await told.post("/notifications/test", channel="good")
    assert sent.status == 303
    assert "good took the test" in text_of((await told.follow(sent)).text)
    assert [path for _, path, _, _ in hook.requests] == ["/good"]
    refused = await told.post("/notifications/test", channel="bad")
    assert "bad did not take the test: " in text_of((await told.follow(refused)).text)


async def test_a_channel_that_is_not_there_gets_no_test(told: Pages, hook: Seen) -> None:
    answer = await told.post("/notifications/test", channel=HOSTILE)
    assert answer.status == 400
    assert HOSTILE not in answer.text
    assert hook.requests == []


async def test_tests_are_few(told: Pages, hook: Seen) -> None:
    answers = [await told.post("/notifications/test", channel="good") for _ in range(7)]
    assert [one.status for one in answers] == [303] * 6 + [429]
    assert "6 test messages a minute are allowed: wait " in text_of(answers[-1].text)
    assert len(hook.requests) == 6
