"""A page with many readers: whose turn comes when, and what a deadline leaves of a check."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from daemon.config.sections import DocumentsConfig
from daemon.model.outcome import Outcome, SiteOutcome
from daemon.model.site import Rules, Site
from daemon.model.status import ErrorClass, Verdict
from daemon.pipeline.check import check, conclude, deadline_of
from daemon.pipeline.readers import CheckResults, read_for_all
from daemon.pipeline.recording import record
from daemon.sandbox.pool import Sandbox, SandboxObserver
from daemon.store import tables
from daemon.store.core.database import Database
from tests.loopback import Clock, serving, tools_for
from tests.making import begin_run, claim, claimed_page, initial
from tests.test_pipeline import FIRST, HOUR, SECOND, THIRD, Bench

SITES = 9  # of which a job reads four


@pytest.fixture
async def bench(database: Database, sandbox: Sandbox) -> AsyncIterator[Bench]:
    clock = Clock()
    async with serving(page=FIRST) as site, tools_for(database, sandbox, clock) as (_, context):
        bench = Bench(site, database, context, clock, await begin_run(database))
        await bench.watch(*(bench.spec(f"site {i}", rules=rules(i)) for i in range(SITES)))
        yield bench


def rules(number: int) -> Rules:
    # What is chosen is never fetched once more: each site costs one reading and one judgement.
    return Rules(include=("main",), exclude=(f".nothing-{number}",))


async def look_until(bench: Bench, body: str, jobs: int) -> Outcome:
    """Check the page, with a deadline that comes after so many jobs; and store what was found."""
    bench.site.bodies["/page"] = body
    page, now = await bench.claim(), bench.clock()
    found = CheckResults(page)
    async with AsyncExitStack() as held:
        response = await bench.context.fetch(page, None, held)

    class Ends(SandboxObserver):
        done = 0

        def on_document_done(self, seconds: float) -> None:
            self.done += 1
            if self.done == jobs:
                deadline.reschedule(asyncio.get_running_loop().time())

    async with Sandbox(DocumentsConfig(workers=1), Ends()) as sandbox:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(None) as deadline:
                await read_for_all(response, found, replace(bench.context, sandbox=sandbox), now)
    found.cut_off("late")
    outcome = conclude(page, now, response, found, None)
    async with bench.database.writing() as session:
        assert await record(session, bench.run_id, [outcome])
    bench.clock.move(HOUR)
    return outcome


def names(outcome: Outcome, verdict: Verdict) -> set[str]:
    return {one.site.name for one in outcome.sites if one.verdict is verdict}


async def test_all_readers_of_a_page_are_read_and_judged(bench: Bench) -> None:
    first, second = await bench.look(), await bench.look_at(SECOND)
    assert [one.verdict for one in first.sites] == [Verdict.INITIAL] * SITES
    assert [one.verdict for one in second.sites] == [Verdict.CHANGED] * SITES
    assert [one.site.id for one in second.sites] == [site.id for site in second.page.sites]


async def test_a_group_that_cannot_be_read_stops_no_other(bench: Bench) -> None:
    await bench.watch(
        *(bench.spec(f"site {i}", rules=rules(i)) for i in range(SITES - 1)),
        bench.spec("bad", rules=Rules(exclude=("//p/text()",))),
    )
    outcome = await bench.look()
    [bad] = [one for one in outcome.sites if one.verdict is Verdict.FAILED]
    assert (bad.site.name, bad.error_class) == ("bad", ErrorClass.SELECTOR)
    assert outcome.error_class is None


async def test_what_was_judged_before_the_deadline_is_kept(bench: Bench) -> None:
    await bench.look()
    outcome = await look_until(bench, SECOND, jobs=3)  # four are read, and two judged
    assert outcome.verdict is Verdict.CHANGED
    assert outcome.error_class is None
    assert len(names(outcome, Verdict.CHANGED)) == 2
    assert {one.error_class for one in outcome.cut_off} == {ErrorClass.DEADLINE}
    assert len(outcome.cut_off) == SITES - 2
    assert len(await bench.updates()) == 2


async def test_those_whom_a_deadline_cut_off_come_first_until_all_had_their_turn(
    bench: Bench,
) -> None:
    await bench.look()
    turns = [await look_until(bench, body, jobs=4) for body in (SECOND, THIRD, SECOND + THIRD)]
    judged = [names(one, Verdict.CHANGED) for one in turns]
    assert [len(some) for some in judged] == [3, 3, 3]
    assert len(set.union(*judged)) == SITES
    outcome = await bench.look()
    assert not outcome.cut_off
    assert {site.deferred_since for site in (await bench.claim()).sites} == {None}
    assert Counter(row.site_id for row in await bench.updates()).total() == 9 + 6


async def test_who_waits_longest_comes_first(bench: Bench) -> None:
    await bench.look()
    began = bench.clock()
    await look_until(bench, SECOND, jobs=4)
    await look_until(bench, THIRD, jobs=4)
    since = Counter(site.deferred_since for site in (await bench.claim()).sites)
    assert since == {began: 3, began + HOUR: 3, None: 3}


async def test_a_page_of_which_some_wait_is_read_again_and_soon(bench: Bench) -> None:
    await bench.look()
    await look_until(bench, SECOND, jobs=3)
    outcome = await bench.look()  # the same bytes
    assert outcome.verdict is Verdict.CHANGED
    assert len(names(outcome, Verdict.CHANGED)) == SITES - 2
    assert len(await bench.updates()) == SITES


async def test_a_worker_that_stands_still_holds_a_check_no_longer_than_its_deadline(
    bench: Bench,
) -> None:
    await bench.look()
    bench.site.bodies["/page"] = SECOND
    [worker] = bench.context.sandbox._all
    os.kill(worker.process.pid, signal.SIGSTOP)
    outcome = await check(
        await bench.claim(), replace(bench.context, deadline=timedelta(seconds=0.5))
    )
    assert (outcome.verdict, outcome.error_class) == (Verdict.FAILED, ErrorClass.DEADLINE)
    assert len(outcome.cut_off) == SITES
    assert "500 ms" in outcome.error_detail
    assert not outcome.is_failure  # ours, and no site's
    assert outcome.next_check_at - bench.clock() < timedelta(hours=1)


async def test_a_server_that_never_answers_holds_a_check_no_longer_than_its_deadline(
    bench: Bench,
) -> None:
    @asynccontextmanager
    async def turn(host: str) -> AsyncIterator[None]:
        async with bench.context.turn(host):
            yield
        left.append(host)

    left: list[str] = []
    never = asyncio.Event()

    async def fetch(*_: Any) -> Any:
        await never.wait()

    context = replace(bench.context, turn=turn, fetch=fetch, deadline=timedelta(seconds=0.1))
    outcome = await check(await bench.claim(), context)
    assert outcome.error_class is ErrorClass.DEADLINE
    assert outcome.response is None
    assert left == [bench.site.host]


async def test_a_check_has_the_time_that_its_page_asks_for(bench: Bench) -> None:
    """A time-out of five minutes is of no use in a check that ends after two."""
    page = await bench.claim()
    context = replace(bench.context, deadline=timedelta(minutes=2))
    assert deadline_of(page, context) == timedelta(minutes=2)
    slow = replace(page, request=replace(page.request, timeout_seconds=300))
    assert deadline_of(slow, context) == timedelta(minutes=11)
    quick = replace(page, request=replace(page.request, timeout_seconds=5))
    assert deadline_of(quick, context) == timedelta(minutes=2)


# What is stored


def cut_off(outcome: Outcome) -> Outcome:
    sites = tuple(
        SiteOutcome(one.site, Verdict.FAILED, error_class=ErrorClass.DEADLINE, error_detail="late")
        for one in outcome.sites
    )
    return replace(outcome, sites=sites)


async def deferred(database: Database, run_id: UUID, outcome: Outcome) -> Site:
    async with database.writing() as session:
        assert await record(session, run_id, [outcome])
        table = tables.Page.__table__
        await session.execute(table.update().values(next_check_at=outcome.page.next_check_at))
    [page] = await claim(database, run_id)
    [site] = page.sites
    return site


async def test_since_when_a_site_waits_is_forgotten_once_it_had_its_turn(
    database: Database,
) -> None:
    run_id = await begin_run(database)
    page = await claimed_page(database, run_id)
    one = cut_off(initial(page))
    site = await deferred(database, run_id, one)
    assert site.deferred_since == one.started_at
    page = replace(page, lease_token=2, sites=(site,))
    later = replace(cut_off(initial(page)), started_at=one.started_at + HOUR)
    site = await deferred(database, run_id, later)
    assert site.deferred_since == one.started_at
    page = replace(page, lease_token=3, sites=(site,))
    assert (await deferred(database, run_id, initial(page))).deferred_since is None
    async with database.reading() as session:
        classes = list(await session.scalars(select(tables.MonitoredSite.error_class)))
    assert classes == [None]
