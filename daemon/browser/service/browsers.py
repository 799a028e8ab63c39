"""Starts browsers, one at a time, and ends those that last long enough, grow too large or broke."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog
from playwright.async_api import Browser, Error, Playwright, async_playwright

from daemon.browser.service import processes
from daemon.browser.service.refusals import RefusedError
from daemon.browser.service.rest import Rest
from daemon.wording import duration

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
_GRACE_SECONDS = 5.0  # for one to be closed, before it is killed
_START_SECONDS = 30.0
_SLOW_SECONDS = 10.0  # one that has not started by then, as whoever asked has left, does not
_BLANK_SECONDS = 15.0  # for a blank page
_LONGEST_REASON = 200
_SAID = re.compile(r"\[err\] (.+)")
_EXIT_CODE = re.compile(r"exitCode=(\d+)")
_SIGNAL = re.compile(r"signal=(SIG\w+)")


@dataclass(frozen=True, slots=True)
class BrowserSettings:
    """What a browser may take. Units: `memory_bytes` of all its processes together."""

    executable: Path
    pages_per_browser: int = 100
    memory_bytes: int = 1024**3
    most_processes: int = 100
    has_sandbox: bool = True


class Browsers:
    """One browser at a time, renewed after so many pages, when it is gone or grows too large.

    Shape: after several that did not last there is a `rest`, at whose end `keep_trying` starts one,
           so that no page is needed to learn that it works again.
    """

    def __init__(self, settings: BrowserSettings) -> None:
        self.rest = Rest()
        self._settings = settings
        self._starting = asyncio.Lock()
        self._driver: Playwright | None = None
        self._browser: Browser | None = None
        self._drivers: frozenset[int] = frozenset()
        self._served = 0
        self._in_use = 0
        self._end_is_known = False  # it was killed here, or its end has been told
        self._is_idle = asyncio.Event()
        self._is_idle.set()

    @property
    def is_alive(self) -> bool:
        """Whether a browser runs: without its driver nobody would notice its end."""
        browser = self._browser
        return (
            browser is not None
            and browser.is_connected()
            and not self._end_is_known
            and processes.is_any_alive(self._drivers)
        )

    @property
    def version(self) -> str:
        """That of the browser that runs; empty where none does."""
        return self._browser.version if self._browser is not None and self.is_alive else ""

    def ended(self, reason: str, url: str = "") -> None:
        """The browser is of no use any more, by itself: another may not last either.

        Shape: what is left of it is killed.
        """
        if self._end_is_known:
            return
        self._end_is_known = True
        processes.kill_all()
        seconds = self.rest.failed(reason)
        if seconds:
            log.error("browser_rests", reason=reason, url=url, seconds=round(seconds))
        else:
            log.warning("browser_ended", reason=reason, url=url, pages=self._served)

    @asynccontextmanager
    async def one(self) -> AsyncIterator[Browser]:
        """A browser that is not closed meanwhile, unless it has to be killed.

        Errors: RefusedError when none starts, or none is to be started yet.
        """
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
        if browser is not None and self.is_alive:
            if self._served < self._settings.pages_per_browser:
                return browser
            await self._is_idle.wait()
        await self._end()
        if self.rest.is_on:
            raise RefusedError("unavailable", self.rest.fault)
        return await self._start()

    async def _start(self) -> Browser:
        self._end_is_known, self._served = False, 0
        before, began = processes.children(), time.monotonic()
        try:
            self._driver = await async_playwright().start()
            self._drivers = processes.children() - before  # the library waits for these itself
            self._browser = await self._launched(self._driver)
        except asyncio.CancelledError:
            if (took := time.monotonic() - began) > _SLOW_SECONDS:
                self._not_started(f"it has not within {duration(took)}")
            raise
        except Exception as exc:  # the library raises its own, and bare ones of its driver
            raise RefusedError("unavailable", self._not_started(why_none_starts(str(exc)))) from exc
        log.info(
            "browser_started",
            version=self._browser.version,
            path=str(self._settings.executable),
        )
        return self._browser

    def _not_started(self, reason: str) -> str:
        said = f"the browser does not start: {reason}"
        seconds = self.rest.failed(said)
        log.error("browser_not_started", reason=reason, again_after_seconds=round(seconds))
        return said

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
            timeout=_START_SECONDS * 1000,
        )

    async def _end(self) -> None:
        browser, driver = self._browser, self._driver
        self._browser = self._driver = None
        try:
            async with asyncio.timeout(_GRACE_SECONDS):
                if browser is not None and browser.is_connected():
                    await browser.close()
                if driver is not None:
                    await driver.stop()
        except Exception as exc:  # noqa: BLE001 - a driver that is gone raises bare ones
            log.debug("browser_not_closed", reason=str(exc) or type(exc).__name__)
        processes.kill_all()

    def kill(self, reason: str) -> None:
        """End the browser at once, with all that it started."""
        self._end_is_known = True
        killed = processes.kill_all()
        if killed:
            log.warning("browser_killed", reason=reason, processes=killed)

    async def watch(self) -> None:
        """End a browser that takes more than it may, and tell of one that ends, until cancelled."""
        settings = self._settings
        while True:
            await asyncio.sleep(_WATCH_SECONDS)
            family = processes.family()
            if family.private_bytes > settings.memory_bytes:
                self.kill(f"it takes {family.private_bytes // 2**20} MiB")
            elif len(family.pids) > settings.most_processes:
                self.kill(f"it has {len(family.pids)} processes")
            elif self._browser is not None and not self.is_alive and not self._in_use:
                self._ended_idle()
            processes.reap(self._drivers)

    def _ended_idle(self) -> None:
        """Tell of a browser that ended while it showed no page; the next page starts another."""
        if not self._end_is_known:
            self._end_is_known = True
            log.warning(
                "browser_ended", reason="it showed no page then", url="", pages=self._served
            )
            processes.kill_all()  # without its driver the rest of it would stay

    async def keep_trying(self) -> None:
        """Start one at first and after each rest, and show a blank page, until cancelled."""
        await self._try_one()
        while True:
            await asyncio.sleep(_WATCH_SECONDS)
            if self.rest.reason and not self.rest.is_on:
                await self._try_one()

    async def _try_one(self) -> None:
        try:
            async with self.one() as browser, asyncio.timeout(_BLANK_SECONDS):
                context = await browser.new_context()
                await (await context.new_page()).goto("about:blank")
                await context.close()
        except RefusedError:
            return  # told where it did not start
        except (Error, TimeoutError):
            self.ended("it does not even show a blank page")
        else:
            self.rest.may_end()

    async def close(self) -> None:
        """End the browser."""
        await self._end()


def why_none_starts(said: str) -> str:
    """Why a browser does not start, from the words of the library: its last one, and its end."""
    first = said.strip().partition("\n")[0].removeprefix("BrowserType.launch: ")
    if "has been closed" not in first:
        return first[:_LONGEST_REASON]
    words = _SAID.findall(said)
    code, signal = _EXIT_CODE.search(said), _SIGNAL.search(said)
    end = signal[1] if signal else f"exit code {code[1]}" if code else "no exit code"
    return f"{words[-1][:_LONGEST_REASON]} ({end})" if words else f"it ends at once ({end})"
