"""How the daemon answers while hostile sites do what they can: the latency of its endpoint.

    python benchmarks/attack.py [--sites 600] [--seconds 40] [--only "tiny chunks"]

Everything in `tests/hostile.py`, repeated until there are so many sites, each on a loopback address
of its own, is checked once by a daemon and again every few seconds. Meanwhile its `/livez` is asked
twenty times a second, and beside it a bare aiohttp server of the same machine, which shows how
much of the latency is the machine's. Prints a table in Markdown, and needs Linux and the
environment that `./run` or `./test` makes.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from aiohttp import web

from benchmarks.load import until
from benchmarks.usage import resident, tree
from tests import hostile
from tests.test_hostile_run import behaviours

ROOT = Path(__file__).resolve().parent.parent
CONFIG = """
[database]
url = "sqlite:///attack.db"
[fetch]
allow_networks = ["127.7.0.0/16"]
respect_robots = false
delay_seconds = 0
total_timeout_seconds = 8
[schedule]
minimum_interval = "1s"
failure_backoff_maximum = "1m"
catch_up = "0"
[health]
port = 0
[web]
enabled = false
[logging]
level = "error"
"""
SITE = '[[site]]\nname = "{number}"\nurl = "{url}"\ncheck_frequency = "5s"\n'
ASKED_EVERY_SECONDS = 0.05
GIVEN_UP_SECONDS = 30.0


async def misbehave(only: str, count: int) -> None:
    """Serve so many sites until killed; print their addresses."""
    named = {name: behave for name, behave in behaviours().items() if only in name}
    async with contextlib.AsyncExitStack() as stack:
        urls = []
        for number, behave in enumerate(islice(cycle(named.values()), count)):
            host = f"127.7.{number // 250}.{1 + number % 250}"
            site = await stack.enter_async_context(hostile.running(behave, host=host))
            urls.append(site.url())
        print(json.dumps(urls), flush=True)
        await asyncio.Event().wait()


async def behave_well() -> None:
    """A bare server that says ok, until killed; prints its address."""

    async def livez(_request: web.Request) -> web.Response:
        return web.Response(text="ok\n", headers={"Connection": "close"})

    app = web.Application()
    app.router.add_get("/livez", livez)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(json.dumps(runner.addresses[0][1]), flush=True)
    await asyncio.Event().wait()


@contextlib.contextmanager
def started(*arguments: str) -> Iterator[object]:
    """This program in a process of its own, with what it prints first."""
    command = [sys.executable, __file__, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())
        finally:
            process.kill()


@contextlib.contextmanager
def daemon(folder: Path, urls: list[str], code: Path) -> Iterator[tuple[int, int]]:
    """The daemon at work on these sites: its process and the port of its endpoint."""
    sites = (SITE.format(number=number, url=url) for number, url in enumerate(urls))
    (folder / "config.toml").write_text(CONFIG + "".join(sites))
    environment = {k: v for k, v in os.environ.items() if not k.startswith("CHANGELOGGER")}
    environment["PYTHONPATH"] = str(code)
    command = [sys.executable, "-m", "daemon", "run"]
    with subprocess.Popen(command, cwd=folder, env=environment) as process:
        try:
            note = folder / ".changelogger-endpoint"
            until(lambda: note.exists() or process.poll() is not None, every_seconds=0.05)
            yield process.pid, json.loads(note.read_text())["port"]
        finally:
            process.terminate()


async def ask(port: int, times: list[float]) -> None:
    """One request to `/livez`: how long until its answer was there."""
    began = time.monotonic()
    with contextlib.suppress(TimeoutError, OSError):
        async with asyncio.timeout(GIVEN_UP_SECONDS):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(f"GET /livez HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
            await reader.readline()
            writer.close()
    times.append(time.monotonic() - began)


async def ask_all(ports: dict[str, int], pid: int, seconds: float) -> dict[str, list[float]]:
    """Ask each of them twenty times a second; the peak of the daemon's memory comes with it."""
    times: dict[str, list[float]] = {name: [] for name in ports}
    sizes = []
    async with asyncio.TaskGroup() as group:
        ends_at = time.monotonic() + seconds
        while time.monotonic() < ends_at:
            for name, port in ports.items():
                group.create_task(ask(port, times[name]))
            sizes.append(sum(map(resident, tree(pid))) / 2**20)
            await asyncio.sleep(ASKED_EVERY_SECONDS)
    print(f"peak of the process tree: {max(sizes):.0f} MiB\n")
    return times


def table(times: dict[str, list[float]]) -> str:
    """Latencies in milliseconds."""
    lines = ["| server | requests | median ms | p99 ms | max ms |", "| --- " + "| ---: " * 4 + "|"]
    for name, found in times.items():
        p99 = statistics.quantiles(found, n=100)[98]
        figures = " | ".join(f"{1000 * s:.0f}" for s in (statistics.median(found), p99, max(found)))
        lines.append(f"| {name} | {len(found)} | {figures} |")
    return "\n".join(lines)


def measure(options: argparse.Namespace) -> None:
    """Attack, ask, and print."""
    with (
        started("misbehave", "--only", options.only, "--sites", str(options.sites)) as urls,
        started("behave") as port,
        tempfile.TemporaryDirectory(prefix="changelogger-attack-") as folder,
    ):
        assert isinstance(urls, list)
        assert isinstance(port, int)
        with daemon(Path(folder), urls, options.code) as (pid, own):
            ports = {"changelogger": own, "bare aiohttp": port}
            print(table(asyncio.run(ask_all(ports, pid, options.seconds))), flush=True)


def main() -> None:
    """Measure, or serve for a measurement."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("what", nargs="?", choices=("measure", "misbehave", "behave"))
    parser.add_argument("--sites", type=int, default=600)
    parser.add_argument("--seconds", type=float, default=40.0)
    parser.add_argument("--only", default="", help="only what has this in its name")
    parser.add_argument("--code", type=Path, default=ROOT, help="another tree's daemon")
    given = parser.parse_args()
    if given.what == "misbehave":
        asyncio.run(misbehave(given.only, given.sites))
    elif given.what == "behave":
        asyncio.run(behave_well())
    else:
        measure(given)


if __name__ == "__main__":
    main()
