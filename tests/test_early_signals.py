"""Signals to a daemon that is still starting, at instants that modules give as they are loaded."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from daemon.system.early_signals import Beginning
from tests.living import CONFIG, ROOT

# Sends itself a signal as a module is about to be loaded, so that no clock is needed.
SIGNALLED = """
import os, runpy, sys
where, number, *words = sys.argv[1:]
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == where:
            os.kill(os.getpid(), int(number))
sys.meta_path.insert(0, Finder())
sys.argv = ["changelogger", *words]
runpy.run_module("daemon", run_name="__main__", alter_sys=True)
"""
BEFORE_THE_LOG = [
    "daemon.cli",
    "click",
    "daemon.cli.commands.process.run",
    "sqlalchemy",
    "daemon.runtime.service",
]
AFTER_THE_LOG = ["alembic.command", "alembic.runtime.migration", "uvloop"]


def signalled(
    folder: Path, where: str, number: signal.Signals, *words: str
) -> subprocess.CompletedProcess[str]:
    (folder / "config.toml").write_text(CONFIG)
    kept = {k: v for k, v in os.environ.items() if not k.startswith("CHANGELOGGER")}
    return subprocess.run(
        [sys.executable, "-c", SIGNALLED, where, str(int(number)), *words],
        cwd=folder,
        env=kept | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("where", BEFORE_THE_LOG)
def test_a_signal_ends_a_daemon_that_is_still_loading(
    tmp_path: Path, where: str, number: signal.Signals
) -> None:
    done = signalled(tmp_path, where, number, "run")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == f"changelogger: ended by {number.name} before it had begun\n"
    assert not list(tmp_path.glob("changelogger.db*"))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("where", AFTER_THE_LOG)
def test_a_program_reads_of_it_in_the_log(
    tmp_path: Path, where: str, number: signal.Signals
) -> None:
    done = signalled(tmp_path, where, number, "--config", "config.toml", "run")
    assert (done.returncode, done.stdout) == (0, "")
    line = json.loads(done.stderr.splitlines()[-1])
    assert (line["event"], line["signal"]) == ("ended_before_it_began", number.name)


def test_what_was_begun_of_the_database_is_made_at_the_next_start(tmp_path: Path) -> None:
    assert signalled(tmp_path, "alembic.runtime.migration", signal.SIGTERM, "run").returncode == 0
    assert signalled(tmp_path, "uvloop", signal.SIGTERM, "run").returncode == 0
    with closing(sqlite3.connect(tmp_path / "changelogger.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("SELECT count(*) FROM pages").fetchone() == (0,)


@pytest.mark.parametrize("words", [("sites",), ("--config", "run", "sites"), ("check", "run")])
def test_other_commands_end_by_a_signal_as_programs_do(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    assert signalled(tmp_path, "click", signal.SIGTERM, *words).returncode == -signal.SIGTERM


def test_once_others_answer_a_signal_ends_a_process_that_hangs(tmp_path: Path) -> None:
    program = (
        "import signal; from daemon.system.early_signals import beginning;"
        "beginning.answer_signals(['run']); beginning.over(); signal.raise_signal(signal.SIGTERM)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False)
    assert done.returncode == 128 + signal.SIGTERM


def test_who_is_no_daemon_keeps_its_handlers() -> None:
    before = signal.getsignal(signal.SIGTERM)
    Beginning().answer_signals(["status"])
    assert signal.getsignal(signal.SIGTERM) is before
