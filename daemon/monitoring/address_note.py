"""Notes a running daemon's address in its working directory, so that commands can find it.

The configuration only says where the next daemon will listen: it may have been edited, broken or
removed since, or leave the choice of a port to the system.
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
class AddressNote:
    """A daemon's address, its process, and the configuration file that it was given, if any."""

    host: str
    port: int
    pid: int
    config: str


@contextmanager
def noted(note: AddressNote, folder: Path) -> Iterator[bool]:
    """Keep this note while the block runs; yields whether it could be written."""
    path = folder / NAME
    try:
        _write(path, json.dumps(asdict(note)))
    except OSError:
        yield False
        return
    try:
        yield True
    finally:
        if read_note(folder) == note:  # another daemon may have replaced it
            with suppress(OSError):
                path.unlink()


def _write(path: Path, text: str) -> None:
    """Write the file atomically."""
    new = path.with_name(f"{path.name}.{os.getpid()}")
    new.unlink(missing_ok=True)  # left by a killed process; process ids are reused
    # Others may write to this folder, too: a link of theirs could point to any of our files.
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        new.replace(path)
    except OSError:
        new.unlink(missing_ok=True)
        raise


def read_note(folder: Path) -> AddressNote | None:
    """The note in this folder; None when there is none, or it is unreadable."""
    try:
        with (folder / NAME).open("rb") as file:
            found = json.loads(file.read(_MOST_BYTES))
    except (OSError, ValueError):
        return None
    match found:
        case {"host": str(host), "port": int(port), "pid": int(pid), "config": str(config)}:
            return AddressNote(host, port, pid, config)
    return None


def asked_for(named: Path | None, environ: Mapping[str, str]) -> str:
    """The location of the configuration as given; empty when it was not given."""
    word = named or environ.get("CHANGELOGGER_CONFIG", "")
    return str(Path.cwd() / word) if word else ""
