"""The writer: groups, bad rows, and a database that is away for a while."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from daemon.model.errors import StoreError
from daemon.model.outcome import Outcome
from daemon.model.page import Page
from daemon.model.response import Document
from daemon.model.status import ErrorClass
from daemon.pipeline.recording import record
from daemon.store import tables
from daemon.store.core.database import Database, file_of
from daemon.store.core.engine import open_engine
from daemon.store.record.writer import Writer
from daemon.store.tables import Attempt, Snapshot
from daemon.store.tables.ids import new_id
from tests import making
from tests.making import Statements, begin_run, claim, failed, have_sites, initial, spec


@pytest.fixture
async def run_id(database: Database) -> UUID:
    return await begin_run(database)


@asynccontextmanager
async def at_work(writer: Writer) -> AsyncIterator[Writer]:
    """The writer's loop, for as long as the block lasts."""
    async with asyncio.TaskGroup() as group:
        task = group.create_task(writer.run())
        try:
            yield writer
        finally:
            task.cancel()


async def claimed(database: Database, run_id: UUID, count: int) -> list[Page]:
    await have_sites(database, *(spec(f"s{i}", f"https://a.example/{i}") for i in range(count)))
    return await claim(database, run_id, limit=count)


async def record_all(writer: Writer, *outcomes: Outcome) -> list[bool]:
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(writer.record(replace(one, attempt_id=new_id()))) for one in outcomes
        ]
    return [task.result() for task in tasks]


async def stored(database: Database) -> dict[UUID, tuple[str, str | None]]:
    """Verdict and class of the last attempt, by page."""
    async with database.reading() as session:
        rows = await session.execute(select(Attempt.page_id, Attempt.verdict, Attempt.error_class))
        return {row.page_id: (row.verdict, row.error_class) for row in rows}


INITIAL = ("initial", None)


# Groups


async def test_what_is_ready_together_is_one_transaction(
    database: Database, engine: AsyncEngine, run_id: UUID
) -> None:
    pages = await claimed(database, run_id, 50)
    with Statements(engine) as statements:
        async with at_work(Writer(database, run_id, record)) as writer:
            assert await record_all(writer, *map(initial, pages)) == [True] * 50
    assert len([s for s in statements.sent if s.startswith("INSERT INTO attempts")]) == 1
    assert await stored(database) == {page.id: INITIAL for page in pages}


async def test_more_than_a_group_is_written_in_several(database: Database, run_id: UUID) -> None:
    pages = await claimed(database, run_id, 450)
    async with at_work(Writer(database, run_id, record)) as writer:
        assert all(await record_all(writer, *map(initial, pages)))
        assert writer.waiting == 0
    assert len(await stored(database)) == 450


async def test_a_lost_lease_is_told(database: Database, run_id: UUID) -> None:
    lost, held = await claimed(database, run_id, 2)
    lost = replace(lost, lease_token=0)
    async with at_work(Writer(database, run_id, record)) as writer:
        assert await record_all(writer, initial(lost), initial(held)) == [False, True]


async def test_there_may_be_nothing_to_write(database: Database, run_id: UUID) -> None:
    await Writer(database, run_id, record).flush()
    assert await stored(database) == {}


# Bad rows


def odd_title(outcome: Outcome) -> Outcome:
    [one] = outcome.sites
    return replace(outcome, sites=(replace(one, state=making.state("one", title="\udc80")),))


def odd_url(outcome: Outcome) -> Outcome:
    assert outcome.response is not None
    document = Document(b"", "text/html", None, "https://a.example/\ud800")
    return replace(outcome, response=replace(outcome.response, document=document))


def odd_number(outcome: Outcome) -> Outcome:
    assert outcome.response is not None
    return replace(outcome, response=replace(outcome.response, wire_bytes=2**70))


def odd_reference(outcome: Outcome) -> Outcome:
    [one] = outcome.sites
    stranger = replace(one, site=replace(one.site, id=new_id()))
    return replace(outcome, sites=(stranger,))


def odd_content(outcome: Outcome) -> Outcome:
    [one] = outcome.sites
    unknown = replace(making.state("nobody has stored this"), text=None, source=None)
    return replace(outcome, sites=(replace(one, state=unknown),))


ODD: list[Callable[[Outcome], Outcome]] = [
    odd_title, odd_url, odd_number, odd_reference, odd_content,
]  # fmt: skip


@pytest.mark.parametrize("spoil", ODD)
@pytest.mark.parametrize("others", [0, 3])
async def test_a_bad_row_does_not_sink_the_others(
    database: Database, run_id: UUID, spoil: Callable[[Outcome], Outcome], others: int
) -> None:
    bad, *good = await claimed(database, run_id, others + 1)
    trouble = Trouble()
    database = trouble.database(database.engine)
    async with at_work(trouble.writer(database, run_id)) as writer:
        assert await record_all(writer, *map(initial, good), spoil(initial(bad)))
    assert await stored(database) == {
        bad.id: ("failed", ErrorClass.STORE),
        **{page.id: INITIAL for page in good},
    }
    assert not trouble.begun.is_set()  # it is not the database's


async def test_a_bad_row_moves_its_due_time(database: Database, run_id: UUID) -> None:
    [page] = await claimed(database, run_id, 1)
    outcome = odd_title(initial(page))
    async with at_work(Writer(database, run_id, record)) as writer:
        await record_all(writer, outcome)
    async with database.reading() as session:
        [row] = await session.execute(select(tables.Page.__table__))
    assert (row.next_check_at, row.leased_until) == (outcome.next_check_at, None)
    assert (row.failure_streak, row.failing_since) == (0, None)
    assert "could not be stored" in row.error_detail


async def test_nul_is_refused_by_postgresql_alone(database: Database, run_id: UUID) -> None:
    [page] = await claimed(database, run_id, 1)
    [one] = initial(page).sites
    odd = replace(initial(page), sites=(replace(one, state=making.state("1", title="a\0b")),))
    async with at_work(Writer(database, run_id, record)) as writer:
        await record_all(writer, odd)
    assert len(await stored(database)) == 1


async def test_an_outcome_that_fits_in_no_way_stops_nobody(
    database: Database, run_id: UUID
) -> None:
    bad, good = await claimed(database, run_id, 2)
    worst = failed(bad, wire_bytes=2**70)
    async with at_work(Writer(database, run_id, record)) as writer:
        with pytest.raises(StoreError):
            await writer.record(worst)
        assert await writer.record(initial(good))
        assert writer.waiting == 0


async def test_nobody_needs_to_wait_for_an_outcome_that_fits_in_no_way(
    database: Database, run_id: UUID
) -> None:
    bad, good = await claimed(database, run_id, 2)
    writer = Writer(database, run_id, record)
    async with asyncio.TaskGroup() as group:
        gone = group.create_task(writer.record(failed(bad, wire_bytes=2**70)))
        group.create_task(writer.record(initial(good)))
        await asyncio.sleep(0)  # both have handed over
        gone.cancel()
        await asyncio.sleep(0)
        await writer.flush()
    assert await stored(database) == {good.id: INITIAL}


# A database in trouble


class Trouble:
    """What is told of the database, and a way to wait for it."""

    def __init__(self) -> None:
        self.told: list[str | None] = []
        self.begun = asyncio.Event()

    def database(self, engine: AsyncEngine, *, waits_for_file: bool = False) -> Database:
        return Database(engine).observed(self._met, waits_for_file=waits_for_file)

    def writer(self, database: Database, run_id: UUID) -> Writer:
        return Writer(database, run_id, record, lambda: self.told.append(None))

    def _met(self, trouble: StoreError) -> None:
        self.told.append(str(trouble))
        self.begun.set()


@contextmanager
def locked_sqlite(url: str) -> Iterator[None]:
    """Another program that holds the file for itself."""
    with closing(sqlite3.connect(str(file_of(url)), isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


async def test_a_locked_file_is_waited_for(sqlite_url: str) -> None:
    trouble = Trouble()
    database = trouble.database(open_engine(sqlite_url, busy_timeout_seconds=0.05))
    run_id = await begin_run(database)
    pages = await claimed(database, run_id, 3)
    async with at_work(trouble.writer(database, run_id)) as writer, asyncio.TaskGroup() as group:
        with locked_sqlite(sqlite_url):
            written = group.create_task(record_all(writer, *map(initial, pages)))
            await trouble.begun.wait()
            assert writer.is_in_trouble
            assert not written.done()
        await written
    assert written.result() == [True] * 3
    assert await stored(database) == {page.id: INITIAL for page in pages}
    assert "locked" in (trouble.told[0] or "")
    assert trouble.told[-1] is None
    await database.close()


AWAY = {
    "sqlite_url": [
        ("readonly", "PRAGMA query_only=ON", "PRAGMA query_only=OFF"),
        ("full", "PRAGMA max_page_count=1", "PRAGMA max_page_count=1073741823"),
    ],
    "postgres_url": [
        (
            "read-only",
            "SET default_transaction_read_only=on",
            "SET default_transaction_read_only=off",
        ),
    ],
}


@pytest.fixture(params=[(url, *case) for url, cases in AWAY.items() for case in cases])
def away(request: pytest.FixtureRequest) -> tuple[str, str, str, str]:
    """A database, how it comes to take nothing, how that ends, and what is said of it."""
    url, reason, begins, ends = request.param
    return request.getfixturevalue(url), begins, ends, reason


async def test_a_database_that_takes_nothing_is_waited_for(
    away: tuple[str, str, str, str],
) -> None:
    url, trouble_begins, trouble_ends, reason = away
    trouble = Trouble()
    database = trouble.database(open_engine(url, pool_size=1))
    run_id = await begin_run(database)
    pages = await claimed(database, run_id, 2)
    await say(database.engine, trouble_begins)
    async with at_work(trouble.writer(database, run_id)) as writer, asyncio.TaskGroup() as group:
        written = group.create_task(record_all(writer, *map(large, pages)))
        await trouble.begun.wait()
        await say(database.engine, trouble_ends)
        assert await written == [True] * 2
    assert reason in (trouble.told[0] or "")
    assert trouble.told[-1] is None
    assert await stored(database) == {page.id: INITIAL for page in pages}
    await database.close()


def large(page: Page) -> Outcome:
    return initial(page, "".join(map(chr, range(32, 40_000))))


async def say(engine: AsyncEngine, statement: str) -> None:
    """Run this on the one connection of the pool, where it stays in force."""
    async with engine.execution_options(readonly=True).connect() as connection:
        await connection.execute(text(statement))
        await connection.commit()


@pytest.mark.parametrize("rubbish", [b"no database at all" * 1000, b""], ids=["other", "empty"])
async def test_a_damaged_file_loses_no_result(sqlite_url: str, rubbish: bytes) -> None:
    path = file_of(sqlite_url)
    assert path is not None
    trouble = Trouble()
    database = trouble.database(open_engine(sqlite_url), waits_for_file=True)
    run_id = await begin_run(database)
    pages = await claimed(database, run_id, 2)
    await database.close()  # so that all of it is in the one file
    sound = path.read_bytes()
    path.write_bytes(rubbish)
    async with at_work(trouble.writer(database, run_id)) as writer, asyncio.TaskGroup() as group:
        written = group.create_task(record_all(writer, *map(initial, pages)))
        await trouble.begun.wait()
        assert writer.is_in_trouble
        await database.close()
        path.write_bytes(sound)  # a backup
        assert await written == [True] * 2
    assert trouble.told[-1] is None
    assert await stored(database) == {page.id: INITIAL for page in pages}
    await database.close()


async def test_a_bug_that_one_outcome_brings_out_keeps_no_other_from_being_written(
    database: Database, run_id: UUID
) -> None:
    bad, good = await claimed(database, run_id, 2)
    broken = replace(initial(bad), sites=(None,))  # type: ignore[arg-type]  # the bug
    async with at_work(Writer(database, run_id, record)) as writer:
        assert await record_all(writer, broken, initial(good)) == [True, True]
    assert await stored(database) == {bad.id: ("failed", ErrorClass.STORE), good.id: INITIAL}


@asynccontextmanager
async def locked_table(url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection of somebody else who holds the table of attempts for himself."""
    other = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        async with other.transaction():
            await other.execute("LOCK TABLE attempts IN ACCESS EXCLUSIVE MODE")
            yield other
    finally:
        await other.close()


async def test_a_statement_that_takes_too_long_is_tried_again(postgres_url: str) -> None:
    trouble = Trouble()
    database = trouble.database(open_engine(postgres_url, statement_timeout_seconds=0.1))
    run_id = await begin_run(database)
    [page] = await claimed(database, run_id, 1)
    async with at_work(trouble.writer(database, run_id)) as writer, asyncio.TaskGroup() as group:
        async with locked_table(postgres_url):
            written = group.create_task(record_all(writer, initial(page)))
            await trouble.begun.wait()
        assert await written == [True]
    assert "timeout" in (trouble.told[0] or "")
    assert len(await stored(database)) == 1
    await database.close()


async def test_a_connection_that_was_ended_is_replaced(postgres_url: str) -> None:
    trouble = Trouble()
    database = trouble.database(open_engine(postgres_url))
    run_id = await begin_run(database)
    [page] = await claimed(database, run_id, 1)
    inserting = asyncio.Event()

    @event.listens_for(database.engine.sync_engine, "before_cursor_execute")
    def watch(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("INSERT INTO attempts"):
            inserting.set()

    async with at_work(trouble.writer(database, run_id)) as writer, asyncio.TaskGroup() as group:
        async with locked_table(postgres_url) as other:
            written = group.create_task(record_all(writer, initial(page)))
            await inserting.wait()
            await other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'changelogger' AND datname = current_database()"
            )
            await trouble.begun.wait()
        assert await written == [True]
    assert len(await stored(database)) == 1
    await database.close()


async def test_a_server_that_is_gone_is_trouble_that_passes() -> None:
    database = Database(open_engine("postgresql+asyncpg://postgres@/x?host=/nowhere"))
    with pytest.raises(StoreError) as caught:
        async with database.reading() as session:
            await session.execute(text("SELECT 1"))
    assert caught.value.is_transient
    await database.close()


async def test_what_was_not_written_when_the_loop_ended_can_be_written_then(
    sqlite_url: str,
) -> None:
    trouble = Trouble()
    database = trouble.database(open_engine(sqlite_url, busy_timeout_seconds=0.05))
    run_id = await begin_run(database)
    pages = await claimed(database, run_id, 3)
    writer = trouble.writer(database, run_id)
    with locked_sqlite(sqlite_url):
        async with asyncio.TaskGroup() as group:
            loop = group.create_task(writer.run())
            checks = [group.create_task(writer.record(initial(page))) for page in pages]
            await trouble.begun.wait()
            # As at the end of the daemon: whoever waits is cancelled, and the loop as well.
            for task in (*checks, loop):
                task.cancel()
    assert writer.waiting == 3
    await writer.flush()
    assert writer.waiting == 0
    assert await stored(database) == {page.id: INITIAL for page in pages}
    await database.close()


async def test_the_reason_of_a_trouble_is_one_line_of_plain_text(database: Database) -> None:
    with pytest.raises(StoreError) as caught:
        async with database.writing() as session:
            await session.execute(select(func.length("a\0b\udc80\n" * 200)))
    reason = str(caught.value)
    assert len(reason) <= 300
    assert reason.isprintable()
    assert not caught.value.is_transient


async def test_a_state_without_its_bytes_leaves_no_half(database: Database, run_id: UUID) -> None:
    [page] = await claimed(database, run_id, 1)
    async with at_work(Writer(database, run_id, record)) as writer:
        await record_all(writer, odd_content(initial(page)))
    async with database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(Snapshot)) == 0
