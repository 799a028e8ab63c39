"""The road of a check on a database of a test's own: pages are given, all else is the daemon's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from daemon.model.outcome import Outcome, SiteOutcome
from daemon.model.page import Page
from daemon.model.request import Validators
from daemon.model.response import Document, Response
from daemon.model.viewer import DAEMON
from daemon.pipeline.check import check
from daemon.pipeline.context import CheckContext
from daemon.pipeline.recalling import Recall
from daemon.pipeline.recording import record
from daemon.runtime.observer import Observer
from daemon.sandbox.pool import Sandbox
from daemon.schedule.next_check import ScheduleLimits
from daemon.store.catalogue.dry_run import pages_to_look_at
from daemon.store.core.database import Database
from daemon.store.queue.pages import claim_these
from tests.loopback import no_pause
from tests.making import LEASE, PAST, begin_run, have_sites, response, spec


class Told(Observer):
    """What was heard of checks, and of waits for hosts."""

    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []
        self.waits: list[tuple[str, str]] = []

    def on_checked(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)

    def on_waiting(self, host: str, seconds: float, reason: str) -> None:
        self.waits.append((host, reason))


URL = "https://site.example/blog"
_LIMITS = ScheduleLimits(timedelta(minutes=1), timedelta(days=30), timedelta(days=1), 0.0)
_WORDS = "of the house and its guests, of the garden behind it and the river below".split()


def prose(*names: str) -> str:
    """Paragraphs that tell themselves apart by these names."""
    return "".join(
        f"<p>{name} {' '.join(_WORDS)}, as {name} was told in the year before last</p>"
        for name in names
    )


def page_of(content: str, title: str = "The House") -> bytes:
    return (
        f"<html><head><title>{title}</title></head><body><main><h1>{title}</h1>{content}</main>"
        "</body></html>"
    ).encode()


@dataclass
class Road:
    """Looks at one page again and again, a few hours apart, and stores what it meant."""

    database: Database
    sandbox: Sandbox
    run_id: UUID
    now: datetime = PAST

    @classmethod
    async def open(cls, database: Database, sandbox: Sandbox, **more: Any) -> Road:
        await have_sites(database, spec(**more))
        return cls(database, sandbox, await begin_run(database))

    async def look(
        self, body: bytes, hours: float = 1, content_type: str = "text/html", **context: Any
    ) -> SiteOutcome:
        """Check the page once, as it is now."""
        self.now += timedelta(hours=hours)
        page = await self._claimed()

        async def fetch(
            page: Page, _validators: Validators | None, _held: AsyncExitStack
        ) -> Response:
            document = Document(body, content_type, "utf-8", page.request.url)
            return response(body, document=document)

        @asynccontextmanager
        async def turn(_host: str) -> AsyncIterator[None]:
            yield

        parts = (turn, fetch, self.sandbox, self.database)
        recall = Recall(self.database, window_seconds=0.0)
        made = CheckContext(*parts, _LIMITS, lambda: self.now, lambda: 0.5, recall, pause=no_pause)
        outcome = await check(page, replace(made, **context))
        await self.keep(outcome)
        [one] = outcome.sites
        return one

    async def keep(self, outcome: Outcome) -> None:
        async with self.database.writing() as session:
            assert await record(session, self.run_id, [outcome])

    async def _claimed(self) -> Page:
        async with self.database.writing() as session:
            [page] = await pages_to_look_at(session, DAEMON)
            [claimed] = await claim_these(session, self.run_id, [page.id], LEASE)
        return claimed
