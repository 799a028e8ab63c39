"""The metrics of pages that a browser renders."""

from __future__ import annotations

from daemon.monitoring.series import Series

_RENDER_BUCKETS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0, 120.0)


class BrowserFigures:
    """How long pages take, and how the browser's process is."""

    def __init__(self, series: Series) -> None:
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

    def rendered(self, seconds: float) -> None:
        """Count a page that was asked for, with or without an answer."""
        self._seconds.observe(seconds)

    def look(self, shown: int, waiting: int, *, is_in_trouble: bool) -> None:
        """Set how many pages have a place, or wait for one, and whether none is rendered."""
        self._in_trouble.set(is_in_trouble)
        self._shown.set(shown)
        self._waiting.set(waiting)
