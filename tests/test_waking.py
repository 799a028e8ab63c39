"""While nothing is due the database is not asked; what anybody makes due is begun."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import update

from daemon.config import load
from daemon.model.outcome import Outcome
from daemon.operations.installation.configuration import apply
from daemon.runtime.app import open_app, writing
from daemon.runtime.chores import agenda as chore
from daemon.runtime.chores.agenda import Waking
from daemon.runtime.observer import Observer
from daemon.store.core.database import Database
from daemon.store.queue.agenda.file_version import FileVersion
from daemon.store.tables import Page
from daemon.store.tables.types import db_now
from tests.living import plain
from tests.making import ADMIN, Statements

# It is refused without a request.
SITE = '[[site]]\nname = "a"\nurl = "http://127.0.0.1:9/"\n'


class Heard(Observer):
    def __init__(self) -> None:
        self.checked = asyncio.Event()

    def on_checked(self, outcome: Outcome) -> None:
        self.checked.set()

    async def next_check(self) -> None:
        async with asyncio.timeout(30):
            await self.checked.wait()
        self.checked.clear()


async def make_due(database: Database) -> None:
    async with database.writing() as session:
        await session.execute(update(Page).values(next_check_at=db_now(-1)))


async def test_it_asks_only_when_something_may_be_due(
    database_url: str, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config.toml").write_text(SITE)
    config = load(tmp_path / "config.toml", {"CHANGELOGGER__DATABASE__URL": plain(database_url)})
    heard = Heard()
    async with open_app(config, "check", heard) as app, writing(app), asyncio.TaskGroup() as group:
        await apply(app.database, ADMIN, config, app.clock())
        checks = group.create_task(app.worker.serve())
        waking = Waking(app)
        await waking.step()  # a new page is due at once
        await heard.next_check()
        monkeypatch.setattr(chore, "_OTHERS_WORK_SECONDS", float("inf"))
        await waking.step()
        with Statements(app.database.engine) as asked:
            await waking.step()
            await waking.step()
        assert not [one for one in asked.sent if "analysis_next_at" in one]
        monkeypatch.setattr(chore, "_OTHERS_WORK_SECONDS", 0.0)
        await make_due(database)
        await waking.step()
        await heard.next_check()
        waking.close()
        checks.cancel()


def test_a_file_has_moved_when_another_connection_wrote(tmp_path: Path) -> None:
    path = tmp_path / "a b%?.db"
    version = FileVersion(path)
    assert version.has_moved()  # there is no file, of which nothing is known
    assert version.has_moved()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("PRAGMA journal_mode = wal")
    other.execute("CREATE TABLE t (x)")
    assert [version.has_moved() for _ in range(3)] == [True, False, False]
    other.execute("INSERT INTO t VALUES (1)")
    assert [version.has_moved() for _ in range(3)] == [True, False, False]
    version.close()
    assert version.has_moved()
    version.close()
    other.close()
