"""Old rows: what goes, what stays because something needs it, and that nobody waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from daemon.config.sections import RetentionConfig
from daemon.model.status import Verdict
from daemon.packing import content_hash, pack
from daemon.store.core.database import Database
from daemon.store.retention import ages as retention
from daemon.store.retention.attempts import drop_attempts
from daemon.store.retention.batching import Sweep
from daemon.store.retention.run import RetentionKind, RetentionRounds
from daemon.store.tables import (
    AnalysisResult,
    Attempt,
    CheckDay,
    Content,
    ContentUpdate,
    Host,
    MonitoredSite,
    Notice,
    Page,
    Run,
    Snapshot,
)
from daemon.store.tables.ids import new_id
from tests.making import (
    OWNER,
    PAST,
    Statements,
    add_one_of_each,
    add_rows,
    begin_run,
    claim,
    count,
    have_sites,
    id_at,
    spec,
)
from tests.plans import whole_tables

DAY = timedelta(days=1)


async def texts(database: Database) -> set[str]:
    async with database.reading() as session:
        return set(await session.scalars(select(Snapshot.title)))


def content(text: str, **more: Any) -> Content:
    packed = pack(text.encode())
    return Content(hash=packed.hash, codec="zstd", size_bytes=1, data=packed.data, **more)


def snapshot(site_id: UUID, text: str, days: int) -> Snapshot:
    at = PAST + days * DAY
    return Snapshot(
        id=new_id(), site_id=site_id, text_hash=content_hash(text.encode()),
        kind="html", title=text,
        extractor="html/1", url="https://a.example/", first_seen_at=at, last_seen_at=at,
    )  # fmt: skip


def update_of(site_id: UUID, at: datetime, **more: Any) -> ContentUpdate:
    return ContentUpdate(id=id_at(at), site_id=site_id, detected_at=at, **more)


async def have_snapshots(database: Database, site_id: UUID, count: int) -> list[Snapshot]:
    """States seen on one day after another; the last is the current one."""
    states = [snapshot(site_id, f"day {i}", i) for i in range(count)]
    await add_rows(database, *(content(f"day {i}", created_at=PAST) for i in range(count)), *states)
    async with database.writing() as session:
        await session.execute(update(MonitoredSite).values(text_hash=states[-1].text_hash))
    return states


def attempt(page_id: UUID, at: datetime, **more: Any) -> Attempt:
    fields: dict[str, Any] = {"elapsed_seconds": 0.1, "verdict": Verdict.UNCHANGED}
    return Attempt(id=id_at(at), page_id=page_id, started_at=at, **(fields | more))


async def have_attempts(database: Database, count: int) -> None:
    async with database.writing() as session:
        page_id = (await session.scalars(select(Page.id))).one()
        session.add_all(attempt(page_id, PAST + i * DAY) for i in range(count))


@pytest.mark.usefixtures("site_id")
async def test_old_attempts_are_dropped(database: Database) -> None:
    await have_attempts(database, 10)
    assert await drop_attempts(Sweep(database), PAST + 4 * DAY) == 4
    assert await count(database, Attempt) == 6
    assert await drop_attempts(Sweep(database), PAST + 4 * DAY) == 0


async def test_runs_without_a_sign_of_life_are_dropped_and_those_that_run_stay(
    database: Database,
) -> None:
    fields: dict[str, Any] = {"kind": "run", "machine": "here", "pid": 1, "version": "1"}
    for ended_at, heartbeat_at in (
        (PAST, PAST), (None, PAST), (PAST + 2 * DAY, PAST), (None, PAST + 2 * DAY)
    ):  # fmt: skip
        ends = {"ended_at": ended_at, "heartbeat_at": heartbeat_at}
        await add_rows(database, Run(id=id_at(PAST), started_at=PAST, **fields, **ends))
    assert await retention.drop_runs(Sweep(database), PAST + DAY) == 2
    assert await count(database, Run) == 2


async def test_old_updates_are_dropped_with_their_analyses(
    database: Database, site_id: UUID
) -> None:
    for days in range(4):
        change = update_of(site_id, PAST + days * DAY)
        await add_rows(
            database, change, AnalysisResult(content_update_id=change.id, analyser="rules/2")
        )
    assert await retention.drop_updates(Sweep(database), PAST + 3 * DAY) == 3
    assert await count(database, ContentUpdate) == await count(database, AnalysisResult) == 1


@pytest.mark.parametrize(
    ("days", "keep", "left"),
    [(6, 3, [5, 6, 7]), (6, 1, [6, 7]), (100, 3, [5, 6, 7]), (0, 1, range(8)), (6, 100, range(8))],
    ids=["some are few", "some are new", "all are old", "all are new", "all are few"],
)
async def test_a_state_stays_while_it_is_new_enough_or_among_the_newest(
    database: Database, site_id: UUID, days: int, keep: int, left: Sequence[int]
) -> None:
    await have_snapshots(database, site_id, 8)
    dropped = await retention.drop_snapshots(Sweep(database), PAST + days * DAY, keep)
    assert await texts(database) == {f"day {i}" for i in left}
    assert dropped == 8 - len(left)


async def test_a_page_that_changes_every_hour_keeps_its_states_of_the_whole_time(
    database: Database, site_id: UUID
) -> None:
    await have_snapshots(database, site_id, 30)
    tidying = RetentionRounds(database)
    await tidying.round(RetentionConfig(snapshots=90 * DAY), PAST + 91 * DAY)
    assert len(await texts(database)) == 29
    await tidying.round(RetentionConfig(snapshots=timedelta(0)), PAST + 9000 * DAY)
    assert len(await texts(database)) == 29


async def test_each_site_has_its_own_number_of_states(database: Database) -> None:
    urls = ["https://a.example/", "https://b.example/"]
    await have_sites(database, *(spec(url, url) for url in urls))
    async with database.reading() as session:
        ids = list(await session.scalars(select(MonitoredSite.id)))
    await add_rows(database, *(content(f"{i}{day}") for i in range(2) for day in range(5)))
    await add_rows(
        database,
        *(snapshot(site, f"{i}{day}", day) for i, site in enumerate(ids) for day in range(5)),
    )
    old = PAST + 100 * DAY
    assert await retention.drop_snapshots(Sweep(database), old, keep_per_site=2) == 6
    assert await texts(database) == {"03", "04", "13", "14"}


async def test_the_current_state_stays_however_old(database: Database, site_id: UUID) -> None:
    states = await have_snapshots(database, site_id, 3)
    async with database.writing() as session:
        await session.execute(update(MonitoredSite).values(text_hash=states[0].text_hash))
    assert await retention.drop_snapshots(Sweep(database), PAST + 100 * DAY, keep_per_site=1) == 1
    assert await texts(database) == {"day 0", "day 2"}


async def test_the_states_of_an_update_stay_as_long_as_it(
    database: Database, site_id: UUID
) -> None:
    states = await have_snapshots(database, site_id, 5)
    change = update_of(
        site_id, PAST, before_snapshot_id=states[0].id, after_snapshot_id=states[1].id
    )
    await add_rows(database, change)
    old = PAST + 100 * DAY
    assert await retention.drop_snapshots(Sweep(database), old, keep_per_site=1) == 2
    assert await texts(database) == {"day 0", "day 1", "day 4"}
    await retention.drop_updates(Sweep(database), old)
    assert await retention.drop_snapshots(Sweep(database), old, keep_per_site=1) == 2
    assert await texts(database) == {"day 4"}


async def test_bytes_that_nothing_needs_are_dropped_after_a_while(
    database: Database, site_id: UUID
) -> None:
    await have_snapshots(database, site_id, 3)
    await add_rows(database, content("old", created_at=PAST), content("new", created_at=PAST + DAY))
    assert await retention.drop_contents(Sweep(database), PAST + DAY) == 1
    assert await count(database, Content) == 4
    await retention.drop_snapshots(Sweep(database), PAST + 100 * DAY, keep_per_site=1)
    assert await retention.drop_contents(Sweep(database), PAST + 2 * DAY) == 3
    assert await count(database, Content) == 1


async def test_a_source_that_a_state_needs_stays(database: Database, site_id: UUID) -> None:
    [state] = await have_snapshots(database, site_id, 1)
    await add_rows(database, content("source", created_at=PAST))
    async with database.writing() as session:
        await session.execute(
            update(Snapshot)
            .where(Snapshot.id == state.id)
            .values(source_hash=content_hash(b"source"))
        )
    assert await retention.drop_contents(Sweep(database), PAST + DAY) == 0


async def test_a_search_for_old_rows_keeps_no_writer_waiting(
    database: Database, engine: AsyncEngine, site_id: UUID
) -> None:
    await have_snapshots(database, site_id, 20)
    old = PAST + 100 * DAY
    with Statements(engine) as statements:
        for work in (drop_attempts, retention.drop_updates, retention.drop_contents):
            await work(Sweep(database), old)
        await retention.drop_snapshots(Sweep(database), old, 1)
    # On SQLite a writer's transaction keeps all others out, from its first statement.
    after = zip(statements.sent, statements.sent[1:], strict=False)
    searched = [one for one, then in after if then.startswith("SELECT")]
    assert "BEGIN IMMEDIATE" not in searched


async def test_nothing_old_is_no_work(database: Database) -> None:
    assert await drop_attempts(Sweep(database), PAST) == 0
    assert await retention.drop_updates(Sweep(database), PAST) == 0
    assert await retention.drop_snapshots(Sweep(database), PAST, 1) == 0
    assert await retention.drop_contents(Sweep(database), PAST) == 0


async def test_an_update_stays_until_its_notices_are_done_with(
    database: Database, site_id: UUID
) -> None:
    change = update_of(site_id, PAST)
    notice = Notice(
        idempotency_key="1", kind="change", user_id=OWNER.id, channel="mail", status="held",
        content_update_id=change.id,
    )  # fmt: skip
    await add_rows(database, change, notice)
    assert await retention.drop_updates(Sweep(database), PAST + DAY) == 0
    async with database.writing() as session:
        await session.execute(update(Notice).values(status="sent"))
    assert await retention.drop_updates(Sweep(database), PAST + DAY) == 1
    assert await count(database, Notice) == 0


async def test_a_page_that_nobody_wants_goes_with_its_attempts(database: Database) -> None:
    await have_sites(database, spec(), spec("Other", "https://b.example/"))
    await have_sites(database, spec("Other", "https://b.example/"))
    async with database.writing() as session:
        await session.execute(delete(MonitoredSite).where(MonitoredSite.deleted_at.is_not(None)))
        ids = {row.url: row.id for row in await session.execute(select(Page.url, Page.id))}
    for page_id in ids.values():
        await add_rows(database, attempt(page_id, PAST))
    assert await retention.drop_pages(Sweep(database)) == 1
    async with database.reading() as session:
        assert list(await session.scalars(select(Page.url))) == ["https://b.example/"]
        assert list(await session.scalars(select(Attempt.page_id))) == [ids["https://b.example/"]]


async def test_a_page_under_a_lease_stays(database: Database, site_id: UUID) -> None:
    await claim(database, await begin_run(database))
    async with database.writing() as session:
        await session.execute(delete(MonitoredSite).where(MonitoredSite.id == site_id))
    assert await retention.drop_pages(Sweep(database)) == 0


async def test_sites_removed_long_ago_go_with_their_history(
    database: Database, site_id: UUID
) -> None:
    await have_snapshots(database, site_id, 3)
    await add_rows(database, *(update_of(site_id, PAST) for _ in range(3)))
    assert await retention.drop_removed(Sweep(database), PAST + DAY) == 0
    await have_sites(database, now=PAST + DAY)
    assert await retention.drop_removed(Sweep(database), PAST + DAY) == 0
    assert await retention.drop_removed(Sweep(database), PAST + 2 * DAY) == 1
    for model in (MonitoredSite, ContentUpdate, Snapshot):
        assert await count(database, model) == 0


async def test_hosts_that_nobody_asks_are_forgotten(database: Database) -> None:
    await add_rows(
        database,
        Host(host="old.example:443", updated_at=PAST),
        Host(host="new.example:443", updated_at=PAST + DAY),
        Host(host="waits.example:443", updated_at=PAST, paused_until=PAST + 9000 * DAY),
    )
    assert await retention.drop_hosts(Sweep(database), PAST + DAY) == 1
    assert await count(database, Host) == 2


async def test_a_sweep_ends_with_its_time_and_the_next_one_goes_on(
    database: Database, site_id: UUID
) -> None:
    await add_rows(database, *(content(f"{i}", created_at=PAST) for i in range(40)))
    now, places = 0.0, dict[str, Any]()

    async def rest(seconds: float) -> None:
        nonlocal now
        now += 1

    def sweep(seconds: float) -> Sweep:
        one = Sweep(database, seconds, places, clock=lambda: now, rest=rest)
        one.size = 10
        return one

    assert await retention.drop_contents(sweep(2), PAST + DAY) == 10 + 20
    assert await retention.drop_contents(sweep(2), PAST + DAY) == 10
    assert await count(database, Content) == 0


async def test_batches_shrink_where_they_are_slow_and_grow_where_they_are_quick(
    database: Database,
) -> None:
    now, took = 0.0, 1.0

    async def work(_session: object, batch: Sequence[int]) -> int:
        nonlocal now
        now += took
        return len(batch)

    rested: list[float] = []

    async def rest(seconds: float) -> None:
        rested.append(seconds)

    sweep = Sweep(database, clock=lambda: now, rest=rest)
    first = sweep.size
    assert await sweep.each(range(first), work) == first
    assert sweep.size == first // 2
    assert rested == [took]  # others had as long as it took
    took = 0.001
    assert await sweep.each(range(10 * first), work) == 10 * first
    assert sweep.size > first


async def test_one_round_goes_over_all_kinds(database: Database, site_id: UUID) -> None:
    tidying = RetentionRounds(database)
    dropped = (await tidying.round(RetentionConfig(updates=DAY), PAST)).rows
    assert set(dropped) == set(RetentionKind)
    for_ever = RetentionConfig(attempts=timedelta(0), prices=timedelta(0))
    dropped = (await tidying.round(for_ever, PAST)).rows
    assert not {
        RetentionKind.ATTEMPTS,
        RetentionKind.PRICE_REPEATS,
        RetentionKind.PRICE_CHECKS,
        RetentionKind.UPDATES,
    } & set(dropped)


async def test_a_round_without_time_begins_where_the_last_one_ended(database: Database) -> None:
    tidying = RetentionRounds(database)
    hurried = await tidying.round(RetentionConfig(), PAST, seconds=0)
    assert (hurried.rows, hurried.is_complete) == ({}, False)
    done = await tidying.round(RetentionConfig(), PAST)
    assert done.is_complete
    assert RetentionKind.CONTENTS in done.rows


async def test_two_that_tidy_at_once_count_each_row_once(database: Database, site_id: UUID) -> None:
    await have_attempts(database, 60)
    sweeps = [Sweep(database), Sweep(database)]
    for sweep in sweeps:
        sweep.size = 10
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(drop_attempts(sweep, PAST + 50 * DAY)) for sweep in sweeps]
    assert sum(task.result() for task in tasks) == 50
    async with database.reading() as session:
        assert await session.scalar(select(func.sum(CheckDay.checks))) == 50


async def test_no_statement_of_a_round_reads_a_whole_table(
    database: Database, engine: AsyncEngine
) -> None:
    async with database.writing() as session:
        await add_one_of_each(session)
    ages: dict[str, Any] = dict.fromkeys(
        ("snapshots", "attempts", "prices", "trends", "updates", "notices", "removed"), DAY
    )
    with Statements(engine) as statements:
        await RetentionRounds(database).round(
            RetentionConfig(**ages), datetime.now(UTC) + 900 * DAY
        )
    kinds = ("SELECT", "DELETE", "UPDATE")
    asked = {
        one: values[0] if isinstance(values, list) else values
        for one, values in zip(statements.sent, statements.values, strict=True)
        if one.startswith(kinds)
    }
    assert len(asked) >= 30
    async with database.reading() as session:
        connection = await session.connection()
        for statement, values in asked.items():
            assert not await whole_tables(connection, statement, values), statement
