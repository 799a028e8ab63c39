"""One check from start to end: a claimed page in, what it leaves behind out.

Read this first. Nothing here is written to the database: the outcome is, by `store.writer`, as one
piece. So a check may be cancelled or killed at any moment and leaves no trace.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from daemon.blindspot import BlindSpot
from daemon.errors import CheckError, ExtractError, FetchError, StoreError
from daemon.model import (
    ErrorClass,
    Finding,
    Outcome,
    Page,
    ProductOutcome,
    Response,
    Site,
    SiteOutcome,
    StateDraft,
    StoredState,
    UpdateDraft,
    Validators,
    Verdict,
)
from daemon.packing import Packed
from daemon.prices import PricePoint, judge_offer, unread, with_evidence
from daemon.product import Product
from daemon.sandbox.messages import JudgeJob, OfferWant, ReadJob, ReadOffer, ReadOne, Want
from daemon.sandbox.pool import Sandbox
from daemon.schedule import Limits, Past, fresh_for_seconds, next_check_at, parse_frequency
from daemon.store.database import Database
from daemon.store.ids import new_id
from daemon.store.priced import points_since
from daemon.store.states import states_with

Turn = Callable[[str], AbstractAsyncContextManager[None]]
Fetch = Callable[[Page, Validators | None, AsyncExitStack], Awaitable[Response]]
_Found = tuple[tuple[SiteOutcome, ...], tuple[ProductOutcome, ...]]

FULL_FETCH_EVERY = timedelta(days=1)  # servers have been seen to answer 304 for ever
FLAP_WINDOW = timedelta(days=1)
SETTLED_AFTER = timedelta(days=2)  # a page that stays so small for so long is taken as it is
_STATES_COMPARED = 5


@dataclass(frozen=True, slots=True)
class Tools:
    """What a check touches the world with, and the operator's bounds.

    Shape: each request is made in a `turn` of its host.
    """

    turn: Turn
    fetch: Fetch
    sandbox: Sandbox
    database: Database
    limits: Limits
    clock: Callable[[], datetime]
    luck: Callable[[], float]
    is_for_a_model: Callable[[Finding], bool] = lambda finding: False


async def check(page: Page, tools: Tools) -> Outcome:
    """Look at a page once and say what that means for it and for everybody who watches it.

    Shape:  it begins when its request may start, not while it waits for its host.
    Errors: ThrottledError when the host is not to be asked for a while, and nothing was; beside
            it none but cancellation and bugs: every expected failure is an outcome.
    """
    response: Response | None = None
    fault: CheckError | None = None
    found: _Found = ((), ())
    try:
        async with AsyncExitStack() as held, AsyncExitStack() as turn:
            await turn.enter_async_context(tools.turn(page.host))
            started_at, began = tools.clock(), time.monotonic()
            response = await tools.fetch(page, validators_for(page, started_at), held)
            await turn.aclose()
            found = await _look(page, response, tools, started_at)
    except CheckError as exc:
        fault = exc
    if response is not None:
        # Outcomes wait to be written, and may wait long: without the bytes they came from.
        response = replace(response, document=replace(response.document, body=b""))
    outcome = conclude(page, started_at, response, found, fault)
    return replace(
        outcome,
        elapsed_seconds=time.monotonic() - began,
        next_check_at=_next(page, outcome, fault, tools),
    )


def validators_for(page: Page, now: datetime) -> Validators | None:
    """What to ask «is it still this?» with; nothing when the whole body is wanted."""
    if page.body_hash is None or not _nobody_waits(page):
        return None
    if page.last_full_at is None or now - page.last_full_at > FULL_FETCH_EVERY:
        return None
    return page.validators


def proves_unchanged(page: Page, response: Response) -> bool:
    """Whether there is nothing to read: not modified, or the same bytes for the same rules."""
    return response.is_not_modified or (
        response.body_hash == page.body_hash and _nobody_waits(page)
    )


def conclude(
    page: Page,
    started_at: datetime,
    response: Response | None,
    found: _Found,
    fault: CheckError | None,
) -> Outcome:
    """The outcome of an attempt from what its owners made of it, or from what stopped it."""
    owned: list[SiteOutcome | ProductOutcome] = [*found[0], *found[1]]
    outcome = Outcome(
        page=page,
        verdict=_verdict(response, owned),
        started_at=started_at,
        elapsed_seconds=0.0,
        next_check_at=started_at,
        response=response,
        sites=found[0],
        products=found[1],
    )
    if fault is None and outcome.verdict is Verdict.FAILED:
        fault = ExtractError(owned[0].error_class or ErrorClass.INTERNAL, owned[0].error_detail)
    if fault is None:
        return outcome
    outcome = replace(
        outcome,
        verdict=Verdict.FAILED,
        error_class=fault.error_class,
        error_detail=fault.detail,
    )
    if isinstance(fault, FetchError):
        return replace(
            outcome,
            status=fault.status,
            final_url=fault.final_url,
            wire_bytes=fault.wire_bytes,
            retry_after_seconds=fault.retry_after_seconds,
        )
    return outcome


def _verdict(response: Response | None, owned: Sequence[SiteOutcome | ProductOutcome]) -> Verdict:
    """The most telling of the owners' verdicts; failed only when nobody could read the page."""
    if response is not None and response.is_not_modified:
        return Verdict.NOT_MODIFIED
    found = {one.verdict for one in owned}
    for verdict in (Verdict.CHANGED, Verdict.INITIAL, Verdict.UNCHANGED, Verdict.FAILED):
        if verdict in found:
            return verdict
    return Verdict.UNCHANGED


def _next(page: Page, outcome: Outcome, fault: CheckError | None, tools: Tools) -> datetime:
    headers = outcome.response.headers if outcome.response else {}
    past = Past(
        error_class=outcome.error_class,
        failure_streak=page.failure_streak + outcome.is_failure,
        retry_after_seconds=fault.retry_after_seconds if isinstance(fault, FetchError) else None,
        fresh_for_seconds=fresh_for_seconds(headers),
        looks_again=any(one.looks_again for one in outcome.products),
    )
    frequency = parse_frequency(page.check_frequency, page.time_zone)
    return next_check_at(frequency, past, tools.clock(), tools.limits, tools.luck())


def _nobody_waits(page: Page) -> bool:
    """Whether the same bytes would tell nobody anything new."""
    sites = all(map(_is_up_to_date, page.sites))
    return sites and all(product.is_up_to_date for product in page.products)


def _is_up_to_date(site: Site) -> bool:
    return site.text_hash is not None and site.error_class is None and site.is_read_by_these_rules


async def _look(page: Page, response: Response, tools: Tools, now: datetime) -> _Found:
    if proves_unchanged(page, response):
        verdict = Verdict.NOT_MODIFIED if response.is_not_modified else Verdict.UNCHANGED
        quiet = (with_evidence(unread(one, verdict, now), new_id(), None) for one in page.products)
        return tuple(SiteOutcome(site, verdict) for site in page.sites), tuple(quiet)
    done = await tools.sandbox.read(_job(page, response, now))
    sites, products = [], []
    for site, one in zip(page.sites, done.readings, strict=True):
        draft = _draft(response, one, done.source)
        sites.append(await _look_for(site, one, draft, tools, now))
    for product, offer in zip(page.products, done.offers, strict=True):
        found = await _look_at_offer(product, offer, tools, now)
        products.append(with_evidence(found, new_id(), done.source))
    return tuple(sites), tuple(products)


def _job(page: Page, response: Response, now: datetime) -> ReadJob:
    wants = tuple(Want(site.rules, site.text_hash) for site in page.sites)
    today = now.date().isoformat()
    offers = tuple(
        OfferWant(replace(one.hint, today=today), one.state.seen.offer_hash if one.state else None)
        for one in page.products
    )
    return ReadJob(response.document, response.body_hash, wants, offers)


async def _look_at_offer(
    product: Product, read: ReadOffer, tools: Tools, now: datetime
) -> ProductOutcome:
    """What this offer means to one product: a price check with its alerts, or a failure."""
    if read.error_class is not None:
        return _product_failure(product, read.error_class, read.error_detail)
    try:
        history = await _prices(product, tools, now)
    except CheckError as exc:
        return _product_failure(product, exc.error_class, exc.detail)
    return judge_offer(product, read.offer, read.offer_hash, history, now)


async def _prices(product: Product, tools: Tools, now: datetime) -> tuple[PricePoint, ...]:
    """The prices that an alert asks for; one day more, for the price that stood at the start."""
    days = product.rules.lowest_in_days
    if days is None:
        return ()
    since = now - timedelta(days=days + 1)
    try:
        return await tools.database.insist(lambda s: points_since(s, product.id, since))
    except StoreError as exc:
        raise CheckError(ErrorClass.STORE, str(exc)) from exc


def _product_failure(product: Product, error_class: ErrorClass, detail: str) -> ProductOutcome:
    return ProductOutcome(product, Verdict.FAILED, error_class=error_class, error_detail=detail)


def _draft(response: Response, one: ReadOne, source: Packed | None) -> StateDraft:
    return StateDraft(
        kind=one.kind,
        title=one.title,
        extractor=one.extractor,
        flags=one.flags,
        content_type=response.document.content_type,
        charset=response.document.charset,
        url=response.document.url,
        text_hash=one.text_hash,
        text=one.text,
        source=source if one.text is not None else None,
    )


async def _look_for(
    site: Site, one: ReadOne, draft: StateDraft, tools: Tools, now: datetime
) -> SiteOutcome:
    """What this reading means to one site: a first state, a known one, noise, or a change."""
    if one.error_class is not None:
        return _site_failure(site, one.error_class, one.error_detail, one.blind_spot)
    read_with = f"{site.rules_hash}:{one.extractor}"
    if site.text_hash is None:
        return SiteOutcome(site, Verdict.INITIAL, read_with, draft)
    if one.text_hash == site.text_hash:
        state = None if read_with == site.read_with else draft
        return SiteOutcome(site, Verdict.UNCHANGED, read_with, state)
    try:
        states = await _known_states(site, tools)
        return await _compare(site, states, draft, tools, now)
    except CheckError as exc:
        return _site_failure(site, exc.error_class, exc.detail)


async def _known_states(site: Site, tools: Tools) -> tuple[StoredState, ...]:
    try:
        return await tools.database.insist(lambda s: states_with(s, site, _STATES_COMPARED))
    except StoreError as exc:
        raise CheckError(ErrorClass.STORE, str(exc)) from exc


async def _compare(
    site: Site,
    states: tuple[StoredState, ...],
    draft: StateDraft,
    tools: Tools,
    now: datetime,
) -> SiteOutcome:
    read_with = f"{site.rules_hash}:{draft.extractor}"
    before = next((state for state in states if state.text_hash == site.text_hash), None)
    if before is None:
        return SiteOutcome(site, Verdict.INITIAL, read_with, draft)
    reread = read_with != site.read_with
    if is_flap(states, draft.text_hash, now) or (reread and before.source is None):
        return SiteOutcome(site, Verdict.UNCHANGED, read_with, draft)
    job = JudgeJob(
        before=before,
        after=_as_stored(draft, now),
        history=tuple(state for state in reversed(states) if state is not before),
        rules=site.rules,
        site_type=site.site_type,
        reread=reread,
        flap_seconds=FLAP_WINDOW.total_seconds(),
        ratings=site.ratings,
        is_settled=site.blind_since is not None and now - site.blind_since >= SETTLED_AFTER,
    )
    try:
        done = await tools.sandbox.judge(job)
    except ExtractError as exc:
        if not reread or exc.error_class.is_ours:
            raise
        # New rules that do not fit the old source begin with what they read now.
        return SiteOutcome(site, Verdict.UNCHANGED, read_with, draft)
    finding = done.finding
    if finding.failure is not None:
        return _site_failure(site, finding.failure, finding.summary, finding.blind_spot)
    if finding.change_type is None:
        return SiteOutcome(site, Verdict.UNCHANGED, read_with, draft)
    update = UpdateDraft(
        id=new_id(),
        title=draft.title or before.title or site.name,
        finding=finding,
        diff=done.diff,
        before_text_hash=done.before_text_hash,
        after_text_hash=draft.text_hash,
        compared_with=done.compared_with,
        awaits_analysis=tools.is_for_a_model(finding),
    )
    return SiteOutcome(site, Verdict.CHANGED, read_with, draft, update)


def is_flap(states: tuple[StoredState, ...], text_hash: str, now: datetime) -> bool:
    """Whether a site only went back to one of its last states, seen a short while ago."""
    return any(s.text_hash == text_hash and now - s.seen_at < FLAP_WINDOW for s in states)


def _as_stored(draft: StateDraft, now: datetime) -> StoredState:
    if draft.text is None:
        raise ValueError("a text that is not the known one is always sent along")
    return StoredState(
        kind=draft.kind,
        title=draft.title,
        text_hash=draft.text_hash,
        extractor=draft.extractor,
        flags=draft.flags,
        text=draft.text.data,
        source=draft.source.data if draft.source else None,
        content_type=draft.content_type,
        charset=draft.charset,
        url=draft.url,
        seen_at=now,
    )


def _site_failure(
    site: Site, error_class: ErrorClass, detail: str, blind_spot: BlindSpot | None = None
) -> SiteOutcome:
    return SiteOutcome(
        site,
        Verdict.FAILED,
        error_class=error_class,
        error_detail=detail,
        blind_spot=blind_spot,
    )
