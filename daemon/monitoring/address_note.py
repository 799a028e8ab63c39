"""Where a running daemon answers, noted in its working directory for whoever asks how it is.

The configuration says where the next daemon will listen: it may have been edited since, broken or
removed, or have left the choice of a port to the system.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

NAME = ".changelogger-endpoint"
_MOST_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Note:
    """A daemon's address, its process, and the file that it was told to read, if it was told."""

    host: str
    port: int
    pid: int
    config: str


@contextmanager
def noted(note: Note, folder: Path) -> Iterator[bool]:
    """Keep this note while the block lasts; whether it could be written."""
    path = folder / NAME
    try:
        _write(path, json.dumps(asdict(note)))
    except OSError:
        yield False
        return
    try:
        yield True
    finally:
        if read_note(folder) == note:  # another daemon may have taken its place
            with suppress(OSError):
                path.unlink()


def _write(path: Path, text: str) -> None:
    """All of the file at once, or nothing."""
    new = path.with_name(f"{path.name}.{os.getpid()}")
    new.unlink(missing_ok=True)  # of one that was killed; process ids come again
    # Others may write to this folder, too: a link of theirs would lead us to any file of ours.
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        new.replace(path)
    except OSError:
        new.unlink(missing_ok=True)
        raise


def read_note(folder: Path) -> Note | None:
    """The note that is there; None when there is none, or something else."""
    try:
        with (folder / NAME).open("rb") as file:
            found = json.loads(file.read(_MOST_BYTES))
    except (OSError, ValueError):
        return None
    match found:
        case {"host": str(host), "port": int(port), "pid": int(pid), "config": str(config)}:
            return Note(host, port, pid, config)
    return None


def asked_for(named: Path | None, environ: Mapping[str, str]) -> str:
    """What somebody said of where the configuration is; nothing when it was to be looked for."""
    word = named or environ.get("CHANGELOGGER_CONFIG", "")
    return str(Path.cwd() / word) if word else ""
