"""Sends heartbeats: pings a URL while the daemon is ready, and its `/fail` when it is not.

A missing heartbeat shows that this machine, its network or the daemon is down, which the daemon
itself cannot report.
"""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

from daemon.fetch.posting import Poster
from daemon.logs.logger import get_logger
from daemon.model.errors import FetchError
from daemon.monitoring.health import ComponentState, Health, worst
from daemon.monitoring.metrics import Metrics, Ping
from daemon.runtime.app import App

log = get_logger(__name__)

PING_EVERY_SECONDS = 60.0
PING_TIMEOUT_SECONDS = 10.0
_COMPONENT = "ping"
_BODY_CHARACTERS = 500


class Pinger:
    """Pings `health.ping_url` of the current configuration.

    Shape: an error is a warning in health and one line in the log, until a ping succeeds.
    """

    def __init__(self, health: Health, metrics: Metrics) -> None:
        self._health = health
        self._metrics = metrics
        self._asked = ""  # the URL of the last ping
        self._is_failing = False

    async def step(self, app: App) -> None:
        """Send one ping, if configured, within its timeout."""
        url = app.config.health.ping_url.get_secret_value()
        if url != self._asked:
            self._begin(url)
        if not url:
            return
        components = app.components
        reason = await self._ping(components.poster, url)
        # An edit may have closed the connection meanwhile, or changed the URL.
        if app.components is components and app.config.health.ping_url.get_secret_value() == url:
            self._settle(reason)

    async def _ping(self, poster: Poster, url: str) -> str:
        """Why the ping was not accepted; empty when it was."""
        failing = self._failing()
        try:
            if failing:
                body = "\n".join(failing)[:_BODY_CHARACTERS].encode()
                headers = {"content-type": "text/plain; charset=utf-8"}
                done = await poster.post(fail_url(url), body, headers, PING_TIMEOUT_SECONDS)
            else:
                done = await poster.get(url, PING_TIMEOUT_SECONDS)
        except FetchError as exc:
            self._metrics.pinged(Ping.UNANSWERED)
            return exc.detail
        is_taken = 200 <= done.status < 300
        taken = Ping.FAIL if failing else Ping.WELL
        self._metrics.pinged(taken if is_taken else Ping.UNANSWERED)
        return "" if is_taken else f"the server answered {done.status}"

    def _failing(self) -> list[str]:
        """The parts that make `/readyz` answer 503, a line each."""
        components = self._health.components()
        if worst(components) is not ComponentState.FAILING:
            return []
        return [
            f"{n}: {one.reason}"
            for n, one in components.items()
            if one.state is ComponentState.FAILING
        ]

    def _begin(self, url: str) -> None:
        if self._asked and not url:
            self._health.report(_COMPONENT, ComponentState.OK, "not asked for any more")
        self._asked, self._is_failing = url, False

    def _settle(self, reason: str) -> None:
        if reason:
            self._health.report(_COMPONENT, ComponentState.DEGRADED, f"health.ping_url: {reason}")
        else:
            self._health.report(_COMPONENT, ComponentState.OK, "is taken")
        if reason and not self._is_failing:
            log.warning("ping_not_taken", reason=reason)
        elif self._is_failing and not reason:
            log.info("ping_taken_again")
        self._is_failing = bool(reason)


def fail_url(url: str) -> str:
    """The URL for pings when not ready: `/fail` after the path, before the query."""
    components = urlsplit(url)
    return urlunsplit(components._replace(path=f"{components.path.rstrip('/')}/fail"))
