"""`backup` and `restore`: one file for all, from any database into any."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from daemon.model.errors import DamagedError, LockedError, OccupiedError, SchemaError, StoreError
from daemon.store import tables
from daemon.store.core.database import Database
from daemon.store.core.migrate import downgrade
from daemon.store.queue.runs import beat, end_run
from daemon.system.process import hold_lock
from daemon.transfer.backup import back_up, restore
from daemon.transfer.copying import copy_database
from tests.making import add_one_of_each, begin_run, claim, have_sites, in_database, spec
from tests.transfer.things import config_of, quiet


async def fill(database: Database) -> None:
    async with database.writing() as session:
        rows = await add_one_of_each(session)
        await end_run(session, rows[tables.Run].id)


@pytest.fixture
def full(database_url: str) -> str:
    """A database of either kind, with a row in every table."""
    in_database(database_url, fill)
    return database_url


@pytest.fixture
def saved(sqlite_url: str, tmp_path: Path) -> Path:
    """A backup with a row in every table."""
    in_database(sqlite_url, fill)
    path = tmp_path / "saved.db"
    back_up(config_of(sqlite_url), path, quiet, replaces=False)
    return path


def restored(file: Path, url: str, *, replaces: bool = False) -> Path | None:
    return restore(file, config_of(url), quiet, replaces=replaces).kept


def is_same(one: str, other: str) -> bool:
    copy = copy_database(config_of(one), config_of(other), quiet, writes=False)
    return not copy.differing


@pytest.mark.parametrize("name", ["saved.db", "saved.db.zst"])
def test_a_backup_of_either_database_is_restored_to_either(
    full: str, name: str, tmp_path: Path, postgres_url: str
) -> None:
    made = back_up(config_of(full), tmp_path / name, quiet, replaces=False)
    assert made.path.stat().st_mode & 0o777 == 0o600
    file_url = f"sqlite+aiosqlite:///{tmp_path}/new.db"
    assert restored(made.path, file_url) is None
    assert is_same(full, file_url)
    restored(made.path, postgres_url, replaces=True)
    assert is_same(file_url, postgres_url)
    assert sorted(path.name for path in tmp_path.glob(".part-*")) == []


def test_a_backup_is_one_file_of_its_own(saved: Path) -> None:
    beside = [path.name for path in saved.parent.iterdir() if path.name.startswith("saved")]
    assert beside == ["saved.db"]
    with closing(sqlite3.connect(f"file:{saved}?mode=ro", uri=True)) as file:
        assert file.execute("PRAGMA journal_mode").fetchone() == ("delete",)


def test_a_backup_is_made_while_a_daemon_holds_the_file_and_writes(
    sqlite_url: str, tmp_path: Path
) -> None:
    in_database(sqlite_url, fill)
    path = Path(sqlite_url.partition("///")[2])
    with hold_lock(path), closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("DELETE FROM users")
        made = back_up(config_of(sqlite_url), tmp_path / "saved.db", quiet, replaces=False)
    with closing(sqlite3.connect(made.path)) as file:
        assert file.execute("SELECT count(*) FROM users").fetchone() == (1,)


def test_a_folder_takes_a_backup_named_by_the_moment(sqlite_url: str, tmp_path: Path) -> None:
    made = back_up(config_of(sqlite_url), tmp_path, quiet, replaces=False)
    assert made.path.parent == tmp_path
    assert made.path.name.startswith("changelogger-2")


def test_a_backup_that_is_there_is_not_overwritten_unasked(saved: Path, sqlite_url: str) -> None:
    before = saved.read_bytes()
    with pytest.raises(OccupiedError, match="--replace overwrites it"):
        back_up(config_of(sqlite_url), saved, quiet, replaces=False)
    assert saved.read_bytes() == before
    back_up(config_of(sqlite_url), saved, quiet, replaces=True)


def test_a_backup_to_where_none_can_be_says_so(sqlite_url: str, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="No such file or directory"):
        back_up(config_of(sqlite_url), tmp_path / "no" / "saved.db", quiet, replaces=False)


def test_what_was_there_is_kept_aside(saved: Path, database_url: str) -> None:
    in_database(database_url, lambda database: have_sites(database, spec("Old")))
    with pytest.raises(OccupiedError, match="--replace"):
        restored(saved, database_url)
    kept = restored(saved, database_url, replaces=True)
    assert kept is not None
    with closing(sqlite3.connect(kept)) as file:
        assert ("Old",) in file.execute("SELECT name FROM monitored_sites").fetchall()
    assert is_same(f"sqlite+aiosqlite:///{saved}", database_url)


def test_a_damaged_database_is_replaced_and_kept_with_its_journal(
    saved: Path, tmp_path: Path
) -> None:
    place = tmp_path / "broken.db"
    place.write_bytes(b"SQLite format 3\0" + os.urandom(5000))
    (tmp_path / "broken.db-wal").write_bytes(b"a journal that must not be read")
    url = f"sqlite+aiosqlite:///{place}"
    kept = restored(saved, url, replaces=True)
    assert kept is not None
    assert kept.read_bytes()[:15] == b"SQLite format 3"
    assert Path(f"{kept}-wal").read_bytes() == b"a journal that must not be read"
    assert is_same(f"sqlite+aiosqlite:///{saved}", url)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
@pytest.mark.parametrize("is_there", [True, False])
def test_what_root_restores_belongs_to_whom_the_daemon_runs_as(
    saved: Path, tmp_path: Path, is_there: bool
) -> None:
    folder = tmp_path / "state"
    folder.mkdir()
    place = folder / "changelogger.db"
    if is_there:
        place.touch()
    for path in (folder, *folder.iterdir()):
        os.chown(path, 12345, 23456)
    restored(saved, f"sqlite+aiosqlite:///{place}", replaces=True)
    assert (place.stat().st_uid, place.stat().st_gid) == (12345, 23456)


def test_a_database_that_someone_reads_is_not_replaced(saved: Path, sqlite_url: str) -> None:
    place = Path(sqlite_url.partition("///")[2])
    with closing(sqlite3.connect(place, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM runs").fetchone() == (1,)
        with pytest.raises(LockedError, match="in use by another program"):
            restored(saved, sqlite_url, replaces=True)
    assert list(place.parent.glob("*.before-*")) == []


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def overwritten(data: bytes) -> bytes:
    return data[:40_000] + bytes(20_000) + data[60_000:]


def nonsense(_data: bytes) -> bytes:
    return b"this is no database"


@pytest.mark.parametrize("damage", [cut, overwritten, nonsense], ids=lambda one: one.__name__)
@pytest.mark.parametrize("name", ["saved.db", "saved.db.zst"])
def test_a_damaged_backup_is_found_before_anything_is_touched(
    damage, name: str, saved: Path, sqlite_url: str, tmp_path: Path
) -> None:
    path = tmp_path / f"x-{name}"
    back_up(config_of(sqlite_url), path, quiet, replaces=False)
    path.write_bytes(damage(path.read_bytes()))
    before = sorted(tmp_path.iterdir())
    with pytest.raises(DamagedError, match=path.name):
        restored(path, sqlite_url, replaces=True)
    assert sorted(one for one in tmp_path.iterdir() if one.suffix != ".lock") == before


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("DROP TABLE alembic_version", "is missing: take another file"),
        ("CREATE TRIGGER t AFTER INSERT ON runs BEGIN DELETE FROM users; END", "a trigger"),
        ("DELETE FROM users", "refers to a row of users that is not there"),
    ],
)
def test_a_file_that_is_no_backup_of_ours_is_refused(
    statement: str, why: str, saved: Path, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(saved)) as file, file:
        file.execute(statement)
    with pytest.raises(DamagedError, match=why):
        restored(saved, f"sqlite+aiosqlite:///{tmp_path}/new.db")
    assert not (tmp_path / "new.db").exists()


def test_a_backup_of_a_newer_version_is_refused(saved: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(saved)) as file, file:
        file.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(SchemaError, match="made by a newer changelogger, at 9999"):
        restored(saved, f"sqlite+aiosqlite:///{tmp_path}/new.db")
    assert not (tmp_path / "new.db").exists()


def test_a_backup_of_an_older_version_is_brought_up(
    sqlite_url: str, tmp_path: Path, database_url: str
) -> None:
    old = shutil.copyfile(sqlite_url.partition("///")[2], tmp_path / "old.db")
    downgrade(f"sqlite+aiosqlite:///{old}", "-1")
    made = back_up(config_of(f"sqlite:///{old}"), tmp_path / "saved.db", quiet, replaces=False)
    before = made.path.read_bytes()
    restored(made.path, database_url, replaces=True)
    assert made.path.read_bytes() == before
    assert in_database(database_url, _revision) is not None


async def _revision(database: Database) -> str | None:
    from daemon.store.core import schema

    return await schema.revision(database)


def test_nobody_holds_anything_in_what_was_restored(sqlite_url: str, tmp_path: Path) -> None:
    async def work(database: Database) -> None:
        run_id = await begin_run(database)
        await have_sites(database, spec())
        await claim(database, run_id)

    in_database(sqlite_url, work)
    back_up(config_of(sqlite_url), tmp_path / "saved.db", quiet, replaces=False)
    url = f"sqlite+aiosqlite:///{tmp_path}/new.db"
    restored(tmp_path / "saved.db", url)

    async def look(database: Database) -> None:
        async with database.reading() as session:
            assert await session.scalar(select(tables.Page.leased_until)) is None
            assert await session.scalar(select(tables.Run.ended_at)) is not None

    in_database(url, look)


def test_a_database_that_a_daemon_works_with_is_not_replaced(
    saved: Path, sqlite_url: str, postgres_url: str
) -> None:
    with hold_lock(Path(sqlite_url.partition("///")[2])), pytest.raises(LockedError):
        restored(saved, sqlite_url, replaces=True)

    async def live(database: Database) -> None:
        run_id = await begin_run(database)
        async with database.writing() as session:
            await beat(session, run_id)
            await session.execute(insert(tables.User).values(id="u", email="a", preferences={}))

    in_database(postgres_url, live)
    with pytest.raises(LockedError, match="a daemon works with this database"):
        restored(saved, postgres_url, replaces=True)


@pytest.mark.parametrize("error", [errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS])
def test_a_backup_goes_where_no_file_has_two_names(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: int
) -> None:
    def refuse(*_names: object) -> None:
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr(os, "link", refuse)  # as a network share does
    path = tmp_path / "saved.db"
    back_up(config_of(sqlite_url), path, quiet, replaces=False)
    assert path.exists()
    with pytest.raises(OccupiedError):
        back_up(config_of(sqlite_url), path, quiet, replaces=False)
