"""Backs up a database in use into one verified file, and restores it into any database."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import SecretStr

from daemon.config import DatabaseConfig
from daemon.model.errors import DamagedError, LockedError, OccupiedError, SchemaError, StoreError
from daemon.store.copying import sqlite_backup as whole_file
from daemon.store.copying.guard import alone, is_empty, refuse_alive
from daemon.store.copying.mirror import Progress, mirror, one_moment
from daemon.store.core import schema
from daemon.store.core.database import file_of
from daemon.store.core.migrate import upgrade
from daemon.store.core.opening import refuse_missing, revision_of
from daemon.system.process import disk
from daemon.transfer.copying import copy_database, locked, opened, prepare
from daemon.transfer.files import (
    PACKED,
    belong_like,
    beside,
    flush,
    give_name,
    pack_file,
    put_in_place,
    refuse_other_bytes,
    unpack_file,
)

_JOURNALS = ("-wal", "-shm", "-journal")
_ROOM_LEFT = 0.1  # of the free disk, when a backup is unpacked


@dataclass(frozen=True, slots=True)
class Backup:
    """The backup that was written, and its size."""

    path: Path
    size_bytes: int
    revision: str
    damaged: int = 0  # contents in it that cannot be read


@dataclass(frozen=True, slots=True)
class Restored:
    """The restored database, and where the previous one was kept."""

    revision: str
    kept: Path | None


def back_up(source: DatabaseConfig, to: Path, progress: Progress, *, replaces: bool) -> Backup:
    """Write a snapshot of the whole database into one file, while the daemon goes on working.

    Shape:  in a folder the file is named by the time; one that ends in .zst is compressed.
            The file gets its name once it is complete, verified and safe from a power cut.
    Errors: StoreError; OccupiedError for an existing file.
    """
    path = to / f"changelogger-{_now()}.db" if to.is_dir() else to
    if path.exists() and (place := file_of(source.dsn)) and place.exists() and path.samefile(place):
        raise OccupiedError(f"{path} is the database itself: name another file for its backup")
    if path.exists() and not replaces:
        raise OccupiedError(f"{path} is there already; --replace overwrites it")
    refuse_missing(source)
    asyncio.run(revision_of(source))  # a missing one raises an error with a hint
    with beside(path) as part:
        _save(source, part, progress)
        with _said_of(part, file_of(source.dsn) or source.shown):
            damaged = _unreadable(part)
            revision = whole_file.check(part)
        with _packed(part, path) as finished:
            put_in_place(finished, path, replaces=replaces)
    return Backup(path, path.stat().st_size, revision, damaged)


def restore(file: Path, target: DatabaseConfig, progress: Progress, *, replaces: bool) -> Restored:
    """Replace a database by a backup; the previous one is kept aside.

    Shape:  the backup itself is only read; an older schema is upgraded. An SQLite file gets the
            owner of the previous one, or else of its folder.
    Errors: DamagedError, SchemaError for a newer one, OccupiedError for a database that is not
            empty, LockedError while a daemon works with it: nothing was touched then.
    """
    place = file_of(target.dsn)
    near = place or Path(tempfile.gettempdir(), "changelogger.db")
    with locked(target), beside(near) as part:
        unpack_file(file, part, int(disk(part).free_bytes * (1 - _ROOM_LEFT)))
        revision = _made_ready(part, file)
        if place is None:
            kept = _into_server(part, target, file, progress, replaces)
        else:
            kept = _into_file(part, place, replaces)
    return Restored(revision, kept)


def _save(source: DatabaseConfig, part: Path, progress: Progress) -> None:
    path = file_of(source.dsn)
    if path is not None:
        whole_file.save(path, part, source.busy_timeout_seconds)
        return
    copy = copy_database(source, _file_config(part), progress)
    if copy.differing:
        raise StoreError(f"the backup differs from the database in {', '.join(copy.differing)}")
    whole_file.settle(part)


def _file_config(path: Path) -> DatabaseConfig:
    return DatabaseConfig.model_validate({"url": SecretStr(f"sqlite:///{path}")})


def _unreadable(part: Path) -> int:
    try:
        return len(whole_file.fill_gaps(part))
    except StoreError:
        return 0  # it is damaged in other ways, which the check of the whole file reports


@contextmanager
def _packed(part: Path, path: Path) -> Iterator[Path]:
    if path.suffix != PACKED:
        yield part
        return
    with beside(path) as packed:
        pack_file(part, packed)
        with _said_of(packed, path):
            refuse_other_bytes(packed, part)
        yield packed


@contextmanager
def _said_of(part: Path, original: object) -> Iterator[None]:
    """Report errors in a private copy under the name of its original."""
    try:
        yield
    except DamagedError as exc:
        raise DamagedError(str(exc).replace(str(part), str(original))) from exc


def _made_ready(part: Path, file: Path) -> str:
    """Check a private copy of the backup, and upgrade it to this version's schema."""
    with _said_of(part, file):
        revision = whole_file.check(part)
    if revision > schema.HEAD:
        raise SchemaError(
            f"{file} was made by a newer changelogger, at {revision}; "
            f"this one knows {schema.HEAD}: upgrade it"
        )
    if revision < schema.HEAD:
        upgrade(f"sqlite+aiosqlite:///{part}")
    whole_file.release(part)
    whole_file.settle(part)
    return revision


def _into_file(part: Path, place: Path, replaces: bool) -> Path | None:
    kept = place.with_name(f"{place.name}.before-{_now()}")
    is_free = not place.exists() or (not replaces and whole_file.is_empty(place))
    if not is_free:
        if not replaces:
            raise OccupiedError(f"{place} is not empty; --replace keeps it aside and goes on")
        _keep(place, kept)
    _drop_journals(place)  # they would be mistaken for those of the new file, and corrupt it
    # Restored by root, it must still be accessible to the daemon's user.
    belong_like(part, place if place.exists() else place.parent)
    put_in_place(part, place, replaces=True)
    return None if is_free else kept


def _keep(place: Path, kept: Path) -> None:
    """Give a database a second name, with its journals where it depends on them."""
    for end in _JOURNALS:
        with suppress(FileNotFoundError):
            shutil.copyfile(f"{place}{end}", f"{kept}{end}")
    try:
        whole_file.settle(place)
    except LockedError:
        _drop_journals(kept)
        raise
    except StoreError:
        pass  # damaged, perhaps the reason for the restore: all of it is kept as it was
    else:
        _drop_journals(kept)
    give_name(place, kept)
    flush(place.parent)


def _drop_journals(path: Path) -> None:
    for end in _JOURNALS:
        Path(f"{path}{end}").unlink(missing_ok=True)


def _into_server(
    part: Path, target: DatabaseConfig, file: Path, progress: Progress, replaces: bool
) -> Path | None:
    prepare(target)
    kept = None
    if not asyncio.run(_is_free(target)):
        if not replaces:
            raise OccupiedError(
                f"{target.shown} is not empty; --replace saves it beside the backup and goes on"
            )
        kept = file.with_name(f"changelogger-before-{_now()}.db")
        back_up(target, kept, progress, replaces=False)
    asyncio.run(_fill(part, target, progress))
    return kept


async def _is_free(target: DatabaseConfig) -> bool:
    async with opened(target) as database:
        await refuse_alive(database)
        async with one_moment(database) as connection:
            return await is_empty(connection)


async def _fill(part: Path, target: DatabaseConfig, progress: Progress) -> None:
    async with (
        opened(_file_config(part)) as ours,
        opened(target) as theirs,
        alone(theirs),
        one_moment(ours) as moment,
    ):
        await refuse_alive(theirs)
        copy = await mirror(moment, theirs, progress)
    if copy.differing:
        raise StoreError(f"what was restored differs in {', '.join(copy.differing)}: try again")


def _now() -> str:
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}"
