"""What pages cost the daemon that serves them: its start, its memory, and its checks.

    python benchmarks/readers.py start [--repeat 5]
    python benchmarks/readers.py checks [--pages 2000] [--repeat 3] [--readers 40] [--pause 5]

`start` starts a daemon without and with pages by turns, and tells the seconds and CPU seconds until
it is ready, and its resident MB; with pages also after each was opened. `checks` lets a daemon
check so many pages that become due at one moment, by turns in peace and while readers turn pages,
each of whom reads one for as long as the pause on average. Both are medians, on SQLite.
"""

from __future__ import annotations

import argparse
import os
import random
import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from threading import Event

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.checks import served
from benchmarks.load import LATER, Field, folder, until
from benchmarks.usage import resident

READ = ("/", "/sites", "/changes", "/sites?sort=changed", "/changes?unseen=1", "/catch-up")
_READY_SECONDS = 60.0
_TICKS = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        return int(taken.getsockname()[1])


def let_read(field: Field, port: int) -> None:
    """Have the daemons of this field serve pages."""
    path = field.folder / "config.toml"
    section = f"[web]\nenabled = true\nport = {port}\nrequests_per_second = 0"
    path.write_text(path.read_text().replace("[web]\nenabled = false", section))


def is_open(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


def opened(port: int, path: str) -> None:
    with closing(HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request("GET", path)
        connection.getresponse().read()


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def started(field: Field, port: int | None) -> tuple[float, float, float, float]:
    """Seconds and CPU seconds until it is ready, and MB then and after its pages were opened."""
    ready = field.folder / "ready"
    ready.unlink(missing_ok=True)
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as told:
        told.bind(str(ready))
        told.settimeout(_READY_SECONDS)
        os.environ["NOTIFY_SOCKET"] = str(ready)
        began = time.monotonic()
        with field.daemon() as process:
            while b"READY=1" not in told.recv(4096):
                pass
            seconds, cpu = time.monotonic() - began, cpu_seconds(process.pid)
            if port:
                until(partial(is_open, port))
            time.sleep(2)  # noqa: TID251 - what begins with it comes to rest
            before = resident(process.pid) / 2**20
            for path in READ if port else ():
                opened(port or 0, path)
            return seconds, cpu, before, resident(process.pid) / 2**20


def start(options: argparse.Namespace) -> None:
    print("| pages | ready after s | CPU s | MB | MB, pages opened |\n| --- |" + " ---: |" * 4)
    with served(10, options) as site, folder() as place:
        port = free_port()
        fields = {}
        for name, own in (("off", None), ("on", port)):
            where = place / name
            where.mkdir()
            fields[name] = Field(where, f"sqlite+aiosqlite:///{where}/it.db", site, "1d"), own
            if own:
                let_read(fields[name][0], own)
        found: dict[str, list[tuple[float, ...]]] = {name: [] for name in fields}
        for _ in range(options.repeat):
            for name, (field, own) in fields.items():
                found[name].append(started(field, own))
        for name, rows in found.items():
            seconds, cpu, before, after = (median(column) for column in zip(*rows, strict=True))
            print(f"| {name} | {seconds:.2f} | {cpu:.2f} | {before:.1f} | {after:.1f} |")


class Readers:
    """People who turn pages, while the block lasts."""

    def __init__(self, number: int, port: int, pause: float) -> None:
        self.number, self.port, self.pause = number, port, pause
        self.turned = 0
        self._done = Event()
        self._pool = ThreadPoolExecutor(max(number, 1))

    def __enter__(self) -> Readers:
        for seed in range(self.number):
            self._pool.submit(self._read, random.Random(seed))
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._pool.shutdown()

    def _read(self, chance: random.Random) -> None:
        while not self._done.wait(chance.uniform(0, 2 * self.pause)):
            opened(self.port, chance.choice(READ))
            self.turned += 1


def checks(options: argparse.Namespace) -> None:
    print("| readers | pages turned | checks/s | CPU ms per check |\n| ---: | ---: | ---: | ---: |")
    with served(options.pages, options) as site, folder() as place:
        port = free_port()
        field = Field(place, f"sqlite+aiosqlite:///{place}/it.db", site, "1d")
        let_read(field, port)
        found: dict[int, list[tuple[float, ...]]] = {0: [], options.readers: []}
        site.set("nonce", 1)
        with field.daemon() as process:
            wanted = options.pages
            until(partial(field.has_checked, wanted))
            for number in (0, options.readers) * options.repeat:
                field.make_due(LATER)
                wanted += options.pages
                with Readers(number, port, options.pause) as readers:
                    began, cpu = time.monotonic(), cpu_seconds(process.pid)
                    field.make_due(-1.0)
                    until(partial(field.has_checked, wanted))
                    seconds = time.monotonic() - began
                    cpu_ms = (cpu_seconds(process.pid) - cpu) * 1000 / options.pages
                    found[number].append((readers.turned, options.pages / seconds, cpu_ms))
        for number, rows in found.items():
            turned, rate, cpu_ms = (median(column) for column in zip(*rows, strict=True))
            print(f"| {number} | {turned:.0f} | {rate:.0f} | {cpu_ms:.2f} |")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("what", choices=("start", "checks"))
    parser.add_argument("--pages", type=int, default=2000)
    parser.add_argument("--repeat", type=int)
    parser.add_argument("--readers", type=int, default=40)
    parser.add_argument("--pause", type=float, default=5.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--corpus", type=Path)
    given = parser.parse_args()
    given.repeat = given.repeat or {"start": 5, "checks": 3}[given.what]
    (start if given.what == "start" else checks)(given)


if __name__ == "__main__":
    main()
