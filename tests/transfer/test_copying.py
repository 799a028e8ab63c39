"""`db copy`: all of one database in another, whatever kind each is."""

from __future__ import annotations

import asyncio
import shutil
import signal
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import JSON, delete, func, insert, select, text, type_coerce, update

from daemon.model.errors import LockedError, OccupiedError, StoreError
from daemon.store import tables
from daemon.store.copying.guard import alone, refuse_alive
from daemon.store.copying.plan import plans
from daemon.store.core.database import Database
from daemon.store.queue import runs
from daemon.store.queue.runs import beat
from daemon.store.tables.ids import new_id
from daemon.store.tables.types import db_now
from daemon.system.process import hold_lock
from daemon.transfer.copying import copy_database
from tests.making import (
    PAST,
    add_one_of_each,
    begin_run,
    claim,
    have_ended_run,
    have_sites,
    in_database,
    spec,
)
from tests.transfer.things import config_of, quiet


@pytest.fixture
def source(sqlite_url: str) -> str:
    """A database with a row in every table."""

    async def fill(database: Database) -> None:
        async with database.writing() as session:
            await add_one_of_each(session)

    in_database(sqlite_url, fill)
    return sqlite_url


@pytest.fixture(params=["sqlite", "postgresql"])
def target(request: pytest.FixtureRequest, sqlite_template: Path, tmp_path: Path) -> str:
    """An empty database of each kind to copy to."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{shutil.copyfile(sqlite_template, tmp_path / 'target.db')}"
    url: str = request.getfixturevalue("postgres_url")
    return url


def copied(source: str, target: str, *, writes: bool = True) -> Any:
    return copy_database(config_of(source), config_of(target), quiet, writes=writes)


def done(url: str, *statements: Any) -> None:
    """Run statements, in one transaction."""

    async def run(database: Database) -> None:
        async with database.writing() as session:
            for statement in statements:
                await session.execute(statement)

    in_database(url, run)


def found(url: str, query: Any) -> list[Any]:
    async def run(database: Database) -> list[Any]:
        async with database.reading() as session:
            return list((await session.execute(query)).all())

    return in_database(url, run)


def test_every_row_of_every_table_arrives_and_is_verified(source: str, target: str) -> None:
    copy = copied(source, target)
    assert copy.differing == []
    assert {one.table: one.added for one in copy.tables} == {plan.table.name: 1 for plan in plans()}
    assert copied(source, target, writes=False).differing == []


def test_a_column_that_is_garbled_is_copied_with_the_rest(source: str, target: str) -> None:
    done(source, text("UPDATE users SET preferences = '{not json'"))
    assert copied(source, target).differing == []
    kept = type_coerce(tables.User.preferences, JSON)
    assert found(target, select(kept)) == [("{not json",)]
    again = copied(source, target)
    assert (again.differing, sum(one.changed for one in again.tables)) == ([], 0)


def test_the_way_back_brings_the_same(source: str, target: str, tmp_path: Path) -> None:
    there = copied(source, target)
    back = copied(target, f"sqlite+aiosqlite:///{tmp_path}/back.db")
    assert back.differing == []
    assert [one.checksum for one in back.tables] == [one.checksum for one in there.tables]


def test_nobody_holds_anything_in_the_copy(sqlite_url: str, target: str) -> None:
    async def work(database: Database) -> None:
        run_id = await begin_run(database)
        await have_sites(database, spec())
        [page] = await claim(database, run_id)
        assert page.lease_token == 1

    in_database(sqlite_url, work)
    copied(sqlite_url, target)
    [page] = found(target, select(tables.Page.leased_by, tables.Page.leased_until))
    assert tuple(page) == (None, None)
    assert found(target, select(tables.Page.lease_token))[0][0] == 1
    assert found(target, select(tables.Run.ended_at))[0][0] is not None
    assert found(sqlite_url, select(tables.Page.leased_by))[0][0] is not None


def test_a_second_pass_brings_in_what_came_changed_and_went(source: str, target: str) -> None:
    copied(source, target)
    [(page_id,)] = found(source, select(tables.Page.id))
    attempt = {"page_id": page_id, "started_at": PAST, "elapsed_seconds": 0.1}
    done(
        source,
        insert(tables.Attempt).values(verdict="unchanged", **attempt),
        update(tables.MonitoredSite).values(name="Renamed", rules={"include": ["p"]}),
        delete(tables.Notice),
        delete(tables.Rating),
    )
    by_table = {one.table: one for one in copied(source, target).tables}
    assert by_table["attempts"].added == 1
    assert by_table["notices"].removed == by_table["ratings"].removed == 1
    assert found(target, select(tables.MonitoredSite.name))[0][0] == "Renamed"
    assert copied(source, target, writes=False).differing == []


def test_names_that_changed_hands_between_two_passes_do_not_collide(
    sqlite_url: str, target: str
) -> None:
    def site(name: str) -> dict[str, Any]:
        return {"id": new_id(), "name": name, "url": "https://a.example/", "owner_id": "u1"}

    user = {"preferences": {}, "created_at": PAST}
    done(
        sqlite_url,
        insert(tables.User).values(id="u1", email="one@a.example", **user),
        insert(tables.User).values(id="u2", email="two@a.example", **user),
        insert(tables.MonitoredSite).values(rules={}, **(first := site("A"))),
        insert(tables.MonitoredSite).values(rules={}, **(second := site("B"))),
    )
    copied(sqlite_url, target)
    names = update(tables.MonitoredSite)
    done(
        sqlite_url,
        update(tables.User).where(tables.User.id == "u1").values(email="aside"),
        update(tables.User).where(tables.User.id == "u2").values(email="one@a.example"),
        update(tables.User).where(tables.User.id == "u1").values(email="two@a.example"),
        names.where(tables.MonitoredSite.id == second["id"]).values(deleted_at=PAST),
        names.where(tables.MonitoredSite.id == first["id"]).values(name="B"),
        insert(tables.MonitoredSite).values(rules={}, **site("A")),
    )
    assert copied(sqlite_url, target).differing == []


def test_a_changed_value_in_the_copy_is_found_and_mended(source: str, target: str) -> None:
    copied(source, target)
    done(target, update(tables.Content).values(data=b"\1"))
    assert copied(source, target, writes=False).differing == ["contents"]
    assert copied(source, target).differing == []


def test_what_postgresql_cannot_keep_is_cleaned_and_counted(sqlite_url: str, target: str) -> None:
    preferences = {"a\0": ["\0b", float("nan"), 1.0, 1e16, 2**70]}
    user = {"id": "u", "email": "a@b", "created_at": PAST}
    done(
        sqlite_url,
        insert(tables.User).values(username="x" * 300, preferences=preferences, **user),
        text("UPDATE users SET email = 'a' || char(0) || '@b'"),
    )
    copy = copied(sqlite_url, target)
    assert copy.differing == []
    assert dict(copy.cleaned) == {"users.email": 1, "users.username": 1, "users.preferences": 1}
    [(email, username, kept)] = found(
        target, select(tables.User.email, tables.User.username, tables.User.preferences)
    )
    assert (email, len(username)) == ("a@b", 255)
    assert kept == {"a": ["b", None, 1, 1e16, 2**70]}


def test_null_and_the_null_of_json_stay_what_they_are(sqlite_url: str, target: str) -> None:
    product = {"url": "https://a.example/", "rules": {}}
    done(
        sqlite_url,
        insert(tables.Product).values(product_id=new_id(), name="none", **product),
        insert(tables.Product).values(product_id=new_id(), name="null", state=None, **product),
    )
    copied(sqlite_url, target)
    is_null = select(tables.Product.name).where(tables.Product.state.is_(None))
    assert found(target, is_null) == found(sqlite_url, is_null) == [("none",)]


def test_a_table_that_is_copied_beside_a_writer_is_of_one_moment(
    sqlite_url: str, target: str
) -> None:
    """The writer adds a page with an attempt at each step; a copy in between has both or none."""
    written = 0

    def write(*_step: object) -> None:
        nonlocal written
        page_id, name = new_id().hex, f"{written}"
        with closing(sqlite3.connect(sqlite_url.partition("///")[2])) as file, file:
            file.execute(
                "INSERT INTO pages (id, request_key, method, url, headers, renderer, host,"
                " check_frequency, next_check_at) VALUES (?, ?, 'GET', 'https://a.example/', '{}',"
                " 'http', 'a', 'daily', '2026-01-01 12:00:00.000000')", (page_id, name),
            )  # fmt: skip
            file.execute(
                "INSERT INTO attempts (id, page_id, started_at, elapsed_seconds, verdict,"
                " wire_bytes, body_bytes) VALUES (?, ?, '2026-01-01 12:00:00.000000', 1, 'failed',"
                " 0, 0)", (page_id, page_id),
            )  # fmt: skip
        written += 1

    write()
    done(sqlite_url, insert(tables.User).values(id="u", email="a@b", preferences={}))
    copy = copy_database(config_of(sqlite_url), config_of(target), write)
    assert copy.differing == []
    assert written > 10
    [(pages,)] = found(target, select(func.count()).select_from(tables.Page))
    [(attempts,)] = found(target, select(func.count()).select_from(tables.Attempt))
    assert pages == attempts == 1
    assert copied(sqlite_url, target).differing == []
    [(pages,)] = found(target, select(func.count()).select_from(tables.Page))
    assert pages == written


KILLED = """
import os, signal, sys
from daemon.config import DatabaseConfig
from daemon.transfer.copying import copy_database

def told(step, table, done, total):
    if table == "pages" and done == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)

def config(url):
    return DatabaseConfig.model_validate({"url": __import__("pydantic").SecretStr(url)})

copy_database(config(sys.argv[1]), config(sys.argv[2]), told)
"""


def test_a_copy_that_was_killed_goes_on_where_it_stands(sqlite_url: str, target: str) -> None:
    user = {"id": "u", "email": "a@b", "preferences": {}}
    page = {"url": "https://a.example/", "host": "a", "headers": {}}
    done(
        sqlite_url,
        insert(tables.User).values(user),
        insert(tables.Page).values([{"request_key": str(i), **page} for i in range(1200)]),
    )
    for after_rows in (0, 500, 1000):
        killed = subprocess.run(
            [sys.executable, "-c", KILLED, sqlite_url, target, str(after_rows)],
            check=False, capture_output=True, text=True,
        )  # fmt: skip
        assert killed.returncode == -signal.SIGKILL, killed.stderr
    copy = copied(sqlite_url, target)
    assert copy.differing == []
    [pages] = [one for one in copy.tables if one.table == "pages"]
    assert (pages.rows, pages.added) == (1200, 200)


def test_a_target_with_other_data_is_refused(source: str, target: str) -> None:
    in_database(target, lambda database: have_sites(database, spec("Other")))
    with pytest.raises(OccupiedError, match="1 of its monitored_sites are not in the source"):
        copied(source, target)


def test_a_copy_that_a_daemon_has_worked_with_is_refused(source: str, target: str) -> None:
    copied(source, target)
    in_database(target, have_ended_run)
    with pytest.raises(OccupiedError, match="a daemon has worked with it"):
        copied(source, target)


def test_a_run_that_the_source_has_dropped_by_age_is_none_of_the_targets_own(
    sqlite_url: str, target: str
) -> None:
    def run(at: Any) -> Any:
        values = {"kind": "run", "machine": "here", "pid": 1, "version": "1"}
        return insert(tables.Run).values(started_at=at, ended_at=at, **values)

    done(sqlite_url, run(PAST), run(PAST + timedelta(days=40)))
    copied(sqlite_url, target)
    done(sqlite_url, delete(tables.Run).where(tables.Run.ended_at == PAST))
    assert copied(sqlite_url, target).differing == []


def test_a_target_that_a_daemon_works_with_is_refused(source: str, postgres_url: str) -> None:
    async def work(database: Database) -> None:
        run_id = await begin_run(database)
        async with database.writing() as session:
            await beat(session, run_id)

    in_database(postgres_url, work)
    with pytest.raises(LockedError, match="a daemon works with this database"):
        copied(source, postgres_url)


@pytest.mark.parametrize("beaten", [-runs.LEASE_SECONDS - 1, runs.LEASE_SECONDS + 1])
async def test_a_daemon_that_nobody_takes_for_alive_keeps_no_copy_away(
    database: Database, beaten: float
) -> None:
    run_id = await begin_run(database)
    async with database.writing() as session:
        await session.execute(
            update(tables.Run).where(tables.Run.id == run_id).values(heartbeat_at=db_now(beaten))
        )
    await refuse_alive(database)


def test_a_target_file_that_a_daemon_holds_is_refused(source: str, tmp_path: Path) -> None:
    with hold_lock(tmp_path / "held.db"), pytest.raises(LockedError):
        copied(source, f"sqlite+aiosqlite:///{tmp_path}/held.db")
    assert not (tmp_path / "held.db").exists()


def test_two_copies_to_one_postgresql_do_not_mix(source: str, postgres_url: str) -> None:
    refused: list[BaseException | None] = []

    def second(*_step: object) -> None:
        if not refused:
            with ThreadPoolExecutor(1) as pool:  # a loop runs in this thread already
                refused.append(pool.submit(copied, source, postgres_url).exception())

    copy_database(config_of(source), config_of(postgres_url), second)
    assert isinstance(refused[0], LockedError)


def test_a_database_is_not_copied_onto_itself(source: str) -> None:
    with pytest.raises(OccupiedError, match="the same database"):
        copied(source, source)


def test_a_source_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no database"):
        copied(f"sqlite+aiosqlite:///{tmp_path}/no.db", f"sqlite+aiosqlite:///{tmp_path}/to.db")
    assert list(tmp_path.iterdir()) == []


def test_a_copy_waits_a_moment_for_the_lock_of_one_that_was_killed(postgres_url: str) -> None:
    tried = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND query LIKE '%try_advisory%' AND pid <> pg_backend_pid()"
    )

    async def count_trying(database: Database) -> int:
        async with database.reading() as session:  # a transaction sees one moment's activity
            return int(await session.scalar(tried) or 0)

    async def second(database: Database) -> None:
        async with alone(database):
            pass

    async def work(database: Database) -> None:
        async with asyncio.TaskGroup() as group, alone(database):
            waiting = group.create_task(second(database))
            while await count_trying(database) != 1:  # noqa: ASYNC110 - no event tells it
                await asyncio.sleep(0)
            assert not waiting.done()

    in_database(postgres_url, work)
