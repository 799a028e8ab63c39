"""Secrets of requests, from the file and from commands, are in nothing that leaves this machine."""

from __future__ import annotations

import base64
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.conftest import Cli, Site

PLANTED = ("hunter2-token", "hunter2-password", "hunter2-cookie", "hunter2-field", "hunter2-body")
FILE = """
[[site]]
name = "Form"
url = "BASE/form"
form = { q = "hunter2-field" }
cookies = { sid = "hunter2-cookie" }
auth = { username = "me", password = "hunter2-password" }

[[product]]
name = "Lamp"
url = "BASE/lamp"
body = "hunter2-body"
"""
OFFER = """<script type="application/ld+json">{"@type": "Product", "name": "Lamp",
"offers": {"price": "10.00", "priceCurrency": "EUR"}}</script>"""
FORMS = [
    form
    for word in (*PLANTED, "me:hunter2-password")
    for form in (word, base64.b64encode(word.encode()).decode())
]
KEY = base64.b64encode(b"k" * 32).decode()


@pytest.fixture
def filled(cli: Cli, site: Site, configured: Callable[..., Path]) -> Site:
    """A database with secrets of the file and of a command."""
    for path in ("/form", "/api"):
        site.serve(path, "Fine")
    site.serve("/lamp", "Lamp", OFFER)
    configured(more=FILE.replace("BASE", site.base))
    added = (site.url("/api"), "--name", "Api", "--token", "hunter2-token")
    assert cli("sites", "add", *added).code == 0
    assert cli("check", "--all").code == 0
    assert {*site.posted} == {"q=hunter2-field", "hunter2-body"}
    return site


def holds_a_secret(data: bytes) -> list[str]:
    return [form for form in FORMS if form.encode() in data]


def key_of(folder: Path) -> str:
    return (folder / "changelogger.db.key").read_text().strip()


def test_no_secret_is_in_the_database_a_backup_or_an_export(
    cli: Cli, filled: Site, folder: Path
) -> None:
    assert cli("db", "vacuum").code == 0
    assert holds_a_secret((folder / "changelogger.db").read_bytes()) == []
    with closing(sqlite3.connect(folder / "changelogger.db")) as connection:
        dumped = "\n".join(connection.iterdump())
        assert len(connection.execute("SELECT 1 FROM pages WHERE sealed_by > ''").fetchall()) == 3
    assert holds_a_secret(dumped.encode()) == []
    assert cli("backup", "all.db").code == 0
    assert holds_a_secret((folder / "all.db").read_bytes()) == []
    assert key_of(folder).encode() not in (folder / "all.db").read_bytes()
    for format_ in ("toml", "json", "csv", "opml"):
        assert cli("export", f"all.{format_}").code == 0
        assert holds_a_secret((folder / f"all.{format_}").read_bytes()) == []


COMMANDS = """
config show
config show --json
config check
config diff
sites list --json
sites show Form
sites show Api --json
products show Lamp --json
history Form --json
status --json
db reencrypt --json
check --all --json
check Api --dry-run
"""


def test_no_command_shows_a_secret(cli: Cli, filled: Site) -> None:
    for line in COMMANDS.strip().splitlines():
        done = cli(*line.split())
        assert (line, holds_a_secret(f"{done.out}{done.err}".encode())) == (line, [])
        assert "Traceback" not in done.err


def test_a_backup_comes_back_with_its_key(cli: Cli, filled: Site, folder: Path) -> None:
    cli("backup", "all.db")
    assert cli("restore", "all.db", "--replace").code == 0
    [shown] = cli("sites", "show", "Api", "--json").lines
    assert (shown["request"]["headers"], shown["request"]["sealed"]) == (["Authorization"], "")
    key = folder / "changelogger.db.key"
    key.rename(folder / "elsewhere")
    [shown] = cli("sites", "show", "Api", "--json").lines
    assert "is not here" in shown["request"]["sealed"]
    done = cli("check", "Api")
    assert done.code == 1
    assert "encryption_key" in done.out + done.err
    refused = cli("sites", "add", filled.url("/2"), "--token", "hunter2-token")
    assert refused.code == 3
    assert "encryption_key" in refused.err
    assert not key.exists()
    assert cli("sites", "add", filled.url("/3")).code == 0


def test_a_key_is_changed_for_a_newer_one(
    cli: Cli, filled: Site, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHANGELOGGER__DATABASE__ENCRYPTION_KEY_FILE", str(folder / "keys"))
    (folder / "keys").write_text(f"{KEY}\n{key_of(folder)}\n")
    assert cli("db", "reencrypt").out == "3 requests encrypted anew\n"
    (folder / "keys").write_text(f"{KEY}\n")
    assert cli("db", "reencrypt").code == 0
    assert "Authorization" in cli("sites", "show", "Api").out
    assert KEY not in cli("config", "show").out


def test_what_has_no_key_is_named_and_may_be_forgotten(
    cli: Cli, filled: Site, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHANGELOGGER__DATABASE__ENCRYPTION_KEY", KEY)
    done = cli("db", "reencrypt")
    assert (done.code, "no key for: Api, Form, Lamp" in done.out) == (1, True)
    exported = cli("export")
    assert "secrets" in exported.err
    done = cli("db", "reencrypt", "--forget")
    assert (done.code, "without secrets now: Api, Form, Lamp" in done.out) == (0, True)
    cli("check", "--all")
    [shown] = cli("sites", "show", "Form", "--json").lines
    assert "Authorization" in shown["request"]["headers"]


def test_a_copy_gets_the_key(cli: Cli, filled: Site, folder: Path) -> None:
    (folder / "other").mkdir()
    done = cli("db", "copy", "--to", f"sqlite:///{folder}/other/new.db")
    assert "new.db.key" in done.err
    assert (folder / "other" / "new.db.key").read_text().strip() == key_of(folder)


@pytest.mark.parametrize("key", ["hunter2", base64.b64encode(b"short").decode(), f"{KEY} x"])
def test_what_is_no_key_is_refused(
    cli: Cli, configured: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    configured()
    monkeypatch.setenv("CHANGELOGGER__DATABASE__ENCRYPTION_KEY", key)
    done = cli("config", "check")
    assert done.code == 2
    assert "openssl rand -base64 32" in done.out
    assert key not in done.out
