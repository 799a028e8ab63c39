"""Watches the configuration file and reads its edits once they are complete."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from daemon.config import Config
from daemon.config.reading.source import blank_fault, drop_ins, label_of
from daemon.model.errors import ConfigError, Fault

_Mark = tuple[tuple[str | int, ...], ...]  # changes whenever a file is written or replaced


class Edits:
    """Detects when the file or a drop-in is edited, replaced, removed or restored.

    Shape: also when a reload is requested. The files are polled: that costs microseconds, follows
           links, and works on every file system. An edit is complete once two polls in a row
           see the same.
    """

    def __init__(
        self,
        find: Callable[[], Path | None],
        load: Callable[[Path | None], Config],
        settle: Callable[[Config], Callable[[str], str]],
        place: Callable[[ConfigError, Path | None], ConfigError] = lambda error, path: error,
    ) -> None:
        self.settle = settle  # applies it to this process; returns what masks its secrets
        self._find = find
        self._load = load
        self._place = place
        self._path = find()
        self._read = self._seen = self._mark()
        self._is_asked = False
        self._known, self._blank = set(self._files()), self._blank_files()

    @property
    def path(self) -> Path | None:
        """The file that is followed, if there is one."""
        return self._path

    def ask(self) -> None:
        """Request a reload even without an edit: files that it refers to may have changed."""
        self._is_asked = True

    def look(self) -> bool:
        """Whether there is something to read."""
        if self._path is None:
            self._path = self._find()
        before, self._seen = self._seen, self._mark()
        return before == self._seen and (self._is_asked or self._seen != self._read)

    async def read(self) -> Config | None:
        """The present configuration; None when the file is being written, to be read again later.

        Errors: ConfigError.
        """
        before, self._is_asked = self._mark(), False
        try:
            config = await asyncio.to_thread(self._loaded)
        except ConfigError:
            if self._mark() != before:
                return None
            self._read = before
            raise
        if self._mark() != before:
            return None
        self._read = before
        self._known, self._blank = set(self._files()), self._blank_files()
        return config

    def placed(self, error: ConfigError) -> ConfigError:
        """Faults found after reading the file, with their places in it."""
        return self._place(error, self._path)

    def _loaded(self) -> Config:
        # Reading a pipe could block for ever, and gives nothing a second time.
        if self._path is not None and self._path.exists() and not _is_readable(self._path):
            raise self._fault("is no file that can be read again", "put a plain file there")
        config = self._load(self._path)
        # A file that is blank now is an accident; it has removed what it said.
        if emptied := sorted((self._blank_files() & {self._path, *self._known}) - self._blank):
            raise ConfigError([blank_fault(label_of(path)) for path in emptied])
        return config

    def _files(self) -> tuple[Path, ...]:
        """The file and its drop-ins."""
        if self._path is None:
            return ()
        try:
            return self._path, *drop_ins(self._path)
        except ConfigError:
            return (self._path,)  # loading it reports the fault

    def _blank_files(self) -> set[Path]:
        return {path for path in self._files() if _is_blank(path)}

    def _fault(self, problem: str, hint: str) -> ConfigError:
        label = label_of(self._path) if self._path else ""
        return ConfigError([Fault(label, "", problem, hint)])

    def _mark(self) -> _Mark:
        if self._path is None:
            return ()
        try:
            others = drop_ins(self._path)
        except ConfigError as exc:
            return _mark_of(self._path), (exc.brief(),)
        return tuple(_mark_of(path) for path in (self._path, *others))


def _mark_of(path: Path) -> tuple[str | int, ...]:
    try:
        found = path.stat()
    except OSError as exc:
        return str(path), exc.errno or 0
    stamps = found.st_mtime_ns, found.st_ctime_ns
    return str(path), found.st_dev, found.st_ino, found.st_size, *stamps


def _is_blank(path: Path) -> bool:
    try:
        return path.is_file() and not path.read_bytes().strip()
    except OSError:
        return False  # loading it reports the fault


def _is_readable(path: Path) -> bool:
    return path.is_file() or path.is_dir()  # the loader reports what a folder means
