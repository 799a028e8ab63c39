"""A daemon in a terminal that closes, and one that is only asked to read its file again."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.living import CONFIG, IN_TERMINAL, PATIENCE_SECONDS, ROOT, plain, running


class Terminal:
    """A terminal as its programs see it (`inside`), and what closes with its window."""

    def __init__(self) -> None:
        self._window, self.inside = pty.openpty()

    def close(self) -> None:
        os.close(self._window)

    def read(self) -> bytes:
        return os.read(self._window, 1 << 16)


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    made = Terminal()
    yield made
    os.close(made.inside)
    with suppress(OSError):  # closed already
        made.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "config.toml").write_text(CONFIG)
    return tmp_path


async def test_a_terminal_that_closes_ends_its_daemon_in_order(
    folder: Path, sqlite_url: str, terminal: Terminal
) -> None:
    async with running(folder, sqlite_url, None, terminal.inside) as life:
        await life.until("started")
        terminal.close()
        await life.until("stopping", signal="SIGHUP")
        await life.until("stopped")
        assert await life.end() == 0


async def test_a_hangup_in_a_terminal_that_is_there_reads_the_file_again(
    folder: Path, sqlite_url: str, terminal: Terminal
) -> None:
    async with running(folder, sqlite_url, None, terminal.inside) as life:
        await life.until("started")
        life.tell(signal.SIGHUP)
        await life.until("config_applied")
        assert await life.stop() == 0


async def test_nohup_keeps_a_daemon_whose_terminal_closes(
    folder: Path, sqlite_url: str, terminal: Terminal
) -> None:
    async with running(folder, sqlite_url, None, terminal.inside, ["nohup"]) as life:
        await life.until("started")
        terminal.close()
        life.tell(signal.SIGHUP)
        await life.until("config_applied")
        assert await life.stop() == 0


def test_a_daemon_that_can_say_nothing_any_more_ends_well(
    folder: Path, sqlite_url: str, terminal: Terminal
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", IN_TERMINAL, sys.executable, "-m", "daemon", "run"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT),
             "CHANGELOGGER__DATABASE__URL": plain(sqlite_url)},
        stdin=terminal.inside, stdout=terminal.inside, stderr=terminal.inside,
        start_new_session=True,
    )  # fmt: skip
    try:
        said = b""
        while b'"started"' not in said:
            said += terminal.read()
        terminal.close()
        assert process.wait(PATIENCE_SECONDS) == 0
    finally:
        process.kill()
        process.wait()
