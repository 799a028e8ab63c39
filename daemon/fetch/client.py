"""Sends a Request and returns a Response or raises a FetchError, within all limits."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Awaitable, Iterable, Mapping
from contextlib import AsyncExitStack
from functools import partial
from typing import Self, TypeVar

from daemon.config.proxies import ProxyConfig
from daemon.config.sections import FetchConfig
from daemon.fetch.body import READABLE, Body, read_body
from daemon.fetch.connection.connector import CertifiedResponse
from daemon.fetch.connection.guard import AddressGuard, BlockedAddressError
from daemon.fetch.connection.pacing import Pacer
from daemon.fetch.cookies import Cookies
from daemon.fetch.faults import (
    LIBRARY_ERRORS,
    WAITING_FOR_MEMORY,
    Progress,
    fault_of,
    status_fault,
    timed_out,
)
from daemon.fetch.headers import (
    content_type_of,
    default_headers,
    kept_headers,
    retry_after_seconds,
    validators_of,
)
from daemon.fetch.opening import Opener
from daemon.fetch.politeness.robots import ROBOTS_MAX_BYTES, Robots, RobotsAnswer, Way
from daemon.fetch.politeness.throttle import HostThrottle
from daemon.fetch.redirects import REDIRECTS, Trail
from daemon.fetch.routes import Routes
from daemon.lexicon.block_pages import PEEK_BYTES, REFUSING_STATUSES, block_page_of_answer
from daemon.model.errors import CertificateError, FetchError
from daemon.model.request import Request, Validators
from daemon.model.response import Document, Response
from daemon.model.status import ErrorClass
from daemon.system.tls import TlsContexts
from daemon.url import host_of, is_address

LARGE_BODIES = 8  # bodies over a megabyte in memory at once, at any concurrency
ROBOTS_REDIRECTS = 5
PEEK_SECONDS = 2.0
ANY_ERRORS: tuple[type[Exception], ...] = (FetchError, *LIBRARY_ERRORS)
T = TypeVar("T")


class Fetcher:
    """All fetching of this process goes through it: guarded, limited and polite.

    Use it as `async with`; one per process, shared by every check.
    """

    def __init__(
        self,
        settings: FetchConfig,
        throttle: HostThrottle | None = None,
        pacer: Pacer | None = None,
        proxies: Iterable[ProxyConfig] = (),
    ) -> None:
        self.settings = settings
        self.throttle = throttle or HostThrottle(settings.per_host, settings.delay_seconds)
        self._guard = AddressGuard(settings.allow_networks)
        self._routes = Routes(settings, proxies, self._guard, pacer or Pacer())
        self._opener = Opener(settings, self._guard)
        self._tls = TlsContexts(verify=settings.verify_tls)
        self._robots = Robots(self._ask_robots, settings.user_agent)
        self._defaults = default_headers(settings)
        self._large_places = asyncio.Semaphore(LARGE_BODIES)

    async def __aenter__(self) -> Self:
        await self._routes.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._routes.__aexit__()
        await self._opener.close()

    async def fetch(
        self,
        request: Request,
        validators: Validators | None = None,
        held: AsyncExitStack | None = None,
        *,
        follows: bool = True,
        cookies: Cookies | None = None,
    ) -> Response:
        """The server's answer to a request: 200, or 304 when `validators` were given.

        Shape:  without `follows` a redirect is an error. `cookies` are sent, and take in what is
                set on the way; without them none outlives the request. The caller closes `held`
                when it no longer needs the body: until then a large body keeps one of the few
                slots for large ones.
        Units:  `total_timeout_seconds`, or the request's own, is the one deadline over everything,
                robots.txt included.
        Errors: FetchError of every class for the network, the server or our politeness;
                never another exception but CancelledError.
        """
        if request.sealed:
            raise FetchError(ErrorClass.SEALED, request.sealed)
        most = self.settings.max_redirects if follows else 0
        trail = Trail(request, validators, most, cookies)
        progress = Progress(trail.url, held=held, proxy=self._routes.proxy_of(request.proxy))
        started = time.monotonic()
        return await bounded(
            self._fetch_page(trail, progress, started), self.seconds_for(request), progress
        )

    async def permit(self, request: Request) -> None:
        """Ask robots.txt whether a page may be fetched, and judge its address if it is one.

        Errors: FetchError.
        """
        progress = Progress(request.url, proxy=self._routes.proxy_of(request.proxy))
        asking = self._permit(Trail(request, None, 0), progress, is_page=True)
        await bounded(asking, self.seconds_for(request), progress)

    async def connect(
        self, host: str, port: int, proxy: str
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection to a host for what speaks for itself, by the way that `proxy` names.

        Errors: FetchError.
        """
        try:
            way = self._routes.proxy_named(proxy)
        except OSError as exc:
            raise fault_of(exc, Progress(host)) from exc
        return await self._opener.open(host, port, way)

    def seconds_for(self, request: Request) -> float:
        """How long a request and its answer may take."""
        usual = self.settings.total_timeout_seconds
        longest = max(usual, self.settings.longest_timeout_seconds)
        return min(request.timeout_seconds or usual, longest)

    async def _fetch_page(self, trail: Trail, progress: Progress, started: float) -> Response:
        answer = await self._arrive(trail, progress, is_page=True)
        try:
            return await self._conclude(answer, trail, progress, started)
        finally:
            answer.release()

    async def _arrive(
        self, trail: Trail, progress: Progress, *, is_page: bool
    ) -> CertifiedResponse:
        """The first answer on the trail that is not a redirect, open: the caller releases it."""
        while True:
            progress.url, progress.status = trail.url, None
            await self._permit(trail, progress, is_page=is_page)
            progress.stage = "waiting for the answer"
            answer = await self._send(trail)
            progress.status = answer.status
            trail.answered(answer.validity, answer.headers.getall("Set-Cookie", ()))
            if answer.status not in REDIRECTS:
                return answer
            # Its body is not read: releasing closes the connection when there is one.
            answer.release()
            trail.advance(answer.status, answer.headers.get("Location"))

    async def _send(self, trail: Trail) -> CertifiedResponse:
        return await self._routes.of(trail.proxy).request(
            trail.method,
            trail.url,
            trail.headers(self._defaults),
            data=trail.body or None,
            skip_auto_headers=("content-type",),  # an empty body has none
            ssl=self._tls_of(trail),
        )

    def _tls_of(self, trail: Trail) -> ssl.SSLContext | bool:
        """The context of this hop; True for that of all pages."""
        try:
            return self._tls.of(trail.tls) if trail.tls else True
        except CertificateError as exc:
            raise FetchError(ErrorClass.TLS, f"{exc.option}: {exc}") from exc

    async def _permit(self, trail: Trail, progress: Progress, *, is_page: bool) -> None:
        host = host_of(trail.url)
        name = host if host.endswith("]") else host.rpartition(":")[0] or host
        if is_address(name):
            self._check_literal(name.strip("[]"))
        if is_page and self.settings.respect_robots:
            progress.stage = "asking robots.txt"
            crawl_delay = await self._robots.permit(trail.url, (trail.proxy, trail.tls))
            self.throttle.set_crawl_delay(host, crawl_delay)

    def _check_literal(self, address: str) -> None:
        try:
            self._guard.check(address)
        except BlockedAddressError as exc:
            raise FetchError(ErrorClass.BLOCKED, exc.detail) from exc

    async def _conclude(
        self, answer: CertifiedResponse, trail: Trail, progress: Progress, started: float
    ) -> Response:
        headers = kept_headers(answer.headers.items())
        progress.stage = "reading the body"
        if answer.status == 304 and trail.is_conditional:
            body = Body.empty()
        elif answer.status in READABLE:
            limit = self.settings.max_body_bytes
            grow = partial(self._take_large_place, progress) if progress.held else None
            body = await read_body(answer, progress, limit, grow=grow)
            _refuse_wall(answer.status, headers, body.content)
        else:
            raise await self._refusal(answer, headers, progress)
        content_type, charset = content_type_of(headers.get("content-type", ""))
        return Response(
            status=answer.status,
            document=Document(
                body=body.content,
                content_type=content_type,
                charset=trail.charset or charset,
                url=trail.url,
                location=headers.get("content-location", ""),
            ),
            body_hash=body.hash,
            validators=_next_validators(headers, trail, answer.status),
            headers=headers,
            wire_bytes=progress.wire_bytes,
            body_bytes=len(body.content),
            elapsed_seconds=time.monotonic() - started,
            moved_to=trail.moved_to,
            certificate=trail.certificate,
        )

    async def _take_large_place(self, progress: Progress) -> None:
        if progress.held is not None:
            progress.stage = WAITING_FOR_MEMORY
            await progress.held.enter_async_context(self._large_places)
            progress.stage = "reading the body"

    async def _refusal(
        self, answer: CertifiedResponse, headers: Mapping[str, str], progress: Progress
    ) -> FetchError:
        """The error for a response that is no page; reads it only if it may be a block page."""
        fault = status_fault(answer.status, headers, progress.url)
        if fault.retry_after_seconds:
            self.throttle.pause(host_of(progress.url), fault.retry_after_seconds)
        if answer.status in REFUSING_STATUSES:
            seconds = min(PEEK_SECONDS, self.settings.total_timeout_seconds / 4)
            page = await _peek(answer, progress, seconds)
            _refuse_wall(answer.status, headers, page)
        _refuse_wall(answer.status, headers, b"")
        return fault

    async def _ask_robots(self, way: Way, url: str) -> RobotsAnswer:
        """One robots.txt, fetched the same way: an answer, or a FetchError of its own."""
        proxy, tls = way
        trail = Trail(Request(url, proxy=proxy, tls=tls), None, ROBOTS_REDIRECTS)
        progress = Progress(
            trail.url, stage="asking robots.txt", proxy=self._routes.proxy_of(proxy)
        )
        limits = self.settings
        seconds = min(limits.robots_timeout_seconds, limits.total_timeout_seconds / 2)
        return await bounded(self._fetch_robots(trail, progress), seconds, progress)

    async def _fetch_robots(self, trail: Trail, progress: Progress) -> RobotsAnswer:
        answer = await self._arrive(trail, progress, is_page=False)
        content = b""
        try:
            if answer.status in READABLE:
                content = (await read_body(answer, progress, ROBOTS_MAX_BYTES, cut=True)).content
        finally:
            answer.release()
        headers = kept_headers(answer.headers.items())
        wait = retry_after_seconds(headers.get("retry-after"))
        return RobotsAnswer(answer.status, content, headers, wait)


async def bounded(work: Awaitable[T], seconds: float, progress: Progress) -> T:
    """The result of the work, within `seconds`; its errors are raised as FetchError."""
    deadline = asyncio.timeout(seconds)
    try:
        async with deadline:
            return await work
    except FetchError as exc:
        exc.final_url = exc.final_url or progress.url
        exc.status = exc.status or progress.status
        exc.wire_bytes = exc.wire_bytes or progress.wire_bytes
        raise
    except LIBRARY_ERRORS as exc:
        if deadline.expired():
            raise timed_out(progress, seconds) from exc
        raise fault_of(exc, progress) from exc


async def _peek(answer: CertifiedResponse, progress: Progress, seconds: float) -> bytes:
    """The beginning of an error page, as far as readable; its status counts in any case."""
    try:
        async with asyncio.timeout(seconds):
            return (await read_body(answer, progress, PEEK_BYTES, cut=True)).content
    except ANY_ERRORS:
        return b""


def _refuse_wall(status: int, headers: Mapping[str, str], body: bytes) -> None:
    if block_page_of_answer(status, headers, body) is not None:
        raise FetchError(
            ErrorClass.BOT_WALL, f"the server answered {status} with a challenge for browsers"
        )


def _next_validators(headers: Mapping[str, str], trail: Trail, status: int) -> Validators:
    """The validators for the next check, which starts at the same URL as this one."""
    if not trail.keeps_validators:
        return Validators()
    given = validators_of(headers)
    if status != 304:
        return given
    return Validators(
        etag=given.etag or trail.asked.etag,
        last_modified=given.last_modified or trail.asked.last_modified,
    )
