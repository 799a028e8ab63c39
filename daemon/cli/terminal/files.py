"""The name of a file as somebody wrote it in; a path that can be read or written, out."""

from __future__ import annotations

import os
from pathlib import Path

from daemon.cli.terminal import exits
from daemon.cli.terminal.command import Failure


def there(file: Path, *, folder_too: bool = True) -> Path:
    """A file or folder that is to be read; `-` is standard input, and always there.

    Errors: Failure when there is none.
    """
    is_there = file.exists() if folder_too else file.is_file()
    if str(file) != "-" and not is_there:
        raise Failure(f"there is no file {file}", exits.NOT_FOUND)
    return file


def to_be_written(name: str) -> Path:
    """Where to write; the folder of it must be there, and is one itself if it ends in a slash.

    Errors: Failure for a folder that is not there, and for what is neither file nor folder.
    """
    path = Path(name)
    # A file of its name would be in the way of a folder.
    if name.endswith(os.sep) and not path.is_dir():
        raise _no_folder(path, f", or leave the slash away for a file named {path}", name)
    if not path.parent.is_dir():
        raise _no_folder(path.parent)
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise Failure(f"{path} is no file that can be written anew", exits.USAGE)
    return path


def _no_folder(folder: Path, or_else: str = "", written: str = "") -> Failure:
    if folder.exists():
        return Failure(f"{folder} is a file, not a folder", exits.NOT_FOUND)
    todo = f"make it (mkdir -p {folder}){or_else}"
    return Failure(f"there is no folder {written or folder}; {todo}", exits.NOT_FOUND)


def folder_made(folder: Path) -> Path:
    """A folder, made with those above it where it is not there yet.

    Errors: Failure when it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise Failure(f"no folder can be made at {folder}: {exc.strerror}", exits.USAGE) from exc
    return folder
