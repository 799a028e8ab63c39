"""A key that nobody gave: a file beside the database, made when it is first needed."""

from __future__ import annotations

import base64
import os
from pathlib import Path

from daemon.model.errors import SealedError

KEY_BYTES = 32


class KeyFile:
    """A file with one key, readable by its owner alone."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._found: bytes | None = None

    def read(self) -> bytes | None:
        """The key; None when there is no file yet.

        Errors: SealedError for a file that cannot be read, or holds no key.
        """
        if self._found is None:
            self._found = self._read()
        return self._found

    def make(self, key: bytes = b"") -> None:
        """Write a new key, or this one, unless there is one already.

        Errors: SealedError when it cannot be written.
        """
        try:
            # Whole or not at all: a reader that comes between must not find half a key.
            new = self.path.with_name(f".{self.path.name}.{os.getpid()}")
            with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as opened:
                opened.write(base64.b64encode(key or os.urandom(KEY_BYTES)) + b"\n")
                opened.flush()
                os.fsync(opened.fileno())
            try:
                os.link(new, self.path)
            except FileExistsError:
                pass
            finally:
                new.unlink()
        except OSError as exc:
            raise SealedError(f"no key can be kept in {self.path}: {exc.strerror}") from exc

    def _read(self) -> bytes | None:
        try:
            key = base64.b64decode(self.path.read_bytes().strip(), validate=True)
        except FileNotFoundError:
            return None
        except OSError as exc:
            raise SealedError(f"the key {self.path} cannot be read: {exc.strerror}") from exc
        except ValueError:
            key = b""
        if len(key) != KEY_BYTES:
            raise SealedError(f"{self.path} holds no key: put it back from where you keep it")
        return key
