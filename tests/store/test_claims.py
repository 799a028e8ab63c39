"""Claims on due pages: who gets which, for how long, and what goes back."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from daemon.model.page import Page as PageValue
from daemon.model.request import Request
from daemon.model.site import Rules
from daemon.pipeline.recording import record
from daemon.store.core.database import Database
from daemon.store.core.engine import open_engine
from daemon.store.queue import overdue, pages
from daemon.store.queue.unchecked import Unchecked, count_unchecked, find_unchecked
from daemon.store.tables import MonitoredSite, Page
from daemon.store.tables.ids import new_id
from daemon.store.tables.types import db_now
from tests.making import (
    LEASE,
    PAST,
    Statements,
    begin_run,
    claim,
    have_sites,
    initial,
    now_of,
    spec,
)

HOUR = timedelta(hours=1)


@pytest.fixture
async def run_id(database: Database) -> UUID:
    return await begin_run(database)


async def have_pages(database: Database, count: int) -> list[UUID]:
    """So many due pages; the first is the most overdue."""
    await have_sites(database, *(spec(f"site {i}", f"https://a.example/{i}") for i in range(count)))
    async with database.writing() as session:
        ids = list(await session.scalars(select(Page.id).order_by(Page.url)))
        for i, page_id in enumerate(ids):
            at = PAST + i * timedelta(minutes=1)
            await session.execute(update(Page).where(Page.id == page_id).values(next_check_at=at))
    return ids


async def change(database: Database, page_id: UUID | None = None, **values: Any) -> None:
    async with database.writing() as session:
        statement = update(Page).values(values)
        if page_id is not None:
            statement = statement.where(Page.id == page_id)
        await session.execute(statement)


async def column(database: Database, of: Any) -> list[Any]:
    async with database.reading() as session:
        return list(await session.scalars(select(of).order_by(Page.url)))


def ids_of(claimed: Sequence[PageValue]) -> list[UUID]:
    return [page.id for page in claimed]


async def test_a_due_page_comes_with_all_that_a_check_needs(
    database: Database, run_id: UUID
) -> None:
    request = Request("https://site.example/blog", headers={"accept": "text/html"})
    rules = Rules(include=("main",), ignore=(r"\d+",))
    given = {"check_frequency": "0 9 * * *", "time_zone": "Asia/Kolkata"}
    await have_sites(database, spec(request=request, rules=rules, **given))
    [page] = await claim(database, run_id)
    [site] = page.sites
    assert (page.request, page.host) == (request, "site.example:443")
    assert (page.check_frequency, page.time_zone) == ("0 9 * * *", "Asia/Kolkata")
    assert (page.next_check_at, page.lease_token) == (PAST, 1)
    assert (site.name, site.owner_id, site.rules) == ("Blog", "local", rules)
    assert (site.text_hash, page.body_hash, page.failure_streak) == (None, None, 0)


async def test_the_most_overdue_pages_are_claimed_first(database: Database, run_id: UUID) -> None:
    ids = await have_pages(database, 5)
    await change(database, ids[0], next_check_at=PAST + 2 * HOUR)
    assert ids_of(await claim(database, run_id, limit=3)) == [ids[1], ids[2], ids[3]]
    assert ids_of(await claim(database, run_id, limit=3)) == [ids[4], ids[0]]


async def test_a_page_that_is_not_due_is_left_alone(database: Database, run_id: UUID) -> None:
    await have_pages(database, 1)
    await change(database, next_check_at=datetime.now(UTC) + HOUR)
    assert await claim(database, run_id) == []


async def test_a_page_that_nobody_wants_is_left_alone(database: Database, run_id: UUID) -> None:
    await have_pages(database, 1)
    await have_sites(database)
    assert await claim(database, run_id) == []


async def test_a_paused_or_deleted_site_does_not_come_with_its_page(
    database: Database, run_id: UUID
) -> None:
    url = "https://site.example/blog"
    await have_sites(database, spec("one", url), spec("two", url), spec("three", url))
    await have_sites(database, spec("one", url), spec("two", url, is_active=False))
    [page] = await claim(database, run_id)
    assert [site.name for site in page.sites] == ["one"]


async def test_a_claimed_page_is_not_claimed_again(database: Database, run_id: UUID) -> None:
    await have_pages(database, 3)
    assert len(await claim(database, run_id)) == 3
    assert await claim(database, run_id) == []
    assert await claim(database, await begin_run(database)) == []


async def test_a_lease_ends_by_the_clock_of_the_database(database: Database, run_id: UUID) -> None:
    await have_pages(database, 1)
    [before] = await claim(database, run_id)
    async with database.writing() as session:
        await session.execute(update(Page).values(leased_until=db_now(-1)))
    [after] = await claim(database, run_id)
    assert (before.lease_token, after.lease_token) == (1, 2)


async def test_a_lease_holds_as_long_as_asked(database: Database, run_id: UUID) -> None:
    await have_pages(database, 1)
    await claim(database, run_id, lease=timedelta(seconds=90))
    async with database.reading() as session:
        until, now = (await session.execute(select(Page.leased_until, db_now()))).one()
    assert until is not None
    assert timedelta(seconds=60) < until - now <= timedelta(seconds=90)


async def test_the_clock_of_the_database_is_an_instant_in_utc(database: Database) -> None:
    async with database.reading() as session:
        now, later = (await session.execute(select(db_now(), db_now(1800.5)))).one()
    assert now.tzinfo is UTC
    assert timedelta(0) <= later - now - timedelta(seconds=1800.5) < timedelta(minutes=1)


async def test_these_pages_are_claimed_due_or_not(database: Database, run_id: UUID) -> None:
    ids = await have_pages(database, 3)
    await change(database, next_check_at=datetime.now(UTC) + HOUR)
    async with database.writing() as session:
        claimed = await pages.claim_these(session, run_id, ids[:2], LEASE)
    assert set(ids_of(claimed)) == set(ids[:2])


async def test_a_page_that_another_holds_is_not_among_these(
    database: Database, run_id: UUID
) -> None:
    ids = await have_pages(database, 2)
    await claim(database, await begin_run(database), limit=1)
    async with database.writing() as session:
        claimed = await pages.claim_these(session, run_id, ids, LEASE)
    assert ids_of(claimed) == [ids[1]]


async def test_many_claimers_never_share_a_page(database: Database) -> None:
    await have_pages(database, 60)
    claimed: list[UUID] = []

    async def work() -> None:
        run_id = await begin_run(database)
        while some := await claim(database, run_id, limit=7):
            claimed.extend(ids_of(some))

    async with asyncio.TaskGroup() as group:
        for _ in range(4):
            group.create_task(work())
    assert len(claimed) == len(set(claimed)) == 60


async def test_a_claimer_does_not_wait_for_another_on_postgresql(postgres_url: str) -> None:
    from daemon.store.core.engine import open_engine

    database = Database(open_engine(postgres_url))
    ids = await have_pages(database, 4)
    run_id = await begin_run(database)
    async with database.writing() as session:
        first = await pages.claim_due(session, pages.Claimant(run_id, LEASE), 2)
        # The transaction above still holds its rows.
        second = await claim(database, run_id, limit=2)
    assert [ids_of(first), ids_of(second)] == [ids[:2], ids[2:]]
    await database.close()


@pytest.mark.parametrize("count", [3, 30])
async def test_a_claim_takes_three_statements_however_many_pages(
    database: Database, engine: AsyncEngine, run_id: UUID, count: int
) -> None:
    await have_pages(database, count)
    with Statements(engine) as statements:
        assert len(await claim(database, run_id)) == count
    assert len([s for s in statements.sent if not s.startswith("BEGIN")]) == 3


async def test_a_claim_reads_only_what_is_due_of_the_index(
    database: Database, engine: AsyncEngine, run_id: UUID
) -> None:
    many = [spec(f"site {i}", f"https://a.example/{i}") for i in range(2000)]
    await have_sites(database, *many, now=datetime.now(UTC) + HOUR)
    async with database.writing() as session:
        await session.execute(text("ANALYZE"))
    with Statements(engine) as statements:
        await claim(database, run_id, limit=20)
    [(sent, values)] = [
        (sent, values)
        for sent, values in zip(statements.sent, statements.values, strict=True)
        if "UPDATE pages" in sent
    ]
    found = await plan(database, sent, values)
    if engine.dialect.name == "sqlite":
        assert "SEARCH pages USING INDEX ix_pages_due (next_check_at<?)" in found
        assert "ORDER BY" not in found
    else:
        assert re.search(r"Index Scan using ix_pages_due on pages.*Index Cond: \(next_check", found)
        assert "Sort" not in found


async def plan(database: Database, statement: str, values: tuple[Any, ...]) -> str:
    """How the database runs this statement."""
    async with database.writing() as session:
        connection = await session.connection()
        word = "EXPLAIN" if connection.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
        rows = await connection.exec_driver_sql(f"{word} {statement}", values)
        return " ".join(str(row[-1]) for row in rows)


async def test_a_page_that_is_held_is_not_claimed_even_when_its_lease_has_run_out(
    database: Database, run_id: UUID
) -> None:
    ids = await have_pages(database, 3)
    await change(database, ids[0], leased_by=run_id, leased_until=PAST)
    async with database.writing() as session:
        claimed = await pages.claim_due(session, pages.Claimant(run_id, LEASE), 9, {ids[0]})
    assert ids_of(claimed) == ids[1:]


async def test_a_page_that_was_checked_since_then_is_left_out(
    database: Database, run_id: UUID
) -> None:
    ids = await have_pages(database, 3)
    await change(database, ids[1], last_checked_at=PAST)
    await change(database, ids[2], last_checked_at=PAST - HOUR)
    async with database.writing() as session:
        claimant = pages.Claimant(run_id, LEASE, since=PAST)
        claimed = await pages.claim_due(session, claimant, 9)
    assert ids_of(claimed) == [ids[0], ids[2]]


# Renewing


async def renew(database: Database, run_id: UUID, *held: PageValue) -> None:
    async with database.writing() as session:
        await pages.renew(session, run_id, held, LEASE)


async def test_leases_that_are_renewed_begin_anew(database: Database, run_id: UUID) -> None:
    ids = await have_pages(database, 3)
    held = await claim(database, run_id, limit=2)
    await change(database, leased_until=PAST)
    await renew(database, run_id, *held)
    assert ids_of(await claim(database, await begin_run(database))) == [ids[2]]


@pytest.mark.parametrize("by_another", [True, False])
async def test_a_lease_that_was_claimed_again_is_not_renewed(
    database: Database, run_id: UUID, by_another: bool
) -> None:
    await have_pages(database, 1)
    [lost] = await claim(database, run_id)
    await change(database, leased_until=PAST)
    await claim(database, await begin_run(database) if by_another else run_id, lease=HOUR)
    before = await column(database, Page.leased_until)
    await renew(database, run_id, lost)
    assert await column(database, Page.leased_until) == before


async def test_a_page_that_was_given_back_is_not_held_again(
    database: Database, run_id: UUID
) -> None:
    await have_pages(database, 1)
    [page] = await claim(database, run_id)
    async with database.writing() as session:
        await pages.put_back(session, [(page, PAST)])
    await renew(database, run_id, page)
    assert await column(database, Page.leased_until) == [None]


@pytest.mark.parametrize("count", [3, 30])
async def test_all_that_is_held_is_renewed_by_one_statement(
    database: Database, engine: AsyncEngine, run_id: UUID, count: int
) -> None:
    await have_pages(database, count)
    held = await claim(database, run_id)
    with Statements(engine) as statements:
        await renew(database, run_id, *held)
    assert len([s for s in statements.sent if not s.startswith("BEGIN")]) == 1


async def test_a_renewal_does_not_wait_for_what_is_being_written(postgres_url: str) -> None:
    from daemon.store.core.engine import open_engine

    database = Database(open_engine(postgres_url))
    await have_pages(database, 2)
    run_id = await begin_run(database)
    one, other = await claim(database, run_id)
    await change(database, leased_until=PAST)
    async with database.writing() as session:
        await session.execute(select(Page.id).where(Page.id == one.id).with_for_update())
        await renew(database, run_id, one, other)
    assert ids_of(await claim(database, run_id)) == [one.id]
    await database.close()


# Giving back


async def test_a_page_that_was_put_back_comes_again_at_its_instant(
    database: Database, run_id: UUID
) -> None:
    await have_pages(database, 2)
    one, other = await claim(database, run_id)
    later = datetime.now(UTC) + HOUR
    async with database.writing() as session:
        await pages.put_back(session, [(one, PAST), (other, later)])
    assert ids_of(await claim(database, run_id)) == [one.id]
    assert (await column(database, Page.next_check_at))[1] == later


async def test_only_who_holds_a_page_can_put_it_back(database: Database, run_id: UUID) -> None:
    await have_pages(database, 1)
    [lost] = await claim(database, run_id)
    await change(database, leased_until=PAST)
    await claim(database, await begin_run(database))
    async with database.writing() as session:
        await pages.put_back(session, [(lost, PAST)])
    assert await claim(database, run_id) == []


async def test_nothing_to_put_back_is_no_work(database: Database, engine: AsyncEngine) -> None:
    with Statements(engine) as statements:
        async with database.writing() as session:
            await pages.put_back(session, [])
    assert statements.sent == []


async def test_a_run_that_stops_gives_back_its_own_pages_only(
    database: Database, run_id: UUID
) -> None:
    ids = await have_pages(database, 2)
    await claim(database, run_id, limit=1)
    await claim(database, await begin_run(database), limit=1)
    async with database.writing() as session:
        await pages.release_all(session, run_id)
    [again] = await claim(database, run_id)
    assert (again.id, again.lease_token) == (ids[0], 2)


# Overdue pages


async def test_pages_long_overdue_are_spread_in_their_order(database: Database) -> None:
    await have_pages(database, 10)
    await change(database, last_checked_at=PAST)
    now = datetime.now(UTC)
    async with database.writing() as session:
        assert await overdue.spread_overdue(session, now, timedelta(minutes=5), few=3) == 10
    found = await column(database, Page.next_check_at)
    assert found == [now + i * timedelta(seconds=30) for i in range(10)]


@pytest.mark.parametrize(
    ("values", "few"),
    [
        ({"last_checked_at": PAST}, 10),  # few enough to be done at once
        ({"last_checked_at": None}, 0),  # never looked at
        ({"last_checked_at": PAST, "is_active": False}, 0),
        ({"last_checked_at": PAST, "next_check_at": datetime.now(UTC) + HOUR}, 0),
        ({"last_checked_at": PAST, "leased_until": datetime.now(UTC) + HOUR}, 0),
    ],
)
async def test_other_pages_keep_their_instant(
    database: Database, values: dict[str, Any], few: int
) -> None:
    await have_pages(database, 10)
    await change(database, **values)
    before = await column(database, Page.next_check_at)
    async with database.writing() as session:
        assert await overdue.spread_overdue(session, datetime.now(UTC), HOUR, few) == 0
    assert await column(database, Page.next_check_at) == before


async def test_daemons_that_start_at_once_spread_every_page_once(database: Database) -> None:
    await have_pages(database, 40)
    await change(database, last_checked_at=PAST)
    began, moved = datetime.now(UTC), []

    async def spread() -> None:
        async with database.writing() as session:
            moved.append(await overdue.spread_overdue(session, datetime.now(UTC), HOUR, 0))

    async with asyncio.TaskGroup() as group:
        for _ in range(3):
            group.create_task(spread())
    assert sum(moved) == 40
    assert min(await column(database, Page.next_check_at)) >= began


async def test_all_active_pages_can_be_made_due(database: Database, run_id: UUID) -> None:
    ids = await have_pages(database, 3)
    await change(database, next_check_at=datetime.now(UTC) + HOUR)
    await change(database, ids[0], is_active=False)
    async with database.writing() as session:
        await pages.make_all_due(session)
    assert set(ids_of(await claim(database, run_id))) == set(ids[1:])


# Counting


async def test_pages_are_counted(database: Database) -> None:
    ids = await have_pages(database, 4)
    await change(database, ids[0], is_active=False)
    await change(database, ids[1], last_checked_at=PAST + HOUR)
    await change(database, ids[2], last_checked_at=PAST - HOUR)
    async with database.reading() as session:
        assert await pages.count_active(session) == 3
        assert await count_unchecked(session, PAST) == 2


async def unchecked(database: Database, *page_ids: UUID) -> list[Unchecked]:
    async with database.reading() as session:
        return await find_unchecked(session, PAST, page_ids or None)


async def test_pages_that_were_not_checked_come_with_their_waits_the_first_due_first(
    database: Database,
) -> None:
    ids = await have_pages(database, 3)
    await change(database, ids[0], next_check_at=datetime.now(UTC) + HOUR)
    await change(database, ids[2], last_checked_at=PAST)
    now, later = await unchecked(database)
    assert (now.page_id, now.wait_seconds, now.is_held) == (ids[1], 0.0, False)
    assert (later.page_id, later.host) == (ids[0], "site.example:443")
    assert 3000 < later.wait_seconds <= 3600
    assert [one.page_id for one in await unchecked(database, ids[0])] == [ids[0]]


async def test_a_page_that_another_holds_waits_for_the_end_of_that_lease(
    database: Database, run_id: UUID
) -> None:
    await have_pages(database, 1)
    await claim(database, run_id, lease=timedelta(hours=2))
    [one] = await unchecked(database)
    assert one.is_held
    assert 7000 < one.wait_seconds <= 7200


async def test_when_all_were_checked_none_is_left(database: Database) -> None:
    await have_pages(database, 2)
    await change(database, last_checked_at=PAST)
    assert await unchecked(database) == []


async def test_what_is_due_and_since_when(database: Database) -> None:
    ids = await have_pages(database, 3)
    await change(database, next_check_at=datetime.now(UTC) - HOUR)
    await change(database, ids[0], next_check_at=datetime.now(UTC) + HOUR)
    async with database.reading() as session:
        due, seconds = await overdue.due_figures(session)
    assert due == 2
    assert 3600 <= seconds < 3700


async def test_nothing_is_due_in_an_empty_database(database: Database) -> None:
    async with database.reading() as session:
        assert await overdue.due_figures(session) == (0, 0.0)
        assert await pages.count_active(session) == 0


async def test_a_site_knows_its_state_and_its_trouble(database: Database, run_id: UUID) -> None:
    await have_pages(database, 1)
    values = {"text_hash": "a" * 32, "read_with": "plain:html/1", "error_class": "selector"}
    async with database.writing() as session:
        await session.execute(update(MonitoredSite).values(**values, last_changed_at=PAST))
    [page] = await claim(database, run_id)
    [site] = page.sites
    assert {key: getattr(site, key) for key in values} == values
    assert site.last_changed_at == PAST
    assert site.is_read_by_these_rules


async def test_rules_of_a_newer_version_do_not_stop_a_claim(
    database: Database, run_id: UUID
) -> None:
    await have_pages(database, 1)
    async with database.writing() as session:
        await session.execute(update(MonitoredSite).values(rules={"sort_lines": True, "new": 1}))
    [page] = await claim(database, run_id)
    assert page.sites[0].rules == Rules(sort_lines=True)


def test_new_ids_never_repeat() -> None:
    assert len({new_id() for _ in range(10_000)}) == 10_000


# Instants that somebody wrote by hand

FORMS = ["2020-01-01 00:00:00", "2020-01-01", "2020-01-01T00:00:00Z", "2020-01-01 00:00:00.5", "-"]


@pytest.mark.parametrize("form", FORMS)
async def test_a_page_that_was_made_due_by_hand_is_checked_once(sqlite_url: str, form: str) -> None:
    database = Database(open_engine(sqlite_url))
    await have_sites(database, spec())
    async with database.writing() as session:
        await session.execute(text(f"UPDATE pages SET next_check_at = '{form}'"))
    run_id = await begin_run(database)
    [page] = await claim(database, run_id)
    due = (await now_of(database)) + timedelta(days=1)
    async with database.writing() as session:
        assert await record(session, run_id, [initial(page, next_check_at=due)])
    assert await claim(database, run_id) == []
    await database.close()
