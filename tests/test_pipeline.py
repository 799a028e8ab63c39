"""One check from page to outcome: each verdict, and everything that must not become a change."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from daemon.model.outcome import Outcome
from daemon.model.page import Page
from daemon.model.request import Request, Validators
from daemon.model.site import Rules, SiteSpec
from daemon.model.status import ErrorClass, Verdict
from daemon.packing import pack
from daemon.pipeline.check import check, validators_for
from daemon.pipeline.context import CheckContext
from daemon.pipeline.recording import record
from daemon.sandbox.pool import Sandbox
from daemon.store import tables
from daemon.store.core.database import Database, file_of
from daemon.store.core.engine import open_engine
from daemon.store.tables import ContentUpdate, MonitoredSite, Snapshot
from tests.loopback import Clock, Site, serving, tools_for
from tests.making import PAST, begin_run, claim, have_sites, spec

HOUR = timedelta(hours=1)
FIRST = "<title>News</title><main><p>The library opens at nine.</p><p>Entry is free.</p></main>"
SECOND = FIRST.replace("opens at nine", "is closed for repairs until further notice")
UNFIT = Rules(exclude=("//p/text()",))  # must select elements
THIRD = FIRST.replace("Entry is free", "Entry costs five euros from now on")


@dataclass
class Bench:
    """A site, its database, and the tools of a check."""

    site: Site
    database: Database
    context: CheckContext
    clock: Clock
    run_id: UUID

    async def watch(self, *specs: SiteSpec, **more: Any) -> None:
        """Watch these, or one site on /page."""
        await have_sites(self.database, *(specs or (self.spec(**more),)))

    def spec(self, name: str = "News", **more: Any) -> SiteSpec:
        fields: dict[str, Any] = {"request": Request(self.site.url()), "host": self.site.host}
        return spec(name, **(fields | more))

    async def claim(self) -> Page:
        """The one page, as the next check finds it."""
        async with self.database.writing() as session:
            await session.execute(update(tables.Page).values(next_check_at=PAST, leased_until=None))
        [page] = await claim(self.database, self.run_id)
        return page

    async def look(self) -> Outcome:
        """Check the one page and store what comes of it."""
        outcome = await check(await self.claim(), self.context)
        async with self.database.writing() as session:
            assert await record(session, self.run_id, [outcome])
        self.clock.move(HOUR)
        return outcome

    async def look_at(self, body: str) -> Outcome:
        """The same, with this body there."""
        self.site.bodies["/page"] = body
        return await self.look()

    async def updates(self) -> list[Any]:
        async with self.database.reading() as session:
            table = ContentUpdate.__table__
            return list(await session.execute(select(table).order_by(ContentUpdate.detected_at)))

    async def state(self) -> tuple[str | None, str | None]:
        """Hash and reader of the state that the one site is in."""
        async with self.database.reading() as session:
            columns = select(MonitoredSite.text_hash, MonitoredSite.read_with)
            row = (await session.execute(columns)).one()
        return row.text_hash, row.read_with

    async def keep_as_read_by(self, extractor: str, text: str) -> None:
        """Make the one state what another version of its extractor had read."""
        packed = pack(text.encode())
        async with self.database.writing() as session:
            session.add(tables.Content(codec="zstd", **asdict(packed)))
            await session.flush()
            await session.execute(update(Snapshot).values(text_hash=packed.hash))
            values = {"text_hash": packed.hash, "read_with": f"rules:{extractor}"}
            await session.execute(update(MonitoredSite).values(values))


@pytest.fixture
async def bench(database: Database, sandbox: Sandbox) -> AsyncIterator[Bench]:
    clock = Clock()
    async with serving(page=FIRST) as site, tools_for(database, sandbox, clock) as (_, context):
        yield Bench(site, database, context, clock, await begin_run(database))


# The verdicts


async def test_a_first_look_is_initial(bench: Bench) -> None:
    await bench.watch()
    outcome = await bench.look()
    assert (outcome.verdict, outcome.error_class) == (Verdict.INITIAL, None)
    [one] = outcome.sites
    assert one.state is not None
    assert (one.state.title, one.update) == ("News", None)
    assert await bench.updates() == []


async def test_a_check_begins_when_its_request_may_start(bench: Bench) -> None:
    @asynccontextmanager
    async def turn(host: str) -> AsyncIterator[None]:
        bench.clock.move(HOUR)
        async with bench.context.turn(host):
            yield

    await bench.watch()
    before = bench.clock()
    outcome = await check(await bench.claim(), replace(bench.context, turn=turn))
    assert outcome.started_at == before + HOUR
    assert outcome.next_check_at > outcome.started_at


async def test_the_same_bytes_are_not_read_again(bench: Bench) -> None:
    await bench.watch()
    await bench.look()
    for worker in list(bench.context.sandbox._all):
        await bench.context.sandbox._end(worker)
    bench.context.sandbox._idle.clear()
    outcome = await bench.look()
    assert outcome.verdict is Verdict.UNCHANGED
    assert bench.context.sandbox.processes == 0


async def test_other_bytes_with_the_same_text_are_unchanged(bench: Bench) -> None:
    await bench.watch()
    await bench.look()
    before = await bench.state()
    outcome = await bench.look_at(FIRST.replace("<main>", "<main data-nonce='1'>"))
    assert outcome.verdict is Verdict.UNCHANGED
    assert outcome.sites[0].state is None
    assert await bench.state() == before


async def test_a_server_that_says_not_modified_is_believed(bench: Bench) -> None:
    bench.site.is_validated = True
    await bench.watch()
    await bench.look()
    outcome = await bench.look()
    assert (outcome.verdict, outcome.response and outcome.response.status) == (
        Verdict.NOT_MODIFIED,
        304,
    )


async def test_a_server_is_not_believed_for_more_than_a_day(bench: Bench) -> None:
    bench.site.is_validated = True
    await bench.watch()
    await bench.look()
    bench.clock.move(timedelta(days=1))
    outcome = await bench.look()
    assert (outcome.verdict, outcome.response and outcome.response.status) == (
        Verdict.UNCHANGED,
        200,
    )


async def test_another_text_is_a_change(bench: Bench) -> None:
    await bench.watch()
    await bench.look()
    outcome = await bench.look_at(SECOND)
    assert outcome.verdict is Verdict.CHANGED
    [update] = await bench.updates()
    assert update.title == "News"
    assert "+The library is closed for repairs until further notice." in update.raw_content
    assert update.summary
    assert update.before_snapshot_id != update.after_snapshot_id


async def test_each_change_begins_where_the_last_one_ended(bench: Bench) -> None:
    await bench.watch()
    for body in (FIRST, SECOND, THIRD, SECOND.replace("repairs", "a concert")):
        await bench.look_at(body)
    updates = await bench.updates()
    assert len(updates) == 3
    assert all(a.after_snapshot_id == b.before_snapshot_id for a, b in pairwise(updates))


async def test_a_feed_is_compared_by_its_entries(bench: Bench) -> None:
    bench.site.content_type = "application/rss+xml"
    item = "<item><guid>{0}</guid><title>Entry {0}</title><link>https://a.example/{0}</link></item>"
    feed = "<rss version='2.0'><channel><title>Feed</title>{}</channel></rss>"
    await bench.watch()
    await bench.look_at(feed.format("".join(map(item.format, (2, 1)))))
    outcome = await bench.look_at(feed.format("".join(map(item.format, (3, 2, 1)))))
    assert outcome.verdict is Verdict.CHANGED
    [update] = await bench.updates()
    assert "Entry 3" in update.raw_content


FEED = (
    "<rss version='2.0'><channel><title>Feed</title><item><title>{}</title></item></channel></rss>"
)


@pytest.mark.parametrize(
    "instead",
    [
        "<!doctype html><title>Oops</title><h1>Something went wrong</h1><p>Come back later.</p>",
        "<error>overloaded</error>",
        '{"error": "overloaded"}',
    ],
)
async def test_what_comes_in_place_of_a_feed_is_a_failure(bench: Bench, instead: str) -> None:
    bench.site.content_type = "application/xml"
    await bench.watch()
    await bench.look_at(FEED.format("One"))
    failed = await bench.look_at(instead)
    assert failed.error_class is ErrorClass.PARSE
    assert "where a feed was before" in failed.error_detail
    assert (await bench.look_at(FEED.format("One"))).verdict is Verdict.UNCHANGED


async def test_a_feed_that_an_older_reader_read_is_no_change(bench: Bench) -> None:
    bench.site.content_type = "application/rss+xml"
    await bench.watch()
    await bench.look_at(FEED.format("One"))
    await bench.keep_as_read_by("feed/1", "One, in the words of the older reader")
    assert (await bench.look_at(f"{FEED.format('One')}\n")).verdict is Verdict.UNCHANGED
    assert (await bench.look_at(FEED.format("Two"))).verdict is Verdict.CHANGED


async def test_a_feed_that_is_empty_for_once_is_no_change(bench: Bench) -> None:
    bench.site.content_type = "application/rss+xml"
    await bench.watch()
    none = FEED.replace("<item><title>{}</title></item>", "")
    verdicts = [
        (await bench.look_at(feed)).verdict
        for feed in (FEED.format("One"), none, FEED.format("One"), none, FEED.format("Two"))
    ]
    assert verdicts == [
        Verdict.INITIAL,
        *[Verdict.UNCHANGED] * 3,
        Verdict.CHANGED,
    ]


async def test_links_of_a_feed_begin_at_its_content_location(bench: Bench) -> None:
    bench.site.content_type = "application/rss+xml"
    bench.site.headers["Content-Location"] = "http://other.example/b/"
    await bench.watch()
    feed = "<rss><channel><item><title>{0}</title><link>{0}</link></item></channel></rss>"
    await bench.look_at(feed.format("one"))
    await bench.look_at(feed.format("two"))
    [update] = await bench.updates()
    assert "http://other.example/b/two" in update.raw_content


# Failures


@pytest.mark.parametrize(
    ("status", "error_class"),
    [(404, ErrorClass.HTTP_4XX), (410, ErrorClass.GONE), (503, ErrorClass.HTTP_5XX)],
)
async def test_a_failure_is_an_outcome_and_no_change(
    bench: Bench, status: int, error_class: ErrorClass
) -> None:
    await bench.watch()
    await bench.look()
    before = await bench.state()
    bench.site.status = status
    outcome = await bench.look_at(SECOND)
    assert (outcome.verdict, outcome.error_class) == (Verdict.FAILED, error_class)
    assert (outcome.status, outcome.sites) == (status, ())
    assert await bench.state() == before
    assert await bench.updates() == []


async def test_a_page_that_comes_back_as_it_was_is_unchanged(bench: Bench) -> None:
    await bench.watch()
    await bench.look()
    bench.site.status = 500
    await bench.look()
    bench.site.status = 200
    assert (await bench.look()).verdict is Verdict.UNCHANGED


async def test_a_failing_page_is_looked_at_more_and_more_rarely(bench: Bench) -> None:
    await bench.watch()
    bench.site.status = 500
    waits = []
    for _ in range(3):
        outcome = await bench.look()
        waits.append(outcome.next_check_at - outcome.started_at)
    assert waits == [timedelta(minutes=minutes) for minutes in (1, 2, 4)]


@pytest.mark.parametrize(("stretch", "minutes"), [(1.0, 15), (1.5, 22.5), (4.0, 30)])
async def test_freshness_stretches_the_interval_only_as_far_as_it_may(
    bench: Bench, stretch: float, minutes: float
) -> None:
    limits = replace(bench.context.limits, freshness_stretch=stretch)
    bench.context = replace(bench.context, limits=limits)
    await bench.watch(check_frequency="15m")
    bench.site.headers = {"Cache-Control": "max-age=1800"}
    outcome = await bench.look()
    assert outcome.next_check_at - outcome.started_at == timedelta(minutes=minutes)


async def test_a_page_is_due_when_the_first_of_its_owners_wants_it(bench: Bench) -> None:
    # Two cron lines of one page: each fires, not the denser alone.
    await bench.watch(
        bench.spec("a", check_frequency="0 */6 * * *"),
        bench.spec("b", check_frequency="30 5 * * *"),
    )
    bench.clock.now = datetime(2026, 5, 4, 4, 0, tzinfo=UTC)
    assert (await bench.look()).next_check_at == datetime(2026, 5, 4, 5, 30, tzinfo=UTC)
    bench.clock.now = datetime(2026, 5, 4, 5, 30, tzinfo=UTC)
    assert (await bench.look()).next_check_at == datetime(2026, 5, 4, 6, 0, tzinfo=UTC)


async def test_a_page_is_not_due_outside_the_hours_of_its_site(bench: Bench) -> None:
    hours = {"check_frequency": "15m", "hours": "08:00-18:00", "days": "mon-fri"}
    await bench.watch(time_zone="Europe/Berlin", **hours)
    bench.clock.now = datetime(2026, 5, 8, 15, 50, tzinfo=UTC)  # a Friday
    assert (await bench.look()).next_check_at == datetime(2026, 5, 11, 6, 0, tzinfo=UTC)


async def test_a_rule_that_does_not_fit_is_a_failure_of_its_site(bench: Bench) -> None:
    await bench.watch(rules=UNFIT)
    outcome = await bench.look()
    assert (outcome.verdict, outcome.error_class) == (Verdict.FAILED, ErrorClass.SELECTOR)
    assert (await bench.state())[0] is None


async def test_a_body_that_could_not_be_read_is_read_again(bench: Bench) -> None:
    bench.site.is_validated = True
    await bench.watch(rules=UNFIT)
    await bench.look()
    outcome = await bench.look()
    assert outcome.response is not None
    assert (outcome.response.status, outcome.verdict) == (200, Verdict.FAILED)


async def test_a_rule_that_fits_again_is_well(bench: Bench) -> None:
    await bench.watch(rules=Rules(drop_lines=("Gone",)))
    await bench.look()
    assert (await bench.look_at("<h1>Gone</h1>")).error_class is ErrorClass.SELECTOR
    outcome = await bench.look_at(FIRST)
    assert (outcome.verdict, outcome.error_class) == (Verdict.UNCHANGED, None)


async def test_a_page_that_hides_behind_a_login_has_not_changed(bench: Bench) -> None:
    await bench.watch()
    await bench.look_at(FIRST.replace("</main>", "<p>Much more to read here.</p>" * 40 + "</main>"))
    outcome = await bench.look_at(
        "<title>Log in</title><h1>Log in</h1><form><input type=email name=user>"
        "<input type=password name=password><button>Log in</button></form>"
    )
    assert outcome.verdict is Verdict.FAILED
    assert await bench.updates() == []


async def test_an_unknown_host_is_a_failure(bench: Bench) -> None:
    await bench.watch(request=Request("http://nothing.invalid/"), host="nothing.invalid:80")
    outcome = await bench.look()
    assert outcome.verdict is Verdict.FAILED
    assert outcome.error_class in {ErrorClass.DNS, ErrorClass.CONNECT}


# Rules


async def test_other_rules_read_the_old_source_again_and_tell_nobody(bench: Bench) -> None:
    await bench.watch()
    await bench.look()
    await bench.watch(rules=Rules(include=("p",)))
    outcome = await bench.look()
    assert outcome.verdict is Verdict.UNCHANGED
    assert await bench.updates() == []
    assert (await bench.state())[1] == outcome.sites[0].read_with


@pytest.mark.parametrize(
    ("later", "verdict"),
    [('{"a": "new", "b": 1.0}', Verdict.UNCHANGED), ('{"a": "closed", "b": 1}', Verdict.CHANGED)],
)
async def test_a_state_of_an_older_extractor_is_read_again(
    bench: Bench, later: str, verdict: Verdict
) -> None:
    bench.site.content_type = "application/json"
    await bench.watch()
    await bench.look_at('{"b": 1, "a": "new"}')
    await bench.keep_as_read_by("json/1", "b: 1\na: new")
    outcome = await bench.look_at(later)
    assert outcome.verdict is verdict
    assert len(await bench.updates()) == (verdict is Verdict.CHANGED)
    assert (await bench.state())[1] == outcome.sites[0].read_with


async def test_a_change_that_comes_with_other_rules_is_told(bench: Bench) -> None:
    await bench.watch()
    await bench.look()
    await bench.watch(rules=Rules(include=("p",)))
    outcome = await bench.look_at(SECOND)
    assert outcome.verdict is Verdict.CHANGED
    [update] = await bench.updates()
    assert "-The library opens at nine." in update.raw_content


async def test_rules_that_the_old_source_does_not_fit_begin_anew(bench: Bench) -> None:
    await bench.watch()
    await bench.look()
    await bench.watch(rules=Rules(include=("section",)))
    outcome = await bench.look_at(SECOND.replace("main>", "section>"))
    assert (outcome.verdict, outcome.error_class) == (Verdict.UNCHANGED, None)
    assert (await bench.look_at(THIRD.replace("main>", "section>"))).verdict is Verdict.CHANGED


async def test_other_rules_without_a_source_begin_anew(bench: Bench) -> None:
    await bench.watch()
    await bench.look()
    async with bench.database.writing() as session:
        await session.execute(update(Snapshot).values(source_hash=None))
    await bench.watch(rules=Rules(include=("p",)))
    assert (await bench.look_at(SECOND)).verdict is Verdict.UNCHANGED
    assert await bench.updates() == []


async def test_what_is_ignored_is_no_change(bench: Bench) -> None:
    await bench.watch(rules=Rules(ignore=(r"\d+ visitors",)))
    await bench.look_at(FIRST.replace("free.", "free. 12 visitors"))
    outcome = await bench.look_at(FIRST.replace("free.", "free. 13 visitors"))
    assert outcome.verdict is Verdict.UNCHANGED
    assert outcome.sites[0].state is not None
    assert await bench.updates() == []


async def test_a_page_that_goes_back_is_told_each_time(bench: Bench) -> None:
    await bench.watch()
    for body in (FIRST, SECOND, FIRST):
        outcome = await bench.look_at(body)
    assert outcome.verdict is Verdict.CHANGED
    assert len(await bench.updates()) == 2


# Several sites, one page


async def test_one_fetch_serves_all_sites_of_a_page(bench: Bench) -> None:
    first, second = Rules(include=("p:first-of-type",)), Rules(include=("p:last-of-type",))
    await bench.watch(
        bench.spec("opening", rules=first),
        bench.spec("entry", rules=second),
        bench.spec("broken", rules=UNFIT),
    )
    outcome = await bench.look()
    assert (outcome.verdict, outcome.error_class) == (Verdict.INITIAL, None)
    outcome = await bench.look_at(SECOND)
    assert bench.site.asked["/page"] == 2
    verdicts = {one.site.name: one.verdict for one in outcome.sites}
    assert verdicts == {
        "opening": Verdict.CHANGED,
        "entry": Verdict.UNCHANGED,
        "broken": Verdict.FAILED,
    }
    assert len(await bench.updates()) == 1


async def test_a_site_that_joins_gets_its_first_reading_of_a_known_body(bench: Bench) -> None:
    bench.site.is_validated = True
    await bench.watch(bench.spec("one"))
    await bench.look()
    await bench.watch(bench.spec("one"), bench.spec("two"))
    outcome = await bench.look()
    assert {one.site.name: one.verdict for one in outcome.sites} == {
        "one": Verdict.UNCHANGED,
        "two": Verdict.INITIAL,
    }


# Our own troubles


async def test_a_result_in_hand_waits_for_a_database_that_is_away(
    sqlite_url: str, sandbox: Sandbox
) -> None:
    trouble = asyncio.Event()
    engine = open_engine(sqlite_url, busy_timeout_seconds=0.05)
    database = Database(engine).observed(lambda _: trouble.set())
    clock = Clock()
    async with serving(page=FIRST) as site, tools_for(database, sandbox, clock) as (_, context):
        bench = Bench(site, database, context, clock, await begin_run(database))
        await bench.watch()
        await bench.look()
        site.bodies["/page"] = SECOND
        page = await bench.claim()
        with closing(sqlite3.connect(str(file_of(sqlite_url)))) as other:
            other.execute("ALTER TABLE snapshots RENAME TO away")
            trouble.clear()
            async with asyncio.TaskGroup() as group:
                checking = group.create_task(check(page, context))
                await trouble.wait()
                assert not checking.done()
                other.execute("ALTER TABLE away RENAME TO snapshots")
        assert checking.result().verdict is Verdict.CHANGED
        assert site.asked["/page"] == 2
    await database.close()


async def test_the_known_state_is_found_whatever_the_clock_says(bench: Bench) -> None:
    await bench.watch()
    bodies = [FIRST.replace("nine", hour) for hour in ("six", "seven", "ten", "eleven", "noon")]
    for body in bodies:
        await bench.look_at(body)
    bench.clock.move(timedelta(days=-300))  # somebody has set the clock right
    for body in (SECOND, THIRD):
        assert (await bench.look_at(body)).verdict is Verdict.CHANGED


async def test_a_check_can_be_cancelled_and_leaves_no_trace(bench: Bench) -> None:
    bench.site.held = asyncio.Event()
    bench.site.bodies["/slow"] = FIRST
    await bench.watch(request=Request(bench.site.url("/slow")))
    page = await bench.claim()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(check(page, bench.context))
        await bench.site.arrived.wait()
        task.cancel()
    assert task.cancelled()
    assert await bench.state() == (None, None)


async def test_an_outcome_keeps_no_bytes(bench: Bench) -> None:
    await bench.watch()
    outcome = await bench.look()
    assert outcome.response is not None
    assert outcome.response.document.body == b""
    assert outcome.response.body_bytes == len(FIRST.encode())


def test_nothing_is_asked_for_a_page_that_was_never_read() -> None:
    page = Page(
        id=UUID(int=1), request=Request("https://a.example/"), host="a.example:443",
        check_frequency="daily", next_check_at=PAST, lease_token=1,
        validators=Validators('"tag"'), last_full_at=PAST,
    )  # fmt: skip
    assert validators_for(page, PAST) is None
    assert validators_for(replace(page, body_hash="a"), PAST) == Validators('"tag"')
