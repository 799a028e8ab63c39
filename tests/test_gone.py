"""A database file that is deleted, moved or replaced while it is open."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import urllib.request
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest
from sqlalchemy import func, select, text

from daemon.model.errors import GoneError
from daemon.store.core.database import Database, file_of
from daemon.store.core.engine import open_engine
from daemon.store.tables import User
from tests.cli.conftest import Cli, cli, configured, folder
from tests.cli.conftest import Site as Page
from tests.cli.conftest import site as page
from tests.living import Life, config, running
from tests.loopback import Site, serving
from tests.making import begin_run

__all__ = ["cli", "configured", "folder", "page"]  # fixtures

FIRST = "<title>News</title><p>The library opens at nine.</p>"
SECOND = FIRST.replace("opens at nine", "is closed for repairs until further notice")


def delete_all(path: Path) -> None:
    for one in path.parent.glob(f"{path.name}*"):
        one.unlink()


def replace_by_a_copy(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("VACUUM INTO ?", (f"{path}.copy",))
    Path(f"{path}.copy").replace(path)


def replace_by_no_database(path: Path) -> None:
    Path(f"{path}.text").write_text("no database at all\n" * 1000)
    Path(f"{path}.text").replace(path)


WAYS = [delete_all, replace_by_a_copy, replace_by_no_database]


def files(path: Path) -> list[tuple[str, int, bytes]]:
    """What is in the place of the database, to the byte."""
    found = sorted(path.parent.glob(f"{path.name}*"))
    return [(one.name, one.stat().st_ino, one.read_bytes()) for one in found if one.suffix == ".db"]


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with serving(page=FIRST) as site:
        yield site


@pytest.fixture
def home(tmp_path: Path, site: Site) -> Path:
    made = tmp_path / "life"
    made.mkdir()
    (made / "config.toml").write_text(config(("page", site.url("/page"))))
    return made


@pytest.mark.parametrize("way", WAYS)
async def test_a_daemon_whose_file_is_gone_fails_and_touches_nothing(
    home: Path, site: Site, sqlite_url: str, way: Callable[[Path], None]
) -> None:
    path = file_of(sqlite_url)
    assert path is not None
    async with running(home, sqlite_url) as life:
        await life.until("checked")
        way(path)
        there = files(path)
        site.bodies["/page"] = SECOND
        line = await life.until("database_gone")
        assert (line["level"], "changelogger restore" in line["reason"]) == ("critical", True)
        asked = site.asked.total()
        await life.until_several(4, "database_still_in_trouble")
        assert site.asked.total() <= asked + 1  # one may have been under way
        assert await readiness(life) == (503, "failing")
        assert await life.stop() == 3
    assert files(path) == there
    told = [line["event"] for line in life.said if line.get("level") in ("error", "critical")]
    assert told.count("database_gone") == 1
    assert set(told) <= {"database_gone", "results_not_stored", "ended_by_fault"}


async def readiness(life: Life) -> tuple[int, str]:
    """What the endpoint says of the database."""
    address = (await life.until("endpoint_open"))["address"]

    def ask() -> tuple[int, bytes]:
        try:
            with urllib.request.urlopen(f"{address}/readyz", timeout=30) as answer:
                return answer.status, answer.read()
        except HTTPError as exc:
            return exc.code, exc.read()

    status, body = await asyncio.to_thread(ask)
    return status, json.loads(body)["components"]["database"]["state"]


async def test_a_daemon_goes_on_when_its_file_is_back(
    home: Path, site: Site, sqlite_url: str
) -> None:
    path = file_of(sqlite_url)
    assert path is not None
    async with running(home, sqlite_url) as life:
        await life.until("checked")
        away = await asyncio.to_thread(path.rename, f"{path}.away")
        site.bodies["/page"] = SECOND
        await life.until("database_gone")
        await asyncio.to_thread(away.rename, path)
        await life.until("changed")
        await life.until("database_recovered")
        assert await life.stop() == 0


class Deleting(dict[str, tuple[int, str]]):
    """Answers of a site, the first of which costs a file."""

    def __init__(self, path: Path, answers: dict[str, tuple[int, str]]) -> None:
        super().__init__(answers)
        self.path = path

    def get(self, *asked: Any) -> Any:
        self.path.unlink(missing_ok=True)
        return super().get(*asked)


@pytest.mark.parametrize("words", ["App", "--all"])
def test_a_check_whose_file_goes_meanwhile_does_not_end_well(
    cli: Cli, folder: Path, page: Page, configured: Callable[..., Path], words: str
) -> None:
    path = folder / "changelogger.db"
    configured(("App", page.serve("/app", "One")))
    assert cli("check", "--all").code == 0
    page.answers = Deleting(path, page.answers)
    done = cli("check", words)
    assert done.code == 3
    assert "is not there any more" in done.err
    assert not path.exists()


def test_a_backup_never_takes_the_place_of_its_database(
    cli: Cli, folder: Path, configured: Callable[..., Path]
) -> None:
    configured(("App", "https://example.org/"))
    path = folder / "changelogger.db"
    assert cli("sites", "add", "https://example.com/").code == 0
    before = path.stat().st_ino
    for name in ("changelogger.db", f"../{folder.name}/changelogger.db"):
        done = cli("backup", name, "--replace")
        assert (done.code, "is the database itself" in done.err) == (3, True)
    assert path.stat().st_ino == before


# What every user of the file relies on


@pytest.fixture
async def opened(sqlite_url: str) -> AsyncIterator[tuple[Database, Path]]:
    database = Database(open_engine(sqlite_url, pool_size=2))
    assert database.path is not None
    yield database, database.path
    await database.close()


async def test_what_was_written_to_a_file_without_a_name_is_not_taken_for_written(
    opened: tuple[Database, Path],
) -> None:
    database, path = opened

    async def write() -> None:
        async with database.writing() as session:
            session.add(User(id="a", email="a@example.org"))
            await session.flush()
            path.unlink()

    with pytest.raises(GoneError):
        await write()


async def test_no_connection_makes_a_file_where_one_was(opened: tuple[Database, Path]) -> None:
    database, path = opened

    async def connect_again() -> None:
        async with database.reading() as session:
            await session.scalar(select(func.count(User.id)))
            path.unlink()
            async with database.engine.connect():
                pass

    with pytest.raises(GoneError):
        await connect_again()
    assert not path.exists()


async def test_a_file_that_was_emptied_is_gone(opened: tuple[Database, Path]) -> None:
    database, path = opened
    await begin_run(database)
    os.truncate(path, 0)
    with pytest.raises(GoneError, match="was emptied"):
        async with database.reading() as session:
            await session.scalar(select(func.count(User.id)))


async def test_a_file_that_is_not_there_yet_may_be_made(tmp_path: Path) -> None:
    database = Database(open_engine(f"sqlite+aiosqlite:///{tmp_path}/new.db"))
    for _ in range(2):
        async with database.reading() as session:
            assert await session.scalar(text("SELECT 1")) == 1
    await database.close()


@pytest.mark.parametrize(("waits", "passes"), [(False, False), (True, True)])
async def test_only_who_waits_for_its_file_takes_it_for_passing(
    opened: tuple[Database, Path], waits: bool, passes: bool
) -> None:
    database, path = opened
    database = database.observed(lambda trouble: None, waits_for_file=waits)
    await begin_run(database)
    path.unlink()
    with pytest.raises(GoneError) as caught:
        database.verify_file()
    assert caught.value.is_transient is passes
