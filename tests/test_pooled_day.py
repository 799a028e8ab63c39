"""A day of daemons behind PgBouncer in transaction mode, which has fewer connections than they."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import asyncpg
import pytest
from sqlalchemy import func, make_url, select

from daemon.store.core.database import Database
from daemon.store.core.engine import open_engine
from daemon.store.tables import ContentUpdate, MonitoredSite
from tests import pgbouncer
from tests.living import PATIENCE_SECONDS, ROOT, Life, config, plain, running
from tests.loopback import Site, serving
from tests.notify.sinks import SECRET, Sink, receiving

FIRST = "<title>News</title><p>The library opens at nine.</p>"
SECOND = FIRST.replace("opens at nine", "is closed for repairs until further notice")
PATHS = [f"/{number}" for number in range(12)]


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with serving(**{path[1:]: FIRST for path in PATHS}) as site:
        yield site


def watch(
    folder: Path, site: Site, more: str = "[web]\nenabled = false", every: str = "1h"
) -> None:
    text = config(*((path, site.url(path)) for path in PATHS), every=every)
    (folder / "config.toml").write_text(text.replace("[web]\nenabled = false", more))


async def command(folder: Path, url: str, *words: str) -> str:
    """What a command prints that ends well."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "daemon", *words),
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "CHANGELOGGER__DATABASE__URL": plain(url)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(PATIENCE_SECONDS):
        printed, said = await process.communicate()
    assert process.returncode == 0, said.decode()
    return printed.decode()


@pytest.mark.slow
async def test_two_daemons_live_a_day_behind_a_pooler(
    tmp_path: Path, postgres_url: str, site: Site
) -> None:
    with pgbouncer.before(postgres_url, pool_size=3) as url:
        async with receiving(Sink()) as sink:
            notify = f'[[notify]]\nname = "hook"\nurl = "{sink.url}"\nsecret = "{SECRET}"\n'
            watch(tmp_path, site, f"[notices]\ngather = 0\n[web]\nport = 0\n{notify}")
            await command(tmp_path, url, "db", "upgrade")
            async with running(tmp_path, url) as one, running(tmp_path, url, one) as other:
                await one.until("database_pooler_found")
                await one.until_all([other], lambda: len(checked(one) | checked(other)) == 12)
                site.bodies["/3"] = SECOND
                await command(tmp_path, url, "check", "/3")
                await pages_are_there((await one.until("pages_open"))["address"])
                assert "/3" in await command(tmp_path, url, "changes")
                assert len(sink.taken) == 1
                await copies_are_made(tmp_path, url)
                assert await one.stop() == await other.stop() == 0
    assert len(checked(one)) + len(checked(other)) == 12
    for life in one, other:
        assert not [line for line in life.said if line.get("level") not in ("info", "debug")]


def checked(life: Life) -> set[str]:
    return {line["site"] for line in life.said if line.get("event") == "checked"}


async def pages_are_there(address: str) -> None:
    async with aiohttp.ClientSession(address) as session:
        for path in ("/", "/sites", "/changes", "/products", "/health"):
            async with session.get(path) as answer:
                assert answer.status == 200, path
        async with session.get("/api/v1/changes") as answer:
            assert len((await answer.json())["items"]) == 1


async def copies_are_made(folder: Path, url: str) -> None:
    assert len(await command(folder, url, "export", "--format", "json")) > 0
    await command(folder, url, "backup", "kept.db")
    await command(folder, url, "db", "copy", "--to", "sqlite:///copied.db")
    await command(folder, url, "db", "vacuum")
    for name in ("kept.db", "copied.db"):
        database = Database(open_engine(f"sqlite+aiosqlite:///{folder / name}"))
        async with database.reading() as session:
            assert await session.scalar(select(func.count()).select_from(MonitoredSite)) == 12
        await database.close()


async def test_nothing_is_lost_while_a_pooler_is_in_statement_mode(
    tmp_path: Path, postgres_url: str, site: Site
) -> None:
    watch(tmp_path, site, every="1s")
    database = Database(open_engine(postgres_url))
    with pgbouncer.before(postgres_url, admin_users="postgres") as url:
        async with running(tmp_path, url) as life:
            await life.until_several(12, "checked", verdict="initial")
            await set_mode(url, "statement")
            trouble = await life.until("database_in_trouble")
            assert "set its pool_mode to transaction" in trouble["reason"]
            site.bodies["/3"] = SECOND
            await set_mode(url, "transaction")
            await life.until("changed")
            await life.until("database_recovered")
            assert await life.stop() == 0
    async with database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(ContentUpdate)) == 1
    await database.close()
    assert not [line for line in life.said if line.get("event") == "check_failed"]


async def set_mode(url: str, mode: str) -> None:
    address = make_url(url)
    connection = await asyncpg.connect(
        host=address.query["host"], port=pgbouncer.PORT, user="postgres", database="pgbouncer"
    )
    try:
        await connection.execute(f"SET pool_mode = '{mode}'")
    finally:
        await connection.close()
