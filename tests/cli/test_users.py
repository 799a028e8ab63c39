"""`users`: from the first one to the removal of the last."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from daemon.model.viewer import Actor, Scope, Viewer
from daemon.operations.people import tokens
from daemon.store.core.database import Database
from tests.cli.conftest import Cli
from tests.making import PAST, in_database

PASSWORD = "correct horse battery staple"


@pytest.fixture(autouse=True)
def with_logins(folder: Path) -> None:
    text = '[web]\npublic_url = "https://watch.example"\n[health]\nenabled = false\n'
    (folder / "config.toml").write_text(text)


def test_whoever_adds_a_user_reads_how_they_log_in(cli: Cli, folder: Path) -> None:
    assert "changelogger users link ada" in cli("users", "add", "ada").err
    assert "users link 'github|7'" in cli("users", "add", "github|7").err
    (folder / "config.toml").write_text("[health]\nenabled = false\n")
    assert "users link" not in cli("users", "add", "eve").err


def test_a_user_comes_changes_and_goes(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cli("users", "add", "ada", "--email", "ada@example.org", "--username", "Ada").code == 0
    assert cli("users", "add", "ada").code == 2
    assert cli("users", "add", "eve", "--email", "no address").code == 2
    link = cli("users", "link", "ada@example.org")
    assert link.out.startswith("https://watch.example/login/link/")
    monkeypatch.setattr("sys.stdin", io.StringIO("short\n"))
    assert "too short" in cli("users", "password", "ada").err
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    assert cli("users", "password", "ada").code == 0
    assert cli("users", "admin", "Ada").code == 0
    assert cli("users", "connect", "ada", "github|7").code == 0
    assert cli("users", "connect", "ada", "github").code == 2
    assert cli("users", "limit", "ada", "--sites", "5", "--interval", "15m").code == 0
    assert cli("users", "limit", "ada", "--interval", "x").code == 2
    assert cli("users", "prefer", "ada", "quiet=22:00-07:00", "page_size=20").code == 0
    assert cli("users", "prefer", "ada", "page_size=2000").code == 2
    [shown] = [one for one in cli("users", "--json").lines if one["id"] == "ada"]
    assert (shown["role"], shown["max_sites"], shown["shortest_interval_seconds"]) == (
        "admin",
        5,
        900,
    )
    [full] = cli("users", "show", "ada", "--json").lines
    assert (full["identities"], full["theirs"]["password"]) == (["github|7"], 1)
    assert "quiet = 22:00-07:00" in cli("users", "prefer", "ada").out
    assert "at most 5 sites and products" in cli("users", "show", "ada").out
    assert "no tokens" in cli("users", "tokens", "ada").out
    assert cli("users", "tokens", "ada", "--json").out == ""
    nothing = cli("users", "tokens", "ada", "--revoke", "01a22dba-1678-742c-9b88-d3ee51603195")
    assert (nothing.code, "there is no token" in nothing.err) == (4, True)
    assert cli("users", "disable", "ada").code == 0
    assert "disabled" in cli("users", "link", "ada").err
    assert cli("users", "enable", "ada").code == 0
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    kept = cli("users", "remove", "ada")
    assert (kept.code, "1 password" in kept.err) == (1, True)
    assert cli("users", "remove", "ada", "--yes").code == 0
    assert cli("users", "show", "ada").code == 4


def test_tokens_are_listed_and_revoked(cli: Cli, folder: Path) -> None:
    cli("users", "add", "ada")

    async def make(database: Database) -> str:
        actor = Actor(Viewer("ada"))
        return await tokens.make(database, actor, "my reader", [Scope.FEED], None, PAST)

    secret = in_database(f"sqlite+aiosqlite:///{folder}/changelogger.db", make)
    listed = cli("users", "tokens", "ada")
    assert "my reader  for feed, last used never, ends never" in listed.out
    [shown] = cli("users", "tokens", "ada", "--json").lines
    assert (shown["name"], shown["scopes"], shown["ends_at"]) == ("my reader", ["feed"], None)
    assert secret not in listed.out
    assert "my reader is revoked" in cli("users", "tokens", "ada", "--revoke", shown["id"]).out
    assert cli("users", "tokens", "ada", "--json").lines == []


def test_links_need_an_address_to_begin_with(cli: Cli, folder: Path) -> None:
    (folder / "config.toml").write_text("[health]\nenabled = false\n")
    cli("users", "add", "ada")
    assert "web.public_url" in cli("users", "link", "ada").err
