"""Writes files atomically: beside their final place first, then moved into it."""

from __future__ import annotations

import errno
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from daemon.model.errors import DamagedError, OccupiedError, StoreError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PACKED = ".zst"
_PART = ".part-"
_MAGIC = b"\x28\xb5\x2f\xfd"
_LEFT_BESIDE = ("-wal", "-shm", "-journal", ".lock")
_PIECE_BYTES = 1 << 20
# The errors of file systems without hard links: FAT, network shares, FUSE.
_NO_SECOND_NAMES = frozenset({errno.EPERM, errno.EACCES, errno.EOPNOTSUPP, errno.ENOSYS})


@contextmanager
def beside(path: Path) -> Iterator[Path]:
    """An empty temporary file in the same folder for the block, removed after it.

    Errors: StoreError when it cannot be created, or a file operation of the block fails;
            it names `path`, as nobody knows the temporary name.
    """
    with _file_errors_made_ours(path):
        descriptor, name = tempfile.mkstemp(f".{path.name}", _PART, path.parent)
        os.close(descriptor)
        part = Path(name)
        try:
            yield part
        finally:
            for leftover in (part, *(Path(f"{name}{end}") for end in _LEFT_BESIDE)):
                leftover.unlink(missing_ok=True)


@contextmanager
def _file_errors_made_ours(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        named = Path(os.fsdecode(exc.filename or path))
        where = path if named.name.startswith(_PART) else named
        raise StoreError(f"{where}: {exc.strerror or exc}") from exc


def put_in_place(part: Path, path: Path, *, replaces: bool) -> None:
    """Give a finished file its name, atomically and durably.

    Errors: OccupiedError when such a file exists and must not be replaced.
    """
    flush(part)
    if replaces:
        part.replace(path)
    else:
        try:
            give_name(part, path)
        except FileExistsError as exc:
            raise OccupiedError(f"{path} is there already; --replace overwrites it") from exc
    flush(path.parent)


def give_name(path: Path, name: Path) -> None:
    """Give a file a second name; without hard links, rename it.

    Errors: FileExistsError when that name is taken.
    """
    try:
        name.hardlink_to(path)  # atomic, unlike a check before a rename
    except OSError as exc:
        if exc.errno not in _NO_SECOND_NAMES:
            raise
        if name.exists():
            raise FileExistsError(name) from None
        path.rename(name)


def belong_like(path: Path, owned: Path) -> None:
    """Give a file written by root the owner of another file or folder."""
    if os.geteuid() != 0:
        return  # only root can give files away
    found = owned.stat()
    os.chown(path, found.st_uid, found.st_gid)


def flush(path: Path) -> None:
    """Make written data survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def pack_file(source: Path, to: Path) -> None:
    """Compress a file."""
    with source.open("rb") as reading, zstd.open(to, "wb") as writing:
        while piece := reading.read(_PIECE_BYTES):
            writing.write(piece)


def refuse_other_bytes(packed: Path, source: Path) -> None:
    """Check that a compressed file holds exactly what it was made from.

    Errors: DamagedError when it does not.
    """
    try:
        with zstd.open(packed) as ours, source.open("rb") as theirs:
            while piece := theirs.read(_PIECE_BYTES):
                if ours.read(len(piece)) != piece:
                    raise DamagedError(f"{packed} is not what was compressed: is its disk well?")
            if ours.read(1):
                raise DamagedError(f"{packed} is longer than what was compressed")
    except (zstd.ZstdError, EOFError) as exc:
        raise DamagedError(f"{packed} cannot be unpacked again: is its disk well?") from exc


def unpack_file(source: Path, to: Path, limit_bytes: int) -> None:
    """Copy a file, decompressing it if it is compressed.

    Errors: DamagedError for one that cannot be decompressed; StoreError for one over the limit.
    """
    with source.open("rb") as plain:
        is_packed = plain.read(len(_MAGIC)) == _MAGIC
    written = 0
    try:
        opened = zstd.open(source) if is_packed else source.open("rb")
        with opened as reading, to.open("wb") as writing:
            while piece := reading.read(_PIECE_BYTES):
                written += len(piece)
                if written > limit_bytes:
                    raise StoreError(f"there is no room for {source}, unpacked")
                writing.write(piece)
    except (zstd.ZstdError, EOFError) as exc:
        raise DamagedError(f"{source} is damaged: it cannot be unpacked") from exc
    if not is_packed:
        with suppress(FileNotFoundError):  # it holds a part of the content
            Path(f"{to}-wal").write_bytes(Path(f"{source}-wal").read_bytes())
