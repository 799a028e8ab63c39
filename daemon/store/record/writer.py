"""The writer commits outcomes in groups: all that are ready within a moment share a transaction."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from daemon.logs.logger import get_logger
from daemon.model.errors import GoneError, StoreError
from daemon.model.outcome import Outcome
from daemon.model.status import ErrorClass, Verdict
from daemon.store.core.database import TROUBLE_BACKOFF, Database

log = get_logger(__name__)

# Writes outcomes in a transaction; returns the ids of the pages written.
Record: TypeAlias = Callable[[AsyncSession, UUID, Sequence[Outcome]], Awaitable[frozenset[UUID]]]

_WINDOW_SECONDS = 0.1
_GROUP = 200


@dataclass(slots=True, eq=False)
class _Entry:
    outcome: Outcome
    is_settled: bool = False
    written: asyncio.Future[bool] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    def settle(self, result: bool | StoreError) -> None:
        """Set the result, unless the waiting check was cancelled in the meantime."""
        self.is_settled = True
        if self.written.done():
            return
        if isinstance(result, StoreError):
            self.written.set_exception(result)
        else:
            self.written.set_result(result)


class Writer:
    """Writes outcomes in groups; while the database fails it waits and loses nothing.

    Shape:  `run` is the loop; `record` hands an outcome over and waits until it is written, by the
            `record` passed at construction;
            `on_committed` is called with the size of each group, written or rejected, and its time.
    Errors: none leave `run`; `wrote` is called after each successful commit.
    """

    def __init__(
        self,
        database: Database,
        run_id: UUID,
        record: Record,
        wrote: Callable[[], None] = lambda: None,
        on_committed: Callable[[int, float], None] = lambda outcomes, seconds: None,
    ) -> None:
        self._database = database
        self._record = record
        self.run_id = run_id
        self.is_in_trouble = False
        self._wrote = wrote
        self._on_committed = on_committed
        self._waiting: list[_Entry] = []
        self._some = asyncio.Event()
        self._many = asyncio.Event()

    @property
    def waiting(self) -> int:
        """The number of outcomes not written yet."""
        return len(self._waiting)

    async def record(self, outcome: Outcome) -> bool:
        """Write an outcome; returns False when the lease of its page was lost."""
        entry = _Entry(outcome)
        self._waiting.append(entry)
        self._some.set()
        if len(self._waiting) >= _GROUP:
            self._many.set()
        return await entry.written

    async def run(self) -> None:
        """Write group after group until cancelled."""
        while True:
            await self._some.wait()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_WINDOW_SECONDS):
                    await self._many.wait()
            await self.flush()

    async def flush(self) -> None:
        """Write what is waiting now."""
        group, self._waiting = self._waiting[:_GROUP], self._waiting[_GROUP:]
        try:
            await self._write(group)
        except asyncio.CancelledError:
            self._waiting = [e for e in group if not e.is_settled] + self._waiting
            raise
        if not self._waiting:
            self._some.clear()
        if len(self._waiting) < _GROUP:
            self._many.clear()

    async def _write(self, group: list[_Entry]) -> None:
        """Write a group; if it fails, one by one, as one bad row must not affect the others."""
        if not group:
            return
        try:
            await self._insist(group)
        except GoneError as exc:
            for entry in group:
                entry.settle(exc)
        except StoreError:
            for entry in group:
                await self._write_alone(entry)

    async def _write_alone(self, entry: _Entry) -> None:
        """Write one outcome; if it cannot be stored, at least the fact that it happened."""
        try:
            await self._insist([entry])
        except StoreError as exc:
            page = entry.outcome.page
            log.error("outcome_not_storable", page=str(page.id), reason=str(exc))
            entry.outcome = _bare_failure(entry.outcome, str(exc))
            try:
                await self._insist([entry])
            except StoreError as still:
                # The lease expires, and the page is due again.
                entry.settle(still)

    async def _insist(self, group: list[_Entry]) -> None:
        """Write this group in one transaction, retrying while the database itself fails.

        Errors: StoreError when something in the group is the cause, not the database's state.
        """
        for pause in TROUBLE_BACKOFF.waits():
            try:
                await self._write_once(group)
            except StoreError as exc:
                if not exc.is_transient:
                    raise
                self.is_in_trouble = True
                await asyncio.sleep(pause)
            else:
                self.is_in_trouble = False
                self._wrote()
                return

    async def _write_once(self, group: list[_Entry]) -> None:
        began, outcomes = time.monotonic(), [entry.outcome for entry in group]
        try:
            async with self._database.writing() as session:
                written = await self._record(session, self.run_id, outcomes)
        except StoreError:
            raise
        # The bulkhead: a bug triggered by one outcome must not keep the others unwritten.
        except Exception as exc:
            log.exception("outcome_broken", waiting=len(group))
            raise StoreError(f"a bug: {type(exc).__name__}: {exc}"[:300]) from exc
        finally:
            self._on_committed(len(group), time.monotonic() - began)
        for entry in group:
            entry.settle(entry.outcome.page.id in written)


def _bare_failure(outcome: Outcome, reason: str) -> Outcome:
    """The minimum to keep of a check: that it happened, and when the next is due."""
    return replace(
        outcome,
        verdict=Verdict.FAILED,
        response=None,
        sites=(),
        products=(),
        error_class=ErrorClass.STORE,
        error_detail=f"the result could not be stored: {reason}",
        final_url=None,
    )
