"""Takes jobs on a socket of this machine and shows their pages, in a browser that is renewed."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import msgspec
import structlog
from playwright.async_api import Error

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
from daemon.browser.service.browsers import Browsers, BrowserSettings
from daemon.browser.service.handover import Handover, Spawn
from daemon.browser.service.page import show
from daemon.browser.service.refusals import RefusedError, StuckError

log = structlog.stdlib.get_logger(__name__)

_ENDED = "the browser ended while it showed this page"
_GRACE_SECONDS = 5.0  # for a page that is over its time to be closed, before its browser is killed


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    """What the operator sets."""

    socket: Path
    browser: BrowserSettings
    pages: int = 2


class BrowserService:
    """Shows pages for whoever may open the socket. Use it as `async with`, then `serve`."""

    def __init__(self, settings: ServiceSettings) -> None:
        self._settings = settings
        self._places = asyncio.Semaphore(settings.pages)
        self._asked = 0  # pages that have a place, or wait for one
        self._browsers = Browsers(settings.browser)
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
            tasks.create_task(self._browsers.keep_trying())
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
        rest = self._browsers.rest
        return ServiceState(
            PROTOCOL,
            browser=self._browsers.version,
            shown=shown,
            waiting=self._asked - shown,
            fault=rest.reason,
            again_seconds=rest.seconds_left,
        )

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
                if not self._browsers.is_alive:
                    exc.reason, exc.detail = "crashed", _ENDED
                    self._browsers.ended(_ENDED, job.url)
                elif exc.reason != "crashed":
                    self._browsers.rest.worked()  # the page alone is at fault
                raise
            except StuckError as exc:
                self._browsers.ended(str(exc), job.url)
                raise RefusedError("crashed", f"the browser was stuck: {exc}") from exc
            except TimeoutError as exc:
                self._browsers.kill("a page did not end in its time")
                said = "the page did not end, and its browser was killed"
                raise RefusedError("timeout", said) from exc
            except Error as exc:
                self._browsers.ended(exc.message.partition("\n")[0], job.url)
                raise RefusedError("crashed", _ENDED) from exc


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
