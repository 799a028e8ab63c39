from __future__ import annotations

from pathlib import Path

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


def test_a_backup_that_is_not_there_ends_with_four(cli: Cli) -> None:
    assert cli("restore", "no.db").code == 4


def test_without_a_database_the_folder_is_named_that_has_none(cli: Cli, folder: Path) -> None:
    for words in (("backup", "kept.db"), ("sites",), ("db", "copy", "--to", "sqlite:///other.db")):
        done = cli(*words)
        assert done.code == 3
        assert f"there is no database at {folder / 'changelogger.db'}" in done.err
