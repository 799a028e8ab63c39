"""From a page to its notices: certificates, muted sites, a redesign, a network that is down."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from daemon.pipeline.check import check
from daemon.pipeline.context import CheckContext
from daemon.pipeline.recording import record
from daemon.sandbox.pool import Sandbox
from daemon.store.catalogue.owned import set_muted
from daemon.store.core.database import Database
from daemon.store.queue import notices_by_hand as told
from daemon.store.queue.notices_by_hand import NoticeView
from daemon.store.tables import MonitoredSite, Page
from daemon.store.views.sites import list_sites
from tests.alerting.things import route
from tests.fetch.test_tls import context, trusting
from tests.hostile import page, running
from tests.living import PATIENCE_SECONDS
from tests.loopback import Clock, serving, tools_for
from tests.making import ADMIN, PAST, begin_run, claim, have_sites, spec
from tests.notify.test_sender import Box, have_routes, sender
from tests.test_worker import Bench, bench_on

__all__ = ["trusting"]  # a fixture

END = datetime(2120, 1, 1, tzinfo=UTC)  # of the certificate


@dataclass
class Road:
    """Checks of all pages, one round after the other, at the times of one clock."""

    database: Database
    context: CheckContext
    clock: Clock
    run_id: UUID

    async def round(self) -> list[NoticeView]:
        """Look at every page once; all notices so far."""
        async with self.database.writing() as session:
            await session.execute(update(Page).values(next_check_at=PAST, leased_until=None))
        outcomes = [
            await check(one, self.context) for one in await claim(self.database, self.run_id)
        ]
        async with self.database.writing() as session:
            assert len(await record(session, self.run_id, outcomes)) == len(outcomes)
        async with self.database.reading() as session:
            return await told.list_notices(session, ADMIN)


@asynccontextmanager
async def road(database: Database, sandbox: Sandbox) -> AsyncIterator[Road]:
    clock = Clock()
    async with tools_for(database, sandbox, clock) as (_, context):
        yield Road(database, context, clock, await begin_run(database))


@pytest.mark.usefixtures("trusting")
async def test_a_certificate_that_ends_is_told_once_for_each_threshold(
    database: Database, sandbox: Sandbox
):
    async with running(page(), tls=context()) as site, road(database, sandbox) as on:
        await have_sites(database, spec(url=site.url()))
        await have_routes(database, route(certificate_days=(14, 1)))
        counts = []
        for left in (30, 13, 12, 0.5, 0.4):
            on.clock.now = END - timedelta(days=left)
            counts.append(len(await on.round()))
        [last, *_] = await on.round()
        async with database.reading() as session:
            [view] = await list_sites(session, ADMIN)
    # The first warning was still held when the second made it out of date.
    assert counts == [0, 1, 1, 1, 1]
    assert last.kind == "certificate"
    assert last.payload["seconds_left"] == 43200
    assert view.certificate_ends_at == END


def story(number: int) -> str:
    return f"<h1>News</h1><p>The {number}th lantern of the harbour was lit by the keeper.</p>"


async def test_a_muted_site_is_looked_at_and_told_of_by_nobody(
    database: Database, sandbox: Sandbox
):
    async with serving(page=story(1)) as site, road(database, sandbox) as on:
        await have_sites(database, spec(url=site.url()))
        await have_routes(database, route(only_significant=False))
        await on.round()
        async with database.reading() as session:
            [view] = await list_sites(session, ADMIN)
        until = on.clock.now + timedelta(hours=8)
        async with database.writing() as session:
            await set_muted(session, ADMIN, [view.id], until)
        site.bodies["/page"] = story(2)
        on.clock.move(timedelta(hours=7))
        assert await on.round() == []
        site.bodies["/page"] = story(3)
        on.clock.move(timedelta(hours=2))
        [notice] = await on.round()
    assert notice.kind == "change"


async def test_a_redesign_of_many_pages_is_one_message(database: Database, sandbox: Sandbox):
    pages = {f"p{number}": story(number) for number in range(40)}
    async with serving(**pages) as site, road(database, sandbox) as on:
        await have_sites(
            database, *(spec(name, site.url(f"/{name}"), host=site.host) for name in pages)
        )
        await have_routes(database, route(only_significant=False))
        await on.round()
        for name in pages:
            site.bodies[f"/{name}"] = f"<h1>Fresh look of {name}</h1><p>All is new and shiny.</p>"
        assert len(await on.round()) == 40
        box = Box()
        on.clock.move(timedelta(minutes=2))
        await sender(database, on.run_id, on.clock, {"mail": box}).drain()  # type: ignore[arg-type]
    [message] = box.taken
    assert (message.kind, message.facts["count"]) == ("digest", 40)
    assert message.words.title.startswith("40 notices: p")
    assert message.words.title.endswith(" and 37 more")


@pytest.mark.parametrize("failures", [1, 2])
async def test_while_our_network_is_down_nobody_is_told_that_sites_fail(
    database: Database, failures: int, sandbox: Sandbox
):
    async with bench_on(database, sandbox) as bench:
        hosts = [f"h{number}.example:80" for number in range(5)]
        # Nothing listens there; who is who is told by the schedule alone.
        specs = [spec(host, f"http://127.0.0.1:1/{host}", host=host) for host in hosts]
        await have_sites(database, *specs)
        await have_routes(database, route(failures=failures, gather_seconds=0))
        worker = bench.worker()
        async with bench.at_work(worker):
            for _ in range(4):
                await everything_is_due(bench)
                worker.tick()
                await bench.told(len(hosts))
            assert worker.is_line_down
            assert await notices_of(bench) == []
            assert {site.failure_streak for site in await sites_in(bench)} == {0}
            await have_sites(database, *specs, spec("up", bench.site.url("/up"), host="up"))
            bench.site.bodies["/up"] = story(1)
            worker.tick()
            await bench.told(1)
            assert not worker.is_line_down


async def test_one_site_that_is_down_is_told_of(database: Database, sandbox: Sandbox):
    async with bench_on(database, sandbox) as bench:
        await have_sites(database, spec("h", "http://127.0.0.1:1/", host="h.example:80"))
        await have_routes(database, route(failures=2))
        worker = bench.worker()
        async with bench.at_work(worker):
            for _ in range(3):
                await everything_is_due(bench)
                worker.tick()
                await bench.told(1)
        assert [notice.kind for notice in await notices_of(bench)] == ["failing"]


async def test_what_could_be_our_own_line_is_told_when_that_is_known(
    database: Database, sandbox: Sandbox
):
    async with bench_on(database, sandbox) as bench:
        await have_sites(database, spec("h", "http://127.0.0.1:1/", host="h.example:80"))
        await have_routes(database, route(failures=1, gather_seconds=0))
        worker = bench.worker()
        async with bench.at_work(worker):
            worker.tick()
            await bench.told(1)
        [notice] = await notices_of(bench)
    since = datetime.fromisoformat(notice.payload["failing_since"])
    assert notice.next_attempt_at - since == timedelta(minutes=1)


async def everything_is_due(bench: Bench) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS), bench.database.writing() as session:
        await session.execute(update(Page).values(next_check_at=PAST))


async def sites_in(bench: Bench) -> list[MonitoredSite]:
    async with bench.database.reading() as session:
        return list(await session.scalars(select(MonitoredSite)))


async def notices_of(bench: Bench) -> list[NoticeView]:
    async with bench.database.reading() as session:
        return await told.list_notices(session, ADMIN)
