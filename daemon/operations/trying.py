"""Tries a site or a product before it is added: what a check would read now; stores nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime

from daemon.config import Config, SiteConfig
from daemon.config.products import ProductConfig
from daemon.model.errors import CheckError, FetchError, ThrottledError
from daemon.model.outcome import Outcome
from daemon.model.page import Page
from daemon.model.request import BROWSER, HTTP, timing_in
from daemon.model.response import Response
from daemon.model.status import ErrorClass
from daemon.model.viewer import Viewer
from daemon.operations.allowance import Allowance
from daemon.operations.checks import pages_of_product, pages_of_urls
from daemon.pipeline.check import checked
from daemon.pipeline.context import CheckContext
from daemon.pipeline.rendering import in_a_browser, shows_nothing
from daemon.sandbox.messages import PointDone, PointJob
from daemon.schedule.next_check import frequency_of
from daemon.wording import duration

_TRIES = 6
_SECONDS = 8.0  # a person waits for it
_NOTHING = PointDone(())
_LOOKING_SECONDS = 45.0  # by a browser
_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Tried:
    """What a check of a page found, or why there was none.

    Shape: where that shows nothing, `rendered` is what a browser makes of it, or `no_browser` says
           why none did.
    """

    url: str
    outcome: Outcome | None = None
    not_asked: str = ""
    rendered: Outcome | None = None
    no_browser: str = ""


@dataclass(frozen=True, slots=True)
class Pointed:
    """What of a page somebody may point at, or why that cannot be said.

    Shape: `places` are those of parts on the picture: x, y, width and height, by their numbers;
           `plain` says why there is no picture.
    """

    url: str
    problem: str = ""
    done: PointDone = _NOTHING
    places: Mapping[int, tuple[int, int, int, int]] = field(default_factory=dict)
    plain: str = ""


class Tries:
    """Checks pages for people who are about to add them, a few in each minute.

    Shape: `tools` gives those of the daemon's checks, so that hosts are asked as politely, and
           addresses judged as strictly, as by any other check.
    """

    def __init__(self, tools: Callable[[], CheckContext]) -> None:
        self._tools = tools
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._allowance = Allowance(_TRIES, "try", "tries")

    async def site(
        self, viewer: Viewer, config: Config, site: SiteConfig, now: datetime
    ) -> Sequence[Tried]:
        """What a check of this site would find now.

        Errors: TooManyError.
        """
        return await self._look(viewer, pages_of_urls(config, [site], now), now)

    async def product(
        self, viewer: Viewer, config: Config, product: ProductConfig, now: datetime
    ) -> Sequence[Tried]:
        """What a check of this product would find now, at each of its addresses.

        Errors: TooManyError.
        """
        return await self._look(viewer, pages_of_product(config, product, now), now)

    async def parts(
        self, viewer: Viewer, config: Config, site: SiteConfig, now: datetime
    ) -> Pointed:
        """What of the page of this site its owner may point at: by a browser, where one is set up.

        Errors: TooManyError.
        """
        self._allowance.take(viewer, now)
        [page] = pages_of_urls(config, [site], now)
        url, tools = page.request.url, self._tools()
        try:
            async with asyncio.timeout(_LOOKING_SECONDS), self._turns:
                response, plain = await _looked_at(page, tools)
                numbers = tuple(box[0] for box in response.boxes)
                shot = response.screenshot or b""
                done = await tools.sandbox.point(PointJob(response.document, numbers, shot))
        except (CheckError, ThrottledError) as exc:
            return Pointed(url, str(exc))
        except TimeoutError:
            return Pointed(url, f"there was no answer within {duration(_LOOKING_SECONDS)}")
        places = {number: (x, y, w, h) for number, x, y, w, h in response.boxes}
        return Pointed(url, "", done, places, plain)

    async def _look(self, viewer: Viewer, pages: Sequence[Page], now: datetime) -> list[Tried]:
        self._allowance.take(viewer, now)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._one(page), name="try") for page in pages]
        return [task.result() for task in tasks]

    async def _one(self, page: Page) -> Tried:
        url = page.request.url
        seconds = _SECONDS if page.request.renderer == HTTP else _LOOKING_SECONDS
        try:
            async with asyncio.timeout(seconds), self._turns:
                outcome = await checked(page, self._tools())
            if shows_nothing(outcome):
                return await self._rendered(page, outcome)
            return Tried(url, outcome)
        except ThrottledError as exc:
            return Tried(url, not_asked=str(exc))
        except TimeoutError:
            late = f"there was no answer within {duration(seconds)}; a check may take longer"
            return Tried(url, not_asked=late)

    async def _rendered(self, page: Page, plain: Outcome) -> Tried:
        """What a browser makes of a page that shows nothing without one."""
        url = page.request.url
        try:
            async with asyncio.timeout(_LOOKING_SECONDS), self._turns:
                outcome = await checked(in_a_browser(page), self._tools())
        except ThrottledError as exc:
            return Tried(url, plain, no_browser=str(exc))
        except TimeoutError:
            late = f"there was no answer within {duration(_LOOKING_SECONDS)}"
            return Tried(url, plain, no_browser=late)
        if outcome.error_class is not None:
            return Tried(url, plain, no_browser=outcome.error_detail)
        return Tried(url, plain, rendered=outcome)


async def _looked_at(page: Page, tools: CheckContext) -> tuple[Response, str]:
    """The page with its picture; or as it is sent, and why no browser showed it."""
    why = "no browser is set up"
    if tools.look is not None:
        try:
            async with tools.turn_of(page, BROWSER):
                return await tools.look(page), ""
        except FetchError as exc:
            if exc.error_class is not ErrorClass.BROWSER:
                raise
            why = exc.detail
    plain = replace(page, request=replace(page.request, renderer=HTTP, steps=()))
    async with tools.turn(page.host), AsyncExitStack() as held:
        return await tools.fetch(plain, None, held), why


def opens_at(
    config: Config, described: SiteConfig | ProductConfig, now: datetime
) -> datetime | None:
    """When the hours of something new begin, by the clock of its zone; None when it is now."""
    zone = described.time_zone or config.schedule.time_zone
    frequency = frequency_of(replace(timing_in(described), time_zone=zone))
    opens = frequency.opens_at(now).astimezone(frequency.zone)
    return opens if opens > now and not described.paused else None
