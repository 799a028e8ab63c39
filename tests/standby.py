"""A throwaway standby of the tests' PostgreSQL, which follows it by streaming replication.

It is kept as `postgres.py` keeps its server: by a process that waits for the end of its input.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import asyncpg

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent.parent))

from daemon.store.core.server.replica import Replica
from tests.living import PATIENCE_SECONDS
from tests.postgres import PostgresUnavailableError, Server


async def caught_up(replica: Replica, position: int) -> None:
    """Look until the replica is known to have all before this position."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        await replica.look()
        while not replica.has(position):
            await replica.look()


@asynccontextmanager
async def paused(url: str) -> AsyncIterator[None]:
    """Let the standby at this address replay nothing while the block lasts."""
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        await connection.execute("SELECT pg_wal_replay_pause()")
        while await connection.fetchval("SELECT pg_get_wal_replay_pause_state()") != "paused":
            pass
        yield
    finally:
        await connection.execute("SELECT pg_wal_replay_resume()")
        await connection.close()


@contextmanager
def following(primary: str) -> Iterator[str]:
    """The folder of the socket of a standby of the server in this folder."""
    keeper = subprocess.Popen(
        [sys.executable, __file__, primary],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with keeper:
        assert keeper.stdout is not None
        folder = keeper.stdout.readline().strip()
        if not folder:
            raise PostgresUnavailableError("the standby did not start")
        yield folder


def _keep(primary: str) -> None:
    with tempfile.TemporaryDirectory(prefix="changelogger-standby-") as base:
        server = Server(Path(base), copy_of=Path(primary))
        try:
            sys.stdout.write(f"{base}\n")
            sys.stdout.flush()
            sys.stdin.read()
        finally:
            server.stop()


if __name__ == "__main__":
    _keep(*sys.argv[1:])
