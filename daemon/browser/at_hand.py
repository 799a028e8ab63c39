"""Starts the browser's process for as long as a command needs it, where none is set up."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

from daemon.browser.racing import until_first
from daemon.browser.service.binaries import (
    NoBrowserError,
    find_browser,
    find_driver,
    refuse_root,
)
from daemon.config.options.rendering import BrowserConfig
from daemon.wording import duration

_READY_SECONDS = 60.0  # the driver alone takes seconds on a small machine
_ENDING_SECONDS = 10.0


@asynccontextmanager
async def browser_at_hand(section: BrowserConfig, file: Path | None) -> AsyncIterator[Path]:
    """The socket of the browser that is set up; else of one that runs until the block is left.

    Shape:  it is cut off from the network as any other is; `file` is the configuration to read.
    Errors: NoBrowserError with what to do about it.
    """
    if section.socket:
        yield Path(section.socket)
        return
    find_browser(section.executable)
    find_driver()
    refuse_root()
    with tempfile.TemporaryDirectory(prefix="changelogger-") as name:
        folder = Path(name)
        process = await _started(folder, file)
        try:
            yield folder / "browser.sock"
        finally:
            await _end(process)


async def _started(folder: Path, file: Path | None) -> Process:
    """The command `changelogger browser`, ready."""
    named = ("--config", str(file)) if file else ()
    log = os.open(folder / "log", os.O_WRONLY | os.O_CREAT, 0o600)
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as told:
        told.setblocking(False)
        told.bind(str(folder / "told"))
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "daemon", *named),
                *("browser", "--with-input", "--socket", str(folder / "browser.sock")),
                env=_environment(folder / "told"),
                stdin=PIPE,
                stdout=DEVNULL,
                stderr=log,
            )
        finally:
            os.close(log)
        try:
            async with asyncio.timeout(_READY_SECONDS):
                line = asyncio.get_running_loop()
                await until_first(line.sock_recv(told, 4096), process.wait())
        except TimeoutError as exc:
            await _end(process)
            said = f"the browser's process was not ready within {duration(_READY_SECONDS)}"
            raise NoBrowserError(said) from exc
        except BaseException:
            await _end(process)
            raise
    if process.returncode is not None:
        raise NoBrowserError(_reason((folder / "log").read_bytes()))
    return process


def _environment(told: Path) -> dict[str, str]:
    path = os.pathsep.join(filter(None, sys.path))
    logged = {"CHANGELOGGER__LOGGING__LEVEL": "warning", "CHANGELOGGER__LOGGING__FORMAT": "json"}
    return {**os.environ, **logged, "NOTIFY_SOCKET": str(told), "PYTHONPATH": path}


def _reason(log: bytes) -> str:
    """Why the process ended, by the last line of its log."""
    last = (log.decode(errors="replace").strip().splitlines() or ["it says nothing"])[-1]
    try:
        return str(json.loads(last)["reason"])
    except (ValueError, KeyError, TypeError):
        return f"the browser's process does not start: {last}"


async def _end(process: Process) -> None:
    """Have it end by itself, with the browser that it started."""
    if process.returncode is not None:
        return
    if process.stdin is not None:
        process.stdin.close()
    try:
        async with asyncio.timeout(_ENDING_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
