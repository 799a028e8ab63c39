"""Two PostgreSQL servers, one of which copies the other, that can be killed and promoted.

They are started and cleared away by a process of their own, which runs this file and does what each
line of its standard input says, until that ends.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from daemon.config.database_url import normal_url
from tests.postgres import PostgresUnavailableError, Server

_SETTINGS = {"synchronous_commit": "on", "wal_level": "replica", "hot_standby": "on"}
_EVERY_STANDBY = "ALTER SYSTEM SET synchronous_standby_names = '*'"


class Pair:
    """The two, as a test sees them: `folders` are those of their sockets."""

    def __init__(self, folders: list[str], said: IO[str], told: IO[str]) -> None:
        self.folders = folders
        self._said, self._told = said, told

    def url(self, name: str) -> str:
        """The address of a database on whichever of the two can be written to."""
        return self.url_of(name, 0, 1)

    def url_of(self, name: str, *numbers: int) -> str:
        """The same of these alone, asked in this order."""
        hosts = "".join(f"host={self.folders[number]}&" for number in numbers)
        return normal_url(f"postgresql://postgres@/{name}?{hosts}target_session_attrs=read-write")

    def do(self, *words: object) -> None:
        """Have a line done, as `promote 1`, or `copy 0 1`: make 0 a copy of 1."""
        self._told.write(f"{' '.join(map(str, words))}\n")
        self._told.flush()
        answer = self._said.readline().strip()
        if answer != "done":
            raise PostgresUnavailableError(f"{words}: {answer}")

    def rejoin(self, back: int) -> None:
        """Bring one back as a copy, for which commits wait from then on."""
        self.do("kill", back)
        self.do("copy", back, 1 - back)
        self.do("insist", 1 - back)


@contextmanager
def paired() -> Iterator[Pair]:
    """A primary, which is number 0, and its synchronous standby.

    Errors: PostgresUnavailableError, with what they said.
    """
    keeper = subprocess.Popen(
        [sys.executable, __file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with keeper:
        assert keeper.stdin is not None
        assert keeper.stdout is not None
        folders = keeper.stdout.readline().split()
        if len(folders) != 2:
            raise PostgresUnavailableError(" ".join(folders))
        yield Pair(folders, keeper.stdout, keeper.stdin)
        keeper.stdin.close()


class _Servers:
    """The two, as the keeper has them."""

    def __init__(self, base: Path) -> None:
        self.folders = [base / "a", base / "b"]
        for folder in (base, *self.folders):
            folder.mkdir(exist_ok=True)
            folder.chmod(0o755)
        first = Server(self.folders[0], _SETTINGS)
        self._servers = [first, Server(self.folders[1], _SETTINGS, self.folders[0])]
        self.insist(0)

    def insist(self, number: int) -> None:
        for statement in (_EVERY_STANDBY, "SELECT pg_reload_conf()"):
            self._sql(number, statement)

    def kill(self, number: int) -> None:
        self._signal(number, signal.SIGKILL)
        self._servers[number].process.wait()

    def freeze(self, number: int) -> None:
        self._signal(number, signal.SIGSTOP)

    def thaw(self, number: int) -> None:
        self._signal(number, signal.SIGCONT)

    def _signal(self, number: int, what: signal.Signals) -> None:
        process = self._servers[number].process
        for pid in (process.pid, *_children(process.pid)):
            with suppress(ProcessLookupError):
                os.kill(pid, what)

    def promote(self, number: int) -> None:
        self._servers[number].run("pg_ctl", "promote", "--wait")

    def copy(self, number: int, of: int) -> None:
        folder = self.folders[number]
        shutil.rmtree(folder / "data")
        self._servers[number] = Server(folder, _SETTINGS, self.folders[of])

    def _sql(self, number: int, statement: str) -> None:
        host = str(self.folders[number])
        self._servers[number].run(
            "psql", "-qXAt", "-v", "ON_ERROR_STOP=1", "-h", host, "-U", "postgres", "-c", statement
        )

    def stop(self) -> None:
        for number in (0, 1):
            self.kill(number)


def _children(parent: int) -> Iterator[int]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError, IndexError):
                if int((entry / "stat").read_text().rpartition(")")[2].split()[1]) == parent:
                    yield int(entry.name)


def keep() -> None:
    """Do what standard input says, until it ends."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory(prefix="changelogger-pg-") as base:
        servers = _Servers(Path(base))
        known: Mapping[str, Callable[..., None]] = {
            "kill": servers.kill,
            "freeze": servers.freeze,
            "thaw": servers.thaw,
            "promote": servers.promote,
            "copy": servers.copy,
            "insist": servers.insist,
        }
        try:
            _say(" ".join(map(str, servers.folders)))
            for line in sys.stdin:
                what, *numbers = line.split()
                try:
                    known[what](*map(int, numbers))
                    _say("done")
                except PostgresUnavailableError as exc:
                    _say(" ".join(str(exc).split()))
        finally:
            servers.stop()


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    try:
        keep()
    except PostgresUnavailableError as exc:
        sys.exit(str(exc))
