"""Looks how the browser is that renders pages, so that health knows before a page fails."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from daemon.browser.messages import ServiceState, with_next_try
from daemon.logs.logger import get_logger
from daemon.model.errors import FetchError
from daemon.model.outcome import Outcome
from daemon.model.status import ErrorClass
from daemon.monitoring.browser_metrics import BrowserFigures
from daemon.monitoring.health import ComponentState
from daemon.runtime.app import App
from daemon.runtime.observer import Observer
from daemon.store.core.database import Database
from daemon.store.queue.pages import failed_for, make_due

log = get_logger(__name__)

BROWSER_EVERY_SECONDS = 20.0
_NONE_SET_UP = "no browser is set up ([browser] socket, docs/rendering.md)"
_MOST_WAITING = 10_000
_LATE = timedelta(hours=1)  # a page that is not checked by then is no longer watched


class BrowserWatch(Observer):
    """Asks the browser's process how it is, where one is set up.

    Shape: its loss, each other reason for it, and its return are one line each in the log. With
           its return the pages are due that failed for want of it, instead of when their failures
           have worn off. Where none is set up, it is missed once a page has failed for want of it.
    """

    def __init__(
        self, report: Callable[[ComponentState, str], None], figures: BrowserFigures
    ) -> None:
        self._report = report
        self._figures = figures
        self._lost_at: datetime | None = None
        self._lost_for = ""
        self._was_there = False
        self._waiting: dict[UUID, datetime] = {}  # pages that failed for want of it: their next

    def on_checked(self, outcome: Outcome) -> None:
        ended = {outcome.error_class, *(one.error_class for one in outcome.sites)}
        ended |= {one.error_class for one in outcome.products}
        self._waiting.pop(outcome.page.id, None)
        if ErrorClass.BROWSER in ended and len(self._waiting) < _MOST_WAITING:
            self._waiting[outcome.page.id] = outcome.next_check_at

    async def step(self, app: App) -> None:
        """Look once.

        Errors: StoreError when pages cannot be made due; a later step tries again.
        """
        look = app.components.context.browser
        state: ServiceState | None = None
        try:
            state = await look() if look is not None else None
            fault = state.fault if state is not None else self._missed(app.clock())
        except FetchError as exc:
            fault = exc.detail
        shown, waiting = (state.shown, state.waiting) if state else (0, 0)
        self._figures.look(shown, waiting, is_in_trouble=bool(fault))
        if fault:
            told = with_next_try(fault, state.again_seconds) if state else fault
            self._lost(fault, told, app.clock())
        elif state is not None:
            await self._there(state, app)
        elif self._was_there or self._lost_at is not None:  # an edit took it away
            self._report(ComponentState.OK, "none is set up any more")
            self._forget()

    def _missed(self, now: datetime) -> str:
        """Why none is there where none is set up; empty as long as no page is known to need one."""
        gone = [key for key, at in self._waiting.items() if now > at + _LATE]
        for key in gone:
            del self._waiting[key]
        return _NONE_SET_UP if self._waiting else ""

    def _lost(self, fault: str, told: str, now: datetime) -> None:
        if fault != self._lost_for:
            log.warning("browser_lost", reason=fault)
            self._lost_for = fault
        self._lost_at = self._lost_at or now
        since = f"{self._lost_at:%Y-%m-%d %H:%M} UTC"
        failed = f" (pages that failed for it: {n:,})" if (n := len(self._waiting)) else ""
        said = f"no pages are rendered since {since}{failed}: {told}"
        self._report(ComponentState.DEGRADED, said)
        self._was_there = False

    async def _there(self, state: ServiceState, app: App) -> None:
        if not self._was_there:
            due = await _made_due(app.database)
            if self._lost_at is not None or due:
                log.info("browser_back", browser=state.browser, due_pages=due)
        self._forget()
        self._was_there = True
        version = f"version {state.browser}" if state.browser else "starts with the next page"
        self._report(
            ComponentState.OK,
            f"{version}, messages {state.protocol}; "
            f"pages shown: {state.shown}, waiting: {state.waiting}",
        )

    def _forget(self) -> None:
        self._lost_at, self._lost_for, self._was_there = None, "", False


async def _made_due(database: Database) -> int:
    """Have the pages looked at that failed for want of a browser; returns how many."""
    async with database.reading() as session:
        wanting = await failed_for(session, ErrorClass.BROWSER)
    if not wanting:
        return 0
    async with database.writing() as session:
        return await make_due(session, wanting)
