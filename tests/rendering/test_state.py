"""How the browser's process is, as the daemon sees it, and what follows from that."""

from __future__ import annotations

import asyncio
import hashlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import select, update
from structlog.testing import capture_logs

from daemon.browser.channel import Channel
from daemon.browser.messages import (
    CONNECTION,
    MOST_ANSWER_BYTES,
    PROTOCOL,
    REFUSED,
    RENDER,
    Refusal,
    Rendered,
    RenderJob,
    ServiceState,
    Wait,
    decode_refusal,
    encode,
)
from daemon.browser.renderer import Renderer
from daemon.config import Config
from daemon.fetch.client import Fetcher
from daemon.model.errors import FetchError
from daemon.model.request import Request, Step
from daemon.model.status import ErrorClass
from daemon.monitoring.health import ComponentState, Health
from daemon.monitoring.metrics import Metrics
from daemon.runtime.app import App, open_app
from daemon.runtime.chores.browser_watch import BrowserWatch
from daemon.store.core.database import Database
from daemon.store.tables import Page
from daemon.store.tables.types import db_now
from tests.loopback import serving
from tests.making import have_sites, spec
from tests.rendering.conftest import SETTINGS, Started, refuse_without_browser, started

_PAGE = "<!doctype html><p>Text"


async def test_it_says_which_browser_runs(renderer: Renderer) -> None:
    async with serving(page=_PAGE) as site:
        await renderer.render(Request(site.url()))
    state = await renderer.state()
    assert state is not None
    assert (state.protocol, state.shown, state.waiting, state.fault) == (PROTOCOL, 0, 0, "")
    assert state.browser.partition(".")[0].isdigit()


async def test_a_job_of_another_version_is_refused_in_words(browser: Started) -> None:
    line = socket.socket(socket.AF_UNIX)
    line.connect(str(browser.socket))
    job = RenderJob(url="http://127.0.0.1:1/", user_agent="x", protocol=PROTOCOL + 1)
    async with Channel(line, carrying=CONNECTION, most_bytes=MOST_ANSWER_BYTES) as channel:
        await channel.send(RENDER, encode(job))
        frame = await channel.receive()
    refusal = decode_refusal(frame.payload)
    assert (frame.kind, refusal.reason) == (REFUSED, "unavailable")
    assert "of two versions" in refusal.detail


def test_messages_that_change_get_a_new_number() -> None:
    """What one side does not know would be left out in silence."""
    messages = (RenderJob, Wait, Step, Rendered, Refusal, ServiceState)
    shapes = [(one.__name__, one.__annotations__) for one in messages]
    shape = hashlib.blake2b(repr(shapes).encode(), digest_size=4).hexdigest()
    assert (PROTOCOL, shape) == (1, "2e0fb0e9")


async def test_a_process_that_speaks_otherwise_is_told_as_such(tmp_path: Path) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        payload = encode(ServiceState(PROTOCOL + 1))
        writer.write(bytes([6]) + len(payload).to_bytes(4, "big") + payload)
        writer.close()

    path = tmp_path / "b.sock"
    async with await asyncio.start_unix_server(answer, path), Fetcher(SETTINGS) as fetcher:
        with pytest.raises(FetchError, match="of two versions") as caught:
            await Renderer(fetcher, path).state()
    assert caught.value.error_class is ErrorClass.BROWSER


async def test_a_browser_that_does_not_start_is_not_tried_for_each_page(tmp_path: Path) -> None:
    refuse_without_browser()
    broken = tmp_path / "chromium"
    broken.write_text("#!/bin/sh\nexit 7\n")
    broken.chmod(0o755)
    async with (
        started(tmp_path, executable=str(broken)) as running,
        Fetcher(SETTINGS) as fetcher,
        serving(page=_PAGE) as site,
    ):
        renderer = Renderer(fetcher, running.socket)
        said = []
        for _ in range(3):
            with pytest.raises(FetchError) as caught:
                await renderer.render(Request(site.url()))
            assert caught.value.error_class is ErrorClass.BROWSER
            said.append(caught.value.detail)
        state = await renderer.state()
    assert said[0].startswith("the browser does not start: ")
    assert "another is tried in " in said[2]
    assert state is not None
    assert state.fault.startswith("the browser does not start: ")


class Watched:
    """A daemon that does nothing but look at its browser."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.health, self.metrics = Health(), Metrics("0")
        self.watch = BrowserWatch(
            lambda *told: self.health.report("browser", *told), self.metrics.browser
        )

    async def look(self) -> list[str]:
        with capture_logs() as logs:
            await self.watch.step(self.app)
        return [line["event"] for line in logs]

    @property
    def told(self) -> tuple[ComponentState, str]:
        component = self.health.components()["browser"]
        return component.state, component.reason

    @property
    def trouble(self) -> float | None:
        return self.metrics.registry.get_sample_value("changelogger_browser_in_trouble")


@asynccontextmanager
async def watched(url: str, path: Path | None) -> AsyncIterator[Watched]:
    given = {
        "database": {"url": url},
        "documents": {"workers": 1},
        "browser": {"socket": str(path or "")},
    }
    async with open_app(Config.model_validate(given).settled(()), "check") as app:
        yield Watched(app)


async def test_where_none_is_set_up_nothing_is_said(database_url: str) -> None:
    async with watched(database_url, None) as bench:
        assert await bench.look() == []
        assert "browser" not in bench.health.components()
        assert bench.trouble == 0


async def test_its_loss_is_said_once_and_its_return_brings_back_its_pages(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    refuse_without_browser()
    other = Request("https://site.example/other")
    await have_sites(database, spec("Lost"), spec("Other", request=other))
    async with database.writing() as session:
        await session.execute(update(Page).values(next_check_at=db_now(3600)))
        lost = Page.url == "https://site.example/blog"
        await session.execute(update(Page).where(lost).values(error_class=ErrorClass.BROWSER))
    async with watched(database_url, tmp_path / "browser.sock") as bench:
        assert await bench.look() == ["browser_lost"]
        assert await bench.look() == []
        state, reason = bench.told
        assert state is ComponentState.DEGRADED
        assert reason.startswith("no pages are rendered since ")
        assert "cannot be reached" in reason
        assert bench.trouble == 1
        async with started(tmp_path):
            assert await bench.look() == ["browser_back"]
            assert bench.told[0] is ComponentState.OK
            assert bench.trouble == 0
            assert await bench.look() == []
        async with database.reading() as session:
            is_due = Page.next_check_at <= db_now()
            due = (await session.scalars(select(Page.url).where(is_due))).all()
        assert due == ["https://site.example/blog"]
        assert await bench.look() == ["browser_lost"]
