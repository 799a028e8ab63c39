"""A key that nobody gave: a file beside the database, made when it is first needed."""

from __future__ import annotations

import base64
import os
from pathlib import Path

from daemon.model.errors import SealedError

KEY_BYTES = 32


class KeyFile:
    """A file with one key, readable by its owner alone.

    Shape: one that `must_last`, as what it encrypts lies elsewhere, is not made on a file system in
           memory.
    """

    def __init__(self, path: Path, *, must_last: bool = False) -> None:
        self.path = path
        self._must_last = must_last
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
        if self._must_last and _is_in_memory(self.path.absolute()):
            raise SealedError(
                f"a key for secrets of requests in {self.path.absolute()} would be lost with the "
                "memory that it lies in: give one in [database] encryption_key"
            )
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


def _is_in_memory(path: Path) -> bool:
    """Whether a file lies on a file system that ends with the machine or the container."""
    try:
        lines = Path("/proc/self/mounts").read_text(errors="replace").splitlines()
    except OSError:
        return False  # another system
    kinds = {Path(fields[1]): fields[2] for line in lines if len(fields := line.split()) > 2}
    return next((kinds[one] for one in path.parents if one in kinds), "") in ("tmpfs", "ramfs")
