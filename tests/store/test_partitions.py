"""Attempts divided by time on PostgreSQL: made ahead, converted in steps, counted, and dropped."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.engine import make_url

from daemon.config.sections import RetentionConfig
from daemon.model.status import ErrorClass, Verdict
from daemon.model.trend import CheckFigures
from daemon.monitoring.health import Component, ComponentState, Health
from daemon.runtime.chores.partitioning import Partitioning
from daemon.store.copying.mirror import mirror, one_moment
from daemon.store.core import migrate
from daemon.store.core.database import Database
from daemon.store.core.engine import open_engine
from daemon.store.record.daily_rollups import check_figures, figures_of_attempts
from daemon.store.retention import partitions
from daemon.store.retention.attempts import drop_attempts
from daemon.store.retention.batching import Sweep
from daemon.store.retention.partitions import BEFORE, DEFAULT, Partition, length_for, make_ahead
from daemon.store.retention.run import RetentionRounds
from daemon.store.retention.space import Scales
from daemon.store.tables import Attempt, CheckDay, CountedAttempts, Page
from daemon.store.tables.ids import first_id, made_at, new_id
from daemon.store.views.sites import list_attempts
from daemon.store.views.trends import check_days, daily_checks
from tests.making import ADMIN, have_sites, id_at, spec

DAY = timedelta(days=1)
WEEK = 7 * DAY
NOW = datetime(2026, 1, 21, 13, tzinfo=UTC)  # a Wednesday
MONDAY = datetime(2026, 1, 19, tzinfo=UTC)
EARLY = date(2020, 1, 1)


class Killed(BaseException):
    """What ends a process ends the transaction."""


@pytest.fixture
async def server(postgres_url: str) -> AsyncIterator[Database]:
    database = Database(open_engine(postgres_url))
    yield database
    await database.close()


@pytest.fixture
async def page_ids(server: Database) -> list[UUID]:
    await have_sites(server, *(spec(f"Site {n}", f"https://site{n}.example/") for n in range(3)))
    async with server.reading() as session:
        return list(await session.scalars(select(Page.id).order_by(Page.id)))


def attempt(page_id: UUID, at: datetime, error: ErrorClass | None = None, **more: Any) -> Attempt:
    fields: dict[str, Any] = {"elapsed_seconds": 0.3, "wire_bytes": 100, "error_class": error}
    verdict = Verdict.FAILED if error else Verdict.CHANGED
    return Attempt(
        id=id_at(at), page_id=page_id, started_at=at, **{"verdict": verdict, **fields, **more}
    )


async def add(database: Database, *rows: Any) -> None:
    async with database.writing() as session:
        session.add_all(rows)


async def parts(database: Database) -> dict[str, Partition]:
    async with database.reading() as session:
        return {one.name: one for one in await partitions.partitions(session)}


async def number(database: Database, table: str = "attempts") -> int:
    async with database.reading() as session:
        return int(await session.scalar(text(f"SELECT count(*) FROM {table}")) or 0)


async def execute(database: Database, statement: str, **values: Any) -> None:
    async with database.writing() as session:
        await session.execute(text(statement), values)


async def trends(database: Database, page_ids: Sequence[UUID]) -> list[dict[date, CheckFigures]]:
    async with database.reading() as session:
        return [await check_days(session, ADMIN, one, EARLY) for one in page_ids]


def test_weeks_begin_on_mondays_and_few_partitions_hold_what_is_kept() -> None:
    assert partitions.end_after(NOW, WEEK) == MONDAY + WEEK
    assert partitions.end_after(MONDAY, WEEK) == MONDAY + WEEK
    kept = [timedelta(hours=1), 30 * DAY, 365 * DAY, timedelta(0)]
    assert [length_for(one) for one in kept] == [DAY, WEEK, 28 * DAY, 28 * DAY]


async def test_partitions_are_made_for_now_and_for_the_weeks_to_come(server: Database) -> None:
    made = await make_ahead(server, NOW, WEEK)
    assert made == ["attempts_20260119", "attempts_20260126", "attempts_20260202"]
    assert await make_ahead(server, NOW, WEEK) == []
    assert await make_ahead(server, NOW + WEEK, WEEK) == ["attempts_20260209"]
    assert list(await parts(server)) == [*made, "attempts_20260209", DEFAULT]


async def test_a_partition_takes_what_came_before_it_was_made(
    server: Database, page_ids: list[UUID]
) -> None:
    await add(server, attempt(page_ids[0], NOW), attempt(page_ids[0], MONDAY - DAY))
    await make_ahead(server, NOW, WEEK)
    assert await number(server, "attempts_20260119") == await number(server, DEFAULT) == 1


async def test_after_weeks_without_a_daemon_partitions_begin_with_this_week(
    server: Database,
) -> None:
    await make_ahead(server, NOW, WEEK)
    made = await make_ahead(server, NOW + 10 * WEEK, DAY)
    assert made == ["attempts_20260401", "attempts_20260402", "attempts_20260403"]


async def fill(database: Database, page_id: UUID, count: int = partitions._FEW + 1) -> None:
    """More than is moved: attempts of the month before now."""
    hours = "CAST(:now AS timestamptz) - make_interval(secs => n * 200)"
    await execute(
        database,
        "INSERT INTO attempts (id, page_id, started_at, elapsed_seconds, verdict, wire_bytes,"
        " body_bytes) SELECT CAST(lpad(to_hex(CAST(extract(epoch FROM at) * 1000 AS bigint)), 12,"
        " '0') || substr(md5(CAST(n AS text)), 1, 20) AS uuid), :page, at, 0.5, 'unchanged', 9, 9"
        f" FROM generate_series(1, :count) AS n, LATERAL (SELECT {hours} AS at) AS t",
        now=NOW,
        page=page_id,
        count=count,
    )


async def file_of(database: Database, table: str) -> int:
    """The file that a table is in: rows that are copied are in another."""
    async with database.reading() as session:
        return int(await session.scalar(text(f"SELECT pg_relation_filenode('{table}')")) or 0)


async def test_a_large_table_of_an_older_version_becomes_the_first_partition(
    server: Database, page_ids: list[UUID]
) -> None:
    await fill(server, page_ids[0])
    # A clock a year ahead: its attempts come into no partition of this year.
    await add(server, attempt(page_ids[1], NOW + 365 * DAY))
    before = await file_of(server, DEFAULT)
    made = await make_ahead(server, NOW, WEEK)
    assert made == [BEFORE, "attempts_20260126", "attempts_20260202"]
    found = await parts(server)
    assert found[BEFORE].from_id is None
    assert found[BEFORE].to_id == first_id(MONDAY + WEEK)
    assert await file_of(server, BEFORE) == before
    assert await number(server, BEFORE) == partitions._FEW + 2
    assert await number(server, DEFAULT) == 0
    await server.close()
    await asyncio.to_thread(migrate.check, server.engine.url.render_as_string(hide_password=False))


async def test_a_conversion_that_is_cut_off_anywhere_is_continued(
    server: Database, page_ids: list[UUID]
) -> None:
    await fill(server, page_ids[0])
    left = [0]

    def count(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        left[0] -= statement.startswith(("ALTER", "CREATE", "UPDATE", "DROP", "LOCK"))
        if left[0] < 0:
            raise Killed

    event.listen(server.engine.sync_engine, "before_cursor_execute", count)
    for times in range(1, 99):
        left[0] = times % 8
        try:
            await make_ahead(server, NOW, WEEK)
        except Killed:
            left[0] = 99
            assert await number(server) == partitions._FEW + 1
            await add(server, attempt(page_ids[1], NOW))
            await execute(server, "DELETE FROM attempts WHERE page_id = :id", id=page_ids[1])
        else:
            break
    else:
        pytest.fail("never ended")
    left[0] = 99
    assert list(await parts(server)) == [BEFORE, "attempts_20260126", "attempts_20260202", DEFAULT]
    assert await number(server, BEFORE) == partitions._FEW + 1


async def test_an_end_that_nobody_came_back_to_in_time_is_put_off(
    server: Database, page_ids: list[UUID]
) -> None:
    await fill(server, page_ids[0])
    assert await partitions._announce(server, NOW, first_id(NOW + DAY))
    assert await make_ahead(server, NOW + DAY, WEEK)
    assert (await parts(server))[BEFORE].to_id == first_id(MONDAY + WEEK)


async def test_a_lock_that_is_not_had_at_once_is_left_to_a_later_step(
    server: Database, page_ids: list[UUID]
) -> None:
    async with server.writing() as session:
        await session.execute(text("LOCK TABLE pages IN ROW EXCLUSIVE MODE"))
        assert await make_ahead(server, NOW, WEEK) == []
    assert len(await make_ahead(server, NOW, WEEK)) == 3


CLASSES = (None, None, None, ErrorClass.DNS, ErrorClass.TIMEOUT)


def any_attempt(chance: random.Random, page_ids: Sequence[UUID], at: datetime) -> Attempt:
    seconds = chance.choice([0.0, 0.001, 0.002, chance.uniform(0, 60), 10 ** chance.uniform(-4, 3)])
    more = {"elapsed_seconds": seconds, "wire_bytes": chance.randrange(10**6)}
    error = chance.choice(CLASSES)
    verdict = Verdict.FAILED if error else chance.choice([Verdict.CHANGED, Verdict.UNCHANGED])
    return attempt(chance.choice(page_ids), at, error, verdict=verdict, **more)


async def have_weeks(server: Database, page_ids: Sequence[UUID], weeks: int = 5) -> None:
    """Partitions from this week on, all with attempts."""
    chance = random.Random(5)
    for n in range(weeks):
        await make_ahead(server, NOW + n * WEEK, WEEK)
    span = (weeks * WEEK).total_seconds()
    ats = [MONDAY + timedelta(seconds=chance.uniform(0, span)) for _ in range(600)]
    await add(server, *(any_attempt(chance, page_ids, at) for at in ats))


async def test_the_server_counts_as_we_do(server: Database, page_ids: list[UUID]) -> None:
    await have_weeks(server, page_ids)
    async with server.reading() as session:
        rows = (await session.scalars(select(Attempt))).all()
    end = MONDAY + 2 * WEEK
    wanted = figures_of_attempts(one for one in rows if one.id < first_id(end))
    await drop_attempts(Sweep(server), MONDAY, settled=end)
    async with server.reading() as session:
        days = (await session.scalars(select(CheckDay))).all()
    assert {(day.page_id, day.day): check_figures(day) for day in days} == wanted
    assert await number(server) == 600


async def test_counted_and_dropped_partitions_leave_trends_as_they_were(
    server: Database, page_ids: list[UUID]
) -> None:
    await have_weeks(server, page_ids)
    await add(server, attempt(page_ids[0], MONDAY - DAY))  # in no partition of a time
    before = await trends(server, page_ids)
    async with server.reading() as session:
        daily = await daily_checks(session, ADMIN, page_ids[0], MONDAY)
    end = MONDAY + 4 * WEEK
    assert await drop_attempts(Sweep(server), MONDAY + DAY, settled=end) == 1
    assert await trends(server, page_ids) == before
    async with server.reading() as session:
        assert await daily_checks(session, ADMIN, page_ids[0], MONDAY) == daily
        assert len(await list_attempts(session, ADMIN, page_ids[0], 999)) > 150
    kept = await number(server, "attempts_20260209") + await number(server, "attempts_20260216")
    await execute(server, "ANALYZE attempts")  # what is dropped whole is told by an estimate
    assert await drop_attempts(Sweep(server), MONDAY + 3 * WEEK, settled=end) > 0
    assert await number(server) == kept
    assert min(await parts(server)) == "attempts_20260209"
    assert await trends(server, page_ids) == before


async def test_a_partition_stays_until_its_last_row_is_old_enough(
    server: Database, page_ids: list[UUID]
) -> None:
    await have_weeks(server, page_ids)
    old = await number(server, "attempts_20260119")
    await drop_attempts(Sweep(server), MONDAY + WEEK - timedelta(hours=1), settled=NOW + 9 * WEEK)
    assert await number(server) == 600
    await drop_attempts(Sweep(server), MONDAY + WEEK, settled=NOW + 9 * WEEK)
    assert await number(server) == 600 - old


async def test_a_count_that_is_cut_off_is_continued(server: Database, page_ids: list[UUID]) -> None:
    await have_weeks(server, page_ids)
    before, end = await trends(server, page_ids), MONDAY + 2 * WEEK
    seen = set()
    for left in (2, 3, 2, 3, 2, 99):
        clock = iter([0.0] + [0.5] * left + [2.0] * 99)
        sweep = Sweep(server, 1, clock=lambda steps=clock: next(steps))  # type: ignore[misc]
        sweep.size = 1  # page by page
        await drop_attempts(sweep, MONDAY, settled=end)
        assert await trends(server, page_ids) == before
        async with server.reading() as session:
            row = await session.scalar(select(CountedAttempts))
        seen.add(row and row.page_id)
    assert len(seen) > 2
    await drop_attempts(Sweep(server), MONDAY, settled=end)
    async with server.reading() as session:
        assert (await session.scalars(select(CountedAttempts.to_id))).one() == first_id(end)
        counted = await session.scalar(select(func.sum(CheckDay.checks)))
    assert counted == sum(
        [await number(server, "attempts_20260119"), await number(server, "attempts_20260126")]
    )


async def test_a_partition_that_is_being_read_is_dropped_by_a_later_round(
    server: Database, page_ids: list[UUID]
) -> None:
    await have_weeks(server, page_ids)
    async with server.reading() as reader:
        await reader.execute(text("SELECT 1 FROM attempts_20260119 LIMIT 1"))
        assert await drop_attempts(Sweep(server), MONDAY + WEEK) == 0
    assert "attempts_20260119" in await parts(server)
    await drop_attempts(Sweep(server), MONDAY + WEEK)
    assert "attempts_20260119" not in await parts(server)


async def test_the_first_partition_goes_row_by_row_and_then_as_a_whole(
    server: Database, page_ids: list[UUID]
) -> None:
    await fill(server, page_ids[0])
    await make_ahead(server, NOW, WEEK)
    before = await trends(server, page_ids)
    assert await drop_attempts(Sweep(server), NOW - 10 * DAY) == partitions._FEW + 1 - 4320
    assert BEFORE in await parts(server)
    assert await drop_attempts(Sweep(server), MONDAY + WEEK) == 4320
    assert BEFORE not in await parts(server)
    assert await trends(server, page_ids) == before


async def test_a_copy_takes_along_what_is_counted(
    server: Database, page_ids: list[UUID], sqlite_url: str
) -> None:
    await have_weeks(server, page_ids)
    before = await trends(server, page_ids)
    await drop_attempts(Sweep(server), MONDAY + WEEK, settled=MONDAY + 3 * WEEK)
    copy = Database(open_engine(sqlite_url))
    try:
        async with one_moment(server) as source:
            assert (await mirror(source, copy, lambda *_: None)).differing == []
        assert await trends(copy, page_ids) == before
        await RetentionRounds(copy).round(RetentionConfig(), NOW + 40 * DAY)
        assert await number(copy) < 500
        assert await trends(copy, page_ids) == before
    finally:
        await copy.close()


async def test_what_is_counted_is_dropped_on_the_way_to_an_older_version(
    server: Database, page_ids: list[UUID]
) -> None:
    await have_weeks(server, page_ids)
    before = await trends(server, page_ids)
    await drop_attempts(Sweep(server), MONDAY, settled=MONDAY + 2 * WEEK)
    left = 600 - await number(server, "attempts_20260119") - await number(
        server, "attempts_20260126"
    )  # fmt: skip
    await server.close()
    url = server.engine.url.render_as_string(hide_password=False)
    await asyncio.to_thread(migrate.downgrade, url, "0037")
    assert await number(server) == left
    await server.close()
    await asyncio.to_thread(migrate.upgrade, url)
    await asyncio.to_thread(migrate.check, url)
    assert await trends(server, page_ids) == before


async def test_the_size_of_attempts_is_that_of_all_partitions(
    server: Database, page_ids: list[UUID]
) -> None:
    await have_weeks(server, page_ids)
    async with server.bare() as connection:
        await connection.execute(text("ANALYZE"))
    size = (await Scales(server).measure()).tables["attempts"]
    assert size.rows >= 600  # what the server has heard of until now
    assert size.size_bytes > 5 * 8192


def told(health: Health) -> Component:
    return health.components()["partitions"]


@pytest.fixture
def health() -> Health:
    return Health()


@pytest.fixture
def chore(health: Health) -> Partitioning:
    return Partitioning(lambda *told: health.report("partitions", *told))


async def test_health_says_until_when_there_are_partitions(
    server: Database, health: Health, chore: Partitioning
) -> None:
    await chore.keep(server, NOW, 30 * DAY, makes=False)
    assert told(health).state is ComponentState.DEGRADED
    assert "attempts have none for now (they are being made)" in told(health).reason
    await chore.keep(server, NOW, 30 * DAY)
    assert told(health) == Component(ComponentState.OK, "are made until 2026-02-09T00:00:00.000Z")


async def test_health_says_that_a_clock_is_wrong(
    server: Database, page_ids: list[UUID], health: Health, chore: Partitioning
) -> None:
    await add(server, attempt(page_ids[0], NOW + 365 * DAY))
    await chore.keep(server, NOW, 30 * DAY)
    assert told(health).state is ComponentState.DEGRADED
    assert "a daemon's clock is wrong" in told(health).reason


async def test_a_daemon_that_may_make_no_partitions_goes_on_and_says_why(
    server: Database, page_ids: list[UUID], health: Health, chore: Partitioning
) -> None:
    """As where the schema is upgraded under another name than the daemon works under."""
    role = f"guest_{new_id().hex}"
    await execute(server, f"CREATE ROLE {role} LOGIN")
    await execute(server, f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}")
    url = make_url(server.engine.url).set(username=role)
    guest = Database(open_engine(url.render_as_string(hide_password=False)))
    try:
        await chore.keep(guest, NOW, 30 * DAY)
        assert told(health).state is ComponentState.DEGRADED
        assert "permission denied" in told(health).reason
        assert "checks go on" in told(health).reason
        await add(guest, attempt(page_ids[0], NOW))
        assert await drop_attempts(Sweep(guest), NOW + DAY) == 1
    finally:
        await guest.close()
        await execute(server, f"DROP OWNED BY {role}")
        await execute(server, f"DROP ROLE {role}")


def test_the_time_of_an_id_is_read_from_it() -> None:
    assert made_at(first_id(NOW)) == NOW
