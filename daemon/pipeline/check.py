"""Runs one check of a claimed page from start to end.

Read this first. Nothing here writes to the database: `recording.py` does, in one piece, so a check
may be cancelled or killed at any moment and leaves no trace.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta

from daemon.model.errors import CheckError, ExtractError, FetchError
from daemon.model.outcome import Outcome, ProductOutcome, SiteOutcome
from daemon.model.page import Page
from daemon.model.request import HTTP, Validators
from daemon.model.response import Response
from daemon.model.site import PICTURE, Site
from daemon.model.status import ErrorClass, Verdict
from daemon.pipeline.conditions import knows_its_conditions
from daemon.pipeline.context import CheckContext, longest_check
from daemon.pipeline.indexes import extra_time
from daemon.pipeline.readers import CheckResults, leave_as_they_were
from daemon.pipeline.redirected import refusals
from daemon.pipeline.rendering import (
    failure_picture,
    has_scripts,
    read_or_render,
    spare_its_host,
)
from daemon.pipeline.statuses import read_status, watched_status, with_answer
from daemon.sandbox.pool import BrokenJobError
from daemon.schedule.next_check import (
    LastCheck,
    ScheduleLimits,
    fresh_for_seconds,
    next_check_at,
    wanted_by,
)
from daemon.wording import duration

FULL_FETCH_EVERY = timedelta(days=1)  # some servers answer 304 for ever


async def check(page: Page, context: CheckContext) -> Outcome:
    """Check a page once and return the outcome for it and for all who watch it.

    Shape:  it begins when its request may start, not while it waits for its host; from then on
            one deadline applies to everything.
    Errors: ThrottledError when the host must not be asked yet and no request was sent; otherwise
            none but cancellation and bugs: every expected failure is an outcome.
    """
    response: Response | None = None
    fault: CheckError | None = None
    found = CheckResults(page)
    started_at, began = context.clock(), time.monotonic()
    try:
        await spare_its_host(page, context, started_at)
        async with AsyncExitStack() as held, AsyncExitStack() as turn:
            await turn.enter_async_context(context.turn_of(page, page.request.renderer))
            started_at, began = context.clock(), time.monotonic()
            async with _in_time(deadline_of(page, context), found):
                response = await context.fetch(page, validators_for(page, started_at), held)
                await turn.aclose()
                for refused in refusals(page, response):
                    found.add(refused)
                if proves_unchanged(page, response):
                    leave_as_they_were(response, found, started_at)
                else:
                    response = await read_or_render(response, found, context, started_at)
    except CheckError as exc:
        fault = exc
    if answer := watched_status(page, fault):
        await _take_for_state(answer, found, context, started_at)
        outcome = with_answer(conclude(page, started_at, None, found, None), answer)
        return _timed(outcome, began, page, answer, context)
    if response is not None:
        # Outcomes may wait long to be written: drop the bytes that they came from.
        read, wire_bytes = response.document, response.wire_bytes + found.extra_bytes
        bare = replace(read, body=b"")
        response = replace(
            response, document=bare, wire_bytes=wire_bytes, has_scripts=has_scripts(read)
        )
    outcome = conclude(page, started_at, response, found, fault)
    if isinstance(fault, FetchError) and fault.screenshot:
        outcome = replace(outcome, failure_picture=await failure_picture(fault, context))
    return _timed(outcome, began, page, fault, context)


async def checked(page: Page, context: CheckContext) -> Outcome:
    """The outcome of a check; a bug of ours is one too."""
    try:
        return await check(page, context)
    except BrokenJobError as exc:
        fault = CheckError(ErrorClass.INTERNAL, str(exc).strip().splitlines()[-1])
        return conclude(page, context.clock(), None, CheckResults(page), fault)


def _timed(
    outcome: Outcome, began: float, page: Page, fault: CheckError | None, context: CheckContext
) -> Outcome:
    return replace(
        outcome,
        elapsed_seconds=time.monotonic() - began,
        next_check_at=_next(page, outcome, fault, context),
    )


async def _take_for_state(
    answer: FetchError, found: CheckResults, context: CheckContext, now: datetime
) -> None:
    """Add the outcomes of an answer whose status some of the sites watch."""
    sites, products = found.left
    for site in sites:
        found.add(await read_status(site, answer, context, now))
    found.fail(((), products), answer.error_class, answer.detail)


def deadline_of(page: Page, context: CheckContext) -> timedelta:
    """How long a check of a page may take: always longer than its own time-out."""
    own = page.request.timeout_seconds
    longest = max(context.deadline, longest_check(own)) if own else context.deadline
    return longest + extra_time(page)


@asynccontextmanager
async def _in_time(allowed: timedelta, found: CheckResults) -> AsyncIterator[None]:
    """Apply the deadline of a check: results found by then are kept."""
    deadline = asyncio.timeout(allowed.total_seconds())
    try:
        async with deadline:
            yield
    except TimeoutError:
        if not deadline.expired():
            raise
        found.cut_off(f"not reached within the {duration(allowed.total_seconds())} of a check")


def validators_for(page: Page, now: datetime) -> Validators | None:
    """The validators for a conditional request; None when the whole body is wanted."""
    if page.body_hash is None or not _nobody_waits(page):
        return None
    if page.last_full_at is None or now - page.last_full_at > FULL_FETCH_EVERY:
        return None
    return page.validators


def proves_unchanged(page: Page, response: Response) -> bool:
    """Whether nothing has to be read: not modified, or the same bytes for the same rules."""
    if any(site.rules.kind == PICTURE for site in page.sites):
        return False  # the same source may look otherwise
    return response.is_not_modified or (
        response.body_hash == page.body_hash and _nobody_waits(page)
    )


def conclude(
    page: Page,
    started_at: datetime,
    response: Response | None,
    found: CheckResults,
    fault: CheckError | None,
) -> Outcome:
    """The outcome of a check from those of its sites and products, or from its error."""
    owned: list[SiteOutcome | ProductOutcome] = [*found.sites, *found.products]
    outcome = Outcome(
        page=page,
        verdict=_verdict(response, owned),
        started_at=started_at,
        elapsed_seconds=0.0,
        next_check_at=started_at,
        response=response,
        sites=found.sites,
        products=found.products,
        cookies=response.cookies if response else None,
    )
    if fault is None and outcome.verdict is Verdict.FAILED:
        fault = _fault_of_all(owned)
    if fault is None:
        return outcome
    outcome = replace(
        outcome,
        verdict=Verdict.FAILED,
        error_class=fault.error_class,
        error_detail=fault.detail,
    )
    return with_answer(outcome, fault) if isinstance(fault, FetchError) else outcome


def _fault_of_all(owned: Sequence[SiteOutcome | ProductOutcome]) -> ExtractError:
    """The fault of a page of which nothing could be read: no reader's words are told to others."""
    details = {one.error_detail for one in owned}
    told = f"none of the {len(owned)} that read this page can: each says why"
    detail = details.pop() if len(details) == 1 else told
    return ExtractError(owned[0].error_class or ErrorClass.INTERNAL, detail)


def _verdict(response: Response | None, owned: Sequence[SiteOutcome | ProductOutcome]) -> Verdict:
    """The most significant of the verdicts; failed only when none could be read."""
    if response is not None and response.is_not_modified:
        return Verdict.NOT_MODIFIED
    found = {one.verdict for one in owned}
    for verdict in (Verdict.CHANGED, Verdict.INITIAL, Verdict.UNCHANGED, Verdict.FAILED):
        if verdict in found:
            return verdict
    return Verdict.UNCHANGED


def _next(
    page: Page, outcome: Outcome, fault: CheckError | None, context: CheckContext
) -> datetime:
    headers = outcome.response.headers if outcome.response else {}
    past = LastCheck(
        error_class=outcome.error_class,
        failure_streak=page.failure_streak + outcome.is_failure,
        retry_after_seconds=fault.retry_after_seconds if isinstance(fault, FetchError) else None,
        fresh_for_seconds=fresh_for_seconds(headers),
        looks_again=bool(outcome.cut_off) or any(one.looks_again for one in outcome.products),
    )
    now, limits, draw = context.clock(), _limits_for(outcome, context), context.draw()
    wanted = wanted_by(page, now)
    return min(next_check_at(frequency, past, now, limits, draw) for frequency in wanted)


def _limits_for(outcome: Outcome, context: CheckContext) -> ScheduleLimits:
    if outcome.renderer == HTTP or context.limits_of_rendering is None:
        return context.limits
    return context.limits_of_rendering


def _nobody_waits(page: Page) -> bool:
    """Whether the same bytes would bring nothing new to any subscriber."""
    sites = all(map(_is_up_to_date, page.sites))
    return sites and all(product.is_up_to_date for product in page.products)


def _is_up_to_date(site: Site) -> bool:
    if site.rules.discover is not None:
        return False  # what is watched may differ from what it names, and its sitemaps from it
    is_read = site.text_hash is not None and site.error_class is None and not site.is_a_status
    return is_read and site.is_read_by_these_rules and knows_its_conditions(site)
