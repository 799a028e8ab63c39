"""The worker: how much at once, who waits for whom, and what stops nobody else."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import structlog
from sqlalchemy import func, select, text, update

from daemon.fetch.client import Fetcher
from daemon.fetch.politeness.throttle import HostThrottle
from daemon.model.outcome import Outcome, SiteOutcome
from daemon.model.page import Page
from daemon.model.request import BROWSER, HTTP, Request, Validators
from daemon.model.response import Response
from daemon.model.site import Rules
from daemon.model.site import Site as Watched
from daemon.model.status import ErrorClass, Verdict
from daemon.pipeline.context import CheckContext
from daemon.pipeline.recording import record
from daemon.runtime.observer import Observer
from daemon.runtime.worker import Worker, WorkerSettings, log_outcome
from daemon.sandbox.pool import Sandbox
from daemon.store import tables
from daemon.store.core.database import Database, file_of
from daemon.store.core.engine import open_engine
from daemon.store.record.writer import Writer
from daemon.store.tables import Attempt
from tests.living import PATIENCE_SECONDS
from tests.loopback import SETTINGS, Site, serving, tools_for
from tests.making import PAST, begin_run, changed, failed, have_sites, initial, spec

TEXT = "<p>Something to read.</p>"


@dataclass
class Bench(Observer):
    """A worker with its writer, at work on a site of many hosts."""

    site: Site
    database: Database
    fetcher: Fetcher
    context: CheckContext
    writer: Writer
    outcomes: asyncio.Queue[Outcome] = field(default_factory=asyncio.Queue)
    rounds: int = 0
    lost: asyncio.Event = field(default_factory=asyncio.Event)

    def worker(
        self,
        concurrency: int = 8,
        context: CheckContext | None = None,
        lease: timedelta = timedelta(minutes=2),
    ) -> Worker:
        settings = WorkerSettings(concurrency, lease)
        return Worker(
            self.database,
            self.writer,
            context or self.context,
            self.fetcher.throttle,
            settings,
            self,
        )

    def on_dispatched(self) -> None:
        self.rounds += 1

    def on_checked(self, outcome: Outcome) -> None:
        self.outcomes.put_nowait(outcome)

    def on_lease_lost(self) -> None:
        self.lost.set()

    @asynccontextmanager
    async def at_work(self, worker: Worker) -> AsyncIterator[Worker]:
        """The worker and its writer, woken once, for as long as the block lasts."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self.writer.run()), group.create_task(worker.serve())]
            worker.tick()
            try:
                yield worker
            finally:
                for task in tasks:
                    task.cancel()

    async def have(self, *pages: tuple[str, str]) -> None:
        """Watch these paths, each on a host of this name."""
        for path, _ in pages:
            self.site.bodies.setdefault(path, TEXT)
        await have_sites(
            self.database,
            *(spec(f"{host}{path}", self.site.url(path), host=host) for path, host in pages),
        )

    async def told(self, count: int) -> list[Outcome]:
        """The next outcomes that were written."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            return [await self.outcomes.get() for _ in range(count)]

    async def pages(self, host: str) -> list[Any]:
        async with self.database.reading() as session:
            table = tables.Page.__table__
            return list(await session.execute(select(table).where(table.c.host == host)))


@asynccontextmanager
async def bench_on(database: Database, sandbox: Sandbox) -> AsyncIterator[Bench]:
    # All hosts are one here: the connector must not know, while manners do.
    settings = SETTINGS.model_copy(update={"per_host": 1000})
    async with (
        serving() as site,
        tools_for(database, sandbox, settings=settings) as (fetcher, context),
    ):
        fetcher.throttle.per_host = 2
        yield Bench(
            site, database, fetcher, context, Writer(database, await begin_run(database), record)
        )


@pytest.fixture
async def bench(database: Database, sandbox: Sandbox) -> AsyncIterator[Bench]:
    async with bench_on(database, sandbox) as bench:
        yield bench


# Work


async def test_all_that_is_due_is_checked_and_told(bench: Bench) -> None:
    await bench.have(*((f"/{i}", f"host{i}") for i in range(40)))
    async with bench.at_work(bench.worker(concurrency=4)) as worker:
        outcomes = await bench.told(40)
    assert {one.verdict for one in outcomes} == {Verdict.INITIAL}
    assert bench.site.asked == Counter({f"/{i}": 1 for i in range(40)})
    assert worker.under_way == 0
    assert bench.rounds >= 5  # one tick, and again whenever there was room


async def test_a_page_that_is_overdue_outside_its_hours_waits_for_them(bench: Bench) -> None:
    now = bench.context.clock()
    closed = f"{now + timedelta(hours=2):%H:%M}-{now + timedelta(hours=3):%H:%M}"
    bench.site.bodies |= {"/closed": TEXT, "/open": TEXT}
    await have_sites(
        bench.database,
        spec("closed", bench.site.url("/closed"), host="a", hours=closed),
        spec("open", bench.site.url("/open"), host="b"),
    )
    async with bench.database.writing() as session:
        await session.execute(update(tables.Page).values(next_check_at=PAST))
    async with bench.at_work(bench.worker()) as worker:
        [outcome] = await bench.told(1)
    assert outcome.page.names == ("open",)
    assert bench.site.asked == Counter({"/open": 1})
    [page] = await bench.pages("a")
    begins_at = (now + timedelta(hours=2)).replace(second=0, microsecond=0)
    assert (page.next_check_at, page.leased_until) == (begins_at, None)
    assert worker.under_way == 0


async def test_by_hand_a_page_is_checked_at_any_hour(bench: Bench) -> None:
    now = bench.context.clock()
    closed = f"{now + timedelta(hours=2):%H:%M}-{now + timedelta(hours=3):%H:%M}"
    bench.site.bodies["/closed"] = TEXT
    await have_sites(bench.database, spec("closed", bench.site.url("/closed"), hours=closed))
    async with bench.database.writing() as session:
        await session.execute(update(tables.Page).values(next_check_at=PAST))
    async with asyncio.TaskGroup() as group:
        # Only the writer: a worker that is woken, too, would put the page off at once.
        writing = group.create_task(bench.writer.run())
        async with asyncio.TaskGroup() as checks:
            await bench.worker().dispatch(checks, since=now)
        writing.cancel()
    assert bench.site.asked == Counter({"/closed": 1})


async def test_no_more_is_claimed_than_there_is_room_for(bench: Bench) -> None:
    bench.site.held = asyncio.Event()
    await bench.have(*((f"/slow{i}", f"host{i}") for i in range(20)))
    worker = bench.worker(concurrency=3)
    async with bench.at_work(worker):
        await bench.site.arrived.wait()
        worker.tick()
        assert await claimed(bench) == worker._settings.places == worker.under_way
        bench.site.held.set()
        await bench.told(20)


async def claimed(bench: Bench) -> int:
    async with bench.database.reading() as session:
        query = select(func.count()).where(tables.Page.leased_by.is_not(None))
        return await session.scalar(query) or 0


async def test_every_attempt_has_the_id_of_its_log_lines(bench: Bench) -> None:
    await bench.have(("/a", "host"))
    async with bench.at_work(bench.worker()):
        [outcome] = await bench.told(1)
    async with bench.database.reading() as session:
        assert len(list(await session.scalars(select(Attempt.id)))) == 1
    assert outcome.page.request.url == bench.site.url("/a")


async def test_a_claim_that_the_database_refuses_is_tried_again(
    sqlite_url: str, sandbox: Sandbox
) -> None:
    database = Database(open_engine(sqlite_url, busy_timeout_seconds=0.05))
    async with bench_on(database, sandbox) as bench:
        await bench.have(("/a", "host"))
        worker = bench.worker()
        with closing(sqlite3.connect(str(file_of(sqlite_url)), isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            async with asyncio.TaskGroup() as checks:
                assert await worker.dispatch(checks) == 0
            other.execute("ROLLBACK")
        async with bench.at_work(worker):
            await bench.told(1)
    await database.close()


async def test_nothing_is_asked_of_any_site_while_results_cannot_be_written(
    sqlite_url: str, sandbox: Sandbox
) -> None:
    trouble = asyncio.Event()
    engine = open_engine(sqlite_url, busy_timeout_seconds=0.05)
    database = Database(engine).observed(lambda _: trouble.set())
    async with bench_on(database, sandbox) as bench:
        bench.site.held = asyncio.Event()
        await bench.have(("/slow", "a"), *((f"/{i}", f"host{i}") for i in range(9)))
        async with bench.at_work(bench.worker(concurrency=1)) as worker:
            await bench.site.arrived.wait()
            with closing(sqlite3.connect(str(file_of(sqlite_url)), isolation_level=None)) as other:
                other.execute("BEGIN EXCLUSIVE")
                bench.site.held.set()
                await trouble.wait()
                before = bench.site.asked.total()
                async with asyncio.TaskGroup() as checks:
                    assert await worker.dispatch(checks) == 0
                assert bench.site.asked.total() == before
                other.execute("ROLLBACK")
            worker.tick()
            await bench.told(10)
        assert bench.site.asked.total() == 10
    await database.close()


# Hosts


async def test_a_host_without_room_delays_no_other(bench: Bench) -> None:
    bench.site.held = asyncio.Event()
    slow = [(f"/slow{i}", "slow") for i in range(60)]
    # By name, and so by time: the slow ones stand first in line.
    await bench.have(*slow, *((f"/{i}", f"host{i}") for i in range(20)))
    await make_overdue(bench, "slow")
    async with bench.at_work(bench.worker(concurrency=4)):
        quick = await bench.told(20)
        assert {one.page.host for one in quick} == {f"host{i}" for i in range(20)}
        assert not await all_checked(bench, "slow")


async def make_overdue(bench: Bench, host: str) -> None:
    async with bench.database.writing() as session:
        await session.execute(
            update(tables.Page)
            .where(tables.Page.host == host)
            .values(next_check_at=datetime(2020, 1, 1, tzinfo=UTC))
        )


async def all_checked(bench: Bench, host: str) -> bool:
    return all(page.last_checked_at is not None for page in await bench.pages(host))


async def test_pages_that_their_host_has_no_room_for_come_back_one_after_another(
    bench: Bench,
) -> None:
    before = bench.context.clock()
    bench.fetcher.throttle.pause("slow", 100.0)
    await bench.have(*((f"/{i}", "slow") for i in range(6)))
    async with asyncio.TaskGroup() as checks:
        assert await bench.worker().dispatch(checks) == 0
    pages = sorted(await bench.pages("slow"), key=lambda page: page.next_check_at)
    waits = [(page.next_check_at - before).total_seconds() for page in pages]
    assert waits[0] >= 99
    assert len(set(waits)) == 6
    assert {page.leased_until for page in pages} == {None}
    assert bench.site.asked.total() == 0


async def test_a_host_that_asks_to_wait_gets_those_in_line_when_it_wants_them(
    bench: Bench,
) -> None:
    bench.fetcher.throttle = HostThrottle(per_host=1, delay_seconds=0, patience_seconds=5.0)
    context = replace(bench.context, turn=bench.fetcher.throttle.slot)
    bench.site.held = asyncio.Event()
    bench.site.status, bench.site.headers = 429, {"Retry-After": "100"}
    await bench.have(*((f"/slow{i}", "host") for i in range(4)))
    before = bench.context.clock()
    async with bench.at_work(bench.worker(concurrency=32, context=context)) as worker:
        await bench.site.arrived.wait()
        assert worker.under_way == 4
        bench.fetcher.throttle.pause("host", 100)  # as the fetcher does of the host that it asks
        bench.site.held.set()
        [outcome] = await bench.told(1)
        while worker.under_way:
            await worker.rest(1.0)
    assert outcome.error_class is ErrorClass.RATE_LIMITED
    assert bench.site.asked.total() == 1
    pages = [page for page in await bench.pages("host") if page.last_checked_at is None]
    assert len(pages) == 3
    assert {page.leased_until for page in pages} == {None}
    assert min(page.next_check_at for page in pages) >= before + timedelta(seconds=99)
    async with bench.database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(Attempt)) == 1


async def test_pages_that_wait_for_the_browser_leave_room_for_all_others(bench: Bench) -> None:
    shown = asyncio.Semaphore(0)

    @asynccontextmanager
    async def turn(_host: str) -> AsyncIterator[None]:
        async with shown:  # the browser shows nothing as long as the test wants
            yield

    context = replace(bench.context, turn_to_render=turn)
    bench.site.bodies |= {f"/plain{number}": TEXT for number in range(20)}
    specs = [
        spec(f"{kind}{number}", request=Request(bench.site.url(f"/{kind}{number}"), renderer=how))
        for kind, how in (("rendered", BROWSER), ("plain", HTTP))
        for number in range(20)
    ]
    await have_sites(bench.database, *(replace(one, host=one.name) for one in specs))
    async with bench.database.writing() as session:  # they are the first in line
        first = update(tables.Page).where(tables.Page.renderer == BROWSER)
        await session.execute(first.values(next_check_at=PAST - timedelta(hours=1)))
    before = context.clock()
    async with bench.at_work(bench.worker(concurrency=8, context=context)):
        outcomes = await bench.told(20)
        rendered = [page for i in range(20) for page in await bench.pages(f"rendered{i}")]
    assert {outcome.page.request.renderer for outcome in outcomes} == {HTTP}
    put_back = [page.next_check_at for page in rendered if page.leased_until is None]
    assert len(put_back) == 16  # twice as many are claimed as it shows at once
    assert min(put_back) > before
    assert len(set(put_back)) >= 12  # those put back at once come one after another


async def test_one_host_holds_only_a_part_of_all_places(bench: Bench) -> None:
    bench.fetcher.throttle.per_host = 1000
    bench.site.held = asyncio.Event()
    await bench.have(*((f"/slow{i}", "large") for i in range(100)))
    worker = bench.worker(concurrency=32)
    async with bench.at_work(worker):
        await bench.site.arrived.wait()
        assert 2 <= worker.under_way <= worker._settings.places // 4
        bench.site.held.set()


async def test_a_crawl_delay_is_kept_between_two_checks(bench: Bench) -> None:
    bench.fetcher.throttle.set_crawl_delay("calm", 60.0)
    await bench.have(*((f"/{i}", "calm") for i in range(3)))
    async with bench.at_work(bench.worker()) as worker:
        await bench.told(1)
        worker.tick()
    assert bench.site.asked.total() == 1


# The bulkhead


async def test_a_bug_that_one_page_brings_out_stops_no_other(bench: Bench) -> None:
    async def fetch(page: Page, asked: Validators | None, held: AsyncExitStack) -> Response:
        if page.host == "bad":
            raise RuntimeError("a bug")
        return await bench.context.fetch(page, asked, held)

    await bench.have(("/bad", "bad"), *((f"/{i}", f"host{i}") for i in range(5)))
    async with bench.at_work(bench.worker(context=replace(bench.context, fetch=fetch))):
        outcomes = {one.page.host: one for one in await bench.told(6)}
    bad = outcomes.pop("bad")
    assert (bad.verdict, bad.error_class) == (Verdict.FAILED, ErrorClass.INTERNAL)
    assert "a bug" in bad.error_detail
    assert {one.verdict for one in outcomes.values()} == {Verdict.INITIAL}
    [page] = await bench.pages("bad")
    assert (page.failure_streak, page.leased_until) == (0, None)
    assert page.next_check_at > bad.started_at


async def test_a_lease_that_went_to_another_is_not_told(bench: Bench) -> None:
    bench.site.held = asyncio.Event()
    await bench.have(("/slow", "host"), ("/other", "other"))
    async with bench.at_work(bench.worker()) as worker:
        await bench.told(1)
        async with bench.database.writing() as session:
            await session.execute(text("UPDATE pages SET lease_token = lease_token + 1"))
        bench.site.held.set()
        async with asyncio.timeout(PATIENCE_SECONDS):
            while worker.under_way:
                await worker.rest(1.0)
        assert bench.outcomes.empty()


async def test_who_lost_a_lease_says_so_and_what_takes_far_too_long_is_counted(
    bench: Bench,
) -> None:
    bench.site.held = asyncio.Event()
    await bench.have(("/slow", "host"))
    worker = bench.worker(lease=timedelta(0))
    async with bench.at_work(worker):
        await bench.site.arrived.wait()
        assert worker.late() == 1
        worker.adopt(bench.context, WorkerSettings(8, timedelta(hours=1)))
        assert worker.late() == 0
        async with bench.database.writing() as session:
            await session.execute(text("UPDATE pages SET lease_token = lease_token + 1"))
        bench.site.held.set()
        await bench.lost.wait()
    assert bench.outcomes.empty()


async def test_what_is_worked_on_is_renewed_and_not_claimed_again(bench: Bench) -> None:
    bench.site.held = asyncio.Event()
    await bench.have(("/slow", "host"))
    worker = bench.worker()
    async with bench.at_work(worker), asyncio.TaskGroup() as others:
        await bench.site.arrived.wait()
        await let_leases_run_out(bench)
        assert await worker.dispatch(others) == 0
        await worker.renew()
        [page] = await bench.pages("host")
        assert page.leased_until > datetime.now(UTC)
        bench.site.held.set()
        await bench.told(1)
        await worker.renew()
    assert bench.site.asked.total() == 1
    [page] = await bench.pages("host")
    assert (page.leased_until, page.lease_token) == (None, 1)


async def let_leases_run_out(bench: Bench) -> None:
    async with bench.database.writing() as session:
        await session.execute(update(tables.Page).values(leased_until=PAST))


@asynccontextmanager
async def leases_kept(bench: Bench, worker: Worker) -> AsyncIterator[Any]:
    """A page that is being worked on, whose lease the worker keeps until the block ends."""
    bench.site.held = asyncio.Event()
    await bench.have(("/slow", "host"))
    async with (
        bench.at_work(worker),
        asyncio.timeout(PATIENCE_SECONDS),
        asyncio.TaskGroup() as group,
    ):
        await bench.site.arrived.wait()
        [page] = await bench.pages("host")
        keeping = group.create_task(worker.keep_leases())
        yield page
        keeping.cancel()
        bench.site.held.set()
        await bench.told(1)


async def leased_anew(bench: Bench, page: Any) -> Any:
    """The page once its lease has another end."""
    now = page
    while now.leased_until == page.leased_until:
        [now] = await bench.pages("host")
    return now


async def test_leases_are_kept_for_as_long_as_the_work_takes(bench: Bench) -> None:
    async with leases_kept(bench, bench.worker(lease=timedelta(seconds=0.3))) as page:
        for _ in range(3):
            page = await leased_anew(bench, page)


async def test_another_lease_holds_for_what_is_worked_on_at_once(bench: Bench) -> None:
    worker = bench.worker(lease=timedelta(hours=1))
    async with leases_kept(bench, worker) as before:
        worker.adopt(bench.context, WorkerSettings(8, timedelta(minutes=2)))
        page = await leased_anew(bench, before)
        assert page.leased_until < before.leased_until


async def test_what_is_cancelled_leaves_no_trace(bench: Bench) -> None:
    bench.site.held = asyncio.Event()
    await bench.have(*((f"/slow{i}", f"host{i}") for i in range(5)))
    async with bench.at_work(bench.worker()) as worker:
        await bench.site.arrived.wait()
    assert worker.under_way == 0
    assert bench.writer.waiting == 0
    async with bench.database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(Attempt)) == 0


async def test_a_rest_ends_with_a_tick(bench: Bench) -> None:
    worker = bench.worker()
    async with asyncio.timeout(PATIENCE_SECONDS), asyncio.TaskGroup() as group:
        group.create_task(worker.rest(1000.0))
        await asyncio.sleep(0)
        worker.tick()
    await worker.rest(0.0)


# Log lines


def lines_of(outcome: Outcome) -> list[dict[str, Any]]:
    with pytest.MonkeyPatch.context() as patch, structlog.testing.capture_logs() as lines:
        # Another test may have bound the module's own logger for good.
        patch.setattr("daemon.runtime.worker.log", structlog.get_logger())
        log_outcome(outcome)
    return [dict(line) for line in lines]


PAGE = Page(
    id=UUID(int=1), request=Request("https://a.example/"), host="a.example:443",
    check_frequency="daily", next_check_at=datetime(2026, 1, 1, tzinfo=UTC), lease_token=1,
    sites=(Watched(UUID(int=2), "Blog", "local", None, Rules(), "plain"),),
)  # fmt: skip


def test_a_change_is_said_with_its_grade() -> None:
    [line] = lines_of(changed(PAGE, "one", "two"))
    assert (line["event"], line["log_level"], line["site"]) == ("changed", "info", "Blog")
    assert (line["change_type"], line["summary"]) == ("major", "A line came.")


def test_a_failure_is_said_with_its_class() -> None:
    [line] = lines_of(failed(PAGE))
    assert (line["event"], line["log_level"]) == ("check_failed", "warning")
    assert (line["error_class"], line["detail"]) == ("timeout", "no answer")


def test_a_check_that_was_cut_off_says_how_many_had_no_turn() -> None:
    outcome = initial(PAGE)
    late = SiteOutcome(PAGE.sites[0], Verdict.FAILED, error_class=ErrorClass.DEADLINE)
    [_, line] = lines_of(replace(outcome, sites=(*outcome.sites, late)))
    assert (line["event"], line["log_level"]) == ("check_cut_off", "warning")
    assert (line["left"], line["of"]) == (1, 2)


def test_the_rest_is_for_debugging() -> None:
    [line] = lines_of(initial(PAGE))
    assert (line["event"], line["log_level"], line["verdict"]) == ("checked", "debug", "initial")
