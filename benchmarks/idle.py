"""What a daemon costs that has nothing to do: CPU and context switches.

python -m benchmarks.idle --sites 1000 --seconds 120 [--only sqlite]
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import update

from benchmarks.claims import postgres_urls, sqlite_urls
from benchmarks.figures import markdown
from benchmarks.usage import tree
from daemon.store.core.database import Database
from daemon.store.core.engine import open_engine
from daemon.store.tables import Page
from daemon.store.tables.types import db_now

ROOT = Path(__file__).resolve().parent.parent
_A_DAY_SECONDS = 86_400
_CONFIG = """
[web]
enabled = false

[health]
port = 0
"""


class Used(NamedTuple):
    cpu_seconds: float
    switches: int


def used(pid: int) -> Used:
    """What a process and its children have used since they began, by the scheduler's account."""
    tasks = [task for one in tree(pid) for task in Path(f"/proc/{one}/task").iterdir()]
    nanoseconds = sum(int((task / "schedstat").read_text().split()[0]) for task in tasks)
    lines = [line for task in tasks for line in (task / "status").read_text().splitlines()]
    switches = sum(int(line.split()[1]) for line in lines if "ctxt_switches" in line)
    return Used(nanoseconds / 1e9, switches)


async def _put_off(url: str) -> None:
    """Make every page due tomorrow."""
    database = Database(open_engine(url))
    async with database.writing() as session:
        await session.execute(update(Page).values(next_check_at=db_now(_A_DAY_SECONDS)))
    await database.close()


@contextmanager
def _running(folder: Path, environment: Mapping[str, str]) -> Iterator[int]:
    command = [sys.executable, "-P", "-m", "daemon", "--config", "idle.toml", "run"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment, stderr=log)
        try:
            yield process.pid
        finally:
            process.terminate()
            process.wait()


def idle(url: str, sites: int, settle_seconds: float, seconds: float) -> Used:
    """What a daemon with so many sites uses in so many seconds in which none of them is due."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "idle.toml").write_text(_CONFIG)
        (folder / "urls.txt").write_text("".join(f"https://s{n}.test/\n" for n in range(sites)))
        plain = url.replace("+aiosqlite", "").replace("+asyncpg", "")
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "CHANGELOGGER__DATABASE__URL": plain}
        adding = [sys.executable, "-P", "-m", "daemon", "--config", "idle.toml"]
        adding += ["sites", "import", "urls.txt"]
        subprocess.run(adding, cwd=folder, env=environment, check=True, capture_output=True)
        asyncio.run(_put_off(url))
        with _running(folder, environment) as pid:
            asyncio.run(asyncio.sleep(settle_seconds))
            before = used(pid)
            asyncio.run(asyncio.sleep(seconds))
            after = used(pid)
    return Used(after.cpu_seconds - before.cpu_seconds, after.switches - before.switches)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sites", type=int, default=1000)
    parser.add_argument("--settle", type=float, default=15.0)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--only", choices=("sqlite", "postgresql"))
    given = parser.parse_args()
    kinds = {"sqlite": sqlite_urls, "postgresql": postgres_urls}
    lines = []
    for kind, urls in kinds.items():
        if given.only in (None, kind):
            with urls() as url_of:
                did = idle(url_of(given.sites), given.sites, given.settle, given.seconds)
            share = 100 * did.cpu_seconds / given.seconds
            lines.append([kind, f"{share:.2f}", f"{did.switches / given.seconds:.0f}"])
    print("\n".join(markdown(["database", "% of a core", "context switches a second"], lines)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
