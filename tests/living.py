"""The daemon as a process of its own, with its log as events to wait for."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
PATIENCE_SECONDS = 60.0  # of a busy machine; a daemon that is well needs a small part of it

CONFIG = """
[fetch]
allow_networks = ["127.0.0.1/32"]
delay_seconds = 0
per_host = 64
respect_robots = false
total_timeout_seconds = 20
[documents]
workers = 1
[schedule]
minimum_interval = "1s"
catch_up = "0"
jitter = 0.0
[health]
port = 0
[web]
enabled = false
[logging]
level = "debug"
format = "json"
"""


# Makes stdin the controlling terminal of what runs in this process from here on, which hears of
# hangups again where the tests are run by `nohup`.
IN_TERMINAL = (
    "import fcntl, os, signal, sys, termios;"
    "fcntl.ioctl(0, termios.TIOCSCTTY, 0);"
    "signal.signal(signal.SIGHUP, signal.SIG_DFL);"
    "os.execvp(sys.argv[1], sys.argv[1:])"
)


def config(*sites: tuple[str, str], every: str = "1s") -> str:
    """A configuration with these sites, by name and URL."""
    tables = (
        f'[[site]]\nname = "{name}"\nurl = "{url}"\ncheck_frequency = "{every}"\n'
        for name, url in sites
    )
    return CONFIG + "".join(tables)


class Life:
    """A daemon that was started, and what it has said."""

    def __init__(self, process: asyncio.subprocess.Process, beside: Life | None) -> None:
        self.process = process
        self.said: list[dict[str, Any]] = []
        self._grown: asyncio.Condition = beside._grown if beside else asyncio.Condition()
        self.is_over = False

    async def listen(self) -> None:
        assert self.process.stderr is not None
        async for line in self.process.stderr:
            async with self._grown:
                self.said.append(parsed(line))
                self._grown.notify_all()
        async with self._grown:
            self.is_over = True
            self._grown.notify_all()

    async def until(self, event: str, **facts: Any) -> dict[str, Any]:
        """The first line, of those said and those to come, with this event and these facts."""
        return (await self.until_several(1, event, **facts))[0]

    async def until_several(self, count: int, event: str, **facts: Any) -> list[dict[str, Any]]:
        """So many of such lines."""
        wanted = {"event": event, **facts}

        def found() -> list[dict[str, Any]]:
            return [line for line in self.said if wanted.items() <= line.items()]

        async with asyncio.timeout(PATIENCE_SECONDS), self._grown:
            await self._grown.wait_for(lambda: len(found()) >= count or self.is_over)
        assert len(found()) >= count, "\n".join(map(str, self.said))
        return found()

    async def until_all(self, others: Sequence[Life], enough: Callable[[], bool]) -> None:
        """As soon as this one and those beside it have said enough."""
        async with asyncio.timeout(PATIENCE_SECONDS), self._grown:
            await self._grown.wait_for(
                lambda: enough() or any(life.is_over for life in (self, *others))
            )

    def tell(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            self.process.send_signal(number)

    async def end(self) -> int:
        """The exit code, once it has ended by itself."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self.process.wait()

    async def stop(self) -> int:
        """End it as a service manager does; the exit code."""
        self.tell(signal.SIGTERM)
        return await self.end()


def parsed(line: bytes) -> dict[str, Any]:
    """A log line, or what else came, as `text`."""
    try:
        found = json.loads(line)
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {"text": line.decode(errors="replace").rstrip()}


@asynccontextmanager
async def running(
    folder: Path,
    url: str,
    beside: Life | None = None,
    terminal: int | None = None,
    under: Sequence[str] = (),
    /,
    **environment: str,
) -> AsyncIterator[Life]:
    """`changelogger run` in this folder, on this database; killed when the block ends first.

    Shape: in this terminal, where one is given, and `under` such words as `nohup`.
    """
    starter = () if terminal is None else (sys.executable, "-c", IN_TERMINAL, *under)
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("CHANGELOGGER", "NOTIFY"))}
    process = await asyncio.create_subprocess_exec(
        *(*starter, sys.executable, "-m", "tests.brisk", "run"),
        cwd=folder,
        env={**kept, "PYTHONPATH": str(ROOT), "CHANGELOGGER__DATABASE__URL": plain(url),
             **environment},
        stdin=asyncio.subprocess.DEVNULL if terminal is None else terminal,
        stdout=asyncio.subprocess.DEVNULL,
        start_new_session=terminal is not None,
        stderr=asyncio.subprocess.PIPE,
        limit=1 << 20,
    )  # fmt: skip
    async with listened(Life(process, beside)) as life:
        yield life


@asynccontextmanager
async def listened(life: Life) -> AsyncIterator[Life]:
    """Note what it says while the block lasts; killed when that ends first."""
    async with asyncio.TaskGroup() as group:
        group.create_task(life.listen())
        try:
            yield life
        finally:
            with suppress(ProcessLookupError):
                life.process.kill()
            await life.process.wait()


def plain(url: str) -> str:
    """The address without our driver's name, as a user writes it."""
    return url.replace("+aiosqlite", "").replace("+asyncpg", "")
