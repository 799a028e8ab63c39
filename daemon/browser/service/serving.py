"""Takes jobs on a socket of this machine and shows their pages, in a browser that is renewed."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import msgspec
import structlog
from playwright.async_api import Browser, Error, Playwright, async_playwright

from daemon.browser.channel import Channel, ChannelError, Frame
from daemon.browser.messages import (
    ASK,
    CONNECTION,
    MOST_JOB_BYTES,
    PROTOCOL,
    REFUSED,
    RENDER,
    RENDERED,
    STATE,
    Refusal,
    Rendered,
    RenderJob,
    ServiceState,
    decode_job,
    encode,
    of_two_versions,
)
from daemon.browser.racing import until_first
from daemon.browser.service import processes
from daemon.browser.service.handover import Handover, Spawn
from daemon.browser.service.page import show
from daemon.browser.service.refusals import RefusedError
from daemon.browser.service.rest import Rest

log = structlog.stdlib.get_logger(__name__)

_FLAGS = (
    # Proved with a page that tries 33 ways: without these, STUN and mDNS leave by UDP.
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-quic",
    "--renderer-process-limit=8",
)
_NOWHERE = "http://127.0.0.1:9"  # the proxy of whatever belongs to no page: nobody listens there
_WATCH_SECONDS = 1.0
_GRACE_SECONDS = 5.0  # for a page that is over its time to be closed, before its browser is killed


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    """What the operator sets. Units: `memory_bytes` of all processes of the browser together."""

    socket: Path
    executable: Path
    pages: int = 2
    pages_per_browser: int = 100
    memory_bytes: int = 1024**3
    most_processes: int = 100
    has_sandbox: bool = True


class BrowserService:
    """Shows pages for whoever may open the socket. Use it as `async with`, then `serve`."""

    def __init__(self, settings: ServiceSettings) -> None:
        self._settings = settings
        self._places = asyncio.Semaphore(settings.pages)
        self._asked = 0  # pages that have a place, or wait for one
        self._browsers = _Browsers(settings)
        self._line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)

    async def __aenter__(self) -> Self:
        path = self._settings.socket
        path.unlink(missing_ok=True)  # of a process that was killed
        self._line.setblocking(False)
        self._line.bind(str(path))
        path.chmod(0o660)
        self._line.listen(64)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._line.close()
        self._settings.socket.unlink(missing_ok=True)
        await self._browsers.close()

    async def serve(self) -> None:
        """Take jobs until cancelled."""
        loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._browsers.watch())
            while True:
                line, _ = await loop.sock_accept(self._line)
                tasks.create_task(self._visit(line, tasks.create_task))

    async def _visit(self, line: socket.socket, spawn: Spawn) -> None:
        async with Channel(line, carrying=CONNECTION, most_bytes=MOST_JOB_BYTES) as channel:
            try:
                frame = await channel.receive()
                if frame.kind == ASK:
                    await channel.send(STATE, encode(self._state()))
                    return
                job = await _job_of(channel, frame)
            except (EOFError, OSError):
                return  # whoever only looks whether somebody is here
            except ChannelError as exc:
                log.info("browser_caller_left", reason=str(exc))
                return
            await until_first(self._work(channel, job, spawn), _until_left(channel))

    def _state(self) -> ServiceState:
        shown = min(self._asked, self._settings.pages)
        browsers = self._browsers
        waiting = self._asked - shown
        return ServiceState(PROTOCOL, browsers.version, shown, waiting, browsers.rest.fault)

    async def _work(self, channel: Channel, job: RenderJob, spawn: Spawn) -> None:
        """Show the page of a job and answer; it raises nothing but cancellation."""
        self._asked += 1
        try:
            kind, answer = RENDERED, encode(await self._show(channel, job, spawn))
        except RefusedError as exc:
            kind, answer = REFUSED, encode(_refusal(exc))
        # The bulkhead: a fault that one page brings about is told to its owner, and stops no other.
        except Exception as exc:
            log.exception("render_broken", url=job.url)
            kind, answer = REFUSED, encode(Refusal("internal", type(exc).__name__))
        finally:
            self._asked -= 1
        with contextlib.suppress(OSError):  # the caller has left
            await channel.send(kind, answer)

    async def _show(self, channel: Channel, job: RenderJob, spawn: Spawn) -> Rendered:
        async with self._places, self._browsers.one() as browser, Handover(channel, spawn) as way:
            try:
                async with asyncio.timeout(job.seconds + _GRACE_SECONDS):
                    shown = await show(browser, job, way.address, spawn)
                self._browsers.rest.worked()
                return shown
            except RefusedError as exc:
                if not browser.is_connected():
                    self._browsers.ended(exc.detail)
                raise
            except TimeoutError as exc:
                self._browsers.kill("a page did not end in its time")
                said = "the page did not end, and its browser was killed"
                raise RefusedError("timeout", said) from exc
            except Error as exc:
                said = "the browser ended while it showed this page"
                self._browsers.ended(said)
                self._browsers.kill(exc.message.partition("\n")[0])
                raise RefusedError("crashed", said) from exc


def _refusal(error: RefusedError) -> Refusal:
    return Refusal(
        reason=error.reason,
        detail=error.detail,
        url=error.url,
        is_failed_login=error.is_failed_login,
        has_logged_in=error.has_logged_in,
        storage=error.storage,
        picture=error.picture,
    )


async def _job_of(channel: Channel, frame: Frame) -> RenderJob:
    if frame.kind != RENDER:
        raise ChannelError(f"a frame of type {frame.kind} where a job was expected")
    try:
        job = decode_job(frame.payload)
        theirs, reason = job.protocol, ""
    except msgspec.DecodeError as exc:
        theirs, reason = 0, str(exc)
    if theirs == PROTOCOL:
        return job
    said = of_two_versions(theirs, PROTOCOL)
    await channel.send(REFUSED, encode(Refusal("unavailable", said)))
    raise ChannelError(f"{said} {reason}".rstrip())


async def _until_left(channel: Channel) -> None:
    """Wait until the caller closes the connection: it sends nothing after its job."""
    with contextlib.suppress(EOFError, OSError, ChannelError):
        await channel.receive()
    log.info("browser_caller_left", reason="it closed the connection before its page was done")


class _Browsers:
    """One browser at a time, renewed after so many pages, when it is gone or grows too large."""

    def __init__(self, settings: ServiceSettings) -> None:
        self.rest = Rest()
        self._settings = settings
        self._starting = asyncio.Lock()
        self._driver: Playwright | None = None
        self._browser: Browser | None = None
        self._drivers: frozenset[int] = frozenset()
        self._served = 0
        self._in_use = 0
        self._end_is_known = False  # it was killed here, or its end has been counted
        self._is_idle = asyncio.Event()
        self._is_idle.set()

    @property
    def version(self) -> str:
        """That of the browser that runs; empty where none does."""
        browser = self._browser
        return browser.version if browser is not None and browser.is_connected() else ""

    def ended(self, reason: str) -> None:
        """The browser has ended by itself while it showed a page: another may not last either."""
        if self._end_is_known:
            return
        self._end_is_known = True
        if seconds := self.rest.failed(reason):
            log.error("browser_rests", reason=reason, seconds=round(seconds))

    @asynccontextmanager
    async def one(self) -> AsyncIterator[Browser]:
        """A browser that is not closed meanwhile, unless it has to be killed."""
        async with self._starting:
            browser = await self._ready()
            self._served += 1
            self._in_use += 1
            self._is_idle.clear()
        try:
            yield browser
        finally:
            self._in_use -= 1
            if not self._in_use:
                self._is_idle.set()

    async def _ready(self) -> Browser:
        browser = self._browser
        if browser is not None and browser.is_connected():
            if self._served < self._settings.pages_per_browser:
                return browser
            await self._is_idle.wait()
        await self._end()
        if self.rest.is_on:
            raise RefusedError("unavailable", self.rest.fault)
        return await self._start()

    async def _start(self) -> Browser:
        settings = self._settings
        self._end_is_known = False
        before = processes.children()
        self._driver = await async_playwright().start()
        self._drivers = processes.children() - before  # the library waits for these itself
        try:
            self._browser = await self._launched(self._driver)
        except Error as exc:
            reason = exc.message.strip().partition("\n")[0][:300]
            said = f"the browser does not start: {reason}"
            rests = self.rest.failed(said)
            log.error("browser_not_started", reason=reason, again_after_seconds=round(rests))
            raise RefusedError("unavailable", said) from exc
        self._served = 0
        log.info("browser_started", version=self._browser.version, path=str(settings.executable))
        return self._browser

    async def _launched(self, driver: Playwright) -> Browser:
        settings = self._settings
        return await driver.chromium.launch(
            executable_path=settings.executable,
            args=list(_FLAGS),
            proxy={"server": _NOWHERE, "bypass": "<-loopback>"},
            chromium_sandbox=settings.has_sandbox,
            handle_sigint=False,
            handle_sigterm=False,
            handle_sighup=False,
        )

    async def _end(self) -> None:
        browser, driver = self._browser, self._driver
        self._browser = self._driver = None
        with contextlib.suppress(Error, TimeoutError, OSError):
            async with asyncio.timeout(_GRACE_SECONDS):
                if browser is not None and browser.is_connected():
                    await browser.close()
                if driver is not None:
                    await driver.stop()
        processes.kill_all()

    def kill(self, reason: str) -> None:
        """End the browser at once, with all that it started."""
        self._end_is_known = True
        killed = processes.kill_all()
        if killed:
            log.warning("browser_killed", reason=reason, processes=killed)

    async def watch(self) -> None:
        """Kill a browser that takes more memory or processes than it may, until cancelled."""
        settings = self._settings
        while True:
            await asyncio.sleep(_WATCH_SECONDS)
            family = processes.family()
            if family.private_bytes > settings.memory_bytes:
                self.kill(f"it takes {family.private_bytes // 2**20} MiB")
            elif len(family.pids) > settings.most_processes:
                self.kill(f"it has {len(family.pids)} processes")
            processes.reap(self._drivers)

    async def close(self) -> None:
        """End the browser."""
        await self._end()
