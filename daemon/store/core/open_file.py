"""Checks that the SQLite file that this process has open is still the one in its place.

An open file outlives its name: data written to it after that is lost when the process ends.
"""

from __future__ import annotations

import os
from pathlib import Path

from daemon.model.errors import GoneError

_WAY_OUT = (
    "nothing is checked, sent or written until it is back in its place; or stop changelogger, "
    "`changelogger restore` a backup, and start it again"
)


class OpenFile:
    """The file at a path, from the first connection to it on.

    Errors: GoneError once it is deleted, moved, replaced or emptied; none when it is back.
    """

    def __init__(self, path: Path) -> None:
        self._path = path.absolute()
        self._opened: os.stat_result | None = None

    def note(self) -> None:
        """Note a new connection; the first one identifies the file."""
        if self._opened is None:
            self._opened = self._there()

    def verify(self) -> None:
        """Raise GoneError when the file was replaced or is missing."""
        if self._opened is None:
            return
        there = self._there()
        if there is None:
            raise self._gone("is not there any more")
        if (there.st_dev, there.st_ino) != (self._opened.st_dev, self._opened.st_ino):
            raise self._gone("was replaced by another file")
        if self._opened.st_size and not there.st_size:
            raise self._gone("was emptied")

    def _there(self) -> os.stat_result | None:
        try:
            return self._path.stat()
        except OSError:
            return None

    def _gone(self, what: str) -> GoneError:
        return GoneError(f"the database {self._path} {what}: {_WAY_OUT}")
