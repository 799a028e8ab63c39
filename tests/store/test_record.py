"""What attempts leave behind in every table, under which lease, and in how many statements."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Row, func, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from daemon.model.failure_history import FailureHistory
from daemon.model.outcome import Outcome, SiteOutcome
from daemon.model.page import Page
from daemon.model.request import Validators
from daemon.model.response import Response
from daemon.model.site import Rules
from daemon.model.status import ErrorClass, Verdict
from daemon.packing import unpack
from daemon.pipeline.recording import record
from daemon.store import tables
from daemon.store.core.database import Database
from daemon.store.queue import pages
from daemon.store.tables import (
    AnalysisResult,
    Attempt,
    Base,
    Content,
    ContentUpdate,
    MonitoredSite,
    Snapshot,
)
from daemon.store.tables.ids import made_at, new_id
from daemon.store.views.states import latest_states, state_with, states_by_id
from tests import making
from tests.making import (
    ADMIN,
    PAST,
    Statements,
    begin_run,
    changed,
    claim,
    claimed_page,
    failed,
    have_sites,
    id_at,
    initial,
    outcome,
    response,
    spec,
    text_hash,
)

HOUR = timedelta(hours=1)
URL = "https://site.example/blog"


@pytest.fixture
async def run_id(database: Database) -> UUID:
    return await begin_run(database)


async def write(database: Database, run_id: UUID, *outcomes: Outcome) -> frozenset[UUID]:
    async with database.writing() as session:
        return await record(session, run_id, outcomes)


async def rows(database: Database, model: type[Base], order: Any = None) -> list[Row[Any]]:
    async with database.reading() as session:
        return list(await session.execute(select(model.__table__).order_by(order)))


async def row(database: Database, model: type[Base]) -> Row[Any]:
    [found] = await rows(database, model)
    return found


async def claim_again(database: Database, run_id: UUID) -> Page:
    """The one page, made due and claimed."""
    async with database.writing() as session:
        await session.execute(update(tables.Page).values(next_check_at=PAST))
    [page] = await claim(database, run_id)
    return page


async def test_a_first_reading_makes_a_state(database: Database, run_id: UUID) -> None:
    page = await claimed_page(database, run_id)
    assert await write(database, run_id, initial(page)) == {page.id}
    snapshot, site = await row(database, Snapshot), await row(database, MonitoredSite)
    assert (snapshot.site_id, snapshot.text_hash) == (site.id, text_hash("one"))
    assert (snapshot.kind, snapshot.title, snapshot.url) == ("html", "Blog", URL)
    assert (snapshot.first_seen_at, snapshot.last_seen_at) == (PAST + HOUR, PAST + HOUR)
    assert (site.text_hash, site.read_with) == (text_hash("one"), "plain:html/1")
    assert site.last_changed_at is None
    assert await rows(database, ContentUpdate) == []


async def test_an_attempt_that_was_written_late_has_an_id_of_its_writing(
    database: Database, run_id: UUID
) -> None:
    """As after a night without a database: the attempts of that time may be counted by then."""
    page = await claimed_page(database, run_id)
    made = datetime.now(UTC) - timedelta(hours=13)
    await write(database, run_id, replace(initial(page), attempt_id=id_at(made)))
    found = await row(database, Attempt)
    assert made_at(found.id) > made + timedelta(hours=12)
    assert found.started_at == PAST + HOUR


async def test_a_state_can_be_read_again(database: Database, run_id: UUID) -> None:
    page = await claimed_page(database, run_id)
    await write(database, run_id, initial(page))
    async with database.reading() as session:
        [state] = await latest_states(session, ADMIN, page.sites[0].id, 5)
        snapshot_id = await session.scalar(select(Snapshot.id))
        assert snapshot_id is not None
        assert await states_by_id(session, ADMIN, [snapshot_id, new_id()]) == {snapshot_id: state}
        assert await state_with(session, page.sites[0].id, state.text_hash) == state
        assert await state_with(session, page.sites[0].id, "0" * 32) is None
    assert unpack(state.text) == b"one"
    assert unpack(state.source or b"") == b"<p>one</p>"
    assert state.seen_at == PAST + HOUR


async def test_a_full_answer_moves_the_page(database: Database, run_id: UUID) -> None:
    page = await claimed_page(database, run_id)
    await write(database, run_id, initial(page, next_check_at=PAST + 5 * HOUR))
    found = await row(database, tables.Page)
    assert (found.next_check_at, found.last_checked_at) == (PAST + 5 * HOUR, PAST + HOUR)
    assert (found.last_full_at, found.last_verdict) == (PAST + HOUR, "initial")
    assert found.etag == '"tag"'
    assert found.body_hash == response(b"<p>one</p>").body_hash
    assert (found.leased_by, found.leased_until) == (None, None)


async def test_every_attempt_is_kept(database: Database, run_id: UUID) -> None:
    page = await claimed_page(database, run_id)
    attempt_id = new_id()
    await write(database, run_id, replace(initial(page), attempt_id=attempt_id))
    found = await row(database, Attempt)
    assert (found.id, found.page_id, found.run_id) == (attempt_id, page.id, run_id)
    assert (found.verdict, found.status, found.body_bytes) == ("initial", 200, 10)
    assert (found.started_at, found.elapsed_seconds) == (PAST + HOUR, 0.2)
    assert (found.final_url, found.error_class) == (None, None)


async def test_an_attempt_knows_where_it_ended(database: Database, run_id: UUID) -> None:
    page = await claimed_page(database, run_id)
    body = response()
    moved = replace(body, document=replace(body.document, url="https://site.example/new"))
    await write(database, run_id, replace(initial(page), response=moved))
    assert (await row(database, Attempt)).final_url == "https://site.example/new"


async def test_not_modified_moves_only_the_page(database: Database, run_id: UUID) -> None:
    page = await claimed_page(database, run_id)
    await write(database, run_id, initial(page))
    before = await rows(database, Snapshot), await rows(database, MonitoredSite)
    page = await claim_again(database, run_id)
    answer = response(b"", 304, validators=Validators('"other"'))
    sites = tuple(SiteOutcome(site, Verdict.NOT_MODIFIED) for site in page.sites)
    later = outcome(page, Verdict.NOT_MODIFIED, response=answer, sites=sites,
                    started_at=PAST + 9 * HOUR)  # fmt: skip
    await write(database, run_id, later)
    found = await row(database, tables.Page)
    assert (found.last_verdict, found.last_checked_at) == ("not_modified", PAST + 9 * HOUR)
    assert (found.last_full_at, found.etag) == (PAST + HOUR, '"tag"')
    assert (await rows(database, Snapshot), await rows(database, MonitoredSite)) == before


async def test_a_change_links_both_states(database: Database, run_id: UUID) -> None:
    page = await claimed_page(database, run_id)
    await write(database, run_id, initial(page, "one"))
    page = await claim_again(database, run_id)
    await write(database, run_id, changed(page, "one", "two", started_at=PAST + 2 * HOUR))
    one, two = await rows(database, Snapshot, Snapshot.first_seen_at)
    found = await row(database, ContentUpdate)
    assert (found.before_snapshot_id, found.after_snapshot_id) == (one.id, two.id)
    assert (found.site_id, found.run_id) == (page.sites[0].id, run_id)
    assert (found.detected_at, found.title) == (PAST + 2 * HOUR, "Blog")
    site = await row(database, MonitoredSite)
    assert (site.text_hash, site.last_changed_at) == (text_hash("two"), PAST + 2 * HOUR)


async def test_a_change_is_kept_with_its_grade_and_evidence(
    database: Database, run_id: UUID
) -> None:
    page = await claimed_page(database, run_id)
    await write(database, run_id, initial(page, "one"))
    page = await claim_again(database, run_id)
    await write(database, run_id, changed(page, "one", "two"))
    found = await row(database, ContentUpdate)
    assert (found.change_type, found.is_significant) == ("major", True)
    assert (found.confidence_score, found.analysis_status) == (0.75, "done")
    assert (found.summary, found.raw_content) == ("A line came.", "-one\n+two")
    assert found.reasons == [{"signal": "words", "weight": 1.5, "text": "12 words came"}]
    assert found.processed_content["hunks"][0]["added"] == ["two"]
    analysis = await row(database, AnalysisResult)
    assert (analysis.content_update_id, analysis.analyser) == (found.id, "rules/2")
    assert (analysis.change_type, analysis.confidence_score) == ("major", 0.75)


async def test_a_long_title_is_cut_to_its_column(database: Database, run_id: UUID) -> None:
    page = await claimed_page(database, run_id)
    await write(database, run_id, initial(page, "one"))
    page = await claim_again(database, run_id)
    change = changed(page, "one", "two")
    [one] = change.sites
    assert one.update is not None
    long = replace(one, update=replace(one.update, title="x" * 501))
    await write(database, run_id, replace(change, sites=(long,)))
    assert (await row(database, ContentUpdate)).title == "x" * 500


async def test_a_state_seen_again_is_counted(database: Database, run_id: UUID) -> None:
    page = await claimed_page(database, run_id)
    await write(database, run_id, initial(page, "one"))
    for hours, (before, after) in enumerate([("one", "two"), ("two", "one")], 2):
        page = await claim_again(database, run_id)
        at = {"started_at": PAST + hours * HOUR}
        await write(database, run_id, changed(page, before, after, **at))
    one, two = await rows(database, Snapshot, Snapshot.first_seen_at)
    assert (one.times_seen, two.times_seen) == (2, 1)
    assert (one.first_seen_at, one.last_seen_at) == (PAST + HOUR, PAST + 3 * HOUR)


async def test_equal_bytes_are_stored_once(database: Database, run_id: UUID) -> None:
    urls = [f"https://a.example/{i}" for i in range(5)]
    await have_sites(database, *(spec(f"site {i}", url) for i, url in enumerate(urls)))
    claimed = await claim(database, run_id)
    await write(database, run_id, *(initial(page, "same") for page in claimed))
    assert len(await rows(database, Snapshot)) == 5
    assert {(c.hash, c.size_bytes) for c in await rows(database, Content)} == {
        (text_hash("same"), 4),
        (text_hash("<p>same</p>"), 11),
    }


async def test_each_site_of_a_page_has_its_own_state(database: Database, run_id: UUID) -> None:
    specs = [spec("one", URL), spec("two", URL, rules=Rules(include=("main",)))]
    page = await claimed_page(database, run_id, *specs)
    await write(database, run_id, initial(page))
    assert {s.site_id for s in await rows(database, Snapshot)} == {s.id for s in page.sites}
    readers = {s.name: s.read_with for s in await rows(database, MonitoredSite)}
    assert readers["one"] == "plain:html/1"
    assert readers["two"] != readers["one"]


# Failures


async def test_a_failure_moves_the_schedule_and_keeps_the_reason(
    database: Database, run_id: UUID
) -> None:
    page = await claimed_page(database, run_id)
    url = "https://site.example/elsewhere"
    await write(database, run_id, failed(page, final_url=url, wire_bytes=7))
    found, attempt = await row(database, tables.Page), await row(database, Attempt)
    assert (found.error_class, found.error_detail) == ("timeout", "no answer")
    assert (found.last_verdict, found.next_check_at) == ("failed", PAST + 24 * HOUR)
    assert (attempt.error_class, attempt.wire_bytes) == ("timeout", 7)
    assert attempt.final_url == url


async def test_failures_in_a_row_are_counted_from_the_first(
    database: Database, run_id: UUID
) -> None:
    page = await claimed_page(database, run_id)
    for hours in (1, 2, 3):
        await write(database, run_id, failed(page, started_at=PAST + hours * HOUR))
        page = await claim_again(database, run_id)
    assert (page.failure_streak, page.failing_since) == (3, PAST + HOUR)


@pytest.mark.parametrize("error_class", [e for e in ErrorClass if e.is_ours])
async def test_our_own_trouble_is_not_counted_against_a_page(
    database: Database, run_id: UUID, error_class: ErrorClass
) -> None:
    page = await claimed_page(database, run_id)
    await write(database, run_id, failed(page))
    page = await claim_again(database, run_id)
    await write(database, run_id, failed(page, error_class, started_at=PAST + 2 * HOUR))
    page = await claim_again(database, run_id)
    assert (page.failure_streak, page.failing_since) == (1, PAST + HOUR)
    assert (await row(database, tables.Page)).error_class == error_class


async def test_success_ends_a_row_of_failures(database: Database, run_id: UUID) -> None:
    page = await claimed_page(database, run_id)
    await write(database, run_id, failed(page))
    page = await claim_again(database, run_id)
    await write(database, run_id, initial(page))
    found = await row(database, tables.Page)
    assert (found.failure_streak, found.failing_since, found.error_class) == (0, None, None)


async def test_a_failure_keeps_what_is_known_of_the_page(database: Database, run_id: UUID) -> None:
    page = await claimed_page(database, run_id)
    await write(database, run_id, initial(page))
    page = await claim_again(database, run_id)
    await write(database, run_id, failed(page))
    again = await claim_again(database, run_id)
    assert (again.body_hash, again.validators) == (page.body_hash, page.validators)
    assert [replace(site, failure_history=FailureHistory()) for site in again.sites] == list(
        page.sites
    )
    assert again.sites[0].failure_history.failure_streak == 1


def selector_failed(page: Page, answer: Response) -> Outcome:
    sites = tuple(
        SiteOutcome(site, Verdict.FAILED, error_class=ErrorClass.SELECTOR, error_detail="none")
        for site in page.sites
    )
    return failed(page, ErrorClass.SELECTOR, response=answer, sites=sites)


async def test_a_body_that_nobody_could_read_is_asked_for_again(
    database: Database, run_id: UUID
) -> None:
    page = await claimed_page(database, run_id)
    await write(database, run_id, initial(page))
    page = await claim_again(database, run_id)
    await write(database, run_id, selector_failed(page, response()))
    page = await claim_again(database, run_id)
    assert (page.body_hash, page.validators) == (None, Validators())
    assert page.sites[0].error_class == "selector"
    assert page.sites[0].text_hash == text_hash("one")


async def test_a_site_that_can_be_read_again_is_well(database: Database, run_id: UUID) -> None:
    page = await claimed_page(database, run_id)
    await write(database, run_id, initial(page))
    page = await claim_again(database, run_id)
    await write(database, run_id, selector_failed(page, response()))
    page = await claim_again(database, run_id)
    sites = (SiteOutcome(page.sites[0], Verdict.UNCHANGED, "plain:html/1"),)
    await write(database, run_id, outcome(page, response=response(), sites=sites))
    site = await row(database, MonitoredSite)
    assert (site.error_class, site.error_detail) == (None, None)


# Leases


async def test_a_look_that_was_asked_for_meanwhile_is_not_put_off(
    database: Database, run_id: UUID
) -> None:
    page = await claimed_page(database, run_id)
    soon = PAST + timedelta(minutes=7)
    async with database.writing() as session:
        # As a shorter frequency does, or somebody who is new to the page.
        await session.execute(update(tables.Page).values(next_check_at=soon))
        assert await record(session, run_id, [initial(page)]) == {page.id}
    found = await row(database, tables.Page)
    assert (found.next_check_at, found.leased_until) == (soon, None)


async def test_a_site_that_moved_meanwhile_does_not_know_its_old_page(
    database: Database, run_id: UUID
) -> None:
    page = await claimed_page(database, run_id)
    await have_sites(database, spec(url="https://site.example/other"))
    await write(database, run_id, initial(page))
    async with database.reading() as session:
        site = await session.scalar(select(MonitoredSite))
    assert site is not None
    assert (site.text_hash, site.read_with, site.error_class) == (None, None, None)
    assert site.page_id != page.id


async def test_a_result_under_an_old_lease_leaves_no_trace(
    database: Database, run_id: UUID
) -> None:
    page = await claimed_page(database, run_id)
    async with database.writing() as session:
        await session.execute(update(tables.Page).values(leased_until=PAST))
    other = await begin_run(database)
    await claim(database, other)
    assert await write(database, run_id, initial(page)) == frozenset()
    for model in (Attempt, Snapshot, Content):
        assert await rows(database, model) == []
    assert (await row(database, tables.Page)).leased_by == other


async def test_a_lease_that_ended_but_went_to_nobody_still_counts(
    database: Database, run_id: UUID
) -> None:
    page = await claimed_page(database, run_id)
    async with database.writing() as session:
        await session.execute(update(tables.Page).values(leased_until=PAST))
    assert await write(database, run_id, initial(page)) == {page.id}


async def test_a_page_that_was_given_back_takes_no_result(database: Database, run_id: UUID) -> None:
    page = await claimed_page(database, run_id)
    async with database.writing() as session:
        await pages.release_all(session, run_id)
    assert await write(database, run_id, initial(page)) == frozenset()


async def test_a_result_that_is_written_again_is_written_once(
    database: Database, run_id: UUID
) -> None:
    page = await claimed_page(database, run_id)
    first = replace(initial(page), attempt_id=new_id())
    assert await write(database, run_id, first) == {page.id}
    assert await write(database, run_id, first) == {page.id}
    assert len(await rows(database, Attempt)) == 1
    assert (await row(database, Snapshot)).times_seen == 1


async def test_a_lost_lease_does_not_touch_the_others(database: Database, run_id: UUID) -> None:
    await have_sites(database, spec("a", "https://a.example/"), spec("b", "https://b.example/"))
    one, two = await claim(database, run_id)
    stale = replace(one, lease_token=one.lease_token - 1)
    assert await write(database, run_id, initial(stale), initial(two)) == {two.id}


async def test_a_page_that_is_gone_takes_no_result(database: Database, run_id: UUID) -> None:
    page = await claimed_page(database, run_id)
    async with database.writing() as session:
        await session.execute(tables.Page.__table__.delete())
    assert await write(database, run_id, initial(page)) == frozenset()


# How much work it is


@pytest.mark.parametrize("count", [2, 40])
async def test_a_group_takes_the_same_statements_whatever_its_size(
    database: Database, engine: AsyncEngine, run_id: UUID, count: int
) -> None:
    await have_sites(database, *(spec(f"s{i}", f"https://a.example/{i}") for i in range(count)))
    claimed = await claim(database, run_id)
    await write(database, run_id, *(initial(page, f"one {i}") for i, page in enumerate(claimed)))
    async with database.writing() as session:
        await session.execute(update(tables.Page).values(next_check_at=PAST))
    claimed = await claim(database, run_id)
    with Statements(engine) as statements:
        changes = [changed(page, f"one {i}", f"two {i}") for i, page in enumerate(claimed)]
        await write(database, run_id, *changes)
    assert len([s for s in statements.sent if not s.startswith("BEGIN")]) <= 10
    async with database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(ContentUpdate)) == count


async def test_an_empty_group_is_no_work(database: Database, run_id: UUID) -> None:
    assert await write(database, run_id) == frozenset()


@pytest.mark.parametrize(
    "values",
    [
        {"charset": "x" * 60},
        {"content_type": "text/" + "x" * 300},
        {"title": "a title\nof two lines " * 1000},
    ],
)
async def test_what_a_server_says_at_length_does_not_stop_the_storing(
    database: Database, run_id: UUID, values: dict[str, str]
) -> None:
    page = await claimed_page(database, run_id)
    first = initial(page)
    [one] = first.sites
    odd = replace(one, state=making.state("one", **values))
    assert await write(database, run_id, replace(first, sites=(odd,))) == {page.id}
