"""The observers that feed the daemon's metrics and health."""

from __future__ import annotations

import time

from daemon.model.errors import DamagedError, GoneError, StoreError
from daemon.model.outcome import Outcome
from daemon.model.request import BROWSER
from daemon.model.status import ErrorClass, RenderOutcome
from daemon.monitoring.health import ComponentState, Health
from daemon.monitoring.metrics import Metrics
from daemon.runtime.observer import Observer
from daemon.runtime.own_faults import OwnFaults
from daemon.store.queue.awaiting_llm import Spending
from daemon.store.queue.notices import Settled

_LATELY_SECONDS = 900.0


class MetricsObserver(Observer):
    """Counts events in metrics."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._is_in_trouble = False

    def on_checked(self, outcome: Outcome) -> None:
        self._metrics.checked(outcome.verdict, outcome.error_class)
        seconds = outcome.response.elapsed_seconds if outcome.response else outcome.elapsed_seconds
        is_fetched = outcome.renderer != BROWSER and (
            outcome.response is not None or outcome.error_class is not ErrorClass.BROWSER
        )
        self._metrics.fetched(seconds if is_fetched else None, outcome.received_bytes)
        for one in outcome.sites:
            if one.update is not None and one.update.finding.change_type is not None:
                self._metrics.changed(one.update.finding.change_type)
        for found in outcome.products:
            if found.check is not None:
                self._metrics.priced(is_believed=found.check.is_believed)
            for alert in found.alerts:
                self._metrics.alerted(alert.kind)
        if outcome.cut_off:
            self._metrics.cut_off()

    def on_rendered(self, outcome: RenderOutcome, seconds: float) -> None:
        self._metrics.browser.rendered(outcome, seconds)

    def on_lease_lost(self) -> None:
        self._metrics.lease_lost()

    def on_committed(self, outcomes: int, seconds: float) -> None:
        self._metrics.store.committed(outcomes, seconds)

    def on_trouble(self, trouble: StoreError | None) -> None:
        is_new = trouble is not None and not self._is_in_trouble
        self._is_in_trouble = trouble is not None
        self._metrics.store.trouble(is_in_trouble=self._is_in_trouble, is_new=is_new)

    def on_sent(self, done: Settled) -> None:
        outcome = "failed" if done.status == "pending" else done.status
        self._metrics.notices.tried(done.claimed.channel, outcome)

    def on_asked(self, outcome: str, spent: Spending) -> None:
        self._metrics.model.asked(outcome, spent.tokens, spent.cost_micros / 1e6)

    def on_task_broken(self, task: str) -> None:
        self._metrics.broken(task)

    def on_document_done(self, seconds: float) -> None:
        self._metrics.read(seconds)

    def on_document_worker_started(self) -> None:
        self._metrics.sandbox.began()

    def on_document_worker_ended(self, how: str) -> None:
        self._metrics.sandbox.ended(how)


class HealthObserver(Observer):
    """Reports whether the database answers, and whether checks end in time and without bugs."""

    def __init__(self, health: Health) -> None:
        self._health = health
        self.own_faults = OwnFaults(self._report_own_faults)
        self._cut_off_at = self._lost_at = float("-inf")

    def on_dispatched(self) -> None:
        self._health.beat("dispatch")

    def on_checked(self, outcome: Outcome) -> None:
        self.own_faults.heard(outcome)
        if outcome.cut_off:
            self._cut_off_at = time.monotonic()

    def on_lease_lost(self) -> None:
        self._lost_at = time.monotonic()

    def on_trouble(self, trouble: StoreError | None) -> None:
        state = ComponentState.OK if trouble is None else ComponentState.DEGRADED
        if isinstance(trouble, GoneError | DamagedError):  # it does not recover by itself
            state = ComponentState.FAILING
        self._health.report("database", state, "answers" if trouble is None else str(trouble))

    def report_checks(self, late: int) -> None:
        """Report whether checks end in time; `late` of them have not."""
        lately = time.monotonic() - _LATELY_SECONDS
        told = [f"{late} are long past their deadline"] if late else []
        told += ["a deadline came before all of a page was judged"] * (self._cut_off_at > lately)
        told += ["a page went to another daemon in the midst of one"] * (self._lost_at > lately)
        state = ComponentState.DEGRADED if told else ComponentState.OK
        self._health.report("checks", state, "; ".join(told) or "end in time")

    def _report_own_faults(self, told: str) -> None:
        state = ComponentState.DEGRADED if told else ComponentState.OK
        self._health.report("faults", state, told or "no check ends in ours again and again")
