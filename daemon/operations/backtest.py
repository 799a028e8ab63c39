"""Tries other rules on a site's past, for people who wait for it; stores nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from daemon.conditions.values import Observed
from daemon.display.outcomes import outcome_words
from daemon.model.errors import CheckError, ConflictError
from daemon.model.reading import StoredState, missing_parts
from daemon.model.response import Document
from daemon.model.site import Rules
from daemon.model.status import ErrorClass
from daemon.model.viewer import Viewer
from daemon.operations.replay import Replayed, Replayer
from daemon.packing import unpack
from daemon.sandbox.messages import PointDone, PointJob, ReadJob, ReadOne, Want
from daemon.sandbox.pool import Sandbox
from daemon.store.core.database import Database
from daemon.store.views.states import latest_states

_SECONDS = 8.0  # a person waits for it
_MOST_STEPS = 500


@dataclass(frozen=True, slots=True)
class LastReading:
    """How the last state of a site reads by other rules, or why it does not.

    Shape: `missing` are the places of rules that match nothing: "include[1]". A rule `is_faulty`
           when it fits no such document, or takes too long.
    """

    problem: str = ""
    is_faulty: bool = False
    kind: str = ""
    title: str = ""
    text: str = ""
    missing: tuple[str, ...] = ()
    observed: tuple[Observed, ...] = ()


@dataclass(frozen=True, slots=True)
class Backtest:
    """What other rules would have made of a site's past.

    Shape: the newest step comes first; `left_out` is how many older ones there was no time for.
    """

    last: LastReading
    steps: tuple[Replayed, ...]
    left_out: int

    @property
    def was_notified(self) -> int:
        """How many of the steps the present rules ask to be notified of."""
        return sum(one.was_notified for one in self.steps)

    @property
    def is_notified(self) -> int:
        """How many of the steps these rules ask to be notified of."""
        return sum(one.is_notified for one in self.steps)

    @property
    def since(self) -> datetime | None:
        """When the oldest of the steps was."""
        return self.steps[-1].step.at if self.steps else None


class Backtests:
    """Tries rules on the past of sites, one at a time, so that checks wait for one at the most.

    Shape: the document workers may be others each time, as after a change of the configuration.
    """

    def __init__(self, sandbox: Callable[[], Sandbox], seconds: float = _SECONDS) -> None:
        self._sandbox = sandbox
        self._seconds = seconds
        self._turn = asyncio.Semaphore(1)

    async def run(self, database: Database, viewer: Viewer, word: str, rules: Rules) -> Backtest:
        """What these rules make of the last state and of the steps to it, as time allows.

        Errors: NotFoundError, AmbiguousError; ConflictError for a site that discovers pages.
        """
        sandbox = self._sandbox()
        replayer = Replayer(database, viewer, sandbox)
        kept = await replayer.steps(word)
        site, steps = kept.site, kept.steps[: -_MOST_STEPS - 1 : -1]
        if rules.discover is not None:
            told = f"{site.name!r} is read for the pages that it names: try one of these"
            raise ConflictError("site", site.name, told)
        last, found = LastReading("there was no time to read it: try again"), []
        try:
            async with asyncio.timeout(self._seconds) as patience, self._turn:
                last = await _last(database, viewer, sandbox, site.id, rules)
                # A faulty rule would use up the time on every state.
                for step in () if last.is_faulty else steps:
                    found += [await replayer.judge(kept, step, rules, site.site_type)]
        except TimeoutError:
            if not patience.expired():
                raise
        judged = tuple(one for one in found if one is not None)
        return Backtest(last, judged, len(kept.steps) - len(found))

    async def parts(self, database: Database, viewer: Viewer, site_id: UUID) -> PointDone | str:
        """What of a site's last state somebody may point at, or why that cannot be said."""
        document = await _last_document(database, viewer, site_id)
        if isinstance(document, str):
            return document
        try:
            async with asyncio.timeout(self._seconds):
                return await self._sandbox().point(PointJob(document))
        except CheckError as exc:
            return exc.detail
        except TimeoutError:
            return "there was no time to read it: try again"


async def _last(
    database: Database, viewer: Viewer, sandbox: Sandbox, site_id: UUID, rules: Rules
) -> LastReading:
    document = await _last_document(database, viewer, site_id)
    if isinstance(document, str):
        return LastReading(document)
    try:
        done = await sandbox.read(ReadJob(document, "", (Want(rules),)))
    except CheckError as exc:
        return _failed(exc.error_class, exc.detail)
    return await asyncio.to_thread(_read, done.readings[0])


async def _last_document(database: Database, viewer: Viewer, site_id: UUID) -> Document | str:
    """The document of a site's last state, or why it cannot be had."""
    async with database.reading() as session:
        states = await latest_states(session, viewer, site_id, 1)
    if not states:
        return "nothing was read yet"
    try:
        document = await asyncio.to_thread(_document, states[0])
    except ValueError as exc:
        return f"its document cannot be read: {exc}"
    return document or "its document is no longer kept"


def _document(state: StoredState) -> Document | None:
    if state.source is None:
        return None
    body = unpack(state.source, state.source_hash)
    return Document(body, state.content_type, state.charset, state.url)


def _read(one: ReadOne) -> LastReading:
    if one.error_class is not None:
        return _failed(one.error_class, one.error_detail)
    text = unpack(one.text.data).decode() if one.text else ""
    return LastReading(
        kind=one.kind,
        title=one.title,
        text=text,
        missing=tuple(missing_parts(one.flags)),
        observed=one.observed,
    )


def _failed(error_class: ErrorClass, detail: str) -> LastReading:
    problem = f"{outcome_words(error_class)}: {detail}"
    return LastReading(problem, is_faulty=error_class is ErrorClass.SELECTOR)
