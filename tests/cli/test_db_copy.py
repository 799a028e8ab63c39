from __future__ import annotations

from pathlib import Path

import pytest

from daemon.cli.terminal.progress import ProgressLines
from tests.cli.conftest import Cli

URL = "https://example.org/blog"


def test_a_copy_says_what_it_did_and_what_comes_next(cli: Cli, folder: Path) -> None:
    cli("sites", "add", URL, "--name", "Blog")
    done = cli("db", "copy", "--to", "sqlite:///other.db")
    assert done.code == 0
    assert "monitored_sites: 1 added, 0 changed, 0 gone\n" in done.out
    assert f"{folder / 'other.db'} equals {folder / 'changelogger.db'}: " in done.out
    assert 'url = "sqlite:///other.db"' in done.out
    assert done.err.splitlines()[:2] == ["copying all tables", "verifying all tables"]
    assert (folder / "other.db").stat().st_mode & 0o777 == 0o600


def test_a_log_is_told_of_a_long_copy_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    clock = iter([0.0, 10.0, 29.0, 31.0, 40.0, 41.0])
    lines = ProgressLines(between_seconds=30, clock=lambda: next(clock))
    for done in (0, 100, 200, 300, 400):
        lines.tell("copy", "attempts", done, 1_000)
    lines.tell("verify", "attempts", 0, 1_000)
    assert capsys.readouterr().err.splitlines() == [
        "copying all tables",
        "copying attempts, 300 of 1,000 rows",
        "verifying all tables",
    ]


def test_a_copy_that_differs_ends_with_one(cli: Cli) -> None:
    cli("sites", "add", URL, "--name", "Blog")
    cli("db", "copy", "--to", "sqlite:///other.db")
    cli("sites", "pause", "Blog")
    done = cli("db", "copy", "--to", "sqlite:///other.db", "--verify", "--json")
    assert done.code == 1
    [told] = done.lines
    assert not told["is_equal"]
    differing = [one["table"] for one in told["tables"] if not one["is_equal"]]
    assert "monitored_sites" in differing
    assert done.err == ""


def test_a_target_that_is_not_ours_to_fill_ends_with_three(cli: Cli) -> None:
    cli("sites", "add", URL, "--name", "Blog")
    done = cli("db", "copy", "--to", "sqlite:///changelogger.db")
    assert done.code == 3
    assert "source and target are the same database" in done.err


def test_the_password_of_the_target_is_never_shown(
    cli: Cli, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli("sites", "add", URL)
    (folder / "secret").write_text("hunter2-from-file\n")
    monkeypatch.setenv("CHANGELOGGER_TO_PASSWORD", "hunter2-from-environment")
    for words in (
        ["--to", "postgresql://u:hunter2-in-url@127.0.0.1:1/name"],
        ["--to", "postgresql://u@127.0.0.1:1/name", "--to-password-file", "secret"],
        ["--to", "postgresql://u@127.0.0.1:1/name"],
        ["--to", "sqlite:///x.db", "--to-password-file", "secret"],
        ["--to", "mysql://u:hunter2@host/name"],
    ):
        done = cli("db", "copy", *words)
        assert done.code in {2, 3}
        assert done.err.startswith("changelogger: ")
        assert "hunter2" not in done.out + done.err


def test_a_password_file_that_is_not_there_is_told(cli: Cli) -> None:
    done = cli("db", "copy", "--to", "postgresql://u@h/n", "--to-password-file", "no")
    assert done.code == 2
    assert "--to-password-file: cannot read 'no'" in done.err
