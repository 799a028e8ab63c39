"""Does on a page what its owner wrote down, step by step, before it is read."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import urldefrag, urlsplit

from playwright.async_api import Download, Error, Locator, Page
from playwright.async_api import TimeoutError as TooLateError

from daemon.addresses import registrable
from daemon.browser.messages import RenderJob
from daemon.browser.service.banners import clear_banner
from daemon.browser.service.elements import TEXT, everywhere, find, is_shown
from daemon.browser.service.refusals import RefusedError, is_an_end, refusal_of
from daemon.browser.service.traffic import Traffic
from daemon.model.request import Step, StepAction
from daemon.redaction import MASK

_STEP_SECONDS = 10.0  # for an element to come, and to take what is done to it
_OPTIONAL_SECONDS = 2.0  # for one that need not come
_REST_SECONDS = 5.0  # after a step, for what it has the page fetch
_SETTLE_SECONDS = 0.2  # for what scrolling makes a page ask for
_SCROLL_REST_SECONDS = 2.0
_POSITION = "[scrollY, document.documentElement.scrollHeight]"


class Steps:
    """The steps of one page."""

    def __init__(self, job: RenderJob, page: Page, traffic: Traffic, ends_at: float) -> None:
        self._job = job
        self._page = page
        self._traffic = traffic
        self._ends_at = ends_at
        self.has_begun_login = False
        self.has_logged_in = False
        self.under_way = ""  # the step that is being taken, by number and words
        self._download = ""  # the name of the file that the page began to send during it
        page.on("download", self._downloads)
        self._acts: Mapping[StepAction, Callable[[Step], Awaitable[None]]] = {
            "click": self._click,
            "type": self._type,
            "choose": self._choose,
            "press": self._press,
            "check": self._check,
            "uncheck": self._check,
            "hover": self._hover,
            "wait_for": self._wait_for,
            "wait": self._wait,
            "scroll": self._scroll,
            "go": self._go,
            "script": self._script,
            "banner": self._banner,
            "remove": self._remove,
        }

    async def take(self) -> None:
        """Take them all, those of a login only where the page shows that one is logged out.

        Errors: RefusedError with the number of the step that fails.
        """
        steps = list(enumerate(self._job.steps, 1))
        login = [(number, step) for number, step in steps if step.is_login]
        for number, step in steps:
            if not step.is_login:
                await self._one(number, step)
            elif (number, step) == login[0] and await self._is_logged_out(step):
                await self._log_in(login)

    async def _is_logged_out(self, first: Step) -> bool:
        await self._traffic.rest(self._left(self._job.seconds / 3))
        return await is_shown(self._page, first)

    async def _log_in(self, login: list[tuple[int, Step]]) -> None:
        """Log in and go back to the page; failing, whoever asked counts it."""
        if self._job.no_login_before:
            until = self._job.no_login_before
            said = f"it is logged out, and the last logins failed: none is tried before {until}"
            raise RefusedError("step", said, self._page.url)
        self.has_begun_login = True
        try:
            for number, step in login:
                await self._one(number, step)
            await self._traffic.rest(self._left(_REST_SECONDS))
            if urldefrag(self._page.url).url != urldefrag(self._job.url).url:
                await self._page.goto(self._job.url, wait_until="domcontentloaded")
                await self._traffic.rest(self._left(self._job.seconds / 3))
            if await is_shown(self._page, login[0][1]):
                said = f"the login did not work: {login[0][1].target} is still there after it"
                raise RefusedError("step", said, self._page.url)
        except RefusedError as exc:
            exc.is_failed_login = True
            raise
        self.has_logged_in = True

    async def _one(self, number: int, step: Step) -> None:
        self.under_way, self._download = f"step {number} ({step})", ""
        try:
            await self._acts[step.action](step)
            if self._download:
                said = f"it starts a download ({self._download}), and no file is taken"
                raise RefusedError("step", said, self._page.url)
        except RefusedError as exc:
            if not step.is_optional:
                raise RefusedError("step", f"{self.under_way}: {exc.detail}", exc.url) from exc
        except Error as exc:
            if is_an_end(exc):
                raise  # no step is at fault
            if not step.is_optional or self._page.is_closed():
                said = f"{self.under_way}: {self._reason(exc)}"
                raise RefusedError("step", said, self._page.url) from exc
        self.under_way = ""

    def _downloads(self, file: Download) -> None:
        self._download = file.suggested_filename[:100] or "without a name"

    def _reason(self, error: Error) -> str:
        """The words of the library as our own, without what is typed."""
        if "intercepts pointer events" in error.message:
            return 'something lies over it: a step before it may take that away (banner = "remove")'
        if isinstance(error, TooLateError):
            return "the page did not let it be done in time"
        if "net::" in error.message:
            return refusal_of(error, self._page.url).detail
        said = error.message.partition("\n")[0].partition(": ")[2][:200]
        for value in filter(None, (one.value for one in self._job.steps if one.action == "type")):
            said = said.replace(value, MASK)
        return said or "the browser could not do it"

    def _left(self, most: float) -> float:
        return max(0.1, min(most, self._ends_at - time.monotonic() - 0.5))

    async def _find(self, step: Step) -> Locator:
        seconds = _OPTIONAL_SECONDS if step.is_optional else _STEP_SECONDS
        return await find(self._page, step, self._left(seconds))

    @property
    def _timeout(self) -> float:  # milliseconds
        return self._left(_STEP_SECONDS) * 1000

    async def _settle(self) -> None:
        self._traffic.stir()
        await self._traffic.rest(self._left(_REST_SECONDS))

    async def _click(self, step: Step) -> None:
        element = await self._find(step)
        await element.click(timeout=self._timeout)
        await self._settle()

    async def _type(self, step: Step) -> None:
        element = await self._find(step)
        at = await element.evaluate("one => one.ownerDocument.location.hostname")
        own = urlsplit(self._job.url).hostname or ""
        if registrable(str(at)) != registrable(own) and at != step.host:
            said = f"it is on {at or 'no host'}, not on {own}: nothing is typed there without `at`"
            raise RefusedError("step", said, self._page.url)
        await element.fill(step.value, timeout=self._timeout)

    async def _choose(self, step: Step) -> None:
        element = await self._find(step)
        if await element.evaluate("one => one.tagName === 'SELECT'"):
            await element.select_option(step.value, timeout=self._timeout)
        else:
            await element.click(timeout=self._timeout)
            option = Step("click", TEXT + step.value)
            chosen = await self._find(option)
            await chosen.click(timeout=self._timeout)
        await self._settle()

    async def _press(self, step: Step) -> None:
        if step.target:
            element = await self._find(step)
            await element.press(step.value, timeout=self._timeout)
        else:
            await self._page.keyboard.press(step.value)
        await self._settle()

    async def _check(self, step: Step) -> None:
        element = await self._find(step)
        await element.set_checked(step.action == "check", timeout=self._timeout)
        await self._settle()

    async def _hover(self, step: Step) -> None:
        element = await self._find(step)
        await element.hover(timeout=self._timeout)
        await self._settle()

    async def _wait_for(self, step: Step) -> None:
        await find(self._page, step, self._left(self._job.seconds))

    async def _wait(self, step: Step) -> None:
        await self._page.wait_for_timeout(self._left(float(step.value)) * 1000)

    async def _scroll(self, step: Step) -> None:
        await scroll(self._page, int(step.value), self._traffic)

    async def _go(self, step: Step) -> None:
        await self._page.goto(step.value, wait_until="domcontentloaded")
        await self._settle()

    async def _script(self, step: Step) -> None:
        await self._page.evaluate(f"async () => {{ {step.value}\n}}")
        await self._settle()

    async def _banner(self, step: Step) -> None:
        await self._settle()  # it is often the last to come
        if await clear_banner(self._page, step.value):
            await self._settle()

    async def _remove(self, step: Step) -> None:
        places = await everywhere(self._page, step)
        if not places:
            raise RefusedError("step", "nothing matches", self._page.url)
        for place in places:
            await place.evaluate_all("all => all.forEach(one => one.remove())")


async def scroll(page: Page, screens: int, traffic: Traffic) -> None:
    """Scroll down screen by screen, at most so many, as far as the page goes."""
    for _ in range(screens):
        before = await page.evaluate(_POSITION)
        await page.evaluate("scrollBy(0, innerHeight)")
        await page.wait_for_timeout(_SETTLE_SECONDS * 1000)
        await traffic.rest(_SCROLL_REST_SECONDS)
        if await page.evaluate(_POSITION) == before:
            return
