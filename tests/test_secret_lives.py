"""Whole lives of the daemon with secrets: none is ever said, and a key may be missing."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from sqlalchemy import select

from daemon.store.core.database import Database
from daemon.store.tables import Page
from tests.asked import Seen, serving
from tests.living import config, running

PLANTED = ("hunter2-field", "hunter2-password", "hunter2-cookie", "hunter2-header", "hunter2-body")
TABLES = """
form = { q = "hunter2-field" }
cookies = { sid = "hunter2-cookie" }
headers = { X-Key = "hunter2-header" }
auth = { username = "me", password = "hunter2-password" }
"""
BASIC = base64.b64encode(b"me:hunter2-password").decode()
NEW, OLD = (base64.b64encode(one * 32).decode() for one in (b"n", b"o"))
NAME = "CHANGELOGGER__DATABASE__ENCRYPTION_KEY"


async def answer(request: web.Request) -> web.Response:
    if request.path == "/away":
        return web.Response(status=307, headers={"Location": "http://localhost:9/elsewhere"})
    if request.path == "/refused":
        return web.Response(status=500)
    return web.Response(text="<p>The library opens at nine.</p>", content_type="text/html")


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Seen]:
    """A server, and a file with an open site, one that refuses a form, and one that moves away."""
    async with serving(answer) as seen:
        origin = seen.origin
        text = config(("open", f"{origin}/open"), ("refused", f"{origin}/refused")) + TABLES
        away = f'[[site]]\nname = "away"\nurl = "{origin}/away"\nbody = "hunter2-body"\n'
        (tmp_path / "config.toml").write_text(f'{text}{away}check_frequency = "1s"\n')
        yield seen


@pytest.mark.usefixtures("server")
async def test_a_daemon_says_nothing_of_what_it_sends(
    tmp_path: Path, database: Database, database_url: str
) -> None:
    async with running(tmp_path, database_url, **{NAME: OLD}) as life:
        await life.until("check_failed", site="refused", error_class="http_5xx")
        told = await life.until("check_failed", site="away")
        await life.until("checked", site="open")
        assert await life.stop() == 0
    assert "would take the body" in told["detail"]
    said = "\n".join(map(str, life.said))
    async with database.reading() as session:
        kept = str((await session.execute(select(Page.__table__))).all())
    assert [word for word in (*PLANTED, BASIC, OLD) if word in said + kept] == []


async def test_a_daemon_without_the_key_leaves_those_sites_and_goes_on(
    tmp_path: Path, server: Seen, database: Database, database_url: str
) -> None:
    async with running(tmp_path, database_url, **{NAME: OLD}) as life:
        await life.until("check_failed", site="refused")
        await life.stop()
    keys = select(Page.request_key).order_by(Page.id)
    async with database.reading() as session:
        before = [*await session.scalars(keys)]
    asked = [path for _, path, _, _ in server.requests].count("/refused")
    for environment in ({NAME: NEW}, {}):
        async with running(tmp_path, database_url, **environment) as life:
            await life.until("requests_not_decrypted")
            told = await life.until("check_failed", site="refused", error_class="sealed")
            await life.until("checked", site="open")
            assert await life.stop() == 0
        assert "encryption_key" in told["detail"]
    assert [path for _, path, _, _ in server.requests].count("/refused") == asked
    async with database.reading() as session:
        assert [*await session.scalars(keys)] == before
    async with running(tmp_path, database_url, **{NAME: OLD}) as life:
        await life.until("check_failed", site="refused", error_class="http_5xx")
        await life.stop()
