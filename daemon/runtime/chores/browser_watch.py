"""Looks how the browser is that renders pages, so that health knows before a page fails."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from daemon.browser.messages import ServiceState, with_next_try
from daemon.logs.logger import get_logger
from daemon.model.errors import FetchError
from daemon.model.status import ErrorClass
from daemon.monitoring.browser_metrics import BrowserFigures
from daemon.monitoring.health import ComponentState
from daemon.runtime.app import App
from daemon.store.queue.pages import make_due_after

log = get_logger(__name__)

BROWSER_EVERY_SECONDS = 20.0


class BrowserWatch:
    """Asks the browser's process how it is, where one is set up.

    Shape: its loss, each other reason for it, and its return are one line each in the log. With
           its return the pages are due that failed for want of it, instead of when their failures
           have worn off.
    """

    def __init__(
        self, report: Callable[[ComponentState, str], None], figures: BrowserFigures
    ) -> None:
        self._report = report
        self._figures = figures
        self._lost_at: datetime | None = None
        self._lost_for = ""
        self._was_there = False

    async def step(self, app: App) -> None:
        """Look once.

        Errors: StoreError when pages cannot be made due; a later step tries again.
        """
        look = app.components.context.browser
        state: ServiceState | None = None
        try:
            state = await look() if look is not None else None
            fault = state.fault if state is not None else ""
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

    def _lost(self, fault: str, told: str, now: datetime) -> None:
        if fault != self._lost_for:
            log.warning("browser_lost", reason=fault)
            self._lost_for = fault
        self._lost_at = self._lost_at or now
        since = f"{self._lost_at:%Y-%m-%d %H:%M} UTC"
        self._report(ComponentState.DEGRADED, f"no pages are rendered since {since}: {told}")
        self._was_there = False

    async def _there(self, state: ServiceState, app: App) -> None:
        if not self._was_there:
            async with app.database.writing() as session:
                due = await make_due_after(session, ErrorClass.BROWSER)
            if self._lost_at is not None or due:
                log.info("browser_back", browser=state.browser, due_pages=due)
        self._forget()
        self._was_there = True
        version = f"version {state.browser}" if state.browser else "starts with the next page"
        self._report(
            ComponentState.OK,
            f"{version}, messages {state.protocol}; "
            f"{state.shown} pages shown, {state.waiting} waiting",
        )

    def _forget(self) -> None:
        self._lost_at, self._lost_for, self._was_there = None, "", False
