"""Upgrades databases that older versions made and still work with, by the code of each of them.

    python -m benchmarks.upgrades [--since 0012] [--seconds 6] [--seed 1] [--only postgresql]

The code of a version comes from the history of this checkout: what stood before the next migration
came. It makes a database, puts a row into each of its tables and watches a site on loopback. While
its daemon works, an upgrade by today's code is killed at a random statement, and another one goes
through: on PostgreSQL beside that daemon, on SQLite once it has ended, for it holds the file. Then
the older daemon goes on for a while, and today's takes over. Prints a row for each version; the
exit code is 1 when rows were lost, an upgrade that was killed left a trace, or today's does not
work. Needs the environment that `./run` or `./test` makes.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import os
import random
import signal
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import asyncpg
from aiohttp import web

from daemon.store.core import migrate
from tests import postgres
from tests.living import Life, listened, plain
from tests.store.test_upgrades import KILLED, contents_of, counts_of

ROOT = Path(__file__).resolve().parent.parent
CONFIG = """
[fetch]
allow_networks = ["127.0.0.0/8"]
delay_seconds = 0
respect_robots = false
[schedule]
minimum_interval = "1s"
catch_up = "0"
jitter = 0.0
[health]
enabled = false
[logging]
format = "json"
[[site]]
name = "Page"
url = "{url}"
check_frequency = "1s"
"""
FILL = """
import sys
from tests.making import add_one_of_each, in_database
async def fill(database):
    async with database.writing() as session:
        await add_one_of_each(session)
in_database(sys.argv[1], fill)
"""
CHECK = "import sys; from daemon.store.core import migrate; migrate.check(sys.argv[1])"
PATIENCE_SECONDS = 60.0


@dataclass
class Site:
    """A page that says something else each time, and how often it was asked for."""

    url: str = ""
    asked: int = 0
    _was_asked: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, _request: web.Request) -> web.Response:
        self.asked += 1
        self._was_asked.set()
        said = f"<h1>News</h1><p>Sentence number {self.asked} of the village paper.</p>"
        return web.Response(text=f"<main>{said}</main>", content_type="text/html")

    async def until(self, asked: int) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while self.asked < asked:
                self._was_asked.clear()
                await self._was_asked.wait()


def complaints_of(life: Life) -> Counter[str]:
    """What it has said at level warning or above, by event."""
    loud = [one for one in life.said if one.get("level") in ("warning", "error", "critical")]
    return Counter(str(one.get("event")) for one in loud)


def git(*words: str) -> bytes:
    return subprocess.run(["git", *words], cwd=ROOT, check=True, capture_output=True).stdout


def versions(since: str) -> Iterator[tuple[str, str]]:
    """Each revision but the newest, with the last commit at which it was the newest."""
    files = sorted(path.name for path in (ROOT / "alembic/versions").glob("0*.py"))
    for name, after in pairwise(files):
        if name[:4] >= since:
            added = git("log", "--diff-filter=A", "--format=%H", "--", f"alembic/versions/{after}")
            yield name[:4], f"{added.split()[-1].decode()}~1"


def environment(tree: Path, url: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("CHANGELOGGER", "NOTIFY"))}
    return {**kept, "PYTHONPATH": str(tree), "CHANGELOGGER__DATABASE__URL": plain(url)}


def python(tree: Path, url: str, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env=environment(tree, url),
        capture_output=True,
        text=True,
        check=False,
    )


@asynccontextmanager
async def running(tree: Path, url: str, folder: Path) -> AsyncIterator[Life]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "daemon", "run"),
        cwd=folder,
        env=environment(tree, url),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        limit=1 << 20,
    )
    async with listened(Life(process, None)) as life:
        yield life


async def upgraded(
    tree: Path, url: str, folder: Path, *, killed_at: int, seconds: float
) -> dict[str, Any]:
    """What became of one database of an older version."""
    site = await serve()
    told = CONFIG.format(url=site.url)
    if (tree / "daemon/config/web.py").exists():
        told = f"[web]\nenabled = false\n{told}"
    await asyncio.to_thread((folder / "config.toml").write_text, told)
    made = await asyncio.to_thread(python, tree, url, folder, "-m", "daemon", "db", "upgrade")
    if made.returncode:
        # One commit of the history has two migrations of one number; the next mended it.
        return {"older": f"made none: {made.stderr.splitlines()[-1][:80]}", "is_well": True}
    await asyncio.to_thread(python, tree, url, folder, "-c", FILL, url)
    async with running(tree, url, folder) as older:
        await site.until(3)
        before = await asyncio.to_thread(migrate.current, url)
        killed = await asyncio.to_thread(
            python, ROOT, url, folder, "-c", KILLED, url, str(killed_at)
        )
        is_killed = killed.returncode == -signal.SIGKILL
        is_traceless = await asyncio.to_thread(migrate.current, url) == before or not is_killed
        if url.startswith("sqlite"):
            await older.stop()
        counts = counts_of(await asyncio.to_thread(contents_of, url))
        await asyncio.to_thread(migrate.upgrade, url)
        asked, before_it = site.asked, complaints_of(older)
        await asyncio.sleep(0 if url.startswith("sqlite") else seconds)
        went_on, complaints = site.asked - asked, complaints_of(older) - before_it
        code = await older.stop()
    after = counts_of(await asyncio.to_thread(contents_of, url))
    lost = sorted(name for name, count in counts.items() if after.get(name, 0) < count)
    async with running(ROOT, url, folder) as newer:
        asked = site.asked
        await site.until(asked + 3)
        is_well = await newer.stop() == 0 and not lost and is_traceless
    checked = await asyncio.to_thread(python, ROOT, url, folder, "-c", CHECK, url)
    return {
        "older": f"{went_on} checks, ended with {code}",
        "complaints": ", ".join(f"{name} ×{count}" for name, count in complaints.items()),
        "filled": sum(map(bool, counts.values())),
        "tables": len(counts),
        "killed": is_killed,
        "lost": ", ".join(lost),
        "is_well": is_well and checked.returncode == 0,
    }


async def serve() -> Site:
    site = Site()
    app = web.Application()
    app.router.add_get("/", site.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    site.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    return site


def tell(revision: str, kind: str, found: dict[str, Any]) -> None:
    rows = f"{found.get('filled', 0)} of {found.get('tables', 0)}"
    killed = "yes" if found.get("killed") else "ended before"
    parts = (revision, kind, rows, killed, found["older"], found.get("complaints") or "none",
             found.get("lost") or "none", "well" if found["is_well"] else "NOT WELL")  # fmt: skip
    print("|", " | ".join(parts), "|", flush=True)


def unpacked(commit: str, folder: Path) -> tuple[Path, Path]:
    """The code of that time, and an empty folder to work in."""
    tree, home = folder / "tree", folder / "home"
    home.mkdir()
    with tarfile.open(fileobj=io.BytesIO(git("archive", commit))) as packed:
        packed.extractall(tree, filter="data")
    return tree, home


def address(kind: str, server: str, name: str, folder: Path) -> str:
    """The URL of a database that has nothing yet."""
    if kind == "sqlite":
        return f"sqlite+aiosqlite:///{folder}/changelogger.db"
    create(server, name)
    return postgres.database_url(server, name)


def create(server: str, name: str) -> None:
    async def run() -> None:
        connection = await asyncpg.connect(host=server, user="postgres", database="postgres")
        try:
            await connection.execute(f"CREATE DATABASE {name}")
        finally:
            await connection.close()

    asyncio.run(run())


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--since", default="0012")
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=["sqlite", "postgresql"])
    given = parser.parse_args()
    chance, is_well = random.Random(given.seed), True
    columns = ("version", "database", "tables with rows", "killed", "the older daemon then",
               "it said", "lost", "today's")  # fmt: skip
    print("|", " | ".join(columns), "|\n" + "| --- " * len(columns) + "|")
    with postgres.running() as server:
        for revision, commit in versions(given.since):
            for kind in ("sqlite", "postgresql"):
                if given.only in (None, kind):
                    at = chance.randint(1, 2 * (int(migrate.head()) - int(revision)))
                    with tempfile.TemporaryDirectory() as made:
                        tree, folder = unpacked(commit, Path(made))
                        url = address(kind, server, f"of_{revision}", folder)
                        work = upgraded(tree, url, folder, killed_at=at, seconds=given.seconds)
                        found = asyncio.run(work)
                    tell(revision, kind, found)
                    is_well = is_well and found["is_well"]
    sys.exit(not is_well)


if __name__ == "__main__":
    main()
