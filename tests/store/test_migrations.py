"""Migrations up and down with rows in every table, raced, killed, refused, from anywhere."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, func, inspect, select, text, update

from daemon.model.errors import SchemaError, StoreError
from daemon.model.status import ErrorClass
from daemon.store.core import migrate, schema
from daemon.store.core.database import Database
from daemon.store.core.engine import open_engine
from daemon.store.tables import Notice, PriceAlert
from tests.making import PAST, add_one_of_each, all_tables, in_database, older_tables

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database without any table."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path}/new.db"
    url: str = request.getfixturevalue("postgres_url")
    migrate.downgrade(url, "base")
    execute(url, "DROP TABLE alembic_version")
    return url


def revisions() -> list[str]:
    """All revisions, newest first."""
    return [one.revision for one in ScriptDirectory(str(migrate.scripts())).walk_revisions()]


def execute(url: str, statement: str) -> None:
    async def run(database: Database) -> None:
        async with database.writing() as session:
            await session.execute(text(statement))

    in_database(url, run)


async def tables_of(database: Database) -> set[str]:
    async with database.engine.connect() as connection:
        return set(await connection.run_sync(lambda c: inspect(c).get_table_names()))


async def fill(database: Database) -> None:
    async with database.writing() as session:
        await add_one_of_each(session)


async def empty_tables(database: Database) -> list[str]:
    async with database.reading() as session:
        return [
            table.name
            for table in older_tables()
            if not await session.scalar(select(func.count()).select_from(table))
        ]


def test_an_empty_database_comes_to_the_newest_schema(empty_url: str) -> None:
    assert migrate.current(empty_url) is None
    migrate.upgrade(empty_url)
    assert migrate.current(empty_url) == migrate.head()
    assert {table.name for table in all_tables()} <= in_database(empty_url, tables_of)


def test_the_schema_goes_down_and_up_again_with_rows_in_every_table(database_url: str) -> None:
    in_database(database_url, fill)
    assert in_database(database_url, empty_tables) == []
    migrate.downgrade(database_url, "base")
    assert in_database(database_url, tables_of) == {"alembic_version"}
    migrate.upgrade(database_url)
    in_database(database_url, fill)
    assert in_database(database_url, empty_tables) == []


def test_each_step_goes_down_and_up_again_with_rows(database_url: str) -> None:
    in_database(database_url, fill)
    for _ in revisions():
        migrate.downgrade(database_url, "-1")
    for _ in revisions():
        migrate.upgrade(database_url, "+1")
    assert migrate.current(database_url) == migrate.head()
    migrate.check(database_url)


def test_an_older_database_learns_when_its_price_alerts_were_sent(database_url: str) -> None:
    in_database(database_url, fill)
    migrate.downgrade(database_url, "0008")
    in_database(database_url, send)
    migrate.upgrade(database_url)
    assert in_database(database_url, sent) == [PAST]


async def send(database: Database) -> None:
    async with database.writing() as session:
        await session.execute(update(Notice).values(status="sent", sent_at=PAST))


async def sent(database: Database) -> list[datetime | None]:
    async with database.reading() as session:
        return list(await session.scalars(select(PriceAlert.sent_at)))


LONG_LINE = "*/15 8-18 * * mon-fri"


def test_a_long_cron_line_is_daily_to_an_older_version(database_url: str) -> None:
    in_database(database_url, fill)
    indexes = in_database(database_url, indexes_of)
    execute(database_url, f"UPDATE monitored_sites SET check_frequency = '{LONG_LINE}'")
    migrate.downgrade(database_url, "0011")
    assert values_of(database_url, "monitored_sites", "check_frequency") == ["daily"]
    migrate.upgrade(database_url)
    assert values_of(database_url, "products", "check_frequency") == ["daily"]
    # The column was made anew on SQLite: nothing that refers to its table went with it.
    assert in_database(database_url, empty_tables) == []
    assert in_database(database_url, indexes_of) == indexes


async def indexes_of(database: Database) -> dict[str, set[str]]:
    def found(connection: Connection) -> dict[str, set[str]]:
        named = inspect(connection)
        return {
            table: {str(one["name"]) for one in named.get_indexes(table)}
            for table in ("pages", "monitored_sites", "products")
        }

    async with database.engine.connect() as connection:
        return await connection.run_sync(found)


def test_what_a_deadline_cut_off_is_overload_to_an_older_version(database_url: str) -> None:
    in_database(database_url, fill)
    for table in ("attempts", "monitored_sites", "products"):
        execute(database_url, f"UPDATE {table} SET error_class = 'deadline'")
    migrate.downgrade(database_url, "0009")
    for table in ("attempts", "monitored_sites", "products"):
        assert values_of(database_url, table, "error_class") == ["overload"]
    migrate.upgrade(database_url)
    assert in_database(database_url, empty_tables) == []


def test_what_a_proxy_did_is_connect_to_an_older_version(database_url: str) -> None:
    in_database(database_url, fill)
    tables = ("attempts", "monitored_sites", "products", "pages")
    for table in tables:
        execute(database_url, f"UPDATE {table} SET error_class = 'proxy'")
    migrate.downgrade(database_url, "0015")
    for table in tables:
        assert values_of(database_url, table, "error_class") == ["connect"]
    migrate.upgrade(database_url)


@pytest.mark.parametrize("one", ErrorClass)
def test_an_upgraded_database_takes_every_class(database_url: str, one: ErrorClass) -> None:
    """A class that a constraint does not know is an outcome that cannot be stored."""
    in_database(database_url, fill)
    execute(database_url, f"UPDATE attempts SET error_class = '{one}'")
    assert values_of(database_url, "attempts", "error_class") == [one]


def test_what_stayed_sealed_is_internal_to_an_older_version(database_url: str) -> None:
    in_database(database_url, fill)
    tables = ("attempts", "monitored_sites", "products", "pages")
    for table in tables:
        execute(database_url, f"UPDATE {table} SET error_class = 'sealed'")
    migrate.downgrade(database_url, "0022")
    for table in tables:
        assert values_of(database_url, table, "error_class") == ["internal"]
    migrate.upgrade(database_url)


def test_an_older_database_knows_where_its_pages_were_read(database_url: str) -> None:
    in_database(database_url, fill)
    migrate.downgrade(database_url, "0012")
    execute(database_url, "UPDATE pages SET body_hash = '1'")
    execute(database_url, "UPDATE attempts SET verdict = 'unchanged', final_url = 'https://b/'")
    migrate.upgrade(database_url)
    assert values_of(database_url, "pages", "answer_url") == ["https://b/"]


def values_of(url: str, table: str, column: str) -> list[str]:
    async def ask(database: Database) -> list[str]:
        async with database.reading() as session:
            return list(await session.scalars(text(f"SELECT {column} FROM {table}")))

    found: list[str] = in_database(url, ask)
    return found


def test_an_upgrade_that_has_nothing_to_do_leaves_the_rows(database_url: str) -> None:
    in_database(database_url, fill)
    migrate.upgrade(database_url)
    assert in_database(database_url, empty_tables) == []


def test_tables_and_models_agree(database_url: str) -> None:
    migrate.check(database_url)


def test_a_table_that_no_model_knows_is_a_difference(database_url: str) -> None:
    execute(database_url, "DROP TABLE notices")
    with pytest.raises(SchemaError, match="notices"):
        migrate.check(database_url)


def test_the_daemon_knows_the_newest_revision_without_loading_the_migrations() -> None:
    assert migrate.head() == schema.HEAD


def test_revisions_form_one_line() -> None:
    assert revisions()[0] == migrate.head()
    assert len(ScriptDirectory(str(migrate.scripts())).get_heads()) == 1


async def test_an_empty_database_has_no_revision(tmp_path: Path) -> None:
    database = Database(open_engine(f"sqlite+aiosqlite:///{tmp_path}/new.db"))
    assert await schema.revision(database) is None
    await database.close()


async def test_a_migrated_database_says_its_revision(database: Database) -> None:
    assert await schema.revision(database) == schema.HEAD


def test_a_database_of_a_newer_version_is_refused(database_url: str) -> None:
    execute(database_url, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(SchemaError, match="does not fit this version"):
        migrate.upgrade(database_url)
    assert migrate.current(database_url) == "9999"


@pytest.mark.parametrize("work", [migrate.upgrade, migrate.current, migrate.check])
@pytest.mark.parametrize(
    "url",
    [
        "sqlite+aiosqlite:////nowhere/at/all.db",
        "postgresql+asyncpg://postgres@/none?host=/nowhere",
    ],
)
def test_a_database_that_cannot_be_reached_is_our_trouble(work: Any, url: str) -> None:
    with pytest.raises(StoreError) as caught:
        work(url)
    assert not isinstance(caught.value, SchemaError)


def test_a_missing_postgresql_database_is_our_trouble(postgres_url: str) -> None:
    with pytest.raises(StoreError, match="does not exist"):
        migrate.upgrade(postgres_url.replace("/test_", "/missing_"))


def test_a_file_that_is_no_database_is_our_trouble(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_text("not a database at all\n" * 100)
    with pytest.raises(StoreError, match="not a database"):
        migrate.upgrade(f"sqlite+aiosqlite:///{tmp_path}/x.db")


def test_an_upgrade_that_breaks_leaves_nothing_behind(empty_url: str) -> None:
    # The tables are made in one order: a stranger in the place of a late one stops it half way.
    execute(empty_url, "CREATE TABLE price_alerts (id INTEGER)")
    with pytest.raises(StoreError):
        migrate.upgrade(empty_url)
    assert in_database(empty_url, tables_of) == {"price_alerts"}
    execute(empty_url, "DROP TABLE price_alerts")
    migrate.upgrade(empty_url)
    migrate.check(empty_url)


UPGRADE = "import sys; from daemon.store.core import migrate; migrate.upgrade(sys.argv[1])"
KILLED = """
import os, sys
from sqlalchemy import event
from sqlalchemy.engine import Engine
from daemon.store.core import migrate

@event.listens_for(Engine, "after_cursor_execute")
def count(connection, cursor, statement, *_):
    count.seen += statement.lstrip().startswith("CREATE")
    if count.seen == int(sys.argv[2]):
        os.kill(os.getpid(), 9)

count.seen = 0
migrate.upgrade(sys.argv[1])
"""


@pytest.mark.parametrize("statements", [2, 12])
def test_an_upgrade_that_was_killed_leaves_nothing_behind(empty_url: str, statements: int) -> None:
    ended = python(KILLED, empty_url, str(statements))
    assert ended.returncode == -9, ended.stderr
    assert in_database(empty_url, tables_of) == set()
    migrate.upgrade(empty_url)
    migrate.check(empty_url)


def test_two_upgrades_at_once_both_succeed(empty_url: str) -> None:
    # Processes: Alembic keeps its context in globals.
    with ThreadPoolExecutor(2) as pool:
        ended = list(pool.map(lambda url: python(UPGRADE, url), [empty_url] * 2))
    assert [one.returncode for one in ended] == [0, 0], ended
    migrate.check(empty_url)


def test_migrating_says_nothing_on_standard_output(
    empty_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for work in (migrate.upgrade, migrate.check, migrate.current):
        work(empty_url)
    migrate.downgrade(empty_url, "base")
    assert capsys.readouterr().out == ""


def test_migrating_works_from_any_folder(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/new.db"
    ended = python(UPGRADE, url)
    assert (ended.returncode, ended.stdout) == (0, ""), ended.stderr
    assert migrate.current(url) == migrate.head()


def test_the_alembic_command_works_in_a_checkout(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/new.db"
    for words in (["upgrade", "head"], ["check"], ["downgrade", "base"]):
        ended = subprocess.run(
            [sys.executable, "-m", "alembic", *words],
            cwd=ROOT,
            env={**os.environ, "CHANGELOGGER__DATABASE__URL": url},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr


def python(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The end of this program, run in a folder that has nothing to do with ours."""
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd="/",
        env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
