"""The browser's process, as the command starts it, for all tests that render."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from daemon.browser.renderer import Renderer
from daemon.browser.service.binaries import NoBrowserError, find_browser
from daemon.config import FetchConfig
from daemon.fetch.client import Fetcher
from tests.rendering.secret_server import PAGE_ADDRESS

_READY_SECONDS = 60
SETTINGS = FetchConfig(
    allow_networks=("127.0.0.1/32",),
    delay_seconds=0,
    respect_robots=False,
    total_timeout_seconds=20,
)


@dataclass(frozen=True, slots=True)
class Started:
    """A browser's process, and the socket that it serves."""

    process: asyncio.subprocess.Process
    socket: Path


def refuse_without_browser() -> None:
    """Skip where no browser is; where CI may install one, its lack is a failure instead."""
    try:
        find_browser()
        is_there = importlib.util.find_spec("playwright") is not None
    except NoBrowserError:
        is_there = False
    if not is_there and not (os.environ.get("CI") and os.geteuid() == 0):
        pytest.skip("no browser here (Debian's chromium-headless-shell): no page was rendered")


@asynccontextmanager
async def started(folder: Path, **options: str) -> AsyncIterator[Started]:
    """The command `changelogger browser`, ready, with these options of [browser].

    Shape: as root it runs in a namespace in which it is another user, as it refuses to be root.
    """
    socket = folder / "browser.sock"
    names = {f"CHANGELOGGER__BROWSER__{name.upper()}": value for name, value in options.items()}
    other_user = ["unshare", "--map-user=65534", "--map-group=65534", "--"]
    process = await asyncio.create_subprocess_exec(
        *(other_user if os.geteuid() == 0 else []),
        *(sys.executable, "-P", "-m", "daemon", "browser", "--socket", str(socket)),
        cwd=folder,
        env={**os.environ, **names, "HOME": str(folder), "PYTHONPATH": os.pathsep.join(sys.path)},
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(_READY_SECONDS):
            await _until_ready(process)
        yield Started(process, socket)
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


async def _until_ready(process: asyncio.subprocess.Process) -> None:
    assert process.stderr is not None
    said = b""
    while b"browser_ready" not in said:
        line = await process.stderr.readline()
        if not line:
            if b"cannot be cut off" in said and shutil.which("unshare"):
                pytest.skip("no namespaces may be made here: no page was rendered")
            raise AssertionError(said.decode(errors="replace"))
        said += line


@pytest.fixture(scope="session")
async def browser(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Started]:
    """A browser's process without a network; one for each worker process."""
    refuse_without_browser()
    async with started(tmp_path_factory.mktemp("browser")) as running:
        yield running


@pytest.fixture
async def renderer(browser: Started) -> AsyncIterator[Renderer]:
    """What renders pages of loopback."""
    async with Fetcher(SETTINGS) as fetcher:
        yield Renderer(fetcher, browser.socket)


def settings_for_ways() -> FetchConfig:
    """Pages at one address of loopback may be fetched, and nothing else of it."""
    return SETTINGS.model_copy(update={"allow_networks": (f"{PAGE_ADDRESS}/32",)})
