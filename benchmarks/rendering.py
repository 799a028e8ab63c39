"""What a rendered page costs: ours, and a bare script of the same driver with the same browser.

    .venv/bin/python -m benchmarks.rendering [--pages 20] [--rounds 3]

Both show the same page of loopback, whose script writes a list of 300 rows, in turns within one
run. CPU is that of all processes: the driver, the browser and, of ours, also this one, which makes
the connections. Memory is what they have to themselves, and their share of the rest (PSS). Needs a
browser; as root ours runs in a namespace in which it is another user, and the script without its
sandbox, which root may not have.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median

from aiohttp import web
from playwright.async_api import Browser, async_playwright

from benchmarks.usage import tree
from daemon.browser.renderer import Renderer
from daemon.browser.service.binaries import find_browser
from daemon.config import FetchConfig
from daemon.fetch.client import Fetcher
from daemon.model.request import Request

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = """<!doctype html><title>Rows</title><ul id=list></ul><script>
fetch('/rows').then(r => r.json()).then(rows => { for (const row of rows)
  document.getElementById('list').insertAdjacentHTML('beforeend', `<li><b>${row}</b> in stock`) })
</script>"""
Show = Callable[[str], Awaitable[str]]


@asynccontextmanager
async def pages() -> AsyncIterator[str]:
    """The address of the page."""

    async def page(_: web.Request) -> web.Response:
        return web.Response(text=_PAGE, content_type="text/html")

    async def rows(_: web.Request) -> web.Response:
        return web.json_response([f"Row {number}" for number in range(300)])

    app = web.Application()
    app.router.add_get("/", page)
    app.router.add_get("/rows", rows)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield "http://{}:{}/".format(*runner.addresses[0][:2])
    finally:
        await runner.cleanup()


@asynccontextmanager
async def ours(folder: Path) -> AsyncIterator[Show]:
    """Pages by `changelogger browser`."""
    path = folder / "browser.sock"
    other_user = ["unshare", "--map-user=65534", "--map-group=65534", "--"]
    process = await asyncio.create_subprocess_exec(
        *(other_user if os.geteuid() == 0 else []),
        *(sys.executable, "-P", "-m", "daemon", "browser", "--socket", str(path)),
        cwd=folder,
        env={**os.environ, "HOME": str(folder), "PYTHONPATH": os.pathsep.join(sys.path)},
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    while b"browser_ready" not in (line := await process.stderr.readline()):
        if not line:
            raise SystemExit("the browser's process ended")
    settings = FetchConfig(allow_networks=("127.0.0.1/32",), delay_seconds=0, respect_robots=False)
    try:
        async with Fetcher(settings) as fetcher:
            renderer = Renderer(fetcher, path)

            async def show(url: str) -> str:
                return (await renderer.render(Request(url))).document.body.decode()

            yield show
    finally:
        process.terminate()
        await process.wait()


@asynccontextmanager
async def bare() -> AsyncIterator[Show]:
    """Pages by ten lines of the driver's own."""
    async with async_playwright() as driver:
        browser: Browser = await driver.chromium.launch(
            executable_path=find_browser(), chromium_sandbox=os.geteuid() != 0
        )

        async def show(url: str) -> str:
            context = await browser.new_context()
            page = await context.new_page()
            await page.goto(url, wait_until="networkidle")
            html = await page.content()
            await context.close()
            return html

        yield show
        await browser.close()


def cpu_seconds(pids: list[int]) -> float:
    """The CPU that these processes, and those of theirs that have ended, have used."""
    ticks = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        ticks += sum(map(int, fields[11:15]))
    return ticks / _TICKS


def proportional_bytes(pids: list[int]) -> int:
    """What these processes hold, what they share divided by those that share it."""
    total = 0
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    return total


async def measured(show: Show, url: str, count: int) -> tuple[float, int]:
    """CPU of a page, and the memory of all but this process after the last."""
    me = os.getpid()
    await show(url)
    before = cpu_seconds(tree(me))
    for _ in range(count):
        assert "Row 299" in await show(url)
    spent = (cpu_seconds(tree(me)) - before) / count
    return spent, proportional_bytes([pid for pid in tree(me) if pid != me])


async def main() -> None:
    """Measure both in turns, and print what they need."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--pages", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    wanted = parser.parse_args()
    found: dict[str, list[tuple[float, int]]] = {"bare script": [], "changelogger": []}
    async with pages() as url:
        for _ in range(wanted.rounds):
            async with bare() as show:
                found["bare script"].append(await measured(show, url, wanted.pages))
            with tempfile.TemporaryDirectory() as folder:
                async with ours(Path(folder)) as show:
                    found["changelogger"].append(await measured(show, url, wanted.pages))
    print("| | CPU of a page, ms | memory after the last, MiB |")
    print("|---|---|---|")
    for name, rounds in found.items():
        cpu, memory = median(one[0] for one in rounds), median(one[1] for one in rounds)
        print(f"| {name} | {cpu * 1000:.0f} | {memory / 2**20:.0f} |")
    ratios = [a[0] / b[0] for a, b in zip(found["changelogger"], found["bare script"], strict=True)]
    print(f"\nCPU of changelogger is {median(ratios):.2f} × that of the script.")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"This process took at most {peak} MiB.")


if __name__ == "__main__":
    asyncio.run(main())
