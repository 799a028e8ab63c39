"""Wakes the loops when work is due, and leaves them asleep while nothing is."""

from __future__ import annotations

import time
from datetime import datetime

from daemon.model.errors import StoreError
from daemon.runtime.app import App, Components
from daemon.store.queue.agenda.file_version import FileVersion
from daemon.store.queue.agenda.first import Agenda, read_agenda

LOOK_EVERY_SECONDS = 1.0
_OTHERS_WORK_SECONDS = 1.5  # at most every other look: what others made due begins within 2 s


class Waking:
    """Looks once a second whether there may be work, and wakes whoever does it.

    Shape:  the database is asked only when the first known instant has come, or somebody has
            written to it: SQLite says so by itself, PostgreSQL is asked every other time.
    Errors: StoreError, after all were woken: each tells of its own trouble with the database.
    """

    def __init__(self, app: App) -> None:
        path = app.database.path
        self._file = FileVersion(path) if path is not None else None
        self._app = app
        self._served: Components | None = None  # that were woken by the last agenda
        self._next_at: datetime | None = None
        self._asked_at = float("-inf")

    def close(self) -> None:
        """Let go of the database."""
        if self._file is not None:
            self._file.close()

    async def step(self) -> None:
        """Wake those who have something to do."""
        app = self._app
        try:
            app.database.verify_file()
            if self._may_have_work():
                async with app.database.reading() as session:
                    agenda = await read_agenda(session)
                self._served, self._asked_at = app.components, time.monotonic()
                self._next_at = self._wake(agenda, app.clock())
            else:
                app.base.observer.on_dispatched()
        except StoreError:
            self._served = None
            app.worker.tick()
            app.components.tick()
            raise

    def _may_have_work(self) -> bool:
        app = self._app
        has_others_work = (
            self._file.has_moved()
            if self._file is not None
            else time.monotonic() - self._asked_at >= _OTHERS_WORK_SECONDS
        )
        is_time = self._next_at is not None and self._next_at <= app.clock()
        return has_others_work or is_time or self._served is not app.components

    def _wake(self, agenda: Agenda, now: datetime) -> datetime | None:
        """Wake for what is due; returns when the next is."""
        app, components = self._app, self._app.components
        work = [(agenda.pages_at, app.worker.tick), (agenda.notices_at, components.sender.tick)]
        if components.llm_worker is not None:
            work.append((agenda.analyses_at, components.llm_worker.tick))
        for at, tick in work:
            if at is not None and at <= now:
                tick()
        if agenda.pages_at is None or agenda.pages_at > now:
            app.base.observer.on_dispatched()  # else the worker says so itself
        return min((at for at, _ in work if at is not None), default=None)
