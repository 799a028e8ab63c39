"""The tools and bounds with which a check reaches the outside world, and how they are opened."""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from daemon.browser.messages import ServiceState
from daemon.browser.renderer import Renderer, Tell
from daemon.config import Config
from daemon.config.sections import AnalysisConfig, FetchConfig, ScheduleConfig
from daemon.fetch.client import Fetcher
from daemon.fetch.cookies import Cookies
from daemon.fetch.politeness.throttle import HostThrottle
from daemon.model.change import ChangeType, Finding
from daemon.model.errors import FetchError
from daemon.model.page import Page
from daemon.model.request import BROWSER, WHOLE_PAGE, Request, Validators
from daemon.model.response import Response
from daemon.pipeline.recalling import Recall
from daemon.sandbox.pool import Sandbox, SandboxObserver
from daemon.schedule.next_check import ScheduleLimits
from daemon.store.core.database import Database
from daemon.system.process import affordable_fetches, open_files_limit

Turn = Callable[[str], AbstractAsyncContextManager[None]]
Pause = Callable[[float], Awaitable[None]]
Render = Callable[[Page], Awaitable[Response]]
Fetch = Callable[[Page, Validators | None, AsyncExitStack], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class CheckContext:
    """What a check needs to reach the outside world, and the operator's bounds.

    Shape: each request is made in a `turn` of its host, one by a browser in a `turn_to_render`,
           which takes a place in the browser and none of the fetches; `deadline` is for the whole
           check. Without `render` there is no browser, not even one that is missing.
    """

    turn: Turn
    fetch: Fetch
    sandbox: Sandbox
    database: Database
    limits: ScheduleLimits
    clock: Callable[[], datetime]
    draw: Callable[[], float]
    recall: Recall
    is_for_a_model: Callable[[Finding], bool] = lambda finding: False
    deadline: timedelta = timedelta(minutes=2)
    pause: Pause = asyncio.sleep
    render: Render | None = None
    limits_of_rendering: ScheduleLimits | None = None
    turn_to_render: Turn | None = None  # None: as for any other
    turn_after_fetch: Turn | None = None  # to render what was fetched, however long that waits
    look: Render | None = None  # as `render`, with a picture and the places of its elements
    browser: Callable[[], Awaitable[ServiceState | None]] | None = None  # how it is

    def turn_of(self, page: Page, renderer: str) -> AbstractAsyncContextManager[None]:
        """The turn in which a page may be asked for, by what it is asked for with."""
        if renderer == BROWSER and self.turn_to_render is not None:
            return self.turn_to_render(page.host)
        return self.turn(page.host)

    def second_turn_of(self, page: Page, renderer: str) -> AbstractAsyncContextManager[None]:
        """The turn for another request of the same check: what was fetched is not thrown away."""
        if renderer == BROWSER and self.turn_after_fetch is not None:
            return self.turn_after_fetch(page.host)
        return self.turn_of(page, renderer)


@asynccontextmanager
async def open_context(
    config: Config,
    database: Database,
    clock: Callable[[], datetime],
    throttle: HostThrottle,
    observer: SandboxObserver,
    rendered: Tell = lambda outcome, seconds: None,
) -> AsyncIterator[CheckContext]:
    """Open what a check needs of the outside world; nothing is written."""
    async with (
        Fetcher(config.fetch, throttle, proxies=config.proxies) as fetcher,
        Sandbox(config.documents, observer) as sandbox,
    ):
        renderer, limits = renderer_of(config, fetcher, rendered), _limits(config.schedule)
        fetches, renders = fetches_of(config.fetch), asyncio.Semaphore(config.browser.pages)
        yield CheckContext(
            turn=_turns(throttle, asyncio.Semaphore(fetches)),
            turn_to_render=_turns(throttle, renders),
            turn_after_fetch=_turns(throttle, renders, patience_seconds=math.inf),
            fetch=fetch_with(fetcher, renderer),
            render=lambda page: renderer.render(page.request),
            browser=renderer.state,
            look=lambda page: renderer.render(
                _looked_at(page.request), page.cookies, measures=True
            ),
            sandbox=sandbox,
            database=database,
            recall=Recall(database),
            limits=limits,
            limits_of_rendering=_at_least(limits, config.browser.minimum_interval),
            clock=clock,
            draw=random.random,
            is_for_a_model=asks_a_model(config.analysis),
            deadline=lease_of(config),
        )


def _looked_at(request: Request) -> Request:
    return replace(request, renderer=BROWSER, pictured=WHOLE_PAGE)


def fetches_of(fetch: FetchConfig) -> int:
    """How many fetches run at once: the configured number, as far as open files allow."""
    return affordable_fetches(fetch.concurrency, open_files_limit())


def lease_of(config: Config) -> timedelta:
    """How long a claim lasts and a check may take: always longer than any configured fetch."""
    return max(config.schedule.lease, longest_check(config.fetch.total_timeout_seconds))


def longest_check(timeout_seconds: float) -> timedelta:
    """How long a check may take whose fetches, of which there are two at most, may take so long."""
    return timedelta(seconds=2 * timeout_seconds + 60)


def asks_a_model(analysis: AnalysisConfig) -> Callable[[Finding], bool]:
    """The test whether to ask a model about a change."""
    levels = list(ChangeType)
    least = levels.index(ChangeType(analysis.minimum_severity))

    def asks(finding: Finding) -> bool:
        grade = finding.change_type
        return analysis.is_on and grade is not None and levels.index(grade) >= least

    return asks


def _turns(
    throttle: HostThrottle, places: asyncio.Semaphore, patience_seconds: float | None = None
) -> Turn:
    @asynccontextmanager
    async def turn(host: str) -> AsyncIterator[None]:
        # The host's turn first: waiting for one host takes no slot that another could use.
        async with throttle.slot(host, patience_seconds), places:
            yield

    return turn


def renderer_of(config: Config, fetcher: Fetcher, rendered: Tell) -> Renderer:
    """What renders pages, with the same manners as the fetcher."""
    socket = config.browser.socket
    path = Path(socket) if socket else None
    return Renderer(fetcher, path, config.browser.requests_per_page, rendered)


def fetch_with(fetcher: Fetcher, renderer: Renderer | None = None) -> Fetch:
    """How a page is fetched: with the cookies that it keeps, which then come with the answer.

    Shape: a page that is always rendered comes from the browser, and from nowhere else.
    """

    async def fetch(page: Page, validators: Validators | None, held: AsyncExitStack) -> Response:
        if renderer is not None and page.request.renderer == BROWSER:
            return await renderer.render(page.request, page.cookies)
        follows, jar = page.follows_redirects, None
        if page.request.keep_cookies:
            jar = Cookies(page.cookies)
        try:
            response = await fetcher.fetch(
                page.request, validators, held, follows=follows, cookies=jar
            )
        except FetchError as exc:
            exc.cookies = jar.text() if jar else None
            raise
        return replace(response, cookies=jar.text()) if jar else response

    return fetch


def _at_least(limits: ScheduleLimits, interval: timedelta) -> ScheduleLimits:
    return replace(limits, minimum_interval=max(limits.minimum_interval, interval))


def _limits(section: ScheduleConfig) -> ScheduleLimits:
    return ScheduleLimits(
        minimum_interval=section.minimum_interval,
        maximum_interval=section.maximum_interval,
        failure_backoff_maximum=section.failure_backoff_maximum,
        jitter=section.jitter,
        freshness_stretch=section.freshness_stretch,
    )
