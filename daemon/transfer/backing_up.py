"""Makes one backup for a daemon, in a process of its own that ends with the daemon.

Shape:  what to do comes as a line of JSON on standard input, which stays open; what came of it goes
        out as another. So no command line shows the database's password.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from threading import Thread
from typing import Any

from pydantic import SecretStr

from daemon.config import DatabaseConfig
from daemon.model.errors import StoreError
from daemon.operations.installation.opening import quiet_migrations
from daemon.store.core.database import file_of
from daemon.system.process import disk, keep_files_private
from daemon.transfer.backup import back_up
from daemon.wording import byte_size

_LEFT_FREE_BYTES = 64 * 2**20  # for the daemon to go on, where it shares the disk
_PARTS = ".part-*.changelogger-*.db.zst*"  # of backups that were interrupted


def main() -> None:
    """Do what the line on standard input says."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the daemon decides
    keep_files_private()
    quiet_migrations()
    order = json.loads(sys.stdin.readline())
    Thread(target=_end_with_the_daemon, daemon=True).start()
    told = order["database"]
    source = DatabaseConfig.model_validate({**told, "url": SecretStr(told["url"])})
    sys.stdout.write(f"{json.dumps(_done(source, Path(order['path'])))}\n")


def _done(source: DatabaseConfig, path: Path) -> dict[str, Any]:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        for part in path.parent.glob(_PARTS):
            part.unlink()
        _refuse_without_room(source, path.parent)
        made = back_up(source, path, lambda *_: None, replaces=False)
    except OSError as exc:
        return {"reason": f"{exc.filename or path.parent}: {exc.strerror or exc}"}
    except StoreError as exc:
        return {"reason": str(exc)}
    return {"size_bytes": made.size_bytes, "damaged": made.damaged}


def _refuse_without_room(source: DatabaseConfig, folder: Path) -> None:
    """A backup needs room for a copy, and for the same compressed."""
    place = file_of(source.dsn)
    needed = _LEFT_FREE_BYTES + (2 * place.stat().st_size if place and place.exists() else 0)
    free = disk(folder).free_bytes
    if free < needed:
        told = f"{byte_size(free)} are free, and a backup may need {byte_size(needed)}"
        raise StoreError(f"{folder}: no room: {told}: free some, or name another folder")


def _end_with_the_daemon() -> None:
    sys.stdin.read()
    os._exit(1)


if __name__ == "__main__":
    main()
