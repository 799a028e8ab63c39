"""Old rows: what goes, what stays because something needs it, and that nobody waits for it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from daemon.model import Verdict
from daemon.packing import digest, pack
from daemon.store import retention
from daemon.store.database import Database
from daemon.store.ids import new_id
from daemon.store.tables import (
    AnalysisResult,
    Attempt,
    Base,
    Content,
    ContentUpdate,
    MonitoredSite,
    Page,
    Run,
    Snapshot,
)
from tests.making import PAST, Statements, have_sites, spec

DAY = timedelta(days=1)


@pytest.fixture
async def site_id(database: Database) -> UUID:
    await have_sites(database, spec())
    async with database.reading() as session:
        return (await session.scalars(select(MonitoredSite.id))).one()


async def add(database: Database, *rows: Base) -> None:
    async with database.writing() as session:
        for row in rows:
            session.add(row)
            await session.flush()


async def count(database: Database, model: type[Base]) -> int:
    async with database.reading() as session:
        return await session.scalar(select(func.count()).select_from(model)) or 0


async def texts(database: Database) -> set[str]:
    async with database.reading() as session:
        return set(await session.scalars(select(Snapshot.title)))


def content(text: str, **more: Any) -> Content:
    packed = pack(text.encode())
    return Content(hash=packed.hash, codec="zstd", size_bytes=1, data=packed.data, **more)


def snapshot(site_id: UUID, text: str, days: int) -> Snapshot:
    at = PAST + days * DAY
    return Snapshot(
        id=new_id(), site_id=site_id, text_hash=digest(text.encode()), kind="html", title=text,
        extractor="html/1", url="https://a.example/", first_seen_at=at, last_seen_at=at,
    )  # fmt: skip


async def have_snapshots(database: Database, site_id: UUID, count: int) -> list[Snapshot]:
    """States seen on one day after another; the last is the current one."""
    states = [snapshot(site_id, f"day {i}", i) for i in range(count)]
    await add(database, *(content(f"day {i}", created_at=PAST) for i in range(count)), *states)
    async with database.writing() as session:
        await session.execute(update(MonitoredSite).values(text_hash=states[-1].text_hash))
    return states


async def have_attempts(database: Database, count: int) -> None:
    async with database.writing() as session:
        page_id = (await session.scalars(select(Page.id))).one()
        session.add_all(
            Attempt(
                page_id=page_id,
                started_at=PAST + i * DAY,
                elapsed_seconds=0.1,
                verdict=Verdict.UNCHANGED,
            )
            for i in range(count)
        )


@pytest.mark.usefixtures("site_id")
async def test_old_attempts_are_dropped(database: Database) -> None:
    await have_attempts(database, 10)
    assert await retention.drop_attempts(database, PAST + 4 * DAY) == 4
    assert await count(database, Attempt) == 6
    assert await retention.drop_attempts(database, PAST + 4 * DAY) == 0


async def test_runs_that_ended_long_ago_are_dropped_and_those_that_run_stay(
    database: Database,
) -> None:
    fields: dict[str, Any] = {"kind": "run", "machine": "here", "pid": 1, "version": "1"}
    await add(database, Run(**fields, ended_at=PAST), Run(**fields, ended_at=PAST + 2 * DAY))
    await add(database, Run(**fields, started_at=PAST))
    assert await retention.drop_attempts(database, PAST + DAY) == 1
    assert await count(database, Run) == 2


async def test_old_updates_are_dropped_with_their_analyses(
    database: Database, site_id: UUID
) -> None:
    for days in range(4):
        change = ContentUpdate(id=new_id(), site_id=site_id, detected_at=PAST + days * DAY)
        await add(database, change, AnalysisResult(content_update_id=change.id, analyser="rules/1"))
    assert await retention.drop_updates(database, PAST + 3 * DAY) == 3
    assert await count(database, ContentUpdate) == await count(database, AnalysisResult) == 1


async def test_more_states_than_wanted_are_dropped_oldest_first(
    database: Database, site_id: UUID
) -> None:
    await have_snapshots(database, site_id, 8)
    assert await retention.drop_snapshots(database, PAST, keep_per_site=3) == 5
    assert await texts(database) == {"day 5", "day 6", "day 7"}


async def test_states_older_than_wanted_are_dropped(database: Database, site_id: UUID) -> None:
    await have_snapshots(database, site_id, 8)
    assert await retention.drop_snapshots(database, PAST + 6 * DAY, keep_per_site=100) == 6
    assert await texts(database) == {"day 6", "day 7"}


async def test_each_site_has_its_own_number_of_states(database: Database) -> None:
    urls = ["https://a.example/", "https://b.example/"]
    await have_sites(database, *(spec(url, url) for url in urls))
    async with database.reading() as session:
        ids = list(await session.scalars(select(MonitoredSite.id)))
    await add(database, *(content(f"{i}{day}") for i in range(2) for day in range(5)))
    await add(
        database,
        *(snapshot(site, f"{i}{day}", day) for i, site in enumerate(ids) for day in range(5)),
    )
    assert await retention.drop_snapshots(database, PAST, keep_per_site=2) == 6
    assert await texts(database) == {"03", "04", "13", "14"}


async def test_the_current_state_stays_however_old(database: Database, site_id: UUID) -> None:
    states = await have_snapshots(database, site_id, 3)
    async with database.writing() as session:
        await session.execute(update(MonitoredSite).values(text_hash=states[0].text_hash))
    assert await retention.drop_snapshots(database, PAST + 100 * DAY, keep_per_site=1) == 2
    assert await texts(database) == {"day 0"}


async def test_the_states_of_an_update_stay_as_long_as_it(
    database: Database, site_id: UUID
) -> None:
    states = await have_snapshots(database, site_id, 5)
    change = ContentUpdate(
        site_id=site_id, detected_at=PAST, before_snapshot_id=states[0].id,
        after_snapshot_id=states[1].id,
    )  # fmt: skip
    await add(database, change)
    old = PAST + 100 * DAY
    assert await retention.drop_snapshots(database, old, keep_per_site=1) == 2
    assert await texts(database) == {"day 0", "day 1", "day 4"}
    await retention.drop_updates(database, old)
    assert await retention.drop_snapshots(database, old, keep_per_site=1) == 2
    assert await texts(database) == {"day 4"}


async def test_bytes_that_nothing_needs_are_dropped_after_a_while(
    database: Database, site_id: UUID
) -> None:
    await have_snapshots(database, site_id, 3)
    await add(database, content("old", created_at=PAST), content("new", created_at=PAST + DAY))
    assert await retention.drop_contents(database, PAST + DAY) == 1
    assert await count(database, Content) == 4
    await retention.drop_snapshots(database, PAST + 100 * DAY, keep_per_site=1)
    assert await retention.drop_contents(database, PAST + 2 * DAY) == 3
    assert await count(database, Content) == 1


async def test_a_source_that_a_state_needs_stays(database: Database, site_id: UUID) -> None:
    [state] = await have_snapshots(database, site_id, 1)
    await add(database, content("source", created_at=PAST))
    async with database.writing() as session:
        await session.execute(
            update(Snapshot).where(Snapshot.id == state.id).values(source_hash=digest(b"source"))
        )
    assert await retention.drop_contents(database, PAST + DAY) == 0


@pytest.mark.usefixtures("site_id")
async def test_many_rows_go_in_small_batches(database: Database, engine: AsyncEngine) -> None:
    await have_attempts(database, 2 * retention.BATCH + 1)
    with Statements(engine) as statements:
        dropped = await retention.drop_attempts(database, PAST + 10_000 * DAY)
    assert dropped == 2 * retention.BATCH + 1
    assert len([s for s in statements.sent if s.startswith("DELETE")]) == 3


async def test_a_search_for_old_rows_keeps_no_writer_waiting(
    database: Database, engine: AsyncEngine, site_id: UUID
) -> None:
    await have_snapshots(database, site_id, 20)
    old = PAST + 100 * DAY
    with Statements(engine) as statements:
        for work in (retention.drop_attempts, retention.drop_updates, retention.drop_contents):
            await work(database, old)
        await retention.drop_snapshots(database, old, 1)
    # On SQLite a writer's transaction keeps all others out, from its first statement.
    after = zip(statements.sent, statements.sent[1:], strict=False)
    searched = [one for one, then in after if then.startswith("SELECT")]
    assert "BEGIN IMMEDIATE" not in searched


async def test_nothing_old_is_no_work(database: Database) -> None:
    assert await retention.drop_attempts(database, PAST) == 0
    assert await retention.drop_updates(database, PAST) == 0
    assert await retention.drop_snapshots(database, PAST, 1) == 0
    assert await retention.drop_contents(database, PAST) == 0
