"""Whole lives of the daemon: begin, work, be told to end, be killed, begin again."""

from __future__ import annotations

import asyncio
import signal
import socket
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import func, select, text, update

from daemon.store.core.database import Database, file_of
from daemon.store.tables import ContentUpdate, MonitoredSite, Page, Run
from tests.living import PATIENCE_SECONDS, Life, config, plain, running
from tests.loopback import Site, serving
from tests.making import PAST, begin_run, claim

FIRST = "<title>News</title><p>The library opens at nine.</p>"
SECOND = FIRST.replace("opens at nine", "is closed for repairs until further notice")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "life"
    made.mkdir()
    return made


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with serving(page=FIRST, other=FIRST, slow=FIRST) as site:
        yield site


def watch(folder: Path, site: Site, *paths: str, every: str = "1s") -> None:
    (folder / "config.toml").write_text(
        config(*((path, site.url(path)) for path in paths), every=every)
    )


async def one(database: Database, query: Any) -> Any:
    async with database.reading() as session:
        return await session.scalar(query)


async def leases(database: Database) -> int:
    query = select(func.count()).select_from(Page).where(Page.leased_until.is_not(None))
    return int(await one(database, query))


# Beginning


async def test_the_daemon_says_when_it_is_ready_and_when_it_stops(
    folder: Path, site: Site, sqlite_url: str
) -> None:
    watch(folder, site, "/page")
    path = str(folder / "notify")
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as manager:
        manager.bind(path)
        manager.setblocking(False)
        async with running(folder, sqlite_url, NOTIFY_SOCKET=path) as life:
            assert await hear(manager) == b"READY=1"
            await life.until("checked", verdict="initial")
            assert await life.stop() == 0
            assert await hear(manager) == b"STOPPING=1"


async def test_the_watchdog_hears_from_the_daemon(
    folder: Path, site: Site, sqlite_url: str
) -> None:
    watch(folder, site, "/page")
    path = str(folder / "notify")
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as manager:
        manager.bind(path)
        manager.setblocking(False)
        more = {"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "300000"}
        async with running(folder, sqlite_url, None, **more):
            heard = [await hear(manager) for _ in range(4)]
    assert set(heard) == {b"READY=1", b"WATCHDOG=1"}


async def hear(manager: socket.socket) -> bytes:
    """What the service manager is told next, but for the line that people read."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            heard = await asyncio.get_running_loop().sock_recv(manager, 1000)
            if not heard.startswith(b"STATUS="):
                return heard


async def test_a_change_is_found_stored_and_said(
    folder: Path, site: Site, database: Database, database_url: str
) -> None:
    watch(folder, site, "/page")
    async with running(folder, database_url) as life:
        await life.until("checked", verdict="initial")
        site.bodies["/page"] = SECOND
        line = await life.until("changed")
        assert await life.stop() == 0
    assert line["site"] == "/page"
    assert await one(database, select(ContentUpdate.change_type)) == line["change_type"]


# Ending


async def test_a_daemon_that_is_told_to_stop_gives_its_pages_back(
    folder: Path, site: Site, database: Database, database_url: str
) -> None:
    site.held = asyncio.Event()
    watch(folder, site, "/slow", "/page")
    async with running(folder, database_url) as life:
        await life.until("checked", site="/page")
        assert await leases(database) >= 1
        assert await life.stop() == 0
        await life.until("stopping", signal="SIGTERM")
        await life.until("stopped")
    assert await leases(database) == 0
    assert await one(database, select(Run.ended_at)) is not None
    query = select(Page.last_checked_at).join(MonitoredSite).where(MonitoredSite.name == "/slow")
    assert await one(database, query) is None


async def test_a_second_signal_ends_the_daemon_at_once(
    folder: Path, site: Site, sqlite_url: str
) -> None:
    watch(folder, site, "/page")
    async with running(folder, sqlite_url) as life:
        await life.until("checked")
        with closing(sqlite3.connect(str(file_of(sqlite_url)), isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")  # so that the first one has something to wait for
            life.tell(signal.SIGTERM)
            await life.until("stopping")
            life.tell(signal.SIGTERM)
            assert await life.end() == 128 + signal.SIGTERM


@pytest.mark.parametrize("event", ["endpoint_open", "sites_synchronised", "started"])
async def test_a_signal_at_the_start_ends_the_daemon_as_well(
    folder: Path, site: Site, database: Database, database_url: str, event: str
) -> None:
    watch(folder, site, "/page")
    async with running(folder, database_url) as life:
        await life.until(event)
        assert await life.stop() == 0
    assert not [line for line in life.said if "Traceback" in str(line)]
    assert await leases(database) == 0


async def test_a_daemon_that_cannot_write_its_results_still_ends_when_told(
    folder: Path, site: Site, sqlite_url: str
) -> None:
    watch(folder, site, "/page")
    async with running(folder, sqlite_url, CHANGELOGGER__DATABASE__BUSY_TIMEOUT_SECONDS="0.2") as (
        life
    ):
        await life.until("checked")
        with closing(sqlite3.connect(str(file_of(sqlite_url)), isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            await life.until("database_in_trouble")
            assert await life.stop() == 0


# Beginning again


async def test_a_daemon_that_begins_again_goes_on_where_it_was(
    folder: Path, site: Site, database: Database, database_url: str
) -> None:
    watch(folder, site, "/page", "/other", every="1h")
    async with running(folder, database_url) as life:
        await life.until_several(2, "checked", verdict="initial")
        assert await life.stop() == 0
    async with database.writing() as session:
        name = select(MonitoredSite.page_id).where(MonitoredSite.name == "/page")
        await session.execute(update(Page).where(Page.id.in_(name)).values(next_check_at=PAST))
    async with running(folder, database_url) as life:
        await life.until("checked", site="/page", verdict="unchanged")
        assert await life.stop() == 0
    # What was not due was not asked for again.
    assert site.asked == {"/page": 2, "/other": 1}


async def test_on_sqlite_the_work_of_a_killed_daemon_is_taken_up_at_once(
    folder: Path, site: Site, sqlite_url: str
) -> None:
    site.held = asyncio.Event()
    watch(folder, site, "/slow")
    async with running(folder, sqlite_url) as life:
        await site.arrived.wait()
        life.tell(signal.SIGKILL)
        assert await life.end() == -signal.SIGKILL
    site.held.set()
    async with running(folder, sqlite_url) as life:
        await life.until("checked", verdict="initial")
        assert await life.stop() == 0


async def test_a_removed_site_is_kept_and_not_asked_for_again(
    folder: Path, site: Site, database: Database, database_url: str
) -> None:
    watch(folder, site, "/page", "/other")
    async with running(folder, database_url) as life:
        await life.until_several(2, "checked", verdict="initial")
        await life.stop()
    asked = site.asked["/other"]
    watch(folder, site, "/page")
    at_once = {"CHANGELOGGER__RETENTION__REMOVAL_GRACE": "0"}
    async with running(folder, database_url, None, **at_once) as life:
        await life.until_several(2, "checked", site="/page")
        await life.stop()
    assert site.asked["/other"] == asked
    assert await one(database, select(func.count(MonitoredSite.id))) == 2


# Several


async def test_a_second_daemon_on_one_sqlite_file_is_refused(
    folder: Path, site: Site, sqlite_url: str
) -> None:
    watch(folder, site, "/page")
    async with running(folder, sqlite_url) as life:
        await life.until("checked")
        async with running(folder, sqlite_url) as second:
            assert await second.end() != 0
        assert any(str(life.process.pid) in str(line) for line in second.said)
        await checked_again(life)
        assert await life.stop() == 0
    with closing(sqlite3.connect(str(file_of(sqlite_url)))) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


async def test_two_daemons_on_one_postgresql_share_the_work(
    folder: Path, site: Site, postgres_url: str
) -> None:
    paths = [f"/{i}" for i in range(30)]
    site.bodies.update(dict.fromkeys(paths, FIRST))
    watch(folder, site, *paths, every="1h")
    async with (
        running(folder, postgres_url) as one,
        running(folder, postgres_url, one) as other,
    ):
        await one.until_all([other], lambda: len(checked(one) | checked(other)) == 30)
        assert await one.stop() == await other.stop() == 0
    assert len(checked(one)) + len(checked(other)) == 30
    assert site.asked.total() == 30


def checked(life: Any) -> set[str]:
    return {line["site"] for line in life.said if line.get("event") == "checked"}


async def test_a_daemon_that_lost_its_lease_writes_nothing(
    folder: Path, site: Site, database: Database, database_url: str
) -> None:
    site.held = asyncio.Event()
    watch(folder, site, "/slow")
    async with running(folder, database_url) as life:
        await site.arrived.wait()
        life.tell(signal.SIGSTOP)
        async with database.writing() as session:
            await session.execute(text("UPDATE pages SET leased_until = next_check_at"))
        other = await begin_run(database)
        [page] = await claim(database, other)
        site.held.set()
        life.tell(signal.SIGCONT)
        await life.until("lease_lost")
        assert await one(database, select(Page.leased_by)) == other
        assert await one(database, select(Page.last_checked_at)) is None
        await life.stop()
    assert page.lease_token == 2


# A database in trouble


async def test_a_file_that_somebody_else_holds_is_waited_for(
    folder: Path, site: Site, sqlite_url: str
) -> None:
    watch(folder, site, "/page")
    more = {"CHANGELOGGER__DATABASE__BUSY_TIMEOUT_SECONDS": "0.2"}
    async with running(folder, sqlite_url, None, **more) as life:
        await life.until("checked")
        with closing(sqlite3.connect(str(file_of(sqlite_url)), isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            site.bodies["/page"] = SECOND
            await life.until("database_in_trouble")
            asked = site.asked.total()
            await life.until_several(3, "database_still_in_trouble")
            # Whoever cannot store what he finds does not ask for it again and again.
            assert site.asked.total() <= asked + 1
            other.execute("ROLLBACK")
        await life.until("changed")
        assert await life.stop() == 0
    assert not [line for line in life.said if line.get("event") == "check_failed"]
    told = [line["event"] for line in life.said if line.get("level") in ("warning", "error")]
    assert told.count("database_in_trouble") == 1
    assert set(told) <= {"database_in_trouble", "database_recovered"}


async def test_connections_that_are_ended_are_replaced(
    folder: Path, site: Site, postgres_url: str
) -> None:
    watch(folder, site, "/page")
    async with running(folder, postgres_url) as life:
        for _ in range(5):
            await checked_again(life)
            await end_connections(postgres_url)
        await checked_again(life)
        assert await life.stop() == 0
    assert not [line for line in life.said if line.get("event") == "check_failed"]


async def checked_again(life: Life) -> None:
    so_far = sum(line.get("event") == "checked" for line in life.said)
    await life.until_several(so_far + 1, "checked")


async def end_connections(url: str) -> None:
    connection = await asyncpg.connect(plain(url))
    try:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    finally:
        await connection.close()
