"""Claims due pages and checks them; the observer is notified of the outcomes."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from daemon.alerting.connectivity import Uplink
from daemon.config import Config
from daemon.fetch.politeness.throttle import HostThrottle
from daemon.logs.logger import get_logger
from daemon.logs.setup import bind_check
from daemon.model.errors import CheckError, StoreError, ThrottledError
from daemon.model.outcome import Outcome, SiteOutcome
from daemon.model.page import Page
from daemon.model.product import AlertIntent
from daemon.model.reading import Lost
from daemon.model.request import BROWSER
from daemon.model.status import ErrorClass, Verdict
from daemon.money.numbers import amount_text
from daemon.pipeline.check import check, conclude
from daemon.pipeline.context import CheckContext, fetches_of, lease_of
from daemon.pipeline.indexes import extra_time
from daemon.pipeline.readers import CheckResults
from daemon.runtime.loop import Loop
from daemon.runtime.observer import UNOBSERVED, Observer
from daemon.schedule.next_check import open_at
from daemon.store.core.database import Database
from daemon.store.queue import pages
from daemon.store.record.writer import Writer
from daemon.store.tables.ids import new_id

log = get_logger(__name__)

_RENDERS_AHEAD = 2  # times as many as the browser shows at once are claimed
_SECONDS_OF_A_RENDERING = 3.0  # about
_PATIENCE_SECONDS = 2.0  # a page whose host has no room within this is put back
_BEYOND_FETCHES = 32  # each holds a body or its result
_SHARE_OF_ONE_HOST = 8  # one host may use this part of all slots


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """The concurrency, how long a claim lasts, and whether hosts are shared with other daemons."""

    concurrency: int = 64
    lease: timedelta = timedelta(minutes=2)
    in_share: bool = False
    renders: int = 2  # pages in the browser at once

    @classmethod
    def from_config(cls, config: Config, *, in_share: bool) -> WorkerSettings:
        """What the configuration says, as far as open files allow."""
        return cls(fetches_of(config.fetch), lease_of(config), in_share, config.browser.pages)

    @property
    def places(self) -> int:
        """The limit of checks in progress: more than fetches, as others are read or written."""
        return self.concurrency + min(self.concurrency, _BEYOND_FETCHES)


class Worker:
    """Claims due pages while there is room, and checks each in its own task.

    Errors: a database error ends a dispatch, not the worker; the next tick tries again.
    """

    def __init__(
        self,
        database: Database,
        writer: Writer,
        context: CheckContext,
        throttle: HostThrottle,
        settings: WorkerSettings,
        observer: Observer = UNOBSERVED,
    ) -> None:
        self._database = database
        self._writer = writer
        self._context = context
        self._throttle = throttle
        self._settings = settings
        self._observer = observer
        self._on_host: Counter[str] = Counter()
        self.checked = 0  # outcomes written since the start
        self._held: dict[UUID, Page] = {}  # claimed and not written yet
        self._held_from: dict[UUID, float] = {}  # since when, by the monotonic clock
        self._users: Counter[int] = Counter()  # checks in progress, by the tools that they use
        self._is_left = asyncio.Event()
        self._is_claiming = False
        self._is_more_due = True
        self._line = Uplink()
        self._claims = Loop(lambda exc: log.error("claim_failed", reason=str(exc)))
        self._renewals = Loop(lambda exc: log.error("leases_not_renewed", reason=str(exc)))

    @property
    def under_way(self) -> int:
        """The number of pages claimed and not written yet."""
        return len(self._held)

    def late(self) -> int:
        """The number of checks far past their deadline and not written yet."""
        now = time.monotonic()
        return sum(
            now - self._held_from[key] > self._late_after(p) for key, p in self._held.items()
        )

    def _late_after(self, page: Page) -> float:
        return 2 * (self._settings.lease + extra_time(page)).total_seconds()

    def hosts_in_use(self) -> set[str] | None:
        """The hosts with checks in progress; None while that is about to change."""
        return None if self._is_claiming else set(self._on_host)

    @property
    def is_line_down(self) -> bool:
        """Whether many hosts are unreachable at once, as when our own uplink is down."""
        return self._line.is_down(self._context.clock())

    def adopt(self, context: CheckContext, settings: WorkerSettings) -> None:
        """Use other tools and limits from the next check on; running checks keep their own."""
        self._context = context
        self._settings = settings
        self._claims.wake()
        self._renewals.wake()

    async def left(self, context: CheckContext) -> None:
        """Wait until no check uses these tools any more; new checks do not get them."""
        while self._users[id(context)]:
            self._is_left.clear()
            await self._is_left.wait()
        del self._users[id(context)]

    def tick(self) -> None:
        """Wake it, as pages may be due."""
        self._claims.wake()

    async def serve(self) -> None:
        """Dispatch at every tick, and as soon as there is room for more, until cancelled."""
        async with asyncio.TaskGroup() as checks:

            async def step() -> None:
                # Fill all the room at once; checks that end trigger the next dispatch.
                await self.dispatch(checks)

            await self._claims.serve(step)

    async def keep_leases(self) -> None:
        """Renew the leases of all held pages, every third of their length, until cancelled."""
        # A try that fails leaves time for two more.
        await self._renewals.serve(self.renew, lambda: self._settings.lease.total_seconds() / 3)

    async def renew(self) -> None:
        """Renew the leases of all held pages.

        Errors: StoreError.
        """
        held, lease = tuple(self._held.values()), self._settings.lease
        if held:
            async with self._database.writing() as session:
                await pages.renew(session, self._writer.run_id, held, lease)

    async def rest(self, seconds: float) -> None:
        """Wait until there is room or a tick, at most this long."""
        await self._claims.rest(seconds)

    async def dispatch(self, checks: asyncio.TaskGroup, since: datetime | None = None) -> int:
        """Claim due pages, as many as there is room for; returns how many.

        Shape: with `since` only pages not checked since that instant.
        """
        return await self._claims.attempt(partial(self._dispatch, checks, since))

    async def _dispatch(self, checks: asyncio.TaskGroup, since: datetime | None) -> int:
        self._observer.on_dispatched()
        room = self._settings.places - self.under_way
        # While results cannot be written, no site is fetched either.
        if room <= 0 or self._writer.is_in_trouble:
            return 0
        self._is_claiming = True
        try:
            claimed = await self._claim_due(room, since)
            self.start(checks, claimed)
        finally:
            self._is_claiming = False
        return len(claimed)

    def start(self, checks: asyncio.TaskGroup, claimed: Sequence[Page]) -> None:
        """Check these claimed pages, each in its own task."""
        for page in claimed:
            self._held[page.id] = page
            self._held_from[page.id] = time.monotonic()
            self._on_host[page.host] += 1
            checks.create_task(self._check(page), name=f"check {page.request.url}")

    async def _claim_due(self, room: int, since: datetime | None) -> list[Page]:
        settings = self._settings
        claimant = pages.Claimant(self._writer.run_id, settings.lease, settings.in_share, since)
        async with self._database.writing() as session:
            claimed = await pages.claim_due(session, claimant, room, self._held.keys())
            self._is_more_due = len(claimed) == room
            if claimed and claimed[0].claimed_at is not None:
                # Before putting pages back: by an old clock they would be due again at once.
                self._observer.on_claimed(claimed[0].claimed_at)
            # By hand a page is checked at any hour.
            open_now, closed = ([*claimed], []) if since else self._by_hours(claimed)
            ready, early = self._sort(open_now)
            early += closed
            await pages.put_back(session, early)
        if early and self._is_more_due:
            self._claims.wake()  # pages put back may have been ahead of others
        return ready

    def _by_hours(self, claimed: Sequence[Page]) -> tuple[list[Page], list[tuple[Page, datetime]]]:
        """The pages that their owners want checked at this hour, and the others with their next."""
        context, now = self._context, self._context.clock()
        opening = [
            (page, open_at(page.timings, now, context.limits, context.draw())) for page in claimed
        ]
        return [page for page, at in opening if at <= now], [one for one in opening if one[1] > now]

    def _sort(self, claimed: Sequence[Page]) -> tuple[list[Page], list[tuple[Page, datetime]]]:
        """The pages whose hosts have room, and the others with the instant to retry."""
        ready: list[Page] = []
        early: list[tuple[Page, datetime]] = []
        taken: Counter[str] = Counter()
        most = max(2, self._settings.places // _SHARE_OF_ONE_HOST)
        in_browser = sum(page.request.renderer == BROWSER for page in self._held.values())
        for page in claimed:
            wait = self._throttle.wait_seconds(page.host, taken[page.host])
            if page.request.renderer == BROWSER:
                in_browser += 1
                if (ahead := in_browser - _RENDERS_AHEAD * self._settings.renders) > 0:
                    # What waits for the browser must not fill the places of all others.
                    early.append((page, self._next_in_browser(ahead)))
                    continue
            if wait > _PATIENCE_SECONDS or self._on_host[page.host] + taken[page.host] >= most:
                early.append((page, self._next_turn(page.host, taken[page.host])))
            else:
                taken[page.host] += 1
                ready.append(page)
        return ready, early

    def _next_in_browser(self, ahead: int) -> datetime:
        """When to retry a page that the browser has no room for, behind so many others."""
        waits = _SECONDS_OF_A_RENDERING * ahead / self._settings.renders
        return self._context.clock() + timedelta(seconds=waits)

    def _next_turn(self, host: str, ahead: int = 0) -> datetime:
        """When to retry a page whose host has no room."""
        return self._context.clock() + timedelta(seconds=self._throttle.horizon(host, ahead))

    async def _check(self, page: Page) -> None:
        attempt_id = new_id()
        try:
            with bind_check(site=_names(page), attempt=attempt_id):
                outcome = self._judged(await self._outcome(page))
                if await self._writer.record(replace(outcome, attempt_id=attempt_id)):
                    self.checked += 1
                    self._observer.on_checked(outcome)
                else:
                    log.warning("lease_lost", url=page.request.url)
                    self._observer.on_lease_lost()
        except ThrottledError:
            await self._put_back(page)
        except StoreError as exc:
            log.error("outcome_lost", url=page.request.url, reason=str(exc))
        finally:
            self._leave(page)

    async def _put_back(self, page: Page) -> None:
        """Give back a page that was not fetched, due when its host may be asked again."""
        try:
            async with self._database.writing() as session:
                await pages.put_back(session, [(page, self._next_turn(page.host))])
        except StoreError as exc:
            log.warning("lease_not_given_back", url=page.request.url, reason=str(exc))

    def _leave(self, page: Page) -> None:
        del self._held[page.id], self._held_from[page.id]
        self._on_host[page.host] -= 1
        if not self._on_host[page.host]:
            del self._on_host[page.host]
        # A claim costs as much as several checks: not one for each free slot.
        if self.under_way <= (self._settings.places // 2 if self._is_more_due else 0):
            self._claims.wake()

    def _judged(self, outcome: Outcome) -> Outcome:
        """The outcome corrected by the state of our own uplink, which is no error of a site."""
        self._line = self._line.after(outcome)
        if outcome.error_class is None:
            return outcome
        return replace(outcome, outage=self._line.outage(self._context.clock()))

    async def _outcome(self, page: Page) -> Outcome:
        context = self._context
        self._users[id(context)] += 1
        try:
            return await check(page, context)
        except ThrottledError:
            raise
        # The bulkhead: a bug triggered by one page must not stop the others.
        except Exception as exc:
            log.exception("check_broken", url=page.request.url)
            fault, now = CheckError(ErrorClass.INTERNAL, _words(exc)), context.clock()
            outcome = conclude(page, now, None, CheckResults(page), fault)
            return replace(outcome, next_check_at=now + self._settings.lease * 5)
        finally:
            self._users[id(context)] -= 1
            self._is_left.set()


class OutcomeLog(Observer):
    """Logs every outcome."""

    def on_checked(self, outcome: Outcome) -> None:
        log_outcome(outcome)


def log_outcome(outcome: Outcome) -> None:
    """Log an outcome: changes and errors prominently, all others at debug level."""
    facts = {
        "url": outcome.page.request.url,
        "verdict": outcome.verdict.value,
        "seconds": round(outcome.elapsed_seconds, 3),
        "site": _names(outcome.page),
    }
    for one in outcome.sites:
        for lost in one.lost:
            log.warning("state_lost", **_lost_facts(one, lost))
        if one.move is not None:
            moved = {"new_url": one.move.url, "text_differs": one.move.text_differs}
            log.info("moved", **(facts | {"site": one.site.name}), **moved)
        if one.update is not None:
            finding = one.update.finding
            log.info(
                "changed",
                **(facts | {"site": one.site.name}),
                change_type=finding.change_type,
                confidence_score=round(finding.confidence_score, 2),
                summary=finding.summary,
            )
    for found in outcome.products:
        for alert in found.alerts:
            log.info("price_alert", **(facts | {"site": found.product.name}), **_alert_facts(alert))
    if outcome.error_class is not None:
        detail = {"error_class": outcome.error_class.value, "detail": outcome.error_detail}
        log.warning("check_failed", **facts, **detail)
    elif outcome.verdict is not Verdict.CHANGED:
        log.debug("checked", **facts)
    if outcome.cut_off:
        of = len(outcome.sites) + len(outcome.products)
        log.warning("check_cut_off", **facts, left=len(outcome.cut_off), of=of)


def _lost_facts(one: SiteOutcome, lost: Lost) -> dict[str, str | None]:
    return {
        "site": one.site.name,
        "state": lost.text_hash,
        "seen_at": lost.seen_at.isoformat() if lost.seen_at else None,
        "lost": lost.what,
        "reason": lost.reason,
        "begins_anew": "yes" if one.verdict is Verdict.INITIAL else "no",
    }


def _alert_facts(alert: AlertIntent) -> dict[str, str | None]:
    return {
        "alert_type": alert.kind.value,
        "rule": alert.rule,
        "price": None if alert.price is None else amount_text(alert.price, alert.currency),
        "currency": alert.currency,
        "availability": alert.availability.value,
    }


def _words(exc: Exception) -> str:
    return f"{type(exc).__name__}: {exc}"[:300]


def _names(page: Page) -> str:
    return ", ".join(page.names) or page.request.url
