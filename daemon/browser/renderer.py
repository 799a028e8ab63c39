"""Has pages shown by the browser's process, and serves the connections that they make."""

from __future__ import annotations

import asyncio
import hashlib
import os
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from daemon.browser.channel import Channel, ChannelError
from daemon.browser.conversation import conversation
from daemon.browser.messages import (
    ASK,
    PROTOCOL,
    REFUSED,
    RENDER,
    RENDERED,
    STATE,
    Reason,
    Refusal,
    Rendered,
    RenderJob,
    ServiceState,
    Wait,
    decode_refusal,
    decode_rendered,
    decode_state,
    encode,
    of_two_versions,
)
from daemon.browser.proxy import Meter, PageProxy
from daemon.browser.sessions import KeptSession, session_of
from daemon.display.outcomes import rendering_words
from daemon.fetch.client import Fetcher
from daemon.fetch.faults import status_fault
from daemon.fetch.headers import content_type_of, kept_headers
from daemon.lexicon.block_pages import block_page_of_answer
from daemon.logs.logger import get_logger
from daemon.model.errors import FetchError
from daemon.model.request import (
    BROWSER,
    USUAL_BLOCK,
    USUAL_REQUESTS,
    USUAL_VIEWPORT,
    Rendering,
    Request,
    Resource,
    Validators,
)
from daemon.model.response import Document, Response
from daemon.model.status import ErrorClass, RenderOutcome
from daemon.wording import byte_size

log = get_logger(__name__)

_BYTES_PER_DOCUMENT = 4  # a page may load so many times the largest document
_STATE_SECONDS = 5.0
_ANSWER_GRACE_SECONDS = 15.0  # for a browser that has to start, and a page that has to be ended
_CLASSES: Mapping[Reason, ErrorClass] = {
    "unavailable": ErrorClass.BROWSER,
    "navigation": ErrorClass.CONNECT,
    "no_page": ErrorClass.UNSUPPORTED,
    "timeout": ErrorClass.TIMEOUT,
    "selector": ErrorClass.SELECTOR,
    "step": ErrorClass.STEP,
    "too_large": ErrorClass.TOO_LARGE,
    "crashed": ErrorClass.OVERLOAD,
    "internal": ErrorClass.INTERNAL,
}


Tell = Callable[[RenderOutcome, float], None]


class Renderer:
    """All rendering of this process: as polite and as guarded as fetching.

    Shape: `path` is the socket of the browser's process; without one nothing is rendered. How many
           pages are rendered at once is up to those who ask; each may make `most_requests`.
           `tell` is called with what came of each page, and after how many seconds.
    """

    def __init__(
        self,
        fetcher: Fetcher,
        path: Path | None,
        most_requests: int = USUAL_REQUESTS,
        tell: Tell = lambda outcome, seconds: None,
    ) -> None:
        self._fetcher = fetcher
        self._path = path
        self._most_requests = most_requests
        self._tell = tell

    async def render(self, request: Request, kept: str = "", *, measures: bool = False) -> Response:
        """The page of a request as a browser shows it.

        Shape:  never a 304, as what a script makes of a page has no validators. `kept` are the
                cookies that its page keeps; others come with the response, or the error. Where it
                `measures`, elements are marked, with their places on the picture.
        Errors: FetchError.
        """
        if request.sealed:
            raise FetchError(ErrorClass.SEALED, request.sealed)
        path = self._path
        if path is None:
            raise FetchError(
                ErrorClass.BROWSER,
                "this page is to be rendered, and no browser is set up: docs/rendering.md says how",
            )
        await self._fetcher.permit(request)
        session, now = session_of(kept), datetime.now(UTC)
        until = session.no_login_before(now)
        job = msgspec.structs.replace(
            _job_of(request, self._fetcher),
            storage=session.storage,
            most_requests=self._most_requests,
            no_login_before=f"{until:%Y-%m-%d %H:%M} UTC" if until else "",
            measures=measures,
        )
        answer, meter, took = await self._answer(path, request, job)
        if isinstance(answer, Refusal):
            fault = _fault(answer, meter, request)
            fault.screenshot = answer.picture
            if answer.is_failed_login:
                fault.cookies = session.after_login_failed(now).text()
            elif answer.storage:
                fault.cookies = session.going_on(
                    answer.storage, has_logged_in=answer.has_logged_in
                ).text()
            raise fault
        if answer.has_logged_in:
            log.info("logged_in", url=request.url)
        cookies = KeptSession(answer.storage).text() if request.keep_cookies else None
        try:
            return replace(_response(answer, meter, request, took), cookies=cookies)
        except FetchError as exc:
            exc.cookies = cookies  # the login that came before is not lost with the page
            raise

    async def state(self) -> ServiceState | None:
        """How the browser's process is; None where none is set up.

        Errors: FetchError when it cannot be reached, or speaks otherwise.
        """
        if self._path is None:
            return None
        async with conversation(self._path, _STATE_SECONDS) as line:
            await line.send(ASK)
            frame = await line.receive()
            if frame.kind != STATE:
                raise ChannelError(f"a frame of the unknown type {frame.kind}")
            state = decode_state(frame.payload)
        if state.protocol != PROTOCOL:
            raise FetchError(ErrorClass.BROWSER, of_two_versions(PROTOCOL, state.protocol))
        return state

    async def _answer(
        self, path: Path, request: Request, job: RenderJob
    ) -> tuple[Rendered | Refusal, Meter, float]:
        """What came of a job, and after how many seconds; it is told."""
        started, outcome = time.monotonic(), RenderOutcome.NO_BROWSER
        try:
            answer, meter = await self._show(path, request, job)
            took = time.monotonic() - started
            outcome = _outcome_of(answer)
            return answer, meter, took
        finally:
            self._tell(outcome, time.monotonic() - started)

    async def _show(
        self, path: Path, request: Request, job: RenderJob
    ) -> tuple[Rendered | Refusal, Meter]:
        parts = urlsplit(request.url)
        own_port = parts.port or (443 if parts.scheme == "https" else 80)
        connect = partial(self._fetcher.connect, proxy=request.proxy)
        proxy = PageProxy(connect, own_port, job.most_bytes * _BYTES_PER_DOCUMENT)
        patience = job.seconds + _ANSWER_GRACE_SECONDS
        async with conversation(path, patience) as line:
            await line.send(RENDER, encode(job))
            return await _serve(line, proxy), proxy.meter


def _outcome_of(answer: Rendered | Refusal) -> RenderOutcome:
    if isinstance(answer, Rendered):
        return RenderOutcome.SHOWN
    is_the_browsers = _CLASSES[answer.reason].is_ours
    return RenderOutcome.NO_BROWSER if is_the_browsers else RenderOutcome.FAILED


async def _serve(line: Channel, proxy: PageProxy) -> Rendered | Refusal:
    """The answer to a job; until it comes, the connections of its page are served."""
    answer: Rendered | Refusal | None = None
    fault: Exception | None = None
    async with AsyncExitStack() as handed_over, asyncio.TaskGroup() as tasks:
        serving: list[asyncio.Task[None]] = []
        try:
            async for one in _received(line):
                if isinstance(one, Rendered | Refusal):
                    answer = one
                    break
                handed_over.callback(one.close)  # also of one whose task never began
                serving.append(tasks.create_task(proxy.serve(one)))
        except (OSError, EOFError, ChannelError, msgspec.DecodeError) as exc:
            fault = exc  # raised when the group has ended, which would wrap it
        for task in serving:
            task.cancel()
    if answer is None:
        raise fault or EOFError
    return answer


async def _received(line: Channel) -> AsyncIterator[socket.socket | Rendered | Refusal]:
    """What comes: connections, and an answer at the end."""
    while True:
        frame = await line.receive()
        if frame.file is not None:
            yield stream_of(frame.file)
        elif frame.kind == RENDERED:
            yield decode_rendered(frame.payload)
        elif frame.kind == REFUSED:
            yield decode_refusal(frame.payload)
        else:
            raise ChannelError(f"a frame of the unknown type {frame.kind}")


def stream_of(file: int) -> socket.socket:
    """A file that was handed over, if it is a connection; anything else is closed."""
    try:
        line = socket.socket(fileno=file)
    except OSError as exc:
        os.close(file)
        raise ChannelError("it handed over something that is no connection") from exc
    if line.family not in (socket.AF_INET, socket.AF_INET6) or line.type != socket.SOCK_STREAM:
        line.close()
        raise ChannelError("it handed over something that is no connection")
    return line


def _job_of(request: Request, fetcher: Fetcher) -> RenderJob:
    settings = fetcher.settings
    headers = {name: value for name, value in request.headers.items() if name.lower() != "cookie"}
    agents = (value for name, value in headers.items() if name.lower() == "user-agent")
    verify = request.tls.verify if request.tls else None
    cookies = next((v for name, v in request.headers.items() if name.lower() == "cookie"), "")
    how = request.rendering or Rendering()
    return RenderJob(
        url=request.url,
        protocol=PROTOCOL,
        viewport=how.viewport if how.viewport[0] else USUAL_VIEWPORT,
        wait=Wait(how.selector, how.text, how.seconds),
        scrolls=how.scrolls,
        block=_blocked(request, how),
        verify_tls=settings.verify_tls if verify is None else verify,
        user_agent=next(agents, settings.user_agent),
        language=_language(settings.accept_language),
        headers=tuple(headers.items()),
        cookies=cookies,
        steps=request.steps,
        pictured=request.pictured,
        keeps=request.keep_cookies,
        seconds=fetcher.seconds_for(request),
        most_bytes=settings.max_body_bytes,
    )


def _blocked(request: Request, how: Rendering) -> tuple[Resource, ...]:
    """What is not loaded: usually what nobody reads, but a picture needs it."""
    if how.block is not None:
        return how.block
    return ("media",) if request.pictured else USUAL_BLOCK


def _language(accepted: str) -> str:
    """The language that a browser says is its own: the first of those that are accepted."""
    return accepted.partition(",")[0].partition(";")[0].strip().replace("*", "") or "en"


def _response(rendered: Rendered, meter: Meter, request: Request, seconds: float) -> Response:
    headers = kept_headers(rendered.headers)
    body = rendered.html.encode("utf-8", "replace")
    if block_page_of_answer(rendered.status, headers, body) is not None:
        raise FetchError(
            ErrorClass.BOT_WALL,
            f"the server answered {rendered.status} with a challenge for browsers",
        )
    if rendered.status not in (200, 203, 206):
        raise status_fault(rendered.status, headers, rendered.url)
    content_type, _ = content_type_of(headers.get("content-type", "text/html"))
    return Response(
        status=200,
        document=Document(
            body=body,
            content_type=content_type,
            charset="=utf-8",
            url=rendered.url,
        ),
        body_hash=hashlib.blake2b(body, digest_size=16).hexdigest(),
        validators=Validators(),
        headers=headers,
        wire_bytes=meter.wire_bytes,
        body_bytes=len(body),
        elapsed_seconds=seconds,
        renderer=BROWSER,
        is_restless=rendered.is_restless,
        stopped_requests=rendered.stopped_requests,
        screenshot=rendered.picture or None,
        boxes=rendered.boxes,
        notes=tuple(_notes(rendered)),
    )


def _notes(rendered: Rendered) -> Iterator[str]:
    if rendered.has_logged_in:
        yield "logged in anew"
    yield from rendering_words(rendered.is_restless, rendered.stopped_requests)


def _fault(refusal: Refusal, meter: Meter, request: Request) -> FetchError:
    """The fault of a page: what the network said of its host counts before the browser's words."""
    host = urlsplit(refusal.url or request.url).hostname or ""
    known = meter.faults.get(host) or meter.faults.get(urlsplit(request.url).hostname or "")
    if known is not None and refusal.reason == "navigation":
        return known
    error_class = _CLASSES[refusal.reason]
    if refusal.reason == "timeout" and meter.is_spent:
        said = f"it loaded {byte_size(meter.wire_bytes)}, and may load no more"
        return FetchError(ErrorClass.TOO_LARGE, said, wire_bytes=meter.wire_bytes)
    if "ERR_CERT" in refusal.detail or "ERR_SSL" in refusal.detail:
        error_class = ErrorClass.TLS
    return FetchError(
        error_class,
        refusal.detail,
        final_url=refusal.url or None,
        wire_bytes=meter.wire_bytes,
    )
