"""Fetches a page again within its check, to learn what changes at every visit."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import datetime, timedelta

from daemon.lexicon.noise_rules import NoiseRule, applies
from daemon.model.errors import CheckError, ExtractError, FetchError, ThrottledError
from daemon.model.outcome import StateDraft
from daemon.model.page import Page
from daemon.model.reading import StoredState
from daemon.model.request import BROWSER
from daemon.model.response import Response
from daemon.model.site import Site
from daemon.pipeline.context import CheckContext
from daemon.pipeline.outcomes import as_stored, draft_of
from daemon.sandbox.messages import JudgeDone, JudgeJob, ReadJob, ReadOne, Want

PAUSE_SECONDS = 2.0  # a clock advances meanwhile
PATIENCE_SECONDS = 20.0
AGAIN_AFTER = timedelta(days=30)
MAX_BODY_BYTES = 1_000_000  # larger pages are not fetched twice
_KINDS = frozenset({"html", "json", "text"})


class Refetch:
    """A second fetch of one page within its check: at most one, made on demand.

    Shape:  throttled by host like any request, a moment after the first.
    Errors: none: a failed second fetch is ignored.
    """

    def __init__(self, page: Page, first: Response, context: CheckContext) -> None:
        self.context = context
        self.is_made = False  # a request was sent, whatever its result
        self.wire_bytes = 0
        self._page = page
        self._first = first
        self._is_wanted = False
        self._second: Response | None = None
        self._one_at_a_time = asyncio.Lock()

    def may_serve(self, site: Site, kind: str, now: datetime) -> bool:
        """Whether a site may use it: one that reads whole pages, and has not used it lately."""
        asked_at = site.volatile.asked_at
        return (
            self.may_confirm(kind)
            and not site.rules.is_choice
            and applies(NoiseRule.MOVING_LINES, site.rules.mask)
            and (asked_at is None or now - asked_at >= AGAIN_AFTER)
        )

    def may_confirm(self, kind: str) -> bool:
        """Whether it may show that a page which went back to an earlier state stays there."""
        return (
            kind in _KINDS
            and self._page.request.method == "GET"
            and not self._page.request.keep_cookies  # a session sees each visit once
            and self._first.body_bytes <= MAX_BODY_BYTES
        )

    async def judged(self, site: Site, job: JudgeJob, now: datetime) -> JudgeDone:
        """The judgement with the second fetch, or without when that fails."""
        alone = replace(job, may_ask=False, may_confirm=False)
        try:
            state = await self._state_of(site, now)
            return await self.context.sandbox.judge(replace(alone, again=state))
        except ExtractError:
            return await self.context.sandbox.judge(alone)

    async def reading_of(self, site: Site) -> tuple[ReadOne, StateDraft] | None:
        """What a site reads now, or why it cannot; None when there are no other bytes."""
        if self._page.request.method != "GET" or self._first.body_bytes > MAX_BODY_BYTES:
            return None
        try:
            return await self._read(site)
        except ExtractError:
            return None

    async def _state_of(self, site: Site, now: datetime) -> StoredState | None:
        """What a site reads now; None when the fetch fails, or has the same bytes."""
        found = await self._read(site)
        if found is None or found[0].error_class is not None:
            return None
        return as_stored(found[1], now)

    async def _read(self, site: Site) -> tuple[ReadOne, StateDraft] | None:
        async with self._one_at_a_time:
            if not self._is_wanted:
                self._is_wanted = True
                self._second = await self._fetched()
        if self._second is None:
            return None
        job = ReadJob(
            self._second.document,
            self._second.body_hash,
            (Want(site.rules),),
            screenshot=self._second.screenshot or b"",
        )
        done = await self.context.sandbox.read(job)
        [one] = done.readings
        return one, draft_of(self._second, one, done)

    async def _same_way(self, held: AsyncExitStack) -> Response:
        """The page by what it came by at first: a browser may show another."""
        if self._first.renderer == BROWSER and self.context.render is not None:
            return await self.context.render(self._page)
        return await self.context.fetch(self._page, None, held)

    async def _fetched(self) -> Response | None:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS), AsyncExitStack() as held:
                await self.context.pause(PAUSE_SECONDS)
                async with self.context.turn_of(self._page, self._first.renderer):
                    self.is_made = True
                    found = await self._same_way(held)
        except FetchError as exc:
            self.wire_bytes = exc.wire_bytes
        except (CheckError, ThrottledError, TimeoutError):
            pass  # the check has its result: this fetch only served to refine it
        else:
            self.wire_bytes = found.wire_bytes
            is_other = (
                found.body_hash != self._first.body_hash
                and found.document.url == self._first.document.url
            )
            return found if is_other and found.body_bytes <= MAX_BODY_BYTES else None
        return None
