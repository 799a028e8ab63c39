"""The metrics of pages that a browser renders."""

from __future__ import annotations

from daemon.model.status import RenderOutcome
from daemon.monitoring.series import Series

_RENDER_BUCKETS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0, 120.0)


class BrowserFigures:
    """How long pages take, and how the browser's process is."""

    def __init__(self, series: Series) -> None:
        renders = series.counter("renders", "Pages asked of the browser, by outcome.", "outcome")
        self._renders = {outcome: renders.labels(outcome) for outcome in RenderOutcome}
        self._seconds = series.histogram(
            "render_seconds", "Time of one page in the browser.", _RENDER_BUCKETS
        )
        self._in_trouble = series.gauge(
            "browser_in_trouble", "1 while a browser is set up, and renders nothing."
        )
        pages = series.gauge(
            "browser_pages", "Pages that the browser shows, and that wait for a place.", "state"
        )
        self._shown, self._waiting = pages.labels("shown"), pages.labels("waiting")

    def rendered(self, outcome: RenderOutcome, seconds: float) -> None:
        """Count a page that the browser was asked for."""
        self._renders[outcome].inc()
        if outcome is not RenderOutcome.NO_BROWSER:
            self._seconds.observe(seconds)

    def look(self, shown: int, waiting: int, *, is_in_trouble: bool) -> None:
        """Set how many pages have a place, or wait for one, and whether none is rendered."""
        self._in_trouble.set(is_in_trouble)
        self._shown.set(shown)
        self._waiting.set(waiting)
