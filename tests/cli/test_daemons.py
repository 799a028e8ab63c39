"""`status --daemons`: who works on a database, without asking any of them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from sqlalchemy import update

from daemon.store.core.database import Database
from daemon.store.core.engine import open_engine
from daemon.store.tables import Run
from daemon.store.tables.types import db_now
from tests.cli.conftest import Cli
from tests.making import begin_run, have_ended_run

Work = Callable[[Database], Awaitable[None]]


async def live(database: Database) -> None:
    await begin_run(database)


async def fall_silent(database: Database) -> None:
    await begin_run(database)
    async with database.writing() as session:
        await session.execute(update(Run).values(heartbeat_at=db_now(-120.0)))


@pytest.fixture
def have(cli: Cli, folder: Path) -> Callable[..., None]:
    """Makes a database in the folder, with the daemons that this work leaves there."""

    def make(*works: Work) -> None:
        assert cli("db", "upgrade").code == 0

        async def run() -> None:
            database = Database(open_engine(f"sqlite:///{folder}/changelogger.db"))
            for work in works:
                await work(database)
            await database.close()

        asyncio.run(run())

    return make


@pytest.mark.parametrize(
    ("work", "state", "code"),
    [(live, "alive", 0), (fall_silent, "silent", 1), (have_ended_run, "ended", 1)],
)
def test_a_daemon_is_told_of_by_the_database(
    cli: Cli, have: Callable[..., None], work: Work, state: str, code: int
) -> None:
    have(work)
    told = cli("status", "--daemons", "--json")
    [shown] = told.lines
    assert (shown["state"], shown["pid"], told.code) == (state, os.getpid(), code)
    assert shown["machine"]
    assert (shown["ended_at"] is not None) == (state == "ended")


def test_daemons_are_lines_in_a_pipe(cli: Cli, have: Callable[..., None]) -> None:
    have(live, have_ended_run)
    told = cli("status", "--daemons")
    names, *rows = [line.split("\t") for line in told.out.splitlines()]
    assert names[:3] == ["ID", "STATE", "MACHINE"]
    assert [row[1] for row in rows] == ["alive", "ended"]


def test_a_database_without_daemons_says_so(cli: Cli, have: Callable[..., None]) -> None:
    have()
    told = cli("status", "--daemons")
    assert told.code == 1
    assert "no daemon has run" in told.err


def test_without_a_database_there_is_nobody(cli: Cli) -> None:
    assert cli("status", "--daemons").code != 0
