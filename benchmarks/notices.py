"""How fast notices leave, and whether a dead channel holds the others up.

    python benchmarks/notices.py
    python benchmarks/notices.py --notices 1000 --channels 4 --dead stalls

Notices wait on several channels; receivers are webhooks on loopback, in a process of their own.
They are sent with all channels alive, and again with one that is dead. Only what goes to channels
that are alive is counted: CPU time of the sending process and wall time, for each notice.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import insert

from daemon.alerting.values import Route
from daemon.config import FetchConfig
from daemon.fetch.posting import Poster
from daemon.model.site import Owner
from daemon.notify.webhook import Webhook
from daemon.operations.people.delivering import Destination, Places
from daemon.runtime.observer import Observer
from daemon.runtime.sender import Sender, SenderSettings
from daemon.store.catalogue.owners import sync_owners
from daemon.store.core.database import Database
from daemon.store.core.engine import open_engine
from daemon.store.core.migrate import upgrade
from daemon.store.queue import runs
from daemon.store.queue.notices import Settled
from daemon.store.tables import Notice
from daemon.store.tables.ids import new_id

_OWNER = Owner("local", "local@localhost", "local")
_SETTINGS = FetchConfig(allow_networks=("127.0.0.0/8",), per_host=64)
_TIMEOUT_SECONDS = 30.0
_HUNK = {"removed": ["The lamp costs 24.90 euros"], "added": ["The lamp costs 19.90 euros"]}


@dataclass(frozen=True, slots=True)
class Figures:
    """What one round took."""

    sent: int
    cpu_seconds: float
    wall_seconds: float

    @property
    def cpu_ms(self) -> float:
        return 1000 * self.cpu_seconds / self.sent

    @property
    def per_second(self) -> float:
        return self.sent / self.wall_seconds


async def measured(url: str, names: list[str], notices: int, hooks: dict[str, str]) -> Figures:
    """Send what waits on these channels; counted are those that lead to the living receiver."""
    database = Database(open_engine(url))
    run_id = await _fill(database, names, notices)
    alive = {name for name in names if hooks[name] == hooks[names[0]]}
    wanted, done = sum(1 for i in range(notices) if names[i % len(names)] in alive), asyncio.Event()

    class Sent(Observer):
        count = 0

        def on_sent(self, settled: Settled) -> None:
            self.count += settled.status == "sent" and settled.claimed.channel in alive
            if self.count == wanted:
                done.set()

    async with Poster(_SETTINGS) as poster:
        post = partial(poster.post, seconds=_TIMEOUT_SECONDS)
        places = {n: Destination(Webhook(hooks[n], "secret", post), Route(n, n)) for n in names}
        settings = SenderSettings(_TIMEOUT_SECONDS)
        sent = Sent()
        sender = Sender(database, run_id, Places(places), settings, lambda: datetime.now(UTC), sent)
        cpu, wall = time.process_time(), time.monotonic()
        async with _serving(sender):
            await done.wait()
        figures = Figures(sent.count, time.process_time() - cpu, time.monotonic() - wall)
    await database.close()
    return figures


@contextlib.asynccontextmanager
async def _serving(sender: Sender) -> AsyncIterator[None]:
    """The sender at work, woken every second as in the daemon."""

    async def tick() -> None:
        while True:
            sender.tick()
            await asyncio.sleep(1)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(work) for work in (tick(), sender.serve())]
        yield
        for task in tasks:
            task.cancel()


async def _fill(database: Database, names: list[str], notices: int) -> Any:
    now = datetime.now(UTC)
    async with database.writing() as session:
        run_id = await runs.begin_run(session, "run", now)
        await sync_owners(session, [_OWNER])
        rows = [_row(number, names[number % len(names)], now) for number in range(notices)]
        await session.execute(insert(Notice), rows)
    return run_id


def _row(number: int, channel: str, now: datetime) -> dict[str, Any]:
    facts = {"site": f"Site {number}", "url": "https://site.example/", "summary": "It changed."}
    return {
        "id": new_id(),
        "idempotency_key": f"key {number}",
        "kind": "change",
        "user_id": _OWNER.id,
        "channel": channel,
        "payload": facts | {"change_type": "major", "hunks": [_HUNK] * 3},
        "next_attempt_at": now,
        "created_at": now,
    }


@contextlib.contextmanager
def receiver(dead: str) -> Iterator[tuple[str, str]]:
    """The URLs of a receiver that takes everything, and of one that is dead."""
    with subprocess.Popen(
        [sys.executable, __file__, "--receive"], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        alive, stalls = process.stdout.readline().split()
        try:
            # Nothing listens on the port of nobody.
            yield alive, stalls if dead == "stalls" else "http://127.0.0.1:1/"
        finally:
            process.terminate()


async def receive() -> None:
    """Serve both on loopback, and say where."""
    taken = b"HTTP/1.1 204 No Content\r\n\r\n"

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                length = int(head.partition(b"content-length:")[2].split(b"\r\n")[0])
                await reader.readexactly(length)
                writer.write(taken)
        writer.close()

    async def stall(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            await reader.read()
        writer.close()

    servers = [await asyncio.start_server(one, "127.0.0.1", 0) for one in (answer, stall)]
    ports = [server.sockets[0].getsockname()[1] for server in servers]
    print(*(f"http://127.0.0.1:{port}/" for port in ports), flush=True)
    await asyncio.Event().wait()


def rounds(notices: int, channels: int, dead: str) -> Iterator[tuple[str, Figures]]:
    """Both rounds, with all alive and with the last of the channels dead."""
    names = [f"channel {number}" for number in range(channels)]
    with receiver(dead) as (alive, gone), tempfile.TemporaryDirectory() as folder:
        for title, last in (("all alive", alive), ("one dead", gone)):
            url = f"sqlite+aiosqlite:///{Path(folder, title.replace(' ', '-'))}.db"
            upgrade(url)
            hooks = dict.fromkeys(names, alive) | {names[-1]: last}
            yield title, asyncio.run(measured(url, names, notices, hooks))


def main(words: list[str] | None = None) -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--notices", type=int, default=10_000)
    parser.add_argument("--channels", type=int, default=4)
    parser.add_argument("--dead", choices=("refuses", "stalls"), default="refuses")
    parser.add_argument("--receive", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args(words)
    if given.receive:
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(receive())
        return
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    print("| round | sent | CPU ms per notice | notices per second |\n| --- | ---: | ---: | ---: |")
    found = dict(rounds(given.notices, given.channels, given.dead))
    for title, one in found.items():
        print(f"| {title} | {one.sent:,} | {one.cpu_ms:.2f} | {one.per_second:.0f} |")
    whole, part = found.values()
    ratio = part.cpu_ms / whole.cpu_ms
    print(f"\nCPU per notice with one dead / with all alive: {ratio:.2f}")


if __name__ == "__main__":
    main()
