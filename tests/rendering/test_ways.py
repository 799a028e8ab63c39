"""No page reaches what a fetched one may not: by no address, by no protocol, in no isolation."""

from __future__ import annotations

from pathlib import Path

import pytest
from aiohttp import web

from daemon.browser.renderer import Renderer
from daemon.fetch.client import Fetcher
from daemon.model.request import Rendering, Request
from tests.rendering.conftest import refuse_without_browser, settings_for_ways, started
from tests.rendering.secret_server import PAGE_ADDRESS, Secrets, secret_server


@pytest.mark.parametrize("isolation", ["namespace", "flags"])
async def test_a_page_reaches_no_server_of_this_machine(tmp_path: Path, isolation: str) -> None:
    refuse_without_browser()
    async with started(tmp_path, isolation=isolation) as browser, secret_server() as secrets:
        runner = await _serve(secrets)
        try:
            async with Fetcher(settings_for_ways()) as fetcher:
                request = Request(
                    f"http://{PAGE_ADDRESS}:{secrets.port}/", rendering=Rendering(seconds=1.5)
                )
                response = await Renderer(fetcher, browser.socket).render(request)
        finally:
            await runner.cleanup()
    assert b"tried" in response.document.body
    assert (secrets.tcp, secrets.udp) == ([], [])


async def _serve(secrets: Secrets) -> web.AppRunner:
    async def page(_: web.Request) -> web.Response:
        return web.Response(text=secrets.page(), content_type="text/html")

    async def lead(request: web.Request) -> web.Response:
        raise web.HTTPFound(request.query_string)

    app = web.Application()
    app.router.add_get("/", page)
    app.router.add_get("/to", lead)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, PAGE_ADDRESS, secrets.port).start()
    return runner
