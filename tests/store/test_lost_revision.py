"""Databases that do not say, or do not say well, at which revision their schema is."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import text

from daemon.model.errors import SchemaError
from daemon.store.core import migrate, schema
from daemon.store.core.database import Database, file_of
from tests.cli.conftest import Cli, cli, folder

__all__ = ["cli", "folder"]  # fixtures

LOST = {
    "empty": (["DELETE FROM alembic_version"], "is empty"),
    "missing": (["DROP TABLE alembic_version"], "is missing"),
    "two": (["INSERT INTO alembic_version VALUES ('0001')"], "2 revisions"),
    "none of ours": (["UPDATE alembic_version SET version_num = 'deadbeef'"], "'deadbeef'"),
    "blank": (["UPDATE alembic_version SET version_num = ''"], "''"),
    "never was": (["UPDATE alembic_version SET version_num = '0000'"], "'0000'"),
    "another's table": (
        ["DROP TABLE alembic_version", "CREATE TABLE alembic_version (at INTEGER)",
         "INSERT INTO alembic_version VALUES (7)"],
        "no changelogger has: 7",
    ),
}  # fmt: skip
COMMANDS = [
    "run",
    "backup saved.db",
    "db current",
    "db upgrade",
    "db downgrade 0007 --yes",
    "sites",
    "check --all",
]


@pytest.fixture(params=list(LOST))
async def lost(
    request: pytest.FixtureRequest, database: Database, database_url: str
) -> AsyncIterator[tuple[Database, str]]:
    """A database that has lost its revision, and what is to be said of it."""
    statements, told = LOST[request.param]
    async with database.writing() as session:
        await session.execute(text("INSERT INTO model_spend (month) VALUES ('2026-01')"))
        for statement in statements:
            await session.execute(text(statement))
    yield database, told
    await state_again(database)


async def state_again(database: Database) -> None:
    """As docs/commands.md says."""
    async with database.writing() as session:
        await session.execute(text("DROP TABLE IF EXISTS alembic_version"))
        for statement in documented():
            await session.execute(text(statement))


def documented() -> list[str]:
    docs = Path(__file__).parent.parent.parent / "docs" / "commands.md"
    lines = docs.read_text().split("state it again instead:\n\n")[1].split("\n\n")[0].splitlines()
    return [line.strip().rstrip(";").replace("REVISION", schema.HEAD) for line in lines]


async def test_a_lost_revision_is_told_with_a_way_out(lost: tuple[Database, str]) -> None:
    database, told = lost
    with pytest.raises(SchemaError, match="restore a backup") as caught:
        await schema.revision(database)
    assert told in str(caught.value)


async def test_stated_again_as_documented_it_is_as_it_was(lost: tuple[Database, str]) -> None:
    database, _ = lost
    await state_again(database)
    assert await schema.revision(database) == schema.HEAD


@pytest.fixture
def words(database_url: str, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    """Runs commands on this database."""
    path = file_of(database_url)
    url = f"sqlite:///{path}" if path else database_url.replace("+asyncpg", "")
    monkeypatch.setenv("CHANGELOGGER__DATABASE__URL", url)
    monkeypatch.setenv("CHANGELOGGER__LOGGING__FORMAT", "console")
    return lambda words: cli(*words.split())


@pytest.mark.parametrize("lost", ["empty", "missing", "two", "none of ours"], indirect=True)
def test_no_command_works_with_such_a_database_or_changes_it(
    lost: tuple[Database, str], words: Callable[[str], Any], database_url: str
) -> None:
    for command in COMMANDS:
        done = words(command)
        assert (done.code, done.out) == (3, ""), command
        [line] = done.err.splitlines()
        assert lost[1] in line
        assert "Traceback" not in line


def test_every_revision_is_known_by_its_form() -> None:
    for script in ScriptDirectory(str(migrate.scripts())).walk_revisions():
        assert schema.stated([script.revision], schema.OURS) == script.revision


def test_a_database_that_was_emptied_has_no_revision() -> None:
    assert schema.stated([], {schema.VERSION_TABLE, "spatial_ref_sys"}) is None


def test_tables_of_others_that_are_called_like_ours_are_not_written_to() -> None:
    with pytest.raises(SchemaError, match=r"tables \(users\).*one of its own"):
        schema.stated([], {"users", "invoices"})
