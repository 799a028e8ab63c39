"""The index of words stays out of copies, and goes with a backup of its file."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import delete

from daemon.model.viewer import DAEMON
from daemon.operations.lists.search import find_changes, findable, query_of
from daemon.store.copying.sqlite_backup import is_empty
from daemon.store.core.database import Database
from daemon.store.core.migrate import check, downgrade, upgrade
from daemon.store.search.keeping import IndexKeeper
from daemon.store.tables import Base
from daemon.store.views.lists.selection import ChangesWanted
from daemon.transfer.backup import back_up, restore
from daemon.transfer.copying import copy_database
from tests.making import in_database
from tests.many import have_many
from tests.transfer.things import config_of, quiet


async def fill(database: Database) -> None:
    await have_many(database, ["ada"], sites=5, changes=20)
    await index(database)


async def index(database: Database) -> None:
    await IndexKeeper(database).step(datetime.now(UTC), seconds=600)


async def found(database: Database) -> int:
    page = (await find_changes(database, DAEMON, query_of("q", "title"), ChangesWanted())).page
    return len(page.items)


async def is_indexed(database: Database) -> bool:
    return (await findable(database, DAEMON)).is_any


async def lose_all(database: Database) -> None:
    async with database.writing() as session:
        for table in reversed(Base.metadata.sorted_tables):
            await session.execute(delete(table))


def test_a_copy_is_whole_and_builds_an_index_of_its_own(
    database_url: str, sqlite_template: Path, tmp_path: Path
) -> None:
    in_database(database_url, fill)
    check(database_url)  # the models know nothing of it
    target = f"sqlite+aiosqlite:///{shutil.copyfile(sqlite_template, tmp_path / 'target.db')}"
    for _ in range(2):  # the second time it has an index
        copy = copy_database(config_of(database_url), config_of(target), quiet)
        assert copy.differing == []
        in_database(target, index)
        assert in_database(target, found) == 20
    back = copy_database(config_of(target), config_of(database_url), quiet)
    assert back.differing == []
    assert in_database(database_url, found) == 20


def test_a_backup_brings_it_along_and_an_empty_file_may_have_one(
    sqlite_url: str, tmp_path: Path
) -> None:
    in_database(sqlite_url, fill)
    saved, path = tmp_path / "saved.db", Path(sqlite_url.partition("///")[2])
    back_up(config_of(sqlite_url), saved, quiet, replaces=False)
    assert not is_empty(path)
    in_database(sqlite_url, lose_all)
    assert is_empty(path)  # so that it may be filled without --replace
    restore(saved, config_of(sqlite_url), quiet, replaces=False)
    assert in_database(sqlite_url, is_indexed)
    assert in_database(sqlite_url, found) == 20


def test_migrations_pass_it_by(database_url: str) -> None:
    in_database(database_url, fill)
    downgrade(database_url, "0024")
    upgrade(database_url)
    assert in_database(database_url, found) == 20
