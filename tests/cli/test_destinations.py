"""`users destinations`: where people have themselves told, without their addresses."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Any

from sqlalchemy import update

from daemon.config import load
from daemon.model.viewer import Actor, Viewer
from daemon.operations.installation.opening import stored
from daemon.operations.people import destinations
from daemon.operations.people.destinations import NewDestination
from daemon.store.tables import Destination
from tests.cli.conftest import Cli, cli, folder
from tests.making import PAST

__all__ = ["cli", "folder"]  # fixtures

CONFIG = """
[web]
destinations = ["webhook"]
[[owner]]
id = "root"
email = "root@example.org"
"""


def test_destinations_are_listed_tested_and_removed(cli: Cli, folder: Path) -> None:
    path = folder / "config.toml"
    path.write_text(CONFIG)
    for name in ("ada", "bob"):
        assert cli("users", "add", name).code == 0
    ids = asyncio.run(add(path))
    ada, bob = ids["ada"], ids["bob"]
    shown = cli("users", "destinations", "ada")
    assert shown.code == 0
    assert f"{ada}  hook  Webhook at 127.0.0.1, unproved" in shown.out
    assert "hunter2" not in shown.out
    assert bob not in shown.out
    told = cli("users", "destinations", "ada", "--test", ada)
    assert (told.code, "not a public address" in told.err, "hunter2" in told.err) == (
        1,
        True,
        False,
    )
    [line] = cli("users", "destinations", "ada", "--json").out.splitlines()
    read: dict[str, Any] = json.loads(line)
    assert (read["id"], read["state"], read["confirmed_at"]) == (ada, "unproved", None)
    assert "not a public address" in read["failure"]
    for option in ("--test", "--remove"):
        assert "there is no destination" in cli("users", "destinations", "ada", option, bob).err
    assert "hook is removed" in cli("users", "destinations", "ada", "--remove", ada).out
    assert "no destinations" in cli("users", "destinations", "ada").out
    assert bob in cli("users", "destinations", "bob").out
    assert "1 destination" in cli("users", "show", "bob").out


def test_the_check_of_the_file_knows_whom_destinations_of_their_own_tell(
    cli: Cli, folder: Path
) -> None:
    path = folder / "config.toml"
    path.write_text(CONFIG)
    assert "\n  nobody is told\n" in cli("config", "check").out
    for name in ("ada", "bob"):
        cli("users", "add", name)
    asyncio.run(add(path))
    assert "\n  nobody is told\n" in cli("config", "check").out  # none of them is proved
    asyncio.run(confirm(path, "ada"))
    assert "\n  told: 1 user on a destination of their own\n" in cli("config", "check").out
    asyncio.run(confirm(path, "bob"))
    path.write_text(f'{CONFIG}[[notify]]\nname = "ops"\nurl = "https://hooks.example/x"\n')
    said = cli("config", "check").out
    assert "\n  told on ops (root), and 2 users on destinations of their own\n" in said
    (folder / "changelogger.db").write_bytes(b"no database" * 99)
    assert "told on ops (root); whom else" in cli("config", "check").out


async def confirm(path: Path, user_id: str) -> None:
    async with stored(load(path, os.environ)) as database, database.writing() as session:
        proved = update(Destination).where(Destination.user_id == user_id)
        await session.execute(proved.values(confirmed_at=PAST))


async def add(path: Path) -> dict[str, str]:
    """A webhook of each of the two, by their ids."""
    config, found = load(path, os.environ), {}
    new = NewDestination("hook", "webhook", "http://127.0.0.1:1/hunter2")
    async with stored(config) as database:
        for name in ("ada", "bob"):
            actor = Actor(Viewer(name), "web")
            view, _ = await destinations.add(database, actor, config, new, PAST)
            found[name] = str(view.id)
    return found
