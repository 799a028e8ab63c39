"""A schema concerns everybody: admins move it, and nobody else does or learns where it stands."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from daemon.config import Config, load
from daemon.model.errors import LockedError, NotAllowedError, SchemaError, StoreError
from daemon.model.viewer import Viewer
from daemon.operations.installation import database
from daemon.operations.installation.opening import stored
from daemon.store.core.schema import HEAD
from daemon.system.process import hold_lock
from tests.operations.two_owners import ADA, ADMIN, BOB, STRANGER

Ask = Callable[[Config, Viewer], Any]

ASKS: dict[Callable[..., Any], Ask] = {
    database.standing: lambda config, who: asyncio.run(database.standing(config, who)),
    database.upgrade: database.upgrade,
    database.refuse_downgrade: lambda config, who: asyncio.run(
        database.refuse_downgrade(config, who)
    ),
    database.downgrade: lambda config, who: database.downgrade(config, who, "0010"),
    database.vacuum: database.vacuum,
    database.reencrypt: lambda config, who: asyncio.run(_reencrypt(config, who)),
}


async def _reencrypt(config: Config, who: Viewer) -> database.Reencrypted:
    async with stored(config) as opened:
        return await database.reencrypt(opened, who, forget=False)


def config_of(url: str) -> Config:
    return load(None, {"CHANGELOGGER__DATABASE__URL": url})


def revision(config: Config) -> str | None:
    return asyncio.run(database.standing(config, ADMIN)).revision


def test_every_deed_is_done_here() -> None:
    own = {
        one
        for name, one in vars(database).items()
        if inspect.isfunction(one) and one.__module__ == database.__name__ and name[0] != "_"
    }
    assert own == ASKS.keys()


@pytest.mark.parametrize("ask", ASKS.values(), ids=[one.__name__ for one in ASKS])
def test_an_owner_is_refused_and_an_admin_is_not(database_url: str, ask: Ask) -> None:
    config = config_of(database_url)
    for viewer in (ADA, BOB, STRANGER):
        with pytest.raises(NotAllowedError):
            ask(config, viewer)
        assert revision(config) == HEAD
    ask(config, ADMIN)


def test_a_schema_goes_down_and_up_again(database_url: str) -> None:
    config = config_of(database_url)
    database.downgrade(config, ADMIN, "0010")
    found = asyncio.run(database.standing(config, ADMIN))
    assert (found.revision, found.needed, found.is_current) == ("0010", HEAD, False)
    assert database.upgrade(config, ADMIN) == HEAD == revision(config)


def test_what_is_not_there_stands_nowhere_and_is_not_made(tmp_path: Path) -> None:
    config = config_of(f"sqlite:///{tmp_path / 'none.db'}")
    assert revision(config) is None
    for ask in (ASKS[database.downgrade], database.vacuum):
        with pytest.raises(StoreError, match="there is no database at"):
            ask(config, ADMIN)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_moved_under_a_daemon_at_work(sqlite_url: str) -> None:
    config = config_of(sqlite_url)
    with hold_lock(Path(sqlite_url.partition(":///")[2])):
        for ask in (ASKS[database.downgrade], database.vacuum):
            with pytest.raises(LockedError):
                ask(config, ADMIN)


def test_an_unknown_revision_is_refused(sqlite_url: str) -> None:
    with pytest.raises(SchemaError):
        database.downgrade(config_of(sqlite_url), ADMIN, "9999")
