"""The name of a file as somebody wrote it in; a path that can be read or written, out."""

from __future__ import annotations

import os
from pathlib import Path

from daemon.cli import exits
from daemon.cli.shape import Failure


def there(file: Path, *, folder_too: bool = True) -> Path:
    """A file or folder that is to be read; `-` is standard input, and always there.

    Errors: Failure when there is none.
    """
    is_there = file.exists() if folder_too else file.is_file()
    if str(file) != "-" and not is_there:
        raise Failure(f"there is no file {file}", exits.NOT_FOUND)
    return file


def to_be_written(name: str) -> Path:
    """Where to write; a name that ends in a slash is a folder, which must be there.

    Errors: Failure for a folder that is not: a file of its name would be in the way of it.
    """
    path = Path(name)
    if name.endswith(os.sep) and not path.is_dir():
        raise Failure(
            f"there is no folder {name}; make it (mkdir -p {path}), "
            f"or leave the slash away for a file named {path}",
            exits.NOT_FOUND,
        )
    return path
