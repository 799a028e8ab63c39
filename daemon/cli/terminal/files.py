"""Checks the names of files on the command line before reading or writing."""

from __future__ import annotations

import os
from pathlib import Path

from daemon.cli.terminal import exits
from daemon.cli.terminal.command import Failure


def there(file: Path, *, folder_too: bool = True) -> Path:
    """A file or folder to read; `-` is standard input, which always exists.

    Errors: Failure when there is none.
    """
    is_there = file.exists() if folder_too else file.is_file()
    if str(file) != "-" and not is_there:
        raise Failure(f"there is no file {file}", exits.NOT_FOUND)
    return file


def to_be_written(name: str) -> Path:
    """The path to write to; its folder must exist; it is a folder if it ends in a slash.

    Errors: Failure for a missing folder, and for what is neither file nor folder.
    """
    path = Path(name)
    # A file of that name would prevent the folder.
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
    """A folder, created with its parents if it does not exist.

    Errors: Failure when it cannot be created.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise Failure(f"no folder can be made at {folder}: {exc.strerror}", exits.USAGE) from exc
    return folder
