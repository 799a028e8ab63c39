"""A file that holds nothing at all is not taken for the wish to watch nothing."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.cli.test_run import running, until
from tests.living import PATIENCE_SECONDS, plain

SITE = '[[site]]\nname = "App"\nurl = "http://127.0.0.1:1/app"\n'
PRODUCT = '[[product]]\nname = "Kettle"\nurl = "http://127.0.0.1:1/k"\n'
FAULT = "is empty (a comment is enough, where nothing is to be watched)"
URL = "CHANGELOGGER__DATABASE__URL"
Write = Callable[..., Path]
# The questions to the database are the same that other tests here ask both kinds.
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def write(database_url: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Writes config.toml; the environment has the database, and a free port."""
    monkeypatch.setenv(URL, plain(database_url))
    monkeypatch.setenv("CHANGELOGGER__HEALTH__PORT", "0")
    monkeypatch.setenv("CHANGELOGGER__WEB__ENABLED", "false")

    def write(text: str, name: str = "config.toml") -> Path:
        (folder / name).write_text(text)
        return folder / name

    return write


@pytest.fixture
def watched(cli: Cli, write: Write) -> None:
    """A database that a file has brought a site."""
    write(SITE)
    assert cli("check", "App").code == 1


def ends_well(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=PATIENCE_SECONDS) == 0


@pytest.mark.usefixtures("watched")
@pytest.mark.parametrize("text", ["", " \n\n"], ids=["no byte", "white space"])
def test_every_way_of_using_a_blank_file_refuses_it(text: str, cli: Cli, write: Write) -> None:
    write(text)
    for words in (["config", "check"], ["config", "diff"], ["check", "--all"]):
        done = cli(*words)
        assert done.code == 2
        assert f"config.toml: {FAULT}" in done.out + done.err
    done = cli("run")
    assert done.code == 2
    assert "config.toml: is empty" in done.err
    assert "a comment is enough" in done.err
    assert [one["name"] for one in cli("sites", "--json").lines] == ["App"]


@pytest.mark.usefixtures("watched")
def test_a_blank_file_that_is_compared_is_a_fault(cli: Cli, write: Write) -> None:
    write("", "new.toml")
    done = cli("config", "diff", "new.toml", "--json")
    assert done.code == 2
    assert [fault["where"] for fault in done.lines] == ["new.toml"]


@on_sqlite
@pytest.mark.usefixtures("watched")
def test_a_comment_is_enough(cli: Cli, write: Write, folder: Path) -> None:
    write("# nothing at the moment\n")
    assert cli("config", "check").code == 0
    assert cli("config", "diff").code == 1
    env = {URL: os.environ[URL], "CHANGELOGGER__RETENTION__REMOVAL_GRACE": "0"}
    with running(folder, **env) as (process, lines):
        assert until(lines, "all_sites_removed")["sites"] == 1
        ends_well(process)
    assert cli("sites", "--json").lines == []


def test_a_product_of_the_file_counts_as_well(cli: Cli, write: Write) -> None:
    write(PRODUCT)
    assert cli("check", "--all").code == 1
    write("")
    assert cli("config", "check").code == 2


@on_sqlite
def test_what_the_command_line_has_added_needs_no_file(
    cli: Cli, write: Write, folder: Path
) -> None:
    write("")
    assert cli("config", "check").code == 0
    assert cli("sites", "add", "http://127.0.0.1:1/app", "--name", "App").code == 0
    assert cli("config", "check").code == 0
    assert cli("config", "diff").code == 0
    with running(folder, **{URL: os.environ[URL]}) as (process, lines):
        assert until(lines, "started")["sites"] == 1
        ends_well(process)


def test_a_database_that_cannot_be_asked_is_no_fault_of_the_file(
    cli: Cli, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("")
    monkeypatch.setenv(URL, "postgresql://nobody@127.0.0.1:1/none")
    assert cli("config", "check").code == 0
