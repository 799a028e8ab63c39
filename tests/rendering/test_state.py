"""How the browser's process is, as the daemon sees it, and what follows from that."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
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
    STATE,
    Refusal,
    Rendered,
    RenderJob,
    ServiceState,
    Wait,
    decode_refusal,
    encode,
)
from daemon.browser.renderer import Renderer
from daemon.browser.service import processes
from daemon.browser.service.binaries import find_browser
from daemon.browser.service.browsers import why_none_starts
from daemon.config import Config
from daemon.fetch.client import Fetcher
from daemon.model.errors import FetchError
from daemon.model.page import Page as PageValue
from daemon.model.request import BROWSER, Request, Step
from daemon.model.status import ErrorClass
from daemon.monitoring.health import ComponentState, Health
from daemon.monitoring.metrics import Metrics
from daemon.pipeline.check import conclude
from daemon.pipeline.readers import CheckResults
from daemon.runtime.app import App, open_app
from daemon.runtime.chores.browser_watch import BrowserWatch
from daemon.store.core.database import Database
from daemon.store.tables import Page
from daemon.store.tables.ids import new_id
from daemon.store.tables.types import db_now
from tests.living import PATIENCE_SECONDS
from tests.loopback import Site, serving
from tests.making import have_sites, spec
from tests.rendering.conftest import SETTINGS, Started, refuse_without_browser, started

_PAGE = "<!doctype html><p>Text"
_CLOSED = "BrowserType.launch: Target page, context or browser has been closed\n"


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
    assert (PROTOCOL, shape) == (2, "14c315b8")


def _of_another_version(path: Path) -> Awaitable[asyncio.Server]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        payload = encode(ServiceState(PROTOCOL + 1))
        writer.write(bytes([STATE]) + len(payload).to_bytes(4, "big") + payload)
        writer.close()

    return asyncio.start_unix_server(answer, path)


async def test_a_process_that_speaks_otherwise_is_told_as_such(tmp_path: Path) -> None:
    path = tmp_path / "b.sock"
    async with await _of_another_version(path), Fetcher(SETTINGS) as fetcher:
        with pytest.raises(FetchError, match="of two versions") as caught:
            await Renderer(fetcher, path).state()
    assert caught.value.error_class is ErrorClass.BROWSER


async def test_a_browser_that_does_not_start_is_not_tried_for_each_page(tmp_path: Path) -> None:
    refuse_without_browser()
    broken = tmp_path / "chromium"
    broken.write_text("#!/bin/sh\necho 'no such library' >&2\necho x >> starts\nexit 7\n")
    broken.chmod(0o755)
    async with (
        started(tmp_path, executable=str(broken)) as running,
        Fetcher(SETTINGS) as fetcher,
        serving(page=_PAGE) as site,
    ):
        renderer = Renderer(fetcher, running.socket)
        for _ in range(20):
            with pytest.raises(FetchError) as caught:
                await renderer.render(Request(site.url()))
            assert caught.value.error_class is ErrorClass.BROWSER
        state = await renderer.state()
        starts = len((tmp_path / "starts").read_text().split())
    said = "the browser does not start: no such library (exit code 7)"
    assert caught.value.detail.startswith(said)
    assert "; another is tried " in caught.value.detail
    assert state is not None
    assert state.fault == said
    assert starts < 10


async def test_a_browser_that_starts_again_needs_no_page_to_be_noticed(tmp_path: Path) -> None:
    refuse_without_browser()
    broken = tmp_path / "chromium"
    broken.write_text(f'#!/bin/sh\n[ -e mended ] || exit 7\nexec {find_browser()} "$@"\n')
    broken.chmod(0o755)
    async with started(tmp_path, executable=str(broken)) as running, Fetcher(SETTINGS) as fetcher:
        renderer = Renderer(fetcher, running.socket)
        await _until(renderer, lambda state: bool(state.fault))
        (tmp_path / "mended").touch()
        state = await _until(renderer, lambda state: not state.fault and bool(state.browser))
    assert (state.shown, state.waiting) == (0, 0)


async def _until(renderer: Renderer, holds: Callable[[ServiceState], bool]) -> ServiceState:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            state = await renderer.state()
            assert state is not None
            if holds(state):
                return state


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (
            f"{_CLOSED}[pid=7][err] lib.so: no such file\n<process did exit: exitCode=127>",
            "lib.so: no such file (exit code 127)",
        ),
        (
            f"{_CLOSED}  - [pid=7] <process did exit: exitCode=null, signal=SIGSEGV>",
            "it ends at once (SIGSEGV)",
        ),
        ("BrowserType.launch: Failed to launch: EACCES\nCall log:", "Failed to launch: EACCES"),
    ],
)
def test_why_none_starts_is_said_in_the_words_of_the_browser(said: str, reason: str) -> None:
    assert why_none_starts(said) == reason


async def test_a_browser_without_its_driver_is_replaced(tmp_path: Path) -> None:
    refuse_without_browser()
    async with _alone(tmp_path) as (running, renderer, site):
        await renderer.render(Request(site.url()))
        _signal("node", running.process.pid, signal.SIGKILL)
        with contextlib.suppress(FetchError):  # what was asked before its end was noticed
            await renderer.render(Request(site.url()))
        assert b"Text" in (await renderer.render(Request(site.url()))).document.body


async def test_a_browser_that_is_stuck_is_replaced_and_no_page_is_blamed(tmp_path: Path) -> None:
    refuse_without_browser()
    async with _alone(tmp_path) as (running, renderer, site):
        await renderer.render(Request(site.url()))
        _signal("chrom", running.process.pid, signal.SIGSTOP)
        with pytest.raises(FetchError, match="the browser was stuck") as caught:
            await renderer.render(Request(site.url(), timeout_seconds=3))
        assert caught.value.error_class is ErrorClass.OVERLOAD
        assert b"Text" in (await renderer.render(Request(site.url()))).document.body


async def test_no_step_is_blamed_for_the_end_of_the_browser(tmp_path: Path) -> None:
    refuse_without_browser()
    steps = (Step("script", value="fetch('/begun'); await new Promise(() => {})"),)
    async with _alone(tmp_path) as (running, renderer, site):
        asked = Request(site.url(), steps=steps)
        async with asyncio.timeout(PATIENCE_SECONDS), asyncio.TaskGroup() as tasks:
            failing = tasks.create_task(_failure(renderer, asked))
            while not site.asked["/begun"]:
                await renderer.state()
            _signal("chrom", running.process.pid, signal.SIGKILL)
        assert failing.result().error_class is ErrorClass.OVERLOAD
        assert failing.result().detail == "the browser ended while it showed this page"


async def _failure(renderer: Renderer, asked: Request) -> FetchError:
    with pytest.raises(FetchError) as caught:
        await renderer.render(asked)
    return caught.value


@asynccontextmanager
async def _alone(folder: Path) -> AsyncIterator[tuple[Started, Renderer, Site]]:
    """A browser's process of its own, that may be harmed, and a page."""
    async with (
        started(folder) as running,
        Fetcher(SETTINGS) as fetcher,
        serving(page=_PAGE, begun="") as site,
    ):
        yield running, Renderer(fetcher, running.socket), site


def _signal(name: str, root: int, number: signal.Signals) -> None:
    """Send a signal to all processes below another that this name is in the command of."""
    for pid in processes.below(root):
        with contextlib.suppress(ProcessLookupError, FileNotFoundError):
            if name in Path(f"/proc/{pid}/cmdline").read_text().partition("\0")[0]:
                os.kill(pid, number)


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


async def test_another_reason_for_its_loss_is_said_as_well(sqlite_url: str, tmp_path: Path) -> None:
    path = tmp_path / "browser.sock"
    async with watched(sqlite_url, path) as bench:
        assert await bench.look() == ["browser_lost"]
        async with await _of_another_version(path):
            assert await bench.look() == ["browser_lost"]
            assert await bench.look() == []
        assert "of two versions" in bench.told[1]


async def test_none_that_is_set_up_is_missed_once_a_page_fails_for_want_of_it(
    sqlite_url: str,
) -> None:
    now = datetime.now(UTC)
    request = Request("https://site.example/", renderer=BROWSER)
    page = PageValue(new_id(), request, "site.example:443", "daily", now, 1)
    async with watched(sqlite_url, None) as bench:
        fault = FetchError(ErrorClass.BROWSER, "none")
        failed = conclude(page, now, None, CheckResults(page), fault)
        bench.watch.on_checked(replace(failed, next_check_at=now))
        assert await bench.look() == ["browser_lost"]
        state, reason = bench.told
        assert state is ComponentState.DEGRADED
        assert "no browser is set up" in reason
        assert "(pages that failed for it: 1)" in reason
        bench.watch.on_checked(replace(failed, error_class=None))
        assert await bench.look() == []
        assert bench.told[0] is ComponentState.OK
