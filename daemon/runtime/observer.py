"""The observer interface: events of the process, reported to the parts that need them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from daemon.model.errors import StoreError
from daemon.model.outcome import Outcome
from daemon.model.status import RenderOutcome
from daemon.sandbox.pool import SandboxObserver
from daemon.store.queue.awaiting_llm import Spending
from daemon.store.queue.notices import Settled


class Observer(SandboxObserver):
    """Receives all events and does nothing; a subclass overrides those it needs.

    Shape: called within the work that it observes, so it must neither wait nor raise.
    """

    def on_dispatched(self) -> None:
        """Due pages are about to be claimed."""

    def on_claimed(self, at: datetime) -> None:
        """Pages were claimed at this instant of the database's clock."""

    def on_checked(self, outcome: Outcome) -> None:
        """An outcome was written, or made where nothing is written."""

    def on_rendered(self, outcome: RenderOutcome, seconds: float) -> None:
        """The browser was asked for a page, which took this long."""

    def on_lease_lost(self) -> None:
        """A result was dropped, as another daemon had taken its page over."""

    def on_waiting(self, host: str, seconds: float, reason: str) -> None:
        """Requests to a host wait this long."""

    def on_committed(self, outcomes: int, seconds: float) -> None:
        """A group of outcomes was committed, or rejected, in this time."""

    def on_trouble(self, trouble: StoreError | None) -> None:
        """The database fails, called for each error; None when it works again."""

    def on_sent(self, done: Settled) -> None:
        """A try to send a notification ended, successful or not, and is stored."""

    def on_asked(self, outcome: str, spent: Spending) -> None:
        """A question to the model ended, with what it cost."""

    def on_pages_open(self, address: str) -> None:
        """The pages for people are served at this address."""

    def on_task_broken(self, task: str) -> None:
        """One of the daemon's tasks broke and will be restarted."""


UNOBSERVED = Observer()


class Observers(Observer):
    """Several observers as one: each receives every event, in this order."""

    def __init__(self, *listeners: Observer) -> None:
        self._listeners: Sequence[Observer] = listeners

    def on_dispatched(self) -> None:
        for one in self._listeners:
            one.on_dispatched()

    def on_claimed(self, at: datetime) -> None:
        for one in self._listeners:
            one.on_claimed(at)

    def on_checked(self, outcome: Outcome) -> None:
        for one in self._listeners:
            one.on_checked(outcome)

    def on_rendered(self, outcome: RenderOutcome, seconds: float) -> None:
        for one in self._listeners:
            one.on_rendered(outcome, seconds)

    def on_lease_lost(self) -> None:
        for one in self._listeners:
            one.on_lease_lost()

    def on_waiting(self, host: str, seconds: float, reason: str) -> None:
        for one in self._listeners:
            one.on_waiting(host, seconds, reason)

    def on_committed(self, outcomes: int, seconds: float) -> None:
        for one in self._listeners:
            one.on_committed(outcomes, seconds)

    def on_trouble(self, trouble: StoreError | None) -> None:
        for one in self._listeners:
            one.on_trouble(trouble)

    def on_sent(self, done: Settled) -> None:
        for one in self._listeners:
            one.on_sent(done)

    def on_asked(self, outcome: str, spent: Spending) -> None:
        for one in self._listeners:
            one.on_asked(outcome, spent)

    def on_pages_open(self, address: str) -> None:
        for one in self._listeners:
            one.on_pages_open(address)

    def on_task_broken(self, task: str) -> None:
        for one in self._listeners:
            one.on_task_broken(task)

    def on_document_done(self, seconds: float) -> None:
        for one in self._listeners:
            one.on_document_done(seconds)

    def on_document_worker_started(self) -> None:
        for one in self._listeners:
            one.on_document_worker_started()

    def on_document_worker_ended(self, how: str) -> None:
        for one in self._listeners:
            one.on_document_worker_ended(how)
