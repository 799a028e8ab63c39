"""A page that changes, the daemon as a process of its own, and a model on loopback."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

from aiohttp import web

import daemon
from daemon.store.catalogue.ratings import opinions_of
from daemon.store.core.database import Database
from daemon.store.core.engine import open_engine
from daemon.store.views.changes import ChangeFilter, list_changes
from tests.living import PATIENCE_SECONDS
from tests.looking import page_of, prose
from tests.making import ADMIN
from tests.model_server import serving_model

ROOT = str(Path(daemon.__file__).parent.parent)
ANSWER = {
    "importance": "major",
    "category": "content",
    "matches_intent": True,
    "summary": [{"text": "A word on dora came.", "lines": [1]}],
    "insights": [],
}


async def test_the_daemon_asks_the_model_about_what_changed(tmp_path: Path) -> None:
    looks = 0

    async def page(_request: web.Request) -> web.Response:
        nonlocal looks
        looks += 1
        names = ("ada", "bell", "cray", *(["dora"] if looks > 1 else []))
        return web.Response(body=page_of(prose(*names)), content_type="text/html")

    app = web.Application()
    app.router.add_get("/page", page)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.01)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    async with serving_model(ANSWER) as model:
        (tmp_path / "config.toml").write_text(
            '[fetch]\nallow_networks = ["127.0.0.0/8"]\ndelay_seconds = 0\nrespect_robots = false\n'
            '[schedule]\nminimum_interval = "1s"\njitter = 0\n[health]\nport = 0\n'
            "[web]\nenabled = false\n"
            f'[analysis]\nurl = "{model.url}"\nmodel = "small"\napi_key = "a-secret-key"\n'
            f'[[site]]\nname = "App"\nurl = "http://127.0.0.1:{port}/page"\n'
            'check_frequency = "1s"\n'
        )
        said = await said_until_analysed(tmp_path)
    await runner.cleanup()
    assert "a-secret-key" not in said
    assert model.headers[0]["Authorization"] == "Bearer a-secret-key"
    database = Database(open_engine(f"sqlite+aiosqlite:///{tmp_path}/changelogger.db"))
    async with database.reading() as session:
        [change] = await list_changes(session, ADMIN, ChangeFilter())
        analyses, _ = await opinions_of(session, ADMIN, change.id)
    await database.close()
    assert change.summary == "A word on dora came."
    assert [one.analyser for one in analyses] == ["rules/2", "small"]


async def said_until_analysed(folder: Path) -> str:
    """What a daemon in this folder logs until a model has answered; it is ended then."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("CHANGELOGGER")}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.brisk", "run",
        cwd=folder, env={**kept, "PYTHONPATH": ROOT}, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stderr is not None
    said = ""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            async for line in process.stderr:
                said += line.decode()
                if json.loads(line)["event"] == "analysed":
                    return said
    finally:
        process.terminate()
        await process.wait()
    raise AssertionError(said)
