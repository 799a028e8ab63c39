from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from daemon.model.errors import StoreError
from daemon.transfer.files import beside
from tests.cli.conftest import Cli

URL = "https://example.org/blog"


def test_a_backup_is_made_and_put_back(cli: Cli, folder: Path) -> None:
    cli("sites", "add", URL, "--name", "Blog")
    made = cli("backup", "saved.db.zst")
    assert made.code == 0
    assert made.out.startswith("saved.db.zst: ")
    cli("sites", "remove", "Blog")
    refused = cli("restore", "saved.db.zst")
    assert refused.code == 3
    assert "--replace keeps it aside" in refused.err
    done = cli("restore", "saved.db.zst", "--replace")
    assert done.code == 0
    [kept] = folder.glob("changelogger.db.before-*")
    assert done.out.splitlines()[1] == f"what was there before is in {kept.name}"
    assert cli("sites", "--urls").out == f"{URL}\n"
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


def test_both_tell_programs_what_they_did(cli: Cli) -> None:
    cli("sites", "add", URL)
    [made] = cli("backup", "saved.db", "--json").lines
    assert made["file"] == "saved.db"
    assert made["size_bytes"] > 10_000
    [done] = cli("restore", "saved.db", "--replace", "--json").lines
    assert done["revision"] == made["revision"]
    assert done["kept"].startswith("changelogger.db.before-")


def test_a_name_that_ends_in_a_slash_is_a_folder(cli: Cli, folder: Path) -> None:
    cli("sites", "add", URL)
    refused = cli("backup", "bk/")
    assert refused.code == 4
    assert "there is no folder bk/; make it (mkdir -p bk)" in refused.err
    assert not (folder / "bk").exists()
    (folder / "bk").mkdir()
    assert cli("backup", "bk/").code == 0
    [made] = (folder / "bk").iterdir()
    assert made.name.startswith("changelogger-")


def test_an_export_to_a_folder_is_refused(cli: Cli, folder: Path) -> None:
    cli("sites", "add", URL)
    assert cli("export", "out/").code == 4
    (folder / "out").mkdir()
    refused = cli("export", "out/")
    assert refused.code == 2
    assert "out is a folder: name a file in it" in refused.err


@pytest.mark.parametrize(
    "words",
    [
        ("backup", "bk/saved.db"),
        ("backup", "bk/saved.db.zst"),
        ("export", "bk/sites.toml"),
        ("db", "copy", "--to", "sqlite:///bk/other.db"),
    ],
    ids=" ".join,
)
def test_a_folder_that_is_not_there_is_named(words: tuple[str, ...], cli: Cli) -> None:
    cli("sites", "add", URL)
    refused = cli(*words)
    assert refused.code == 4
    assert refused.err == "changelogger: there is no folder bk; make it (mkdir -p bk)\n"


@pytest.mark.parametrize("words", [("backup", "bk/x.db"), ("export", "bk/x.toml")], ids=" ".join)
def test_a_file_in_place_of_the_folder_is_named(
    words: tuple[str, ...], cli: Cli, folder: Path
) -> None:
    cli("sites", "add", URL)
    (folder / "bk").touch()
    refused = cli(*words)
    assert refused.code == 4
    assert refused.err == "changelogger: bk is a file, not a folder\n"


@pytest.mark.parametrize("command", ["backup", "export"])
def test_a_device_is_never_replaced_by_a_file(command: str, cli: Cli, folder: Path) -> None:
    cli("sites", "add", URL)
    os.mkfifo(folder / "pipe")
    assert cli(command, "pipe", "--replace").code == 2
    assert (folder / "pipe").is_fifo()


def test_what_cannot_be_written_has_the_name_that_was_given(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 250)  # too long once it has anything before it
    with pytest.raises(StoreError) as raised, beside(path):
        pass
    assert str(raised.value).startswith(f"{path}: ")


def test_a_database_without_its_folder_is_restored_nowhere(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli("sites", "add", URL)
    cli("backup", "saved.db")
    monkeypatch.setenv("CHANGELOGGER__DATABASE__URL", "sqlite:///bk/other.db")
    refused = cli("restore", "saved.db")
    assert refused.code == 3
    assert "no database can be made at bk/other.db: bk is no directory" in refused.err


def test_a_backup_of_a_damaged_database_names_the_database(cli: Cli, folder: Path) -> None:
    cli("sites", "add", URL)
    with closing(sqlite3.connect(folder / "changelogger.db")) as connection, connection:
        connection.execute("CREATE VIEW strange AS SELECT 1")
    refused = cli("backup", "saved.db")
    assert refused.code == 3
    assert "changelogger.db is damaged: it has a view of its own" in refused.err
    assert ".part-" not in refused.err


def test_a_backup_that_is_not_there_ends_with_four(cli: Cli) -> None:
    assert cli("restore", "no.db").code == 4


def test_without_a_database_the_folder_is_named_that_has_none(cli: Cli, folder: Path) -> None:
    for words in (("backup", "kept.db"), ("sites",), ("db", "copy", "--to", "sqlite:///other.db")):
        done = cli(*words)
        assert done.code == 3
        assert f"there is no database at {folder / 'changelogger.db'}" in done.err
