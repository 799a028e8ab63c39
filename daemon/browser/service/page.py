"""Shows one page in a context of its own and takes what stands there when it has come to rest."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import (
    Browser,
    BrowserContext,
    CDPSession,
    Error,
    Page,
    Request,
)
from playwright.async_api import (
    TimeoutError as TooLateError,
)

from daemon.browser.messages import Rendered, RenderJob
from daemon.browser.service.handover import Spawn
from daemon.browser.service.pictures import measure, picture_of_failure, take_picture
from daemon.browser.service.refusals import RefusedError, StuckError, refusal_of
from daemon.browser.service.steps import Steps, scroll
from daemon.browser.service.traffic import Traffic
from daemon.display.outcomes import stopped_words
from daemon.wording import duration

_CLOSING_SECONDS = 5.0
_REST_SHARE = 1 / 3  # of a page's time, to come to rest
_KEPT_WORKS = 1_000  # a task that nobody refers to may vanish
_MOST_STORED = 500_000  # characters; of more, cookies alone are kept
_FORGET_TYPED = """typed => {
  for (const one of document.querySelectorAll('[value]'))
    if (typed.includes(one.getAttribute('value'))) one.removeAttribute('value');
}"""
_PAGES = ("text/html", "application/xhtml+xml", "")
_TYPES = {"image": "Image", "media": "Media", "font": "Font", "stylesheet": "Stylesheet"}
# Open shadow trees are part of what people see; serialising leaves them out unless they are named.
_SERIALIZE = """most => {
  const roots = [];
  const collect = under => {
    for (const one of under.querySelectorAll('*'))
      if (one.shadowRoot) { roots.push(one.shadowRoot); collect(one.shadowRoot); }
  };
  collect(document);
  const type = document.doctype ? '<!DOCTYPE html>' : '';
  const root = document.documentElement;
  const attributes = root ? root.cloneNode(false).outerHTML.replace(/<\\/html>$/i, '') : '';
  const inner = root ? root.getHTML({shadowRoots: roots}) : '';
  const html = type + attributes + inner + '</html>';
  return html.length > most ? html.length : html;
}"""


async def show(browser: Browser, job: RenderJob, proxy: str, spawn: Spawn) -> Rendered:
    """The page of a job, as it stands when it has been waited for.

    Errors: RefusedError; StuckError when the browser opens no page at all.
    """
    visit: _Visit | None = None
    ends_at = time.monotonic() + job.seconds
    try:
        async with asyncio.timeout(job.seconds), _context(browser, job, proxy) as context:
            visit = _Visit(job, await context.new_page(), spawn, ends_at)
            return await visit.take()
    except TimeoutError as exc:
        if visit is None:
            raise StuckError(f"it opened no page within {duration(job.seconds)}") from exc
        refused = _too_late(job, visit)
        # Nothing is kept of it, so that the next check would log in again.
        refused.is_failed_login = visit.steps.has_begun_login
        raise refused from exc
    except Error as exc:
        refused = refusal_of(exc, visit.url if visit else "")
        refused.is_failed_login = visit is not None and visit.steps.has_begun_login
        raise refused from exc


def _too_late(job: RenderJob, visit: _Visit) -> RefusedError:
    within = f"within the page's {duration(job.seconds)}{visit.lacking}"
    if visit.steps.under_way:
        return RefusedError("step", f"{visit.steps.under_way}: it did not end {within}", visit.url)
    return RefusedError("timeout", f"it did not finish {within}", visit.url)


@asynccontextmanager
async def _context(browser: Browser, job: RenderJob, proxy: str) -> AsyncIterator[BrowserContext]:
    """A context that shares nothing with others, and is closed whatever happens."""
    context = await browser.new_context(
        proxy={"server": proxy, "bypass": "<-loopback>"},
        user_agent=job.user_agent,
        locale=job.language,
        viewport={"width": job.viewport[0], "height": job.viewport[1]},
        ignore_https_errors=not job.verify_tls,
        accept_downloads=False,
        service_workers="block",
        storage_state=json.loads(job.storage) if job.storage else None,
    )
    try:
        context.set_default_timeout(job.seconds * 1000)
        if job.cookies:
            await context.add_cookies(_cookies(job))  # type: ignore[arg-type]
        yield context
    finally:
        # A context that does not close ends with its browser.
        with contextlib.suppress(Error, TimeoutError):
            async with asyncio.timeout(_CLOSING_SECONDS):
                await context.close()


def _cookies(job: RenderJob) -> list[dict[str, str]]:
    pairs = (one.partition("=") for one in job.cookies.split(";"))
    return [
        {"name": name.strip(), "value": value.strip(), "url": job.url}
        for name, _, value in pairs
        if name.strip()
    ]


class _Visit:
    """One page from its request to its text."""

    def __init__(self, job: RenderJob, page: Page, spawn: Spawn, ends_at: float) -> None:
        self._job = job
        self._spawn = spawn
        self._page = page
        self._ends_at = ends_at
        self._requests = 0
        self._arrived: Request | None = None  # the last that led to a document
        self._left: Request | None = None  # the one before
        self._stopped = 0
        self._is_restless = False
        self._traffic = Traffic(page)
        self.steps = Steps(job, page, self._traffic, self._ends_at)
        self._line: CDPSession | None = None
        self._works: deque[asyncio.Task[None]] = deque(maxlen=_KEPT_WORKS)

    @property
    def url(self) -> str:
        """Where it is now."""
        return self._page.url

    @property
    def lacking(self) -> str:
        """What it may lack something for, after other words."""
        return f"; {stopped_words(self._stopped)}" if self._stopped else ""

    async def take(self) -> Rendered:
        """Go there, wait, and take the document.

        Errors: RefusedError with what is kept all the same; of a step, with a picture.
        """
        try:
            return await self._take()
        except RefusedError as exc:
            exc.detail += self.lacking
            if exc.reason == "step":
                typed = [step.value for step in self._job.steps]
                exc.picture = await picture_of_failure(self._page, typed)
            if not exc.is_failed_login:
                exc.storage, exc.has_logged_in = await self._storage(), self.steps.has_logged_in
            raise

    async def _take(self) -> Rendered:
        page, job = self._page, self._job
        self._line = await page.context.new_cdp_session(page)
        page.on("request", self._count)
        page.on("download", lambda _: self._stay())
        page.on("popup", lambda other: self._later(other.close()))
        await self._intercept(self._line)
        await page.goto(job.url, wait_until="domcontentloaded")
        await self._read_head()
        await self.steps.take()
        await self._wait()
        await scroll(page, job.scrolls, self._traffic)
        picture = await take_picture(page, job.pictured, self._traffic) if job.pictured else b""
        status, headers = await self._read_head()
        boxes = await measure(page) if job.measures else ()
        # A password that a script wrote into its field must not stand in what is kept.
        await page.evaluate(_FORGET_TYPED, [one.value for one in job.steps if one.action == "type"])
        html = await page.evaluate(_SERIALIZE, job.most_bytes)
        if not isinstance(html, str):
            raise RefusedError(
                "too_large", f"its document has {html:,} characters once it is rendered", page.url
            )
        return Rendered(
            status=status,
            url=page.url,
            html=html,
            headers=tuple(headers.items()),
            requests=self._requests,
            stopped_requests=self._stopped,
            is_restless=self._is_restless,
            storage=await self._storage(),
            picture=picture,
            boxes=boxes,
            has_logged_in=self.steps.has_logged_in,
        )

    async def _storage(self) -> str:
        if not self._job.keeps:
            return ""
        state = await self._page.context.storage_state()
        text = json.dumps(state, ensure_ascii=False)
        if len(text) <= _MOST_STORED:
            return text
        return json.dumps({"cookies": state.get("cookies", []), "origins": []})

    async def _read_head(self) -> tuple[int, Mapping[str, str]]:
        """The status and the headers of what stands there now, whatever led to it.

        Errors: RefusedError when that is no page.
        """
        if not self._page.url.startswith(("http:", "https:")):
            raise RefusedError("navigation", "the page led to what could not be opened", self._went)
        response = await self._arrived.response() if self._arrived else None
        if response is None:
            return 200, {}
        headers = await response.all_headers()
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in _PAGES:
            said = f"it is no page but {kind}: without a browser it can be read"
            raise RefusedError("no_page", said, self._page.url)
        return response.status, headers

    @property
    def _went(self) -> str:
        return self._arrived.url if self._arrived else self._page.url

    async def _wait(self) -> None:
        """Wait for all that is named; where nothing is, until no request was made for a while."""
        wait, page = self._job.wait, self._page
        if wait.selector:
            await self._expect(page.locator(wait.selector).first.wait_for, wait.selector)
        if wait.text:
            await self._expect(page.get_by_text(wait.text).first.wait_for, wait.text)
        if wait.seconds:
            await page.wait_for_timeout(wait.seconds * 1000)
        if not (wait.selector or wait.text or wait.seconds):
            await self._come_to_rest()

    async def _expect(self, waited: Callable[..., Awaitable[None]], what: str) -> None:
        left = max(0.1, self._ends_at - time.monotonic() - 0.5)
        try:
            await waited(timeout=left * 1000)
        except TooLateError as exc:
            said = f"wait_for {what!r} did not come within {left:.0f} seconds"
            raise RefusedError("selector", said, self._page.url) from exc

    async def _come_to_rest(self) -> None:
        most = min(self._job.seconds * _REST_SHARE, self._ends_at - time.monotonic())
        # Of one that never rests, what stands there now is what people see, too.
        self._is_restless = not await self._traffic.rest(most)

    async def _intercept(self, line: CDPSession) -> None:
        """Pause only what is to be stopped, or gets headers of its own: the rest costs nothing."""
        patterns: list[dict[str, str]] = [
            {"urlPattern": "*", "resourceType": _TYPES[one]} for one in self._job.block
        ]
        if self._job.headers:
            patterns.append({"urlPattern": f"{_origin(self._job.url)}/*"})
        if patterns:
            line.on("Fetch.requestPaused", self._paused)
            await line.send("Fetch.enable", {"patterns": patterns})

    def _paused(self, event: Mapping[str, Any]) -> None:
        self._later(self._go_on(event))

    async def _go_on(self, event: Mapping[str, Any]) -> None:
        line, request = self._line, {"requestId": event["requestId"]}
        assert line is not None  # noqa: S101 - set before anything is paused
        if event["resourceType"] in {_TYPES[one] for one in self._job.block}:
            await line.send("Fetch.failRequest", {**request, "errorReason": "BlockedByClient"})
            return
        headers = {**event["request"]["headers"], **dict(self._job.headers)}
        told = [{"name": name, "value": value} for name, value in headers.items()]
        await line.send("Fetch.continueRequest", {**request, "headers": told})

    def _count(self, request: Request) -> None:
        if request.is_navigation_request() and request.frame == self._page.main_frame:
            self._left, self._arrived = self._arrived, request
        if request.resource_type in self._job.block:
            return  # it is stopped, as its owner wishes
        self._requests += 1
        if self._requests == self._job.most_requests:
            self._later(self._stop_requests())
        elif self._requests > self._job.most_requests:
            self._stopped += 1

    def _stay(self) -> None:
        """What was asked for is a file: the page is still the one before."""
        if self._left is not None:
            self._arrived = self._left

    def _later(self, work: Awaitable[Any]) -> None:
        self._works.append(self._spawn(_quietly(work)))

    async def _stop_requests(self) -> None:
        assert self._line is not None  # noqa: S101 - set before the first request
        await self._line.send("Network.enable")
        await self._line.send("Network.setBlockedURLs", {"urls": ["*"]})


async def _quietly(work: Awaitable[Any]) -> None:
    """Do something to a page that may be gone meanwhile."""
    with contextlib.suppress(Error):
        await work


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
