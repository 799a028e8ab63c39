"""Notices that somebody has written to an SQLite file, without asking its tables."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote


class FileVersion:
    """Notices when any connection, of this process or another, has written to an SQLite file.

    Shape:  a connection of its own, as SQLite tells each of what the others wrote, without a
            transaction and in microseconds; where it cannot, the file counts as written to.
    Source: https://www.sqlite.org/pragma.html#pragma_data_version
    """

    def __init__(self, path: Path) -> None:
        self._uri = f"file:{quote(str(path.absolute()))}?mode=ro"
        self._connection: sqlite3.Connection | None = None
        self._seen: int | None = None

    def has_moved(self) -> bool:
        """Whether anybody has written since the last call; True at the first."""
        before, self._seen = self._seen, self._version()
        return self._seen is None or self._seen != before

    def _version(self) -> int | None:
        try:
            if self._connection is None:
                self._connection = sqlite3.connect(self._uri, timeout=0, uri=True)
            [version] = self._connection.execute("PRAGMA data_version").fetchone()
        except sqlite3.Error:
            self.close()
            return None
        return int(version)

    def close(self) -> None:
        """Close its connection."""
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None
