"""The last words of a daemon that cannot begin, or breaks: for a program, and for a person."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Cli
from tests.living import ROOT

NOWHERE = '[database]\nurl = "postgresql://nobody@127.0.0.1:1/none"\n'
JSON = '[logging]\nformat = "json"\n'
CONSOLE = '[logging]\nformat = "console"\n'
BROKEN = "[fetch]\nconcurency = 3\n"
VERY_BROKEN = "[fetch]\n" + "".join(f"unknown_{number} = 1\n" for number in range(5))


@pytest.fixture
def told(cli: Cli, folder: Path) -> Any:
    """The exit code of `run` with this configuration, and the lines on stderr."""

    def run(text: str) -> tuple[int, list[str]]:
        (folder / "config.toml").write_text(text)
        done = cli("run")
        assert done.out == ""
        return done.code, done.err.splitlines()

    return run


@pytest.mark.parametrize("form", [JSON, ""], ids=["json", "auto"])
@pytest.mark.parametrize(
    ("text", "code", "reason", "hint"),
    [
        (NOWHERE, 3, "the database cannot be reached", None),
        (BROKEN, 2, "fetch.concurency: ", "did you mean"),
        (VERY_BROKEN, 2, "unknown_2: ", "config check"),
    ],
    ids=["no database", "one fault", "many faults"],
)
def test_a_program_is_told_in_one_line_of_json(
    form: str, text: str, code: int, reason: str, hint: str | None, told: Any
) -> None:
    done, lines = told(text + form)
    assert done == code
    [line] = [json.loads(line) for line in lines]
    assert (line["event"], line["level"]) == ("ended_by_fault", "critical")
    assert reason in line["reason"]
    assert (hint is None) == ("hint" not in line)
    assert (hint or "") in line.get("hint", "")


@pytest.mark.parametrize("text", [NOWHERE, BROKEN], ids=["no database", "one fault"])
def test_a_person_is_told_in_a_sentence(text: str, told: Any) -> None:
    _, lines = told(text + CONSOLE)
    [line] = lines
    assert line.startswith("changelogger: ")


def test_faults_in_how_to_log_itself_leave_the_usual_way(told: Any) -> None:
    code, [line] = told('[logging]\nformat = "xml"\n')
    assert code == 2
    assert "config.toml:2: logging.format" in json.loads(line)["reason"]


def test_the_environment_says_how_to_log_of_a_file_that_is_none(
    told: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHANGELOGGER__LOGGING__FORMAT", "console")
    _, [line] = told("[fetch\n")
    assert line.startswith("changelogger: config.toml:1")


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_bug_is_told_with_its_traceback(form: str, tmp_path: Path) -> None:
    program = f"""
import click
from daemon.logs import setup as logs
from daemon.cli.commands.process.last_words import Logged
logs.configure("info", "{form}")
@click.command(cls=Logged)
def broken():
    raise RuntimeError("a bug")
broken.main([], standalone_mode=False)
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    if form == "console":
        assert done.stderr.startswith("Traceback")
        return
    [line] = [json.loads(line) for line in done.stderr.splitlines()]
    assert (line["event"], line["reason"]) == ("ended_by_fault", "RuntimeError: a bug")
    assert line["exception"]["frames"]
