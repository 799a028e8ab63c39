"""A throwaway PgBouncer before the tests' PostgreSQL, or the word why there is none.

It is kept as `postgres.py` keeps its server: by a process that waits for the end of its input.
"""

from __future__ import annotations

import collections
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import make_url

PORT = 6432  # of a socket's name only: it listens on no network


@contextmanager
def before(url: str, mode: str = "transaction", pool_size: int = 2, **more: str) -> Iterator[str]:
    """The address of the same database through a pooler, which may also be told `more`.

    Shape: the test is skipped where none is installed, but where CI could have installed it.
    """
    address = make_url(url)
    program = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
    if program is None:
        if os.environ.get("CI") and os.geteuid() == 0:
            raise FileNotFoundError("no pgbouncer: apt-get install pgbouncer")
        pytest.skip("no pgbouncer here")
    settings = {"pool_mode": mode, "default_pool_size": str(pool_size), **more}
    keeper = subprocess.Popen(
        [
            sys.executable,
            __file__,
            program,
            str(address.query["host"]),
            *(f"{k} = {v}" for k, v in settings.items()),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with keeper:
        assert keeper.stdout is not None
        folder = keeper.stdout.readline().strip()
        assert folder, "pgbouncer did not start"
        yield f"postgresql+asyncpg://postgres@/{address.database}?host={folder}&port={PORT}"


def _keep(program: str, server: str, *settings: str) -> None:
    with tempfile.TemporaryDirectory(prefix="changelogger-bouncer-") as base:
        surroundings: dict[str, Any] = {}
        if os.geteuid() == 0:  # PgBouncer refuses to run as root
            nobody = pwd.getpwnam("nobody")
            os.chown(base, nobody.pw_uid, nobody.pw_gid)
            surroundings = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        file = Path(base) / "pgbouncer.ini"
        lines = (
            f"[databases]\n* = host={server} user=postgres\n[pgbouncer]",
            f"unix_socket_dir = {base}\nlisten_port = {PORT}\nauth_type = any",
            *settings,
        )
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        file.chmod(0o644)
        process = subprocess.Popen(
            [program, file],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            cwd=base,
            **surroundings,
        )
        assert process.stderr is not None
        try:
            if any("process up" in line for line in iter(process.stderr.readline, "")):
                sys.stdout.write(f"{base}\n")
                sys.stdout.flush()
                Thread(target=collections.deque, args=(process.stderr, 0), daemon=True).start()
                sys.stdin.read()
        finally:
            process.terminate()
            process.wait()


if __name__ == "__main__":
    _keep(*sys.argv[1:])
