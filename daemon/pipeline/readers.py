"""Reads a response for each site and product of a page, as far as time allows."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import TypeVar
from uuid import UUID

from daemon.model.errors import CheckError, ExtractError, StoreError
from daemon.model.outcome import ProductOutcome, SiteOutcome, StateDraft
from daemon.model.page import Page
from daemon.model.product import Product
from daemon.model.reading import NOTHING_CHOSEN, STATUS_KIND, Lost, StoredState, missing_parts
from daemon.model.response import Response
from daemon.model.site import Site
from daemon.model.status import ErrorClass, Verdict
from daemon.model.volatile_lines import Volatile
from daemon.pipeline.conditions import is_going, with_conditions
from daemon.pipeline.context import CheckContext
from daemon.pipeline.indexes import Gathering, indexes, with_pages
from daemon.pipeline.outcomes import (
    as_stored,
    asks_nobody,
    begun_anew,
    draft_of,
    failed,
    instead_of_a_feed,
    judged,
)
from daemon.pipeline.redirected import moved_with
from daemon.pipeline.refetch import Refetch
from daemon.pipeline.statuses import appeared
from daemon.prices import PricePoint, judge_offer, unread, with_evidence
from daemon.sandbox.messages import (
    JudgeDone,
    JudgeJob,
    OfferWant,
    ReadJob,
    ReadOffer,
    ReadOne,
    Want,
)
from daemon.store.tables.ids import new_id
from daemon.store.views.departures import KnownStates
from daemon.store.views.price_history import points_since

SETTLED_AFTER = timedelta(days=2)  # a page that stays this small for so long is accepted
_IN_PART = ":in part"  # of what read a state in which a chosen part was missing
_AT_ONCE = 4  # sites, and products, per job: they share its CPU limit

_T = TypeVar("_T", Site, Product)
_Group = tuple[tuple[Site, ...], tuple[Product, ...]]


@dataclass(slots=True)
class CheckResults:
    """The outcomes for the sites and products of a page, as far as the check has got."""

    page: Page
    again: Refetch | None = None
    _sites: dict[UUID, SiteOutcome] = field(default_factory=dict)
    _products: dict[UUID, ProductOutcome] = field(default_factory=dict)

    @property
    def sites(self) -> tuple[SiteOutcome, ...]:
        """The outcomes of the sites that were reached, in the page's order."""
        return tuple(self._sites[one.id] for one in self.page.sites if one.id in self._sites)

    @property
    def products(self) -> tuple[ProductOutcome, ...]:
        """The outcomes of the products that were reached, in the page's order."""
        reached = self._products
        return tuple(reached[one.id] for one in self.page.products if one.id in reached)

    @property
    def extra_bytes(self) -> int:
        """The bytes of the second fetch."""
        return 0 if self.again is None else self.again.wire_bytes

    def add(self, one: SiteOutcome | ProductOutcome) -> None:
        """Add the outcome of one more."""
        if isinstance(one, SiteOutcome):
            self._sites[one.site.id] = one
        else:
            self._products[one.product.id] = one

    @property
    def left(self) -> _Group:
        """The sites and products without an outcome yet."""
        return (
            tuple(one for one in self.page.sites if one.id not in self._sites),
            tuple(one for one in self.page.products if one.id not in self._products),
        )

    def found_nothing(self, classes: Collection[ErrorClass]) -> _Group:
        """Those whose outcomes are errors of these classes, and sites that choose nothing."""
        sites = tuple(
            one.site for one in self.sites if one.error_class in classes or one.is_nothing
        )
        return sites, tuple(one.product for one in self.products if one.error_class in classes)

    def forget(self, group: _Group) -> None:
        """Drop the outcomes of these, which are read anew."""
        for site in group[0]:
            del self._sites[site.id]
        for product in group[1]:
            del self._products[product.id]

    def cut_off(self, detail: str) -> None:
        """Record the deadline: those not reached come first at the next check."""
        self.fail(self.left, ErrorClass.DEADLINE, detail)

    def fail(
        self,
        group: tuple[Sequence[Site], Sequence[Product]],
        error_class: ErrorClass,
        detail: str,
    ) -> None:
        """Add the error for all of these."""
        for site in group[0]:
            self.add(failed(site, error_class, detail))
        for product in group[1]:
            self.add(_product_failure(product, error_class, detail))


def leave_as_they_were(response: Response, found: CheckResults, now: datetime) -> None:
    """Add the outcomes for all when there is nothing to read."""
    verdict = Verdict.NOT_MODIFIED if response.is_not_modified else Verdict.UNCHANGED
    sites, products = found.left
    for site in sites:
        found.add(moved_with(found.page, response, SiteOutcome(site, verdict)))
    for product in products:
        found.add(with_evidence(unread(product, verdict, now), new_id(), None))


async def read_for_all(
    response: Response, found: CheckResults, context: CheckContext, now: datetime
) -> None:
    """Read and judge a response for all subscribers; `found` grows as they are done.

    Shape:  a few at a time, in parallel on all document workers; first those that deadlines have
            kept waiting longest.
    Errors: CheckError when none can read it; of several groups each has its own.
    """
    found.again = again = Refetch(found.page, response, context)
    for site in indexes(found.left[0]):
        await _read_index(site, response, found, again, now)
    groups = list(_groups(found.left))
    if len(groups) == 1:
        await _read_group(groups[0], response, found, again, now)
        return
    rest = iter(groups)

    async def work() -> None:
        for group in rest:
            try:
                await _read_group(group, response, found, again, now)
            except CheckError as exc:
                found.fail(group, exc.error_class, exc.detail)

    try:
        async with asyncio.TaskGroup() as tasks:
            for _ in range(min(len(groups), context.sandbox.workers)):
                tasks.create_task(work(), name="read")
    except ExceptionGroup as several:  # bugs: raising one of them is enough
        raise several.exceptions[0] from several


def _groups(left: _Group) -> Iterator[_Group]:
    sites, products = _by_turn(left[0]), _by_turn(left[1])
    return zip_longest(_parts(sites), _parts(products), fillvalue=())


def _by_turn(owned: Sequence[_T]) -> list[_T]:
    """First those not reached before, the longest waiting first; then the others."""
    waiting = [(one.deferred_since, i) for i, one in enumerate(owned) if one.deferred_since]
    others = [one for one in owned if not one.deferred_since]
    return [owned[i] for _, i in sorted(waiting)] + others


def _parts(owned: Sequence[_T]) -> Iterator[tuple[_T, ...]]:
    return (tuple(owned[i : i + _AT_ONCE]) for i in range(0, len(owned), _AT_ONCE))


async def _read_group(
    group: _Group, response: Response, found: CheckResults, again: Refetch, now: datetime
) -> None:
    context = again.context
    done = await context.sandbox.read(_job(group, response, now))
    for product, offer in zip(group[1], done.offers, strict=True):
        looked = await _look_at_offer(product, offer, context, now)
        found.add(with_evidence(looked, new_id(), done.source))
    for site, one in zip(group[0], done.readings, strict=True):
        draft = draft_of(response, one, done)
        seen = await _look_for(site, one, draft, again, now)
        if is_going(seen, one, now):
            seen = await _confirmed(seen, again, now)
        found.add(moved_with(found.page, response, seen))


async def _read_index(
    site: Site, response: Response, found: CheckResults, again: Refetch, now: datetime
) -> None:
    """Add the outcome of a site whose page names others: it is read as a list of these."""
    gathering = Gathering(found.page, again.context)
    try:
        listed = await gathering.listed(response, site.rules)
        job = ReadJob(listed.document, listed.body_hash, (Want(site.rules),))
        done = await again.context.sandbox.read(job)
        [one] = done.readings
        draft = draft_of(listed, one, done)
        seen = with_pages(await _read_as(site, one, draft, again, now), one, draft)
        found.add(moved_with(found.page, response, seen))
    except CheckError as exc:
        found.fail(((site,), ()), exc.error_class, exc.detail)
    finally:
        again.wire_bytes += gathering.wire_bytes


async def _confirmed(gone: SiteOutcome, again: Refetch, now: datetime) -> SiteOutcome:
    """The outcome where something is no longer there, unless another fetch shows otherwise."""
    second = await again.reading_of(gone.site)
    return gone if second is None else await _look_for(gone.site, *second, again, now)


def _job(group: _Group, response: Response, now: datetime) -> ReadJob:
    wants = tuple(Want(site.rules, site.text_hash) for site in group[0])
    today = now.date().isoformat()
    offers = tuple(
        OfferWant(replace(one.hint, today=today), one.state.seen.offer_hash if one.state else None)
        for one in group[1]
    )
    return ReadJob(response.document, response.body_hash, wants, offers, response.screenshot or b"")


async def _look_at_offer(
    product: Product, read: ReadOffer, context: CheckContext, now: datetime
) -> ProductOutcome:
    """The outcome of an offer for one product: a price check with its alerts, or an error."""
    if read.error_class is not None:
        return _product_failure(product, read.error_class, read.error_detail)
    try:
        history = await _prices(product, context, now)
    except CheckError as exc:
        return _product_failure(product, exc.error_class, exc.detail)
    return judge_offer(product, read.offer, read.offer_hash, history, now)


async def _prices(product: Product, context: CheckContext, now: datetime) -> tuple[PricePoint, ...]:
    """The prices that the alerts need, and one more day for the price at the start."""
    days = product.rules.lowest_in_days
    if days is None:
        return ()
    since = now - timedelta(days=days + 1)
    try:
        return await context.database.insist(lambda s: points_since(s, product.id, since))
    except StoreError as exc:
        raise CheckError(ErrorClass.STORE, str(exc)) from exc


def _product_failure(product: Product, error_class: ErrorClass, detail: str) -> ProductOutcome:
    return ProductOutcome(product, Verdict.FAILED, error_class=error_class, error_detail=detail)


async def _look_for(
    site: Site, one: ReadOne, draft: StateDraft, again: Refetch, now: datetime
) -> SiteOutcome:
    """The outcome of a reading for one site, with what crossed of its conditions."""
    return with_conditions(await _read_as(site, one, draft, again, now), one, draft, now)


async def _read_as(
    site: Site, one: ReadOne, draft: StateDraft, again: Refetch, now: datetime
) -> SiteOutcome:
    """The outcome of a reading for one site: a first state, a known one, noise, or a change."""
    if one.error_class is not None:
        return failed(site, one.error_class, one.error_detail, one.blind_spot)
    if (instead := instead_of_a_feed(site, draft)) is not None:
        return instead
    read_with = _read_with(site, draft)
    if site.text_hash is None:
        return SiteOutcome(site, Verdict.INITIAL, read_with, draft)
    if one.text_hash == site.text_hash:
        is_whole = one.text_hash == NOTHING_CHOSEN or not missing_parts(draft.flags)
        is_known = read_with == site.read_with and is_whole
        state = None if is_known else draft
        return SiteOutcome(site, Verdict.UNCHANGED, read_with, state)
    try:
        known = await again.context.recall.of(site)
        return await _compare(site, known, draft, again, now)
    except CheckError as exc:
        return failed(site, exc.error_class, exc.detail)


def _title_of(site: Site, before: StoredState, after: StateDraft) -> str:
    """What a change is called: by the page as it is now, as it was, or by the site."""
    return after.title or before.title or site.name


def _read_with(site: Site, draft: StateDraft) -> str:
    """The rules, the reader, and whether a part was missing: what the known state is known by."""
    whole = f"{site.rules_hash}:{draft.extractor}"
    return f"{whole}{_IN_PART}" if missing_parts(draft.flags) else whole


def _is_reread(site: Site, draft: StateDraft) -> bool:
    """Whether the known state was read by other rules, or by another reader."""
    before, now = site.read_with or "", _read_with(site, draft)
    return before.removesuffix(_IN_PART) != now.removesuffix(_IN_PART)


def _judge_job(
    site: Site,
    before: StoredState,
    known: KnownStates,
    draft: StateDraft,
    again: Refetch,
    now: datetime,
) -> JudgeJob:
    """What is to be judged: the last state and the new one, the older ones, and what is known."""
    reread = _is_reread(site, draft)
    return JudgeJob(
        before=before,
        after=as_stored(draft, now),
        history=tuple(
            state
            for state in reversed(known.states)
            if state is not before and state.kind != STATUS_KIND
        ),
        rules=site.rules,
        site_type=site.site_type,
        reread=reread,
        departures=known.departures,
        ratings=site.ratings,
        is_settled=site.blind_since is not None and now - site.blind_since >= SETTLED_AFTER,
        volatile=site.volatile.lines,
        may_ask=not reread and again.may_serve(site, draft.kind, now),
        may_confirm=not reread and again.may_confirm(draft.kind),
    )


async def _judge(
    site: Site, job: JudgeJob, again: Refetch, now: datetime
) -> tuple[JudgeDone, Volatile | None]:
    """The judgement, by a second fetch where it is in doubt, and what that taught of the lines."""
    done = await again.context.sandbox.judge(job)
    if not done.is_doubtful:
        return done, None
    done = await again.judged(site, job, now)
    is_learned = again.is_made and job.may_ask
    return done, site.volatile.learned(done.learned, now) if is_learned else None


async def _compare(
    site: Site, known: KnownStates, draft: StateDraft, again: Refetch, now: datetime
) -> SiteOutcome:
    read_with = _read_with(site, draft)
    before = known.with_text(site.text_hash)
    if before is None:
        gone = Lost(site.text_hash or "", "text", "no state of this text is stored any more")
        return begun_anew(site, read_with, draft, (gone,))
    if before.kind == STATUS_KIND:
        return appeared(site, read_with, before, draft)
    job = _judge_job(site, before, known, draft, again, now)
    if job.reread and before.source is None:
        return SiteOutcome(site, Verdict.UNCHANGED, read_with, draft)
    try:
        done, volatile = await _judge(site, job, again, now)
    except ExtractError as exc:
        if not job.reread or exc.error_class.is_ours:
            raise
        # New rules that do not fit the old source start from the present reading.
        return SiteOutcome(site, Verdict.UNCHANGED, read_with, draft)
    if not done.is_compared:
        return begun_anew(site, read_with, draft, done.lost)
    title = _title_of(site, before, draft)
    asks = again.context.is_for_a_model if site.rules.discover is None else asks_nobody
    outcome = judged(site, read_with, draft, done, title, asks)
    return replace(outcome, volatile=volatile)
