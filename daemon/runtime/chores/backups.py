"""Makes a backup of the database whenever the newest one is too old, and keeps some of them."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from daemon.backoff import Backoff
from daemon.config import DatabaseConfig
from daemon.config.options.backup import BackupConfig
from daemon.display.times import ago
from daemon.logs.logger import get_logger
from daemon.model.errors import StoreError
from daemon.monitoring.health import ComponentState
from daemon.monitoring.store_metrics import StoreFigures
from daemon.runtime.app import App
from daemon.wording import byte_size

log = get_logger(__name__)

BACKUP_EVERY_SECONDS = 60.0  # looks whether it is time
_LONGEST_SECONDS = 6 * 3600.0
_TRY_AGAIN = Backoff(first_seconds=300, ceiling_seconds=3600)
_NAME = re.compile(r"changelogger-(\d{8}-\d{6})\.db\.zst")
_TIME = "%Y%m%d-%H%M%S"
_LATE = 2  # times `every`


@dataclass(frozen=True, slots=True)
class KeptBackup:
    """A backup that lies in the folder."""

    at: datetime
    path: Path
    size_bytes: int


class Backups:
    """Makes and keeps the backups of `[backup]`; one daemon of several does.

    Shape: `report` is called with how old the newest one is, or why there is none.
    """

    def __init__(
        self, report: Callable[[ComponentState, str], None], figures: StoreFigures
    ) -> None:
        self._report = report
        self._figures = figures
        self._failures = 0
        self._reason = ""  # of the last failure, until one succeeds
        self._next_try_at = 0.0
        self._tried: BackupConfig | None = None
        self._is_shown = False

    async def step(self, app: App) -> None:
        """Make a backup if it is time, and say how old the newest one is."""
        config = app.config.backup
        if config != self._tried:  # what was wrong may be what was edited
            self._tried, self._failures, self._reason, self._next_try_at = config, 0, "", 0.0
        if not config.every:
            self._show_off("not asked for any more")
        elif not app.share.does_chores:
            self._show_off("another daemon makes them")
        else:
            await self._look(config, app.config.database, app.clock())

    def _show_off(self, told: str) -> None:
        if self._is_shown:
            self._report(ComponentState.OK, told)
        self._is_shown = False

    async def _look(self, config: BackupConfig, database: DatabaseConfig, now: datetime) -> None:
        self._is_shown = True
        kept = await asyncio.to_thread(kept_in, Path(config.folder), now)
        is_due = not kept or now - kept[0].at >= config.every
        if is_due and time.monotonic() >= self._next_try_at:
            await self._try(config, database, now)
            kept = await asyncio.to_thread(kept_in, Path(config.folder), now)
        self._tell(config, kept, now)

    async def _try(self, config: BackupConfig, database: DatabaseConfig, now: datetime) -> None:
        path = Path(config.folder, f"changelogger-{now.astimezone(UTC):{_TIME}}.db.zst")
        began = time.monotonic()
        try:
            made = await back_up_apart(database, path)
            dropped = await asyncio.to_thread(drop_older, path, config.keep, now)
        except StoreError as exc:
            self._fail(str(exc), config.folder)
            return
        self._figures.backed_up(is_made=True)
        self._failures, self._reason = 0, ""
        facts = {"size_bytes": made["size_bytes"], "damaged_contents": made["damaged"]}
        seconds = round(time.monotonic() - began, 1)
        log.info("backup_made", file=str(path), seconds=seconds, dropped=dropped, **facts)

    def _fail(self, reason: str, folder: str) -> None:
        self._figures.backed_up(is_made=False)
        self._failures, self._reason = self._failures + 1, reason
        wait = _TRY_AGAIN.wait_seconds(self._failures)
        self._next_try_at = time.monotonic() + wait
        log.warning("backup_failed", reason=reason, folder=folder, again_in_seconds=round(wait))

    def _tell(self, config: BackupConfig, kept: Sequence[KeptBackup], now: datetime) -> None:
        told = "there is none yet"
        if kept:
            size = byte_size(kept[0].size_bytes)
            told = (
                f"the newest is {ago(kept[0].at, now)} old, {size}; {len(kept)} in {config.folder}"
            )
            self._figures.newest_backup(kept[0].at.timestamp(), kept[0].size_bytes)
        if self._reason:
            told = f"{self._reason}; {told}"
        is_late = not kept or now - kept[0].at > _LATE * config.every
        state = ComponentState.DEGRADED if self._reason or is_late else ComponentState.OK
        self._report(state, told)


def kept_in(folder: Path, now: datetime) -> list[KeptBackup]:
    """The daemon's backups in a folder, the newest first; none that is dated later than now."""
    found: list[KeptBackup] = []
    with suppress(OSError):  # what is wrong with it is told when a backup is made
        found += [
            KeptBackup(at, path, path.stat().st_size)
            for path in folder.iterdir()
            if (at := _made_at(path)) is not None and at <= now
        ]
    return sorted(found, key=lambda one: one.at, reverse=True)


def _made_at(path: Path) -> datetime | None:
    named = _NAME.fullmatch(path.name)
    try:
        return datetime.strptime(named[1], _TIME).replace(tzinfo=UTC) if named else None
    except ValueError:
        return None


def drop_older(newest: Path, keep: int, now: datetime) -> int:
    """Delete all but the newest backups, once this one is proved; how many went.

    Errors: StoreError when one cannot be deleted.
    """
    old = [one for one in kept_in(newest.parent, now) if one.path != newest][keep - 1 :]
    for one in old:
        try:
            one.path.unlink(missing_ok=True)
        except OSError as exc:
            told = f"the backup was made, but an old one stays: {exc.strerror or exc}"
            raise StoreError(f"{one.path}: {told}") from exc
    return len(old)


async def back_up_apart(database: DatabaseConfig, path: Path) -> dict[str, Any]:
    """Make and verify one backup in a process of its own, which is ended when this is cancelled.

    Errors: StoreError, which says what is wrong and where.
    """
    order = json.dumps({"database": _revealed(database), "path": str(path)})
    try:
        async with asyncio.timeout(_LONGEST_SECONDS):
            return _result_of(*await _exchanged(f"{order}\n".encode()))
    except TimeoutError as exc:
        raise StoreError(f"{path}: not done after {_LONGEST_SECONDS / 3600:g} hours") from exc
    except OSError as exc:
        raise StoreError(f"{path}: no process to make it: {exc.strerror or exc}") from exc


def _revealed(database: DatabaseConfig) -> dict[str, Any]:
    return {
        "url": database.dsn,
        "busy_timeout_seconds": database.busy_timeout_seconds,
        "statement_timeout_seconds": database.statement_timeout_seconds,
    }


async def _exchanged(order: bytes) -> tuple[bytes, bytes]:
    """What the process says and complains of; its input stays open, by which it sees our end."""
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "daemon.transfer.backing_up"),
                stdin=theirs.fileno(),
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
        try:
            ours.sendall(order)
            return await process.communicate()
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def _result_of(said: bytes, complained: bytes) -> dict[str, Any]:
    lines = said.decode(errors="replace").splitlines()
    try:
        result = json.loads(lines[-1])
    except (ValueError, IndexError):
        told = complained.decode(errors="replace").splitlines()
        raise StoreError(f"the backup broke off: {told[-1] if told else 'it was ended'}") from None
    if "reason" in result:
        raise StoreError(result["reason"])
    return dict(result)
